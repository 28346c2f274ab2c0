package import ChatCore
import ChatProtocol
import POSIX

/// Reads a room's past from `chat.log`, on any thread: it opens the file for itself and knows nothing of the loop.
package struct HistoryReader: Sendable {
  private let path: String
  /// How much is read at once; smaller only in tests.
  var blockBytes = 256 << 10

  package init(logPath: String) { path = logPath }

  /// At most `scanBytesMax` bytes of the log are read; 0 means no bound. Damaged lines are passed over.
  package func read(_ query: HistoryQuery, scanBytesMax: Int) -> HistoryResult {
    do throws(Errno) {
      let lines = LinesOfFile(try File.open(path), blockBytes: blockBytes)
      let bytesMax = scanBytesMax == 0 ? Int.max : scanBytesMax
      return switch query.page {
      case .last(let count): try last(count, of: query, in: lines, bytesMax: bytesMax)
      case .since(let id): try since(id, of: query, in: lines, bytesMax: bytesMax)
      }
    } catch .noSuchFileOrDirectory {
      return .messages([], more: false)
    } catch {
      return .unavailable(reason: "the log cannot be read: \(error)")
    }
  }

  /// Backwards from the end, until there are enough or the room did not exist yet.
  private func last(
    _ count: Int, of query: HistoryQuery, in lines: borrowing LinesOfFile, bytesMax: Int
  ) throws(Errno) -> HistoryResult {
    var page = HistoryPage(query, messagesMax: min(count, HistoryQuery.messagesMax))
    let end = try lines.backwards(from: try lines.size(), bytesMax: bytesMax) { line in
      guard let glance = LogGlance(line) else { return true }
      if LogGlance.isBefore(page.created, line) { return false }
      return page.take(line, glance)
    }
    return .messages(page.messages.reversed(), more: page.hasMore || end == .bound)
  }

  /// Forwards from the first line behind the id, found by bisection: ids grow along the log.
  private func since(
    _ id: MessageID, of query: HistoryQuery, in lines: borrowing LinesOfFile, bytesMax: Int
  ) throws(Errno) -> HistoryResult {
    let size = try lines.size()
    var page = HistoryPage(query, messagesMax: HistoryQuery.messagesMax)
    let start = try firstLine(behind: id, created: page.created, in: lines, size: size)
    let end = try lines.forwards(from: start, to: size, bytesMax: bytesMax) { line, _ in
      guard let glance = LogGlance(line), let lineID = glance.id, lineID > id else { return true }
      if lineID >= query.before { return false }
      return LogGlance.isBefore(page.created, line) || page.take(line, glance)
    }
    if end == .bound, page.messages.isEmpty {
      // An empty page with more behind it would lead nowhere: the asker would ask for the same again.
      return .unavailable(reason: "too much was said elsewhere since #\(id); ask for the last messages instead")
    }
    return .messages(page.messages, more: page.hasMore || end == .bound)
  }

  /// An offset before which every line has an id up to `id` or was written before the room was created.
  private func firstLine(
    behind id: MessageID, created: [UInt8], in lines: borrowing LinesOfFile, size: Int64
  ) throws(Errno) -> Int64 {
    var low: Int64 = 0
    var high = size
    while high - low > Int64(blockBytes) {
      let middle = low + (high - low) / 2
      var behindLine: Int64?
      _ = try lines.forwards(from: middle, to: high, bytesMax: .max) { line, next in
        guard let glance = LogGlance(line) else { return true }
        if LogGlance.isBefore(created, line) {
          behindLine = next
          return false
        }
        guard let lineID = glance.id else { return true }
        if lineID <= id { behindLine = next }
        return false
      }
      if let behindLine { low = behindLine } else { high = middle }
    }
    return low
  }
}

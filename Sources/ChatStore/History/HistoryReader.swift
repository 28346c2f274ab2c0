package import ChatCore
import ChatProtocol
import POSIX

/// Reads a room's past from `chat.log` and its rotated pieces, on any thread: it opens the files for itself and knows
/// nothing of the loop.
package struct HistoryReader: Sendable {
  let path: String
  /// How much is read at once; smaller only in tests.
  var blockBytes = 256 << 10
  /// How much a `LogReading` looks at in one call.
  var scanBytesMax = 32 << 20

  private let damage: LogDamage?

  package init(logPath: String) { self.init(logPath: logPath, damage: nil) }

  init(logPath: String, damage: LogDamage?) {
    path = logPath
    self.damage = damage
  }

  /// At most `scanBytesMax` bytes of the log are read; 0 means no bound. Damaged lines are passed over, and told of.
  package func read(_ query: HistoryQuery, scanBytesMax: Int) -> HistoryResult {
    do throws(Errno) {
      let bytesMax = scanBytesMax == 0 ? Int.max : scanBytesMax
      return switch query.page {
      case .last, .found: try newest(query, bytesMax: bytesMax)
      case .since(let id): try since(id, of: query, bytesMax: bytesMax)
      }
    } catch .noSuchFileOrDirectory {
      return .messages([], more: false)
    } catch {
      return .unavailable(reason: "the log cannot be read: \(error)")
    }
  }

  /// Backwards from the end, until there are enough or the room did not exist yet.
  private func newest(_ query: HistoryQuery, bytesMax: Int) throws(Errno) -> HistoryResult {
    let pieces = try LogPieces(logPath: path) { _, length in length >= Int64(clamping: bytesMax) }
    let lines = LinesOfFile(pieces.pieces, blockBytes: blockBytes)
    var page = HistoryPage(query)
    var damaged = 0
    defer { damage?.note(damaged) }
    let end = try lines.backwards(from: lines.size, bytesMax: bytesMax) { line, _ in
      guard let glance = LogGlance(line) else {
        damaged += 1
        return true
      }
      if LogGlance.isBefore(page.created, line) { return false }
      return page.take(line, glance)
    }
    let reachedTheFirst = end == .complete && !pieces.hasOlder
    let isCutShort = end == .bound || end == .complete && (pieces.hasOlder || pieces.hasCompressed)
    return .messages(
      page.messages.reversed(), more: page.hasMore || isCutShort,
      olderCompressed: reachedTheFirst && pieces.hasCompressed)
  }

  /// Forwards from the first line behind the id, found by bisection: ids grow along the log, but for those of a few lines that
  /// somebody put there.
  private func since(_ id: MessageID, of query: HistoryQuery, bytesMax: Int) throws(Errno) -> HistoryResult {
    var page = HistoryPage(query)
    let created = page.created
    let pieces = try LogPieces(logPath: path) { (piece, _) throws(Errno) in
      try firstLine(of: piece, isCoveredBy: id, created: created)
    }
    let lines = LinesOfFile(pieces.pieces, blockBytes: blockBytes)
    let greatest = max(1, query.before) - 1
    // Before it every line has an id up to that one or was written before the room was created.
    let start = try lines.offset { line in
      guard let glance = LogGlance(line) else { return nil }
      return LogGlance.isBefore(created, line) ? true : glance.id(upTo: greatest).map { $0 <= id }
    }
    var firstID: MessageID?
    var damaged = 0
    defer { damage?.note(damaged) }
    let end = try lines.forwards(from: start, to: lines.size, bytesMax: bytesMax) { line, _ in
      guard let glance = LogGlance(line) else {
        damaged += 1
        return true
      }
      guard let lineID = glance.id(upTo: greatest) else { return true }
      if firstID == nil { firstID = LogGlance.isBefore(created, line) ? 0 : lineID }
      if lineID <= id { return true }
      return LogGlance.isBefore(created, line) || page.take(line, glance)
    }
    // Whether what follows the id may stand before all that was read.
    let misses = start == 0 && firstID ?? 0 > id + 1
    if end == .bound && page.messages.isEmpty || misses && pieces.hasOlder {
      // An empty page with more behind it would lead nowhere: the asker would ask for the same again.
      return .unavailable(reason: "too much was said elsewhere since #\(id); ask for the last messages instead")
    }
    return .messages(
      page.messages, more: page.hasMore || end == .bound, olderCompressed: misses && pieces.hasCompressed)
  }

  /// Whether what is looked for cannot stand in an older piece: this one's first ids are not behind `id`, or its first line
  /// is older than the room.
  private func firstLine(
    of piece: LogPiece, isCoveredBy id: MessageID, created: [UInt8]
  ) throws(Errno) -> Bool {
    var isCovered = false
    var asked = 0
    let lines = LinesOfFile([piece], blockBytes: blockBytes)
    _ = try lines.forwards(from: 0, to: lines.size, bytesMax: blockBytes) { line, _ in
      guard let glance = LogGlance(line) else { return true }
      if LogGlance.isBefore(created, line) {
        isCovered = true
        return false
      }
      guard let lineID = glance.id else { return true }
      isCovered = lineID <= id
      asked += 1
      return isCovered && asked < LinesOfFile.doubtedLines
    }
    return isCovered
  }
}

package import ChatCore
import ChatProtocol
package import POSIX

/// Reads a room's past from `chat.log` and its rotated pieces, on any thread: it opens the files for itself and knows
/// nothing of the loop.
package struct HistoryReader: Sendable {
  let path: String
  /// How much is read at once; smaller only in tests.
  var blockBytes = 256 << 10
  /// How much a `LogReading` looks at in one call.
  var scanBytesMax = 32 << 20
  /// Ends the reading of everything that is read for it.
  package var cancellation: Cancellation?

  private let damage: LogDamage?

  package init(logPath: String) { self.init(logPath: logPath, damage: nil) }

  init(logPath: String, damage: LogDamage?) {
    path = logPath
    self.damage = damage
  }

  /// At most `scanBytesMax` bytes of the log are read, or more until there is an id to go on from; 0 means no bound. Damaged lines
  /// are passed over, and told of.
  package func read(_ query: HistoryQuery, scanBytesMax: Int) -> HistoryResult {
    let bytesMax = scanBytesMax == 0 ? Int.max : scanBytesMax
    var triesLeft = 3
    while true {
      do throws(Errno) {
        return switch query.page {
        case .last, .found: try newest(query, bytesMax: bytesMax)
        case .since(let id): try since(id, of: query, bytesMax: bytesMax)
        }
      } catch .noSuchFileOrDirectory {
        return .messages([])
      } catch {
        // Whoever rotated the log by copying it has cut what was being read: it stands in another piece by now.
        triesLeft -= 1
        if error == .stale, triesLeft > 0 { continue }
        return .unavailable(reason: "the log cannot be read: \(error)")
      }
    }
  }

  /// Backwards from the end, or from where another page ended, until there are enough or the room did not exist yet.
  private func newest(_ query: HistoryQuery, bytesMax: Int) throws(Errno) -> HistoryResult {
    let firstID = try firstID(of: query)
    var page = HistoryPage(query, firstID: firstID)
    let ids = page.ids
    var length: Int64 = 0
    let pieces = try LogPieces(logPath: path) { (piece) throws(Errno) in
      if query.olderThan != nil, try begins(piece, behind: ids.upperBound) { return .skip }
      length += piece.length
      return length >= Int64(clamping: bytesMax) ? .takeLast : .take
    }
    let lines = lines(of: pieces.pieces)
    var offset = lines.size
    if query.olderThan != nil {
      offset = try lines.end { line in LogGlance(line)?.id(upTo: query.before).map { $0 < ids.upperBound } }
    }
    // A line with a lesser id than those around it was put there by hand.
    var older = 0
    var damaged = 0
    defer { damage?.note(damaged) }
    var end: LinesOfFile.End
    repeat {
      let began = offset
      end = try lines.backwards(from: began, bytesMax: bytesMax) { line, start in
        offset = start
        guard let glance = LogGlance(line) else {
          damaged += 1
          return true
        }
        if let id = glance.id {
          older = id < firstID ? older + 1 : 0
          if older == LinesOfFile.doubtedLines { return false }
        }
        return page.take(line, glance)
      }
      // A line that is longer than all that was read is damage.
      if end == .bound, offset == began { offset -= Int64(bytesMax) }
    } while end == .bound && page.reached == nil
    if end == .complete, pieces.hasOlder, page.reached == nil {
      guard bytesMax < .max else { return .unavailable(reason: "older pieces of the log are too many to be read") }
      return try newest(query, bytesMax: bytesMax > .max / 2 ? .max : 2 * bytesMax)
    }
    let more = page.more(isCut: end == .bound || end == .complete && pieces.hasOlder)
    return .messages(
      page.messages.reversed(), more: more.map { .before($0) },
      olderCompressed: end == .complete && !pieces.hasOlder && pieces.hasCompressed)
  }

  /// Forwards from the first line behind the id, found by bisection: ids grow along the log, but for those of a few lines that
  /// somebody put there.
  private func since(_ asked: MessageID, of query: HistoryQuery, bytesMax: Int) throws(Errno) -> HistoryResult {
    let pastID = try firstID(of: query)
    let id = max(asked, max(1, pastID) - 1)
    var page = HistoryPage(query, firstID: pastID)
    let pieces = try LogPieces(logPath: path) { (piece) throws(Errno) in
      try firstLine(of: piece, isCoveredBy: id) ? .takeLast : .take
    }
    let lines = lines(of: pieces.pieces)
    let greatest = max(1, query.before) - 1
    // Before it every line has an id up to that one.
    var offset = try lines.offset { line in LogGlance(line)?.id(upTo: greatest).map { $0 <= id } }
    let isFromFirst = offset == 0
    var firstID: MessageID?
    var damaged = 0
    defer { damage?.note(damaged) }
    var end: LinesOfFile.End
    repeat {
      let began = offset
      end = try lines.forwards(from: began, to: lines.size, bytesMax: bytesMax) { line, next in
        offset = next
        guard let glance = LogGlance(line) else {
          damaged += 1
          return true
        }
        guard let lineID = glance.id(upTo: greatest) else { return true }
        if firstID == nil { firstID = lineID }
        return lineID <= id || page.take(line, glance)
      }
      // A line that is longer than all that was read is damage.
      if end == .bound, offset == began { offset += Int64(bytesMax) }
    } while end == .bound && page.reached == nil
    // Whether what follows the id may stand before all that was read.
    let misses = isFromFirst && firstID ?? 0 > id + 1
    if misses && pieces.hasOlder {
      return .unavailable(
        reason: "what came after #\(asked) is in too old a piece of it; ask for the last messages instead")
    }
    return .messages(
      page.messages, more: page.more(isCut: end == .bound).map { .since($0) },
      olderCompressed: misses && pieces.hasCompressed)
  }

  func lines(of pieces: [LogPiece]) -> LinesOfFile {
    LinesOfFile(pieces, blockBytes: blockBytes, cancellation: cancellation)
  }

  /// Whether a piece's first ids are all at least this one.
  private func begins(_ piece: LogPiece, behind id: MessageID) throws(Errno) -> Bool {
    var asked = 0
    var isBehind = false
    let lines = lines(of: [piece])
    _ = try lines.forwards(from: 0, to: lines.size, bytesMax: blockBytes) { line, _ in
      guard let lineID = LogGlance(line)?.id else { return true }
      isBehind = lineID >= id
      asked += 1
      return isBehind && asked < LinesOfFile.doubtedLines
    }
    return isBehind
  }

  /// The first id of a room's past: as it is known, or the first that was given out when the room was created or later.
  private func firstID(of query: HistoryQuery) throws(Errno) -> MessageID {
    if let first = query.firstID { return first }
    guard let created = query.created else { return 0 }
    let lines = lines(of: try LogPieces(logPath: path).pieces)
    let place = try lines.place(of: created)
    // A time that is still to come tells nothing of what was said.
    guard place < lines.size else { return 0 }
    var first: MessageID?
    _ = try lines.forwards(from: place, to: lines.size, bytesMax: .max) { line, _ in
      first = LogGlance(line)?.id
      return first == nil
    }
    return first ?? query.before
  }

  /// Whether what is looked for cannot stand in an older piece: this one's first ids are not behind `id`.
  private func firstLine(of piece: LogPiece, isCoveredBy id: MessageID) throws(Errno) -> Bool {
    var isCovered = false
    var asked = 0
    let lines = lines(of: [piece])
    _ = try lines.forwards(from: 0, to: lines.size, bytesMax: blockBytes) { line, _ in
      guard let lineID = LogGlance(line)?.id else { return true }
      isCovered = lineID <= id
      asked += 1
      return isCovered && asked < LinesOfFile.doubtedLines
    }
    return isCovered
  }
}

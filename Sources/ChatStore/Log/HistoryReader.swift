package import ChatCore
import ChatProtocol
package import POSIX
import Synchronization

/// Reads a room's history from `chat.log` and its rotated pieces, on any thread.
package struct HistoryReader: Sendable {
  let path: String
  /// How much is read at once; tests use less.
  var blockBytes = 256 << 10
  /// How much a `LogScan` reads in one call.
  var scanBytesMax = 32 << 20
  /// Cancels all reads of this reader.
  package var cancellation: Cancellation?

  private let damage: DamageReporter?

  package init(logPath: String) { self.init(logPath: logPath, damage: nil) }

  init(logPath: String, damage: DamageReporter?) {
    path = logPath
    self.damage = damage
  }

  /// Reads at most `scanBytesMax` bytes of the log, or more until there is an id to continue from; 0 means no bound. Damaged lines
  /// are skipped and reported.
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
        // A rotation by copying has cut the file: its lines are in another piece now.
        triesLeft -= 1
        if error == .stale, triesLeft > 0 { continue }
        return .unavailable(reason: "the log cannot be read: \(error)")
      }
    }
  }

  /// Reads backwards from the end, or from the end of another page, until the page is full or the room's history begins.
  private func newest(_ query: HistoryQuery, bytesMax: Int) throws(Errno) -> HistoryResult {
    let firstID = try firstID(of: query)
    var page = HistoryPage(query, firstID: firstID)
    let ids = page.ids
    var length: Int64 = 0
    let pieces = try LogPieces(logPath: path) { (piece) throws(Errno) in
      if query.olderThan != nil, try firstIDs(of: piece, { $0 >= ids.upperBound }) { return .skip }
      length += piece.length
      return length >= Int64(clamping: bytesMax) ? .takeLast : .take
    }
    let lines = lines(of: pieces.pieces)
    var offset = lines.size
    if query.olderThan != nil {
      offset = try lines.end { line in LogLineHeader(line)?.id(upTo: query.before).map { $0 < ids.upperBound } }
    }
    // A single line with a lesser id may be inserted by hand.
    var older = 0
    var damaged = 0
    defer { damage?.note(damaged) }
    var end: LineReader.End
    repeat {
      let began = offset
      end = try lines.backwards(from: began, bytesMax: bytesMax) { line, start in
        offset = start
        guard let header = LogLineHeader(line) else {
          damaged += 1
          return true
        }
        if let id = header.id {
          older = id < firstID ? older + 1 : 0
          if older == LineReader.sampledLines { return false }
        }
        return page.take(line, header)
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

  /// Reads forwards from the first line behind the id, which bisection finds.
  private func since(_ asked: MessageID, of query: HistoryQuery, bytesMax: Int) throws(Errno) -> HistoryResult {
    let pastID = try firstID(of: query)
    let id = max(asked, max(1, pastID) - 1)
    var page = HistoryPage(query, firstID: pastID)
    let pieces = try LogPieces(logPath: path) { (piece) throws(Errno) in
      // Lines behind the id cannot be in an older piece then.
      try firstIDs(of: piece) { $0 <= id } ? .takeLast : .take
    }
    let lines = lines(of: pieces.pieces)
    let greatest = max(1, query.before) - 1
    // Every line before it has an id up to that one.
    var offset = try lines.offset { line in LogLineHeader(line)?.id(upTo: greatest).map { $0 <= id } }
    let isFromFirst = offset == 0
    var firstID: MessageID?
    var damaged = 0
    defer { damage?.note(damaged) }
    var end: LineReader.End
    repeat {
      let began = offset
      end = try lines.forwards(from: began, to: lines.size, bytesMax: bytesMax) { line, next in
        offset = next
        guard let header = LogLineHeader(line) else {
          damaged += 1
          return true
        }
        guard let lineID = header.id(upTo: greatest) else { return true }
        if firstID == nil { firstID = lineID }
        return lineID <= id || page.take(line, header)
      }
      // A line that is longer than all that was read is damage.
      if end == .bound, offset == began { offset += Int64(bytesMax) }
    } while end == .bound && page.reached == nil
    // Whether lines behind the id may be in an older piece.
    let misses = isFromFirst && firstID ?? 0 > id + 1
    if misses && pieces.hasOlder {
      return .unavailable(
        reason: "what came after #\(asked) is in too old a piece of it; ask for the last messages instead")
    }
    return .messages(
      page.messages, more: page.more(isCut: end == .bound).map { .since($0) },
      olderCompressed: misses && pieces.hasCompressed)
  }

  func lines(of pieces: [LogPiece]) -> LineReader {
    LineReader(pieces, blockBytes: blockBytes, cancellation: cancellation)
  }

  /// Whether the first ids of a piece all satisfy `isMatch`; false where it has none.
  private func firstIDs(of piece: LogPiece, _ isMatch: (MessageID) -> Bool) throws(Errno) -> Bool {
    var matches = false
    var sampled = 0
    let lines = lines(of: [piece])
    _ = try lines.forwards(from: 0, to: lines.size, bytesMax: blockBytes) { line, _ in
      guard let id = LogLineHeader(line)?.id else { return true }
      matches = isMatch(id)
      sampled += 1
      return matches && sampled < LineReader.sampledLines
    }
    return matches
  }

  /// The first id of a room's history: its own, or the first one since the room was created.
  private func firstID(of query: HistoryQuery) throws(Errno) -> MessageID {
    if let first = query.firstID { return first }
    guard let created = query.created else { return 0 }
    let lines = lines(of: try LogPieces(logPath: path).pieces)
    let place = try lines.place(of: created)
    // A time in the future has no line.
    guard place < lines.size else { return 0 }
    var first: MessageID?
    _ = try lines.forwards(from: place, to: lines.size, bytesMax: .max) { line, _ in
      first = LogLineHeader(line)?.id
      return first == nil
    }
    return first ?? query.before
  }
}

/// Collects the messages of one reply from lines of the log, in their order. All filters apply here, before the page is full.
struct HistoryPage {
  private(set) var messages: [PastMessage] = []
  /// Whether there was another message than the page has room for.
  private(set) var isFull = false
  /// The id of the last line within `ids`, of any room; nil before the first.
  private(set) var reached: MessageID?
  /// The requested ids.
  let ids: Range<MessageID>

  private let room: [UInt8]
  private let ignored: NameList
  private let searched: SearchPattern?
  private let messagesMax: Int
  private var bytesLeft = HistoryQuery.bytesMax
  private var taken: Set<MessageID> = []

  /// `firstID`: where the room's history begins.
  init(_ query: HistoryQuery, firstID: MessageID) {
    room = Array(query.room.key.utf8)
    ignored = query.ignored
    let end = min(query.before, query.olderThan ?? query.before)
    switch query.page {
    case .last(let count):
      (searched, messagesMax, ids) = (nil, min(count, HistoryQuery.messagesMax), min(firstID, end)..<end)
    case .since(let id):
      let first = max(firstID, min(id, .max - 1) + 1)
      (searched, messagesMax, ids) = (nil, HistoryQuery.messagesMax, first..<max(first, query.before))
    case .found(let text):
      (searched, messagesMax, ids) = (SearchPattern(text), HistoryQuery.messagesMax, min(firstID, end)..<end)
    }
  }

  /// Adds the line if it is a requested message; returns whether there is room for another.
  mutating func take(_ line: Span<UInt8>, _ header: LogLineHeader) -> Bool {
    guard let id = header.id, ids.contains(id) else { return true }
    guard header.isMessage, header.isInRoom(room, line), !isIgnored(line, header),
      mayBeFound(line, header),
      // Pieces that were put together by hand may repeat lines.
      !taken.contains(id), let message = LogFormat.parse(line)?.message,
      searched?.occurs(in: message.message.text) ?? true
    else {
      reached = id
      return true
    }
    let bytes = message.message.text.utf8.count
    if messages.count >= messagesMax || bytes > bytesLeft && !messages.isEmpty {
      isFull = true
      return false
    }
    reached = id
    messages.append(message)
    taken.insert(id)
    bytesLeft -= bytes
    return true
  }

  /// Where the next page begins; nil at the end of the history. `isCut`: the bound on reading was reached.
  func more(isCut: Bool) -> MessageID? { isFull ? messages.last?.message.id : isCut ? reached : nil }

  private func isIgnored(_ line: Span<UInt8>, _ header: LogLineHeader) -> Bool {
    !ignored.isEmpty && header.sender(line, roomLength: room.count).map { ignored.contains($0) } ?? false
  }

  private func mayBeFound(_ line: Span<UInt8>, _ header: LogLineHeader) -> Bool {
    guard let searched else { return true }
    return header.textStart(line).map { searched.mayOccur(in: line, textStart: $0) } ?? false
  }
}

/// Reports damaged lines of the log, once for each greater number.
final class DamageReporter: Sendable {
  private let reported = Mutex(0)
  private let report: @Sendable (StoreNotice) -> Void
  private let path: String

  init(path: String, report: @escaping @Sendable (StoreNotice) -> Void) {
    self.path = path
    self.report = report
  }

  /// Called on any thread with the number of damaged lines of one read.
  func note(_ count: Int) {
    let isNew = reported.withLock { reported in
      guard count > reported else { return false }
      reported = count
      return true
    }
    if isNew { report(.logDamaged(path: path, lines: count)) }
  }
}

package import ChatCore
import ChatProtocol
package import POSIX
import Synchronization

/// Reads history from `chat.log` or `private.log` and its rotated pieces, on any thread.
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
        let located = try located(query)
        let result =
          switch located.page {
          case .last, .found: try newest(located, bytesMax: bytesMax)
          case .since(let id): try since(id, of: located, bytesMax: bytesMax)
          case .around(let id): try around(id, of: located, bytesMax: bytesMax)
          }
        guard query.firstID == nil, let firstID = located.firstID else { return result }
        return result.beginning(at: firstID)
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

  /// The query with ids in place of times.
  private func located(_ query: HistoryQuery) throws(Errno) -> HistoryQuery {
    var query = query
    if query.firstID == nil, let created = query.created {
      query.firstID = max(1, try firstID(from: created, atEnd: 0) ?? query.before)
    }
    guard let time = query.time else { return query }
    query.time = nil
    let id = try firstID(from: time, atEnd: query.before) ?? query.before
    switch query.page {
    case .last, .found: query.olderThan = min(id, query.olderThan ?? id)
    case .since: query.page = .since(max(1, id) - 1)
    case .around: query.page = .around(id)
    }
    return query
  }

  /// The first id issued at this time or later; `atEnd` where nothing was written since then, nil where no line since then has
  /// an id.
  private func firstID(from time: Timestamp, atEnd: MessageID) throws(Errno) -> MessageID? {
    let lines = lines(of: try LogPieces(logPath: path).pieces)
    let place = try lines.place(of: time)
    guard place < lines.size else { return atEnd }
    var first: MessageID?
    _ = try lines.forwards(from: place, to: lines.size, bytesMax: .max) { line, _ in
      first = LogLineHeader(line)?.id
      return first == nil
    }
    return first
  }

  /// Half of a page before the id, the other half from it on.
  private func around(_ id: MessageID, of query: HistoryQuery, bytesMax: Int) throws(Errno) -> HistoryResult {
    var older = query
    older.page = .last(HistoryQuery.aroundMax / 2)
    older.olderThan = id
    older.bytesMax = query.bytesMax / 2
    var newer = query
    newer.page = .since(max(1, id) - 1)
    newer.messagesMax = HistoryQuery.aroundMax / 2
    newer.bytesMax = query.bytesMax / 2
    let half = max(1, bytesMax / 2)
    let before = try newest(older, bytesMax: half)
    guard case .messages(let past, let beginning, let isCut, _) = before else { return before }
    let since = try self.since(max(1, id) - 1, of: newer, bytesMax: half)
    guard case .messages(let rest, let end, _, _) = since else { return since }
    return .messages(
      past + rest, more: Continuation(before: beginning?.before, since: end?.since), olderCompressed: isCut)
  }

  /// Reads backwards from the end, or from the end of another page, until the page is full or the room's history begins.
  private func newest(_ query: HistoryQuery, bytesMax: Int) throws(Errno) -> HistoryResult {
    let firstID = query.firstID ?? 0
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
    let pastID = query.firstID ?? 0
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

  private let past: HistoryQuery.Past
  /// In lower case; empty for a conversation.
  private let room: [UInt8]
  private let ignored: NameList
  private let searched: SearchPattern?
  private let messagesMax: Int
  private var bytesLeft: Int
  private var taken: Set<MessageID> = []

  /// `firstID`: where the room's history begins.
  init(_ query: HistoryQuery, firstID: MessageID) {
    past = query.past
    room = if case .room(let name) = query.past { Array(name.key.utf8) } else { [] }
    ignored = query.ignored
    bytesLeft = query.bytesMax
    let end = min(query.before, query.olderThan ?? query.before)
    switch query.page {
    case .last(let count):
      (searched, messagesMax, ids) = (nil, min(count, query.messagesMax), min(firstID, end)..<end)
    case .since(let id):
      let first = max(firstID, min(id, .max - 1) + 1)
      (searched, messagesMax, ids) = (nil, query.messagesMax, first..<max(first, query.before))
    case .around(let id):
      let first = max(firstID, id)
      (searched, messagesMax, ids) = (nil, query.messagesMax, first..<max(first, query.before))
    case .found(let text):
      (searched, messagesMax, ids) = (SearchPattern(text), query.messagesMax, min(firstID, end)..<end)
    }
  }

  /// Adds the line if it is a requested message; returns whether there is room for another.
  mutating func take(_ line: Span<UInt8>, _ header: LogLineHeader) -> Bool {
    guard let id = header.id, ids.contains(id) else { return true }
    guard belongs(line, header), !isIgnored(line, header),
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

  private func belongs(_ line: Span<UInt8>, _ header: LogLineHeader) -> Bool {
    switch past {
    case .room: header.isMessage && header.isInRoom(room, line)
    case .conversation(of: let user, with: let other): header.isOfConversation(user, other, line)
    }
  }

  private func isIgnored(_ line: Span<UInt8>, _ header: LogLineHeader) -> Bool {
    !ignored.isEmpty
      && header.sender(line, roomLength: room.isEmpty ? nil : room.count).map { ignored.contains($0) } ?? false
  }

  private func mayBeFound(_ line: Span<UInt8>, _ header: LogLineHeader) -> Bool {
    guard let searched else { return true }
    return header.textStart(line).map { searched.mayOccur(in: line, textStart: $0) } ?? false
  }
}

extension HistoryResult {
  fileprivate func beginning(at firstID: MessageID) -> HistoryResult {
    guard case .messages(let messages, let more, let olderCompressed, _) = self else { return self }
    return .messages(messages, more: more, olderCompressed: olderCompressed, firstID: firstID)
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

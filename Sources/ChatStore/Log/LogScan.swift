import ChatCore
package import ChatProtocol
import JSON
import POSIX
import Synchronization

/// A part of the answer to a log query.
package enum LogPart: Equatable, Sendable {
  /// JSON, or nil where this part of the log has no match; more follows.
  case more([UInt8]?)
  /// The last part, or nil where it has no match. `reached`: the position up to which the log was read.
  case last([UInt8]?, reached: LogPosition)
  case failed(ControlError)
}

/// Answers a query from the log and its rotated pieces, as they were when it began: a bounded part a call, on any thread, one call
/// at a time. The files stay open, so renames do not matter.
package final class LogScan: Sendable {
  private let state: Mutex<LogReadingState>

  init(_ query: ControlLogQuery, until: LogPosition, _ history: HistoryReader) {
    state = Mutex(LogReadingState(query, until: until, history))
  }

  package func next() -> LogPart {
    state.withLock { state in
      do throws(Errno) {
        return try state.next()
      } catch {
        return .failed(ControlError(.cannotRead, "the log cannot be read: \(error); look at its folder and its rights"))
      }
    }
  }
}

extension HistoryReader {
  /// `until`: the end of the log when the query came.
  package func reading(_ query: ControlLogQuery, until: LogPosition) -> LogScan {
    LogScan(query, until: until, self)
  }
}

private struct LogReadingState {
  private enum Phase {
    case unopened
    /// Searching backwards for the first of the last `left` matches.
    case back(left: Int)
    case forward
  }

  private let query: ControlLogQuery
  private let until: LogPosition
  private let history: HistoryReader
  private let filter: LogFilter
  private var times: LogTimes
  private var phase = Phase.unopened
  private var pieces: [LogPiece] = []
  private var start: Int64 = 0
  private var end: Int64 = 0
  /// The offset reached, and the position of the line before it.
  private var offset: Int64 = 0
  private var position = LogPosition()

  init(_ query: ControlLogQuery, until: LogPosition, _ history: HistoryReader) {
    self.query = query
    self.until = until
    self.history = history
    filter = LogFilter(query)
    times = LogTimes(query)
  }

  private var lines: LineReader { history.lines(of: pieces) }
  private var scanBytesMax: Int { history.scanBytesMax }

  mutating func next() throws(Errno) -> LogPart {
    if case .unopened = phase, let error = try open() { return .failed(error) }
    if case .back(let left) = phase {
      guard try findStart(left) else { return .more(nil) }
    }
    return try readForward()
  }

  // MARK: Finding the start

  private mutating func open() throws(Errno) -> ControlError? {
    let found = try LogPieces(logPath: history.path)
    pieces = found.pieces
    let lines = lines
    let isWhole = !found.hasOlder && !found.hasCompressed
    switch try lines.place(of: until, isWhole: isWhole, upTo: until.id) {
    case .offset(let place): end = place
    // The line with that id was removed.
    case .gone(let next): end = next == nil ? lines.size : 0
    }
    switch query.since {
    case .position(let since):
      if since > until { return unknown(since) }
      switch try lines.place(of: since, isWhole: isWhole, upTo: until.id) {
      case .offset(let place): start = place
      case .gone(let next): return gone(since, next)
      }
    case .time, nil: break
    }
    switch query.until {
    case .position(let last):
      if last > until { return unknown(last) }
      if case .offset(let place) = try lines.place(of: last, isWhole: isWhole, upTo: until.id) { end = min(end, place) }
    case .time, nil: break
    }
    start = min(start, end)
    offset = start
    if let last = query.effectiveLast {
      offset = end
      phase = .back(left: last)
    } else {
      try begin(at: start)
    }
    return nil
  }

  private func unknown(_ position: LogPosition) -> ControlError {
    ControlError(.gone, "there is no id \(position) in the log yet; its last is \(until)")
  }

  private func gone(_ position: LogPosition, _ next: MessageID?) -> ControlError {
    let first = next.map { "; the first id that is left is \($0)" } ?? ""
    return ControlError(
      .gone,
      "the lines after \(position) are no longer in the log: their piece was removed, or compressed, which is not read"
        + first)
  }

  private mutating func begin(at offset: Int64) throws(Errno) {
    self.offset = offset
    times = LogTimes(query)
    phase = .forward
    // Only events are sent with their ids.
    if case .events = query.form { position = try lines.position(before: offset, upTo: until.id) }
  }

  /// Returns whether the start is found.
  private mutating func findStart(_ left: Int) throws(Errno) -> Bool {
    var left = left
    var offset = offset
    let start = start
    let filter = filter
    var times = times
    let result =
      left == 0
      ? .stopped
      : try lines.backwards(from: offset, bytesMax: scanBytesMax) { line, lineStart in
        guard lineStart >= start else { return false }
        offset = lineStart
        let header = LogLineHeader(line)
        if times.contain(line, header), filter.matches(line, header) { left -= 1 }
        return left > 0
      }
    self.times = times
    if result == .bound {
      // A line that is longer than all that was read is damage.
      if offset == self.offset { offset -= Int64(scanBytesMax) }
      self.offset = offset
      phase = .back(left: left)
      if offset > start { return false }
    }
    try begin(at: max(offset, start))
    return true
  }

  // MARK: Reading

  private mutating func readForward() throws(Errno) -> LogPart {
    var rows = LogRows(query.form)
    var offset = offset
    var position = position
    let filter = filter
    var times = times
    let until = until
    let result = try lines.forwards(from: offset, to: end, bytesMax: scanBytesMax) { line, next in
      let header = LogLineHeader(line)
      position.advance(to: header?.id(upTo: until.id))
      offset = next
      if times.contain(line, header), filter.matches(line, header) { rows.append(line, at: position) }
      return !rows.isFull
    }
    // A line that is longer than all that was read is damage.
    if result == .bound, offset == self.offset { offset += Int64(scanBytesMax) }
    self.offset = offset
    self.position = position
    self.times = times
    let reply = rows.isEmpty ? nil : rows.reply.json.compact
    guard result == .complete || offset >= end else { return .more(reply) }
    pieces = []
    return .last(reply, reached: until)
  }
}

/// Answers a query from lines that have just been written.
package struct LogFollower: Sendable {
  /// How far it has read.
  package struct Place: Equatable, Sendable {
    package var position: LogPosition
    /// Where it stopped within this turn, because a part was full.
    var turn: UInt64 = 0
    var offset = 0

    package init(_ position: LogPosition) { self.position = position }
  }

  private let query: ControlLogQuery
  private let filter: LogFilter

  package init(_ query: ControlLogQuery) {
    self.query = query
    filter = LogFilter(query)
  }

  /// The matches behind a place, as many as fit into a part, as JSON; nil where there are none. Advances the place.
  package func part(of turns: [CommittedLines], behind place: inout Place) -> [UInt8]? {
    var rows = LogRows(query.form)
    for turn in turns where turn.end > place.position {
      // From the turn's first line, or from where the last part stopped in it.
      let start = turn.turn == place.turn ? place.offset : 0
      var position = start > 0 ? place.position : turn.before
      var offset = start
      turn.bytes.forEachLine(from: start) { line, next in
        let header = LogLineHeader(line)
        position.advance(to: header?.id)
        offset = next
        if position > place.position, filter.matches(line, header) { rows.append(line, at: position) }
        return !rows.isFull
      }
      place.position = position
      (place.turn, place.offset) = (turn.turn, offset)
      if rows.isFull { break }
    }
    return rows.isEmpty ? nil : rows.reply.json.compact
  }
}

/// The matches of one part of an answer, up to a bound.
package struct LogRows {
  /// The bytes of log lines after which a part is full.
  package static let bytesMax = 64 << 10

  private let form: ControlLogQuery.Form
  private var messages: [PastMessage] = []
  private var lines: [String] = []
  private var events: [ControlLogEvent] = []
  private var bytes = 0

  init(_ form: ControlLogQuery.Form) { self.form = form }

  var isEmpty: Bool { bytes == 0 }
  var isFull: Bool { bytes >= Self.bytesMax }

  mutating func append(_ line: Span<UInt8>, at position: LogPosition) {
    bytes += line.count + 1
    switch form {
    case .messages: if let message = LogFormat.parse(line)?.message { messages.append(message) }
    case .lines: lines.append(LogFormat.text(line))
    case .events: events.append(event(line, at: position))
    }
  }

  private func event(_ line: Span<UInt8>, at position: LogPosition) -> ControlLogEvent {
    guard let parsed = LogFormat.parse(line) else {
      return ControlLogEvent(id: position, time: nil, event: nil, text: LogFormat.text(line))
    }
    return ControlLogEvent(
      id: position, time: parsed.time, event: parsed.event,
      fields: parsed.fields.map { ControlLogEvent.Field($0.key, $0.value) }, text: parsed.text)
  }

  var reply: ControlReply {
    switch form {
    case .messages: .messages(messages)
    case .lines: .lines(lines)
    case .events: .events(events)
    }
  }
}

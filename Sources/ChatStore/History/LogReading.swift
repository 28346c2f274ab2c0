import ChatCore
package import ChatProtocol
import JSON
import POSIX
import Synchronization

/// A part of what a query is told.
package enum LogPart: Equatable, Sendable {
  /// As JSON. nil where nothing was found in so much of the log; more follows.
  case more([UInt8]?)
  /// The last of what stood there, nil where nothing did. `reached`: up to where that was.
  case last([UInt8]?, reached: LogPosition)
  case fault(ControlError)
}

/// Reads what a query asks for from the log and its pieces, from when it was asked: a bounded piece a call, on any thread, one
/// at a time. The files are open until it is done, so that it goes on where it was whatever they are called meanwhile.
package final class LogReading: Sendable {
  private let state: Mutex<LogReadingState>

  init(_ query: ControlLogQuery, until: LogPosition, _ history: HistoryReader) {
    state = Mutex(LogReadingState(query, until: until, history))
  }

  package func next() -> LogPart {
    state.withLock { state in
      do throws(Errno) {
        return try state.next()
      } catch {
        return .fault(ControlError(.cannotRead, "the log cannot be read: \(error); look at its folder and its rights"))
      }
    }
  }
}

extension HistoryReader {
  /// `until` is where the log ended when it was asked: what comes later is not told.
  package func reading(_ query: ControlLogQuery, until: LogPosition) -> LogReading {
    LogReading(query, until: until, self)
  }
}

private struct LogReadingState {
  private enum Phase {
    case unopened
    /// Looking for where the last so many begin.
    case back(left: Int)
    case forth
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
  /// Up to where it has come, and the position of the line before that.
  private var offset: Int64 = 0
  private var position = LogPosition()

  init(_ query: ControlLogQuery, until: LogPosition, _ history: HistoryReader) {
    self.query = query
    self.until = until
    self.history = history
    filter = LogFilter(query)
    times = LogTimes(query)
  }

  private var lines: LinesOfFile { history.lines(of: pieces) }
  private var scanBytesMax: Int { history.scanBytesMax }

  mutating func next() throws(Errno) -> LogPart {
    if case .unopened = phase, let fault = try open() { return .fault(fault) }
    if case .back(let left) = phase {
      guard try goBack(left) else { return .more(nil) }
    }
    return try goForth()
  }

  // MARK: Finding the place

  private mutating func open() throws(Errno) -> ControlError? {
    let found = try LogPieces(logPath: history.path)
    pieces = found.pieces
    let lines = lines
    let isWhole = !found.hasOlder && !found.hasCompressed
    switch try lines.place(of: until, isWhole: isWhole, upTo: until.id) {
    case .offset(let place): end = place
    // Somebody took the line with that id out.
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
    if let last = query.lastInForce {
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
    let first = next.map { "; the first id that does is \($0)" } ?? ""
    return ControlError(
      .gone,
      "what came after \(position) does not stand in the log any more, as its pieces that were removed or compressed are "
        + "not read\(first)")
  }

  private mutating func begin(at offset: Int64) throws(Errno) {
    self.offset = offset
    times = LogTimes(query)
    phase = .forth
    // Only events are told with their ids.
    if case .events = query.form { position = try lines.position(before: offset, upTo: until.id) }
  }

  /// Whether the place is found.
  private mutating func goBack(_ left: Int) throws(Errno) -> Bool {
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
        let glance = LogGlance(line)
        if times.contain(line, glance), filter.matches(line, glance) { left -= 1 }
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

  // MARK: Telling

  private mutating func goForth() throws(Errno) -> LogPart {
    var rows = LogRows(query.form)
    var offset = offset
    var position = position
    let filter = filter
    var times = times
    let until = until
    let result = try lines.forwards(from: offset, to: end, bytesMax: scanBytesMax) { line, next in
      let glance = LogGlance(line)
      position.advance(to: glance?.id(upTo: until.id))
      offset = next
      if times.contain(line, glance), filter.matches(line, glance) { rows.append(line, at: position) }
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

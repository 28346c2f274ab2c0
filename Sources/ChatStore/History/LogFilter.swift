import ChatProtocol

/// Whether lines were written within the times that a query names. The wall clock is set now and then, so lines do not stand in the
/// order of their times, and each is asked.
struct LogTimes {
  /// As the log writes times.
  private let since: [UInt8]?
  private let until: [UInt8]?
  /// A damaged line has no time, and counts as the one before it.
  private var isWithin: Bool

  init(_ query: ControlLogQuery) {
    since = Self.stamp(query.since)
    until = Self.stamp(query.until)
    isWithin = since == nil && until == nil
  }

  private static func stamp(_ moment: ControlLogQuery.Moment?) -> [UInt8]? {
    guard case .time(let time)? = moment else { return nil }
    var bytes: [UInt8] = []
    bytes.append(timestamp: time)
    return bytes
  }

  /// `glance` is nil for a damaged line.
  mutating func contain(_ line: Span<UInt8>, _ glance: LogGlance?) -> Bool {
    if glance != nil {
      isWithin = since.map { !LogGlance.isBefore($0, line) } ?? true
      if let until, isWithin { isWithin = LogGlance.isBefore(until, line) }
    }
    return isWithin
  }
}

/// Which lines of the log a query is about. Nearly all others are passed over without being parsed.
struct LogFilter {
  private let query: ControlLogQuery
  /// The key of the room of which the messages are asked for; nil where all lines count.
  private let messagesRoom: [UInt8]?
  private let event: [UInt8]?
  /// What stands in every line that names the user or the room, wherever that is.
  private let values: [FoldedText]
  private let searched: SearchedText?

  init(_ query: ControlLogQuery) {
    self.query = query
    messagesRoom = if case .messages(let room) = query.form { Array(room.key.utf8) } else { nil }
    event = query.event.map { Array($0.utf8) }
    values = [query.user, query.room].compactMap { $0.map { FoldedText("=\($0.text)") } }
    searched = query.text.map { SearchedText($0) }
  }

  /// `glance` is nil for a damaged line.
  func matches(_ line: Span<UInt8>, _ glance: LogGlance?) -> Bool {
    var textStart = 0
    if let messagesRoom {
      guard let glance, glance.isMessage, glance.isInRoom(messagesRoom, line), let start = glance.textStart(line) else {
        return false
      }
      textStart = start
    }
    if let event, glance?.isOf(event, line) != true { return false }
    guard values.allSatisfy({ $0.occurs(inFolded: line) }), searched?.mayOccur(in: line, textStart: textStart) ?? true
    else { return false }
    if messagesRoom == nil, values.isEmpty { return searched?.occurs(inLine: LogFormat.text(line)) ?? true }
    guard let parsed = LogFormat.parse(line), names(parsed) else { return false }
    guard messagesRoom == nil else {
      return parsed.message.map { searched?.occurs(in: $0.message.text) ?? true } ?? false
    }
    return searched?.occurs(inLine: LogFormat.text(line)) ?? true
  }

  private func names(_ line: LogLine) -> Bool {
    if let room = query.room, line.value(of: "room").flatMap({ Name($0) }) != room { return false }
    guard let user = query.user else { return true }
    return ["from", "user", "by"].contains { line.value(of: $0).flatMap { Name($0) } == user }
  }
}

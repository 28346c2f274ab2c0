import ChatProtocol

/// Whether lines are within the times of a query. The wall clock may be set, so times are not in order and each line is checked.
struct LogTimes {
  /// In the log's format.
  private let since: [UInt8]?
  private let until: [UInt8]?
  /// A damaged line has no time and counts as the one before it.
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

  /// `header` is nil for a damaged line.
  mutating func contain(_ line: Span<UInt8>, _ header: LogLineHeader?) -> Bool {
    if header != nil {
      isWithin = since.map { !LogLineHeader.isBefore($0, line) } ?? true
      if let until, isWithin { isWithin = LogLineHeader.isBefore(until, line) }
    }
    return isWithin
  }
}

/// Which lines of the log a query matches. Most other lines are skipped without being parsed.
struct LogFilter {
  private let query: ControlLogQuery
  /// The key of the room whose messages are requested; nil for all lines.
  private let messagesRoom: [UInt8]?
  private let event: [UInt8]?
  /// `=NAME` of the user and the room, which every matching line contains.
  private let values: [FoldedText]
  private let searched: SearchPattern?

  init(_ query: ControlLogQuery) {
    self.query = query
    messagesRoom = if case .messages(let room) = query.form { Array(room.key.utf8) } else { nil }
    event = query.event.map { Array($0.utf8) }
    values = [query.user, query.room].compactMap { $0.map { FoldedText("=\($0.text)") } }
    searched = query.text.map { SearchPattern($0) }
  }

  /// `header` is nil for a damaged line.
  func matches(_ line: Span<UInt8>, _ header: LogLineHeader?) -> Bool {
    var textStart = 0
    if let messagesRoom {
      guard let header, header.isMessage, header.isInRoom(messagesRoom, line), let start = header.textStart(line) else {
        return false
      }
      textStart = start
    }
    if let event, header?.isOf(event, line) != true { return false }
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

/// The text of a search in the log's format, so that most lines are skipped without being parsed.
struct SearchPattern {
  private let text: FoldedText
  /// `text` as the log quotes it.
  private let written: FoldedText
  private let isASCII: Bool

  init(_ text: String) {
    self.text = FoldedText(text)
    var escaped = ""
    for character in text.unicodeScalars {
      if character == "\"" || character == "\\" { escaped.unicodeScalars.append("\\") }
      escaped.unicodeScalars.append(character)
    }
    written = FoldedText(escaped)
    isASCII = written.utf8.allSatisfy { $0 < 0x80 }
  }

  /// False only where the text is not in the line. A line beyond ASCII may have to be parsed.
  func mayOccur(in line: Span<UInt8>, textStart: Int) -> Bool {
    let bytes = line.extracting(textStart...)
    if written.occurs(inFolded: bytes) { return true }
    for index in bytes.indices where bytes[index] >= 0x80 {
      if !isASCII || Self.foldsToASCII(bytes, at: index) { return true }
    }
    return false
  }

  /// The only characters beyond ASCII with an ASCII character in their folded form: the Kelvin sign (k), the capital I with a dot
  /// (i and the dot), the Greek question mark (;) and the Greek varia (`).
  private static func foldsToASCII(_ bytes: Span<UInt8>, at index: Int) -> Bool {
    func isFollowed(by rest: UInt8...) -> Bool {
      index + rest.count < bytes.count && rest.indices.allSatisfy { bytes[index + 1 + $0] == rest[$0] }
    }
    return switch bytes[index] {
    case 0xE2: isFollowed(by: 0x84, 0xAA)
    case 0xC4: isFollowed(by: 0xB0)
    case 0xCD: isFollowed(by: 0xBE)
    case 0xE1: isFollowed(by: 0xBF, 0xAF)
    default: false
    }
  }

  /// Whether it occurs in a line of the log.
  func occurs(inLine line: String) -> Bool { written.occurs(in: line) }

  func occurs(in text: String) -> Bool { self.text.occurs(in: text) }
}

/// The protocol of a client of the load.
enum WireProtocol: String, Equatable, CaseIterable {
  /// chat-server's dialect for people.
  case text
  /// Its dialect for programs.
  case json
  /// RFC 1459 and 2812, as far as it takes to send to a channel.
  case irc
  /// The broadcast loop's: every line goes to every client.
  case bare

  // MARK: Messages

  /// Whether a sender gets its own messages back.
  var echoes: Bool { self == .json || self == .bare }

  /// A message to a room, without the mark and the line end that follow. `payloadBytes` counts the mark.
  func message(toRoom room: Int, payloadBytes: Int) -> [UInt8] {
    let filler = [UInt8](repeating: UInt8(ascii: "x"), count: max(0, payloadBytes - TimestampMark.byteCount))
    return self == .irc ? Array("PRIVMSG #r\(room) :".utf8) + filler : filler
  }

  var lineEnd: String { self == .irc ? "\r\n" : "\n" }

  /// The mark of a message in a line without its end; nil for every other line.
  @inline(__always)
  func mark(in line: RawSpan) -> UInt32? {
    switch self {
    case .text, .irc, .bare:
      return TimestampMark.read(line, at: line.byteCount - TimestampMark.byteCount)
    case .json:
      // The text is an event's last member, except for the mark of one's own.
      return TimestampMark.read(line, at: line.byteCount - TimestampMark.byteCount - WireProtocol.eventEnd)
        ?? TimestampMark.read(line, at: line.byteCount - TimestampMark.byteCount - WireProtocol.ownEventEnd)
    }
  }

  private static let eventEnd = #""}"#.utf8.count
  private static let ownEventEnd = #"","own":true}"#.utf8.count

  // MARK: Login

  /// What a line means to a client that logs in, or waits for the load.
  enum Answer: Equatable {
    case nothing
    case send(String)
    case ready
    /// The server rejects the client; its message.
    case refused(String)
  }

  /// What is sent at once after connecting. A server that handles commands in order answers the last one after the
  /// others.
  func login(name: String, room: Int) -> String {
    let commands = "/guest \(name)\n/join r\(room)\n/ping \(name)\n"
    return switch self {
    case .text: commands
    case .json: "/format json\n" + commands
    // Any server answers the PING at once with an error, which shows that it has accepted the connection.
    case .irc: "PING \(name)\r\nNICK \(name)\r\nUSER \(name) 0 * :\(name)\r\n"
    case .bare: "here is \(name)\n"
    }
  }

  func answer(to line: String, name: String, room: Int) -> Answer {
    switch self {
    case .text:
      if line == "ok ping \(name)" { return .ready }
      return line.hasPrefix("error ") ? .refused(line) : .nothing
    case .json:
      if line.contains("\"command\":\"ping\""), line.contains("\"\(name)\"") { return .ready }
      // The first line of the new dialect is already JSON.
      return line.hasPrefix("{\"event\":\"error\"") ? .refused(line) : .nothing
    case .bare:
      return line == "here is \(name)" ? .ready : .nothing
    case .irc:
      return WireProtocol.ircAnswer(to: line, room: room)
    }
  }

  private static func ircAnswer(to line: String, room: Int) -> Answer {
    if let pong = pong(for: line) { return .send(pong) }
    if line.hasPrefix("ERROR ") { return .refused(line) }
    let words = line.split(separator: " ", maxSplits: 2)
    guard words.count > 1 else { return .nothing }
    switch words[1] {
    // The end of the message of the day, or that there is none: the client is registered.
    case "376", "422": return .send("JOIN #r\(room)\r\n")
    // The end of the list of names, the last answer to a JOIN.
    case "366": return .ready
    // The answer to a PING before the registration.
    case "451": return .nothing
    default: return words[1].count == 3 && words[1].hasPrefix("4") ? .refused(line) : .nothing
    }
  }

  /// The answer to an IRC server that checks whether the client is alive.
  static func pong(for line: String) -> String? {
    line.hasPrefix("PING ") ? "PONG \(line.dropFirst("PING ".count))\r\n" : nil
  }
}

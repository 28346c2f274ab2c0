/// How a client of the load speaks.
enum Wire: String, Equatable, CaseIterable {
  /// chat-server's dialect for people.
  case text
  /// Its dialect for programs.
  case json
  /// RFC 1459 and 2812, as far as it takes to send to a channel.
  case irc
  /// The broadcast loop's: every line goes to everybody.
  case bare

  /// Whether a sender gets its own messages back.
  var echoes: Bool { self == .json || self == .bare }

  /// A message to a room with everything but the mark, which stands behind it, and the line end behind that.
  /// `payload_bytes` counts the mark.
  func message(toRoom room: Int, payload_bytes: Int) -> [UInt8] {
    let filler = [UInt8](repeating: UInt8(ascii: "x"), count: max(0, payload_bytes - Mark.byteCount))
    return self == .irc ? Array("PRIVMSG #r\(room) :".utf8) + filler : filler
  }

  var lineEnd: String { self == .irc ? "\r\n" : "\n" }

  /// The mark of a message in a line that was received without its end; nil for every other line.
  @inline(__always)
  func mark(in line: RawSpan) -> UInt32? {
    switch self {
    case .text, .irc, .bare:
      return Mark.read(line, at: line.byteCount - Mark.byteCount)
    case .json:
      // The text is an event's last member, but for the mark of one's own.
      return Mark.read(line, at: line.byteCount - Mark.byteCount - Wire.eventEnd)
        ?? Mark.read(line, at: line.byteCount - Mark.byteCount - Wire.ownEventEnd)
    }
  }

  private static let eventEnd = #""}"#.utf8.count
  private static let ownEventEnd = #"","own":true}"#.utf8.count
}

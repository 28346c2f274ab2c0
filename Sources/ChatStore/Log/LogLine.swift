package import ChatCore
package import ChatProtocol

/// A line of `chat.log`, read back.
package struct LogLine: Equatable, Sendable {
  package var time: Timestamp
  package var event: String
  package var fields: [LogRecord.Field]
  package var text: String?

  package init(time: Timestamp, event: String, fields: [LogRecord.Field], text: String?) {
    self.time = time
    self.event = event
    self.fields = fields
    self.text = text
  }

  package func value(of key: String) -> String? { fields.first { $0.key == key }?.value }

  /// The room message that the line tells of; nil for any other line.
  package var message: PastMessage? {
    guard event == "message" || event == "action", let text, let id = value(of: "id").flatMap(MessageID.init),
      let room = value(of: "room").flatMap({ Name($0) }), let from = value(of: "from").flatMap({ Name($0) })
    else { return nil }
    let message = RoomMessage(id: id, room: room, from: from, text: text, isAction: event == "action")
    return PastMessage(time: time, message: message)
  }
}

extension LogFormat {
  /// Reads a line without its line end; nil for one that this server did not write so, such as a damaged one.
  package static func parse(_ line: Span<UInt8>) -> LogLine? {
    var parser = LogLineParser(line)
    return parser.line(in: line)
  }

  package static func parse(_ line: [UInt8]) -> LogLine? { parse(line.span) }

  /// The line as it stands there; what is no UTF-8 in a damaged one becomes U+FFFD.
  static func text(_ line: Span<UInt8>) -> String { String(decoding: line.indices.map { line[$0] }, as: UTF8.self) }
}

/// Goes through one line from left to right.
private struct LogLineParser {
  private var position: Int
  private let end: Int

  init(_ line: Span<UInt8>) {
    position = 0
    end = line.count
  }

  mutating func line(in bytes: Span<UInt8>) -> LogLine? {
    guard end > LogFormat.timeLength else { return nil }
    position = LogFormat.timeLength
    let time = Timestamp(utf8: bytes.extracting(0..<position))
    guard let time, skip(UInt8(ascii: " "), in: bytes), let event = word(in: bytes) else { return nil }
    var line = LogLine(time: time, event: event, fields: [], text: nil)
    while position < end {
      guard skip(UInt8(ascii: " "), in: bytes), let key = word(in: bytes), skip(UInt8(ascii: "="), in: bytes) else {
        return nil
      }
      let isQuoted = position < end && bytes[position] == UInt8(ascii: "\"")
      guard let value = isQuoted ? quotedValue(in: bytes) : word(in: bytes) else { return nil }
      if key == "text" {
        // A text is quoted and the last; anything else is not ours.
        guard isQuoted, position == end else { return nil }
        line.text = value
      } else {
        line.fields.append(LogRecord.Field(key, value))
      }
    }
    return line
  }

  private mutating func skip(_ byte: UInt8, in bytes: Span<UInt8>) -> Bool {
    guard position < end, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func word(in bytes: Span<UInt8>) -> String? {
    let start = position
    while position < end, LogFormat.isWordByte(bytes[position]) { position += 1 }
    return position > start ? text(start..<position, of: bytes) : nil
  }

  private mutating func quotedValue(in bytes: Span<UInt8>) -> String? {
    position += 1
    var value: [UInt8] = []
    while position < end {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: value, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard position < end, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "\\") else {
          return nil
        }
        value.append(bytes[position])
        position += 1
      case 0..<0x20, 0x7F: return nil
      default: value.append(byte)
      }
    }
    return nil
  }

  private func text(_ range: Range<Int>, of bytes: Span<UInt8>) -> String {
    String(decoding: range.map { bytes[$0] }, as: UTF8.self)
  }
}

package import ChatCore
package import ChatProtocol
import JSON

/// A line of `chat.log`: an RFC 3339 time with milliseconds, the event's name, `key=value` in logfmt, and a quoted text last.
///
/// No value can end a line, forge a field or send an escape sequence to a terminal: other than plain words are quoted, and
/// invisible characters become U+FFFD.
package enum LogFormat {
  /// The length of the time; a space follows.
  static let timeLength = 24

  /// Appends a line with its line end. Room messages are the hot path: nothing is allocated for them.
  package static func append(_ record: LogRecord, at time: Timestamp, into bytes: inout [UInt8]) {
    bytes.append(timestamp: time)
    append(record, into: &bytes)
  }

  /// Appends what follows the time.
  static func append(_ record: LogRecord, into bytes: inout [UInt8]) {
    switch record {
    case .message(let message):
      bytes.append(contentsOf: (message.isAction ? " action id=" : " message id=").utf8)
      bytes.appendDecimal(Int(clamping: message.id))
      bytes.append(contentsOf: " room=".utf8)
      bytes.append(contentsOf: message.room.text.utf8)
      bytes.append(contentsOf: " from=".utf8)
      bytes.append(contentsOf: message.from.text.utf8)
      append(text: message.text, into: &bytes)
    case .event(let event, let fields, let text):
      precondition(isWord(event), "an event's name is one word")
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: event.utf8)
      for field in fields {
        precondition(isWord(field.key) && field.key != "text", "a key is one word, and text is the text's")
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: field.key.utf8)
        bytes.append(UInt8(ascii: "="))
        if isWord(field.value) {
          bytes.append(contentsOf: field.value.utf8)
        } else {
          bytes.appendLog(quoting: field.value)
        }
      }
      if let text { append(text: text, into: &bytes) }
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  private static func append(text: String, into bytes: inout [UInt8]) {
    bytes.append(contentsOf: " text=".utf8)
    bytes.appendLog(quoting: text)
  }

  /// Whether it needs no quotes: it has no space, no `=` and nothing special to a shell.
  static func isWord(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isWordByte) }

  static func isWordByte(_ byte: UInt8) -> Bool {
    byte.isASCIILetterOrDigit || "._:/@+-".utf8.contains(byte)
  }
}

extension [UInt8] {
  /// Appends a quoted text. Plain ASCII, nearly every text, is copied at once; in other texts each run without escapes is.
  fileprivate mutating func appendLog(quoting text: String) {
    append(UInt8(ascii: "\""))
    var text = text
    // An append from a buffer is one copy, from a Span byte by byte. The buffer is used inside the closure alone, every index is
    // within its bounds, and a string's UTF-8 is valid, so a first byte's sequence is complete.
    text.withUTF8 { bytes in
      if unsafe bytes.isPlainASCII {
        unsafe append(contentsOf: bytes)
        return
      }
      var runStart = 0
      var index = 0
      while index < bytes.count {
        let length = unsafe Self.specialLength(in: bytes, at: index)
        guard length > 0 else {
          index += 1
          continue
        }
        unsafe append(contentsOf: bytes[runStart..<index])
        switch unsafe bytes[index] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
          append(UInt8(ascii: "\\"))
          append(unsafe bytes[index])
        case UInt8(ascii: "\t"): append(UInt8(ascii: " "))
        default: append(contentsOf: "\u{FFFD}".utf8)
        }
        index += length
        runStart = index
      }
      unsafe append(contentsOf: bytes[runStart...])
    }
    append(UInt8(ascii: "\""))
  }

  /// The length of a character that must be escaped or replaced; 0 for any other. The same characters as in `CleanText`.
  @inline(__always)
  private static func specialLength(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    switch unsafe bytes[index] {
    case 0..<0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "\\"): 1
    case 0xC2 where unsafe bytes[index + 1] < 0xA0: 2
    case 0xE2 where unsafe bytes[index + 1] == 0x80 && (0xA8...0xAE).contains(bytes[index + 2]): 3
    case 0xE2 where unsafe bytes[index + 1] == 0x81 && (0xA6...0xA9).contains(bytes[index + 2]): 3
    default: 0
    }
  }
}

/// A parsed line of `chat.log`.
package struct LogLine: Equatable, Sendable {
  package var time: Timestamp
  package var event: String
  package var fields: [LogRecord.Field]
  package var text: String?

  package func value(of key: String) -> String? { fields.first { $0.key == key }?.value }

  /// The message of the line, with the recipient of a private one as its room; nil for any other line.
  package var message: PastMessage? {
    if event == "private", let text, let id = value(of: "id").flatMap(MessageID.init),
      let from = value(of: "from").flatMap({ Name($0) }), let to = value(of: "to").flatMap({ Name($0) })
    {
      return PastMessage(time: time, message: RoomMessage(id: id, room: to, from: from, text: text))
    }
    guard event == "message" || event == "action", let text, let id = value(of: "id").flatMap(MessageID.init),
      let room = value(of: "room").flatMap({ Name($0) }), let from = value(of: "from").flatMap({ Name($0) })
    else { return nil }
    let message = RoomMessage(id: id, room: room, from: from, text: text, isAction: event == "action")
    return PastMessage(time: time, message: message)
  }
}

extension LogRecord {
  /// `private id=4 from=alice to=bob text="psst"`, of `private.log`.
  init(_ message: PrivateMessage) {
    let fields = [Field("id", "\(message.id)"), Field("from", message.from.text), Field("to", message.to.text)]
    self = .event("private", fields, text: message.text)
  }
}

extension LogFormat {
  /// Parses a line without its line end; nil for a damaged one.
  package static func parse(_ line: Span<UInt8>) -> LogLine? {
    var parser = LogLineParser(line)
    return parser.line(in: line)
  }

  package static func parse(_ line: [UInt8]) -> LogLine? { parse(line.span) }

  /// The line as text; invalid UTF-8 in a damaged one becomes U+FFFD.
  static func text(_ line: Span<UInt8>) -> String { String(decoding: line.indices.map { line[$0] }, as: UTF8.self) }
}

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
        // The text is quoted and last.
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

package import ChatCore
package import ChatProtocol
import JSON

/// A line of `chat.log`: an RFC 3339 time with milliseconds, the event's name, `key=value` in logfmt, and a text last and
/// always in quotation marks.
///
/// Nothing that stands in a value can end a line, forge a field or reach a terminal as an escape sequence: whatever
/// is not plain stands in quotation marks, and what is no character to be seen becomes U+FFFD.
package enum LogFormat {
  /// The time takes this many bytes, and one space follows.
  static let timeLength = 24

  /// Appends a line with its line end. Room messages come at full speed: they are copied and nothing is made of them.
  package static func append(_ record: LogRecord, at time: Timestamp, into bytes: inout [UInt8]) {
    bytes.append(timestamp: time)
    append(record, into: &bytes)
  }

  /// What follows the time.
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

  /// Whether it may stand bare: it holds no space, no `=` and nothing that a shell or a reader minds.
  static func isWord(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isWordByte) }

  static func isWordByte(_ byte: UInt8) -> Bool {
    byte.isASCIILetterOrDigit || "._:/@+-".utf8.contains(byte)
  }
}

extension [UInt8] {
  /// Appends a text in quotation marks. Nearly every one is plain and copied as it is; in any other what needs no escape
  /// is appended a run at a time.
  fileprivate mutating func appendLog(quoting text: String) {
    append(UInt8(ascii: "\""))
    var text = text
    // Appending from a buffer is one copy; from a Span there is only byte by byte. The buffer is read inside the
    // closure alone, every index comes from its own bounds, and a string's UTF-8 is whole: what a first byte
    // promises is there.
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

  /// How many bytes make a character that must not stand as it is; 0 for one that may.
  /// The same characters as in `CleanText`, through which nearly every text has come already.
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

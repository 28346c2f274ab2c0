import ChatCore
import ChatProtocol

/// What is told of the lines that were found, up to a bound: a part of an answer.
package struct LogRows {
  /// Bytes of the log, beyond which a part takes no more lines.
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

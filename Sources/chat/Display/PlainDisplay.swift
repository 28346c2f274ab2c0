import ChatProtocol
import Terminal
import Text

/// Events for a pipe: the lines of the protocol's `text` dialect, in which nobody can pass for somebody else and which
/// name the room of every message.
enum PlainDisplay {
  static func lines(of received: ReceivedEvent) -> [String] {
    switch received.content {
    case .event(.message(var message)):
      // In the text dialect one's own line is passed over, because it was typed where the others appear.
      message.isOwn = false
      return lines(of: .message(message), at: received.time)
    case .event(let event):
      return lines(of: event, at: received.time)
    case .unfamiliarError(_, let code, let message):
      return [CleanText.string(from: "error \(code): \(message)")]
    case .unfamiliar:
      return []
    }
  }

  private static func lines(of event: Event, at time: Timestamp) -> [String] {
    var bytes: [UInt8] = []
    Dialect.text.encode(event, at: time, into: &bytes)
    return bytes.split(separator: UInt8(ascii: "\n")).map {
      CleanText.string(from: String(decoding: $0, as: UTF8.self))
    }
  }
}

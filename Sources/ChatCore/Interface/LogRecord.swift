package import ChatProtocol

/// A line of `chat.log` but for its time. `LogFormat` in the store writes and reads it.
///
/// A message has a case of its own because it is the hot path; everything else is an event's name and its fields.
package enum LogRecord: Equatable, Sendable {
  /// `message id=1042 room=lobby from=alice text="hello, world"`, or `action id=…` for `/me`.
  case message(RoomMessage)
  /// `login user=alice session=7 address=127.0.0.1`; `text` comes last, quoted.
  case event(String, [Field], text: String?)

  /// The id that stands first in the line and is its own; nil for a line without.
  package var id: MessageID? {
    switch self {
    case .message(let message): message.id
    case .event(_, let fields, _): fields.first?.key == "id" ? MessageID(fields[0].value) : nil
    }
  }

  /// Whether nothing follows the id: when it is read back, it is not told from one of which digits are missing.
  package var endsWithID: Bool {
    if case .event(_, let fields, nil) = self { fields.count == 1 } else { false }
  }

  package struct Field: Equatable, Sendable {
    package var key: String
    /// Written bare where it is one word of safe characters, else quoted.
    package var value: String
    package init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }
}

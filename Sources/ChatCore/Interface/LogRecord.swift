package import ChatProtocol

/// A line of `chat.log` but for its time. `LogFormat` in the store writes and reads it.
///
/// A message has a case of its own because it is the hot path; everything else is an event's name and its fields.
package enum LogRecord: Equatable, Sendable {
  /// `message id=1042 room=lobby from=alice text="hello, world"`, or `action id=…` for `/me`.
  case message(RoomMessage)
  /// `login user=alice session=7 address=127.0.0.1`; `text` comes last, quoted.
  case event(String, [Field], text: String?)

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

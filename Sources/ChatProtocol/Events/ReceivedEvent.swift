package import JSON

/// A line of the `json` dialect as a client reads it: the inverse of the encoder.
///
/// A client may be older than its server. Members that it does not know are passed over, and an event or an error code
/// that it does not know is a value of its own, so that it can say so and go on.
package struct ReceivedEvent: Equatable, Sendable {
  package var time: Timestamp
  package var content: Content

  package enum Content: Equatable, Sendable {
    case event(Event)
    /// An `error` whose code is none of `ErrorCode`; everything else about it stands as in a `CommandError`.
    case unfamiliarError(command: String, code: String, message: String)
    /// An event of a name that is none of `Event`.
    case unfamiliar(name: String)
  }

  package init(time: Timestamp, content: Content) {
    self.time = time
    self.content = content
  }

  package init(time: Timestamp, _ event: Event) {
    self.init(time: time, content: .event(event))
  }

  /// Reads a line, with or without its line end.
  package init(decoding line: [UInt8]) throws(EventError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: line)
    } catch {
      throw EventError("the line is not JSON: \(error.problem)")
    }
    try self.init(decoding: value)
  }

  /// Reads a line that is parsed already.
  package init(decoding value: JSONValue) throws(EventError) {
    guard value.members != nil else { throw EventError("an event is an object") }
    let members = EventMembers(of: value)
    time = try members.timestamp("time")
    content = try ReceivedEvent.content(of: members, named: try members.text("event"))
  }
}

/// What is wrong with a line that should be an event: a fault of the server, or of whoever answers in its place.
package struct EventError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, without a line break. It may quote the line.
  package var problem: String

  package init(_ problem: String) { self.problem = problem }

  package var description: String { problem }
}

package import JSON

/// A line of the `json` dialect, as a client reads it.
///
/// A client may be older than its server. It ignores members that it does not know; an event or an error code that it
/// does not know is a value of its own.
package struct ReceivedEvent: Equatable, Sendable {
  package var time: Timestamp
  package var content: Content

  package enum Content: Equatable, Sendable {
    case event(Event)
    /// An `error` with a code that is not in `ErrorCode`.
    case unfamiliarError(command: String, code: String, message: String)
    /// An event with a name that is not in `Event`.
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
  package init(decoding line: [UInt8]) throws(CodingError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: line)
    } catch {
      throw CodingError("the line is not JSON: \(error.problem)", line: 1)
    }
    try self.init(decoding: value)
  }

  /// Reads a line that is parsed already.
  package init(decoding value: JSONValue) throws(CodingError) {
    var reader = try RecordReader(value, "an event")
    var (time, name) = (Timestamp.first, "")
    try reader.field("time", &time)
    try reader.field("event", &name)
    self.time = time
    if name == "error", let code = reader["code"]?.string, ErrorCode(rawValue: code) == nil {
      var (command, message) = ("", "")
      try reader.field("command", &command)
      try reader.field("message", &message)
      content = .unfamiliarError(command: command, code: code, message: message)
    } else if let blank = Event(blankNamed: name, in: reader) {
      content = .event(try blank.code(&reader, &time))
    } else {
      content = .unfamiliar(name: name)
    }
  }
}

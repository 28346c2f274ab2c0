/// How a client and the server speak on one connection: events become bytes, the greeting (`Event.welcome`) first, and
/// lines become commands.
package enum Dialect: String, Sendable, CaseIterable {
  /// For a person with `nc`.
  case text
  /// One JSON object a line, for `chat` and for bots.
  case json

  /// Appends an event: whole lines with their LF, or nothing if the dialect omits the event. `time` is when it
  /// happened.
  package func encode(_ event: Event, at time: Timestamp, into bytes: inout [UInt8]) {
    switch self {
    case .text: TextDialect.encode(event, at: time, into: &bytes)
    case .json: JSONDialect.encode(event, at: time, into: &bytes)
    }
  }

  /// The command in a line without its LF. Commands are the same in both.
  package func parse(_ line: Span<UInt8>) -> Result<Command, CommandError> {
    switch self {
    case .text, .json: CommandParser.parse(line)
    }
  }
}

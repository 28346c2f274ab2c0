/// A server that a scenario is played against.
///
/// What a participant sends has been dealt with when `send` returns: only so is it the transcript that says in which
/// order two people's lines reach the server.
protocol ScenarioDriver {
  init(_ scenario: Scenario) throws

  /// Opens a connection, whose greeting waits to be received.
  mutating func connect(_ name: String) throws
  /// Sends one line, without its end.
  mutating func send(_ line: [UInt8], from name: String) throws
  /// The next line that `name` has been sent.
  mutating func receive(_ name: String) throws -> Received
  /// Closes the connection in good order.
  mutating func hangUp(_ name: String) throws
  /// Loses the connection.
  mutating func disconnect(_ name: String) throws
  /// Stops the server as SIGTERM does, which closes everybody, and starts it on what it kept.
  mutating func restart() throws
  /// Ends the server and removes what it kept.
  mutating func end() throws
}

enum Received: Equatable {
  case line(String)
  /// Nothing came, and long enough was waited for it.
  case nothing
  /// The server closed the connection.
  case closed
}

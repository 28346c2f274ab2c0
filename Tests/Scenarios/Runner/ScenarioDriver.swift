/// A server that a scenario is played against.
///
/// When `send` returns, the server has handled the line, so that the transcript determines the order in which the
/// lines of two participants reach the server.
protocol ScenarioDriver {
  init(_ scenario: Scenario) throws

  /// Opens a connection, whose greeting can then be received.
  mutating func connect(_ name: String) throws
  /// Sends one line, without its end.
  mutating func send(_ line: [UInt8], from name: String) throws
  /// The next line that `name` receives.
  mutating func receive(_ name: String) throws -> Received
  /// Closes the connection in good order.
  mutating func hangUp(_ name: String) throws
  /// Loses the connection.
  mutating func disconnect(_ name: String) throws
  /// Stops the server as SIGTERM does, which closes every connection, and starts it again on its data.
  mutating func restart() throws
  /// Stops the server and removes its data.
  mutating func end() throws
}

enum Received: Equatable {
  case line(String)
  /// Nothing arrived in time.
  case nothing
  /// The server closed the connection.
  case closed
}

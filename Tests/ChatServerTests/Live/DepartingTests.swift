import Testing

@testable import ChatServer

/// Many connections that end at once, turn by turn.
@Suite struct DepartingTests {
  enum Going: CaseIterable {
    case closed, reset, flooding, notLoggingIn
  }

  private static let count = 3 * Server.closesPerTurn

  @Test(arguments: Going.allCases)
  func `a turn closes a bounded number of departing connections, and others are served meanwhile`(going: Going)
    throws
  {
    var timeouts = Timeouts()
    timeouts.flood = .zero
    let seconds = going == .notLoggingIn ? 1 : 600
    let settings =
      #"{"sessions_per_address":0,"commands_per_second":20,"commands_burst":10,"login_seconds":\#(seconds)}"#
    let server = try SteppedServer(settings: settings, timeouts: timeouts)
    let staying = try server.guest("staying")
    var leaving = try (0..<Self.count).map { _ in try server.connect() }
    while server.open < Self.count + 1 { try server.takeTurn() }

    switch going {
    case .closed:
      for client in leaving { try server.takeTurns(until: client, hears: "Welcome") }
      leaving = []
    // Closing with unread data resets the connection.
    case .reset: leaving = []
    case .flooding: for client in leaving { try client.send(String(repeating: "/ping\n", count: 20)) }
    case .notLoggingIn: break
    }
    while server.open == Self.count + 1 { try server.takeTurn() }
    try staying.send("/ping between\n")
    try server.takeTurns(until: staying, hears: "ok ping between")
    #expect(server.open > 1)
    while server.open > 1 { try server.takeTurn() }
    #expect(server.mostGone == Server.closesPerTurn)
    try server.stop()
  }

  @Test func `a guest whose connection was lost with many others can reconnect under the same name at once`() throws {
    let server = try SteppedServer(settings: #"{"sessions_per_address":0}"#)
    var clients = try (0..<Self.count).map { try server.guest("guest\($0)") }
    clients = []
    let back = try server.connect()
    try back.send("/guest guest\(Self.count - 1)\n/ping here\n")
    let lines = try server.takeTurns(until: back, hears: "ok ping here")
    #expect(lines.contains { $0.hasPrefix("ok guest") })
    withExtendedLifetime(clients) {}
    try server.stop()
  }
}

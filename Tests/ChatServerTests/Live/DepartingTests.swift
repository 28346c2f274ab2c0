import Testing

@testable import ChatServer

/// Many who go at once, turn by turn.
@Suite struct DepartingTests {
  enum Going: CaseIterable {
    case closed, reset, flooding, notComingIn
  }

  private static let count = 3 * Server.closesPerTurn

  @Test(arguments: Going.allCases)
  func `however many go at once, a turn sees off a bounded number, and who stays is answered meanwhile`(going: Going)
    throws
  {
    var timeouts = Timeouts()
    timeouts.flood = .zero
    let seconds = going == .notComingIn ? 1 : 600
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
    // What the kernel has for somebody who closes unread makes it a reset.
    case .reset: leaving = []
    case .flooding: for client in leaving { try client.send(String(repeating: "/ping\n", count: 20)) }
    case .notComingIn: break
    }
    while server.open == Self.count + 1 { try server.takeTurn() }
    try staying.send("/ping between\n")
    try server.takeTurns(until: staying, hears: "ok ping between")
    #expect(server.open > 1)
    while server.open > 1 { try server.takeTurn() }
    #expect(server.mostGone == Server.closesPerTurn)
    try server.stop()
  }

  @Test func `who was cut off with many others and is back at once has the name again`() throws {
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

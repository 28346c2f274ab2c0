import POSIX
import Testing

@testable import ChatServer

/// Many who go at once, turn by turn.
@Suite struct DepartingTests {
  enum Going: CaseIterable {
    case closed, reset, flooding, notComingIn
  }

  private static let count = 3 * Server.departuresPerTurn

  @Test(arguments: Going.allCases)
  func `however many go at once, a turn sees off a bounded number, and who stays is answered meanwhile`(going: Going)
    throws
  {
    var patience = Patience()
    patience.flood_ms = 0
    let seconds = going == .notComingIn ? 1 : 600
    let settings =
      #"{"sessions_per_address":0,"commands_per_second":20,"commands_burst":10,"login_seconds":\#(seconds)}"#
    let server = try SteppedServer(settings: settings, patience: patience)
    let staying = try server.connect()
    var leaving = try (0..<Self.count).map { _ in try server.connect() }
    while server.open < Self.count + 1 { try server.takeTurn() }
    try staying.send("/guest staying\n")
    try server.takeTurns(until: staying, hears: "ok guest")

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
    #expect(server.mostGone == Server.departuresPerTurn)
    try server.stop()
  }
}

/// A server on the test's own thread, which takes its turns when it is told to.
private final class SteppedServer {
  private let folder: String
  private let server: Server

  init(settings: String, patience: Patience) throws {
    folder = try TemporaryFolder.make()
    try File.open("\(folder)/settings.json", [.writeOnly, .create]).writeAll(settings)
    server = try Server(ServerConfiguration(data: folder, port: 0, takesSignals: false), patience: patience)
    try server.begin()
  }

  /// Connections whose session is known to the core.
  var open: Int { server.connections.all.count { $0.phase == .open } }

  func connect() throws -> TestClient { try TestClient(port: server.address.port) }

  /// How many such connections one turn ended at most.
  private(set) var mostGone = 0

  func takeTurn() throws {
    let before = open
    try server.takeTurn()
    mostGone = max(mostGone, before - open)
  }

  func takeTurns(until client: TestClient, hears text: String) throws {
    var hasHeard = false
    while !hasHeard {
      while try !client.hasSomething() { try takeTurn() }
      hasHeard = try client.readLine()?.contains(text) == true
    }
  }

  func stop() throws {
    server.inbox.post(.stop(reason: "The test is over."))
    try server.serve()
  }

  deinit { TemporaryFolder.remove(folder) }
}

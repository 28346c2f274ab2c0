import ChatStore
import POSIX
import TestSupport

@testable import ChatServer

/// A server on the test's own thread, whose turns the test runs one by one.
final class SteppedServer {
  private let folder: String
  private let server: Server

  init(
    settings: String, files: [String: String] = [:], timeouts: Timeouts = Timeouts(),
    listeners: [ListenerDefinition] = ListenerDefinition.all
  ) throws {
    folder = try TemporaryFolder.make()
    for (name, text) in files.merging(["settings.json": settings], uniquingKeysWith: { $1 }) {
      try File.open("\(folder)/\(name)", [.writeOnly, .create]).writeAll(text)
    }
    server = try Server(
      ServerConfiguration(data: folder, port: 0, takesSignals: false), disk: .real, timeouts: timeouts,
      listeners: listeners)
    try server.begin()
  }

  /// Connections whose session is known to the core.
  var open: Int { server.connections.all.count { $0.phase == .open } }

  /// Connections of which nothing is read for now.
  var paused: Int { server.connections.all.count { $0.isReadingPaused } }

  var addresses: [PeerAddress] { server.addresses }

  func connect(to address: PeerAddress? = nil) throws -> TestClient {
    try TestClient(port: (address ?? server.address).port)
  }

  /// A client logged in as a guest.
  func guest(_ name: String) throws -> TestClient {
    let client = try connect()
    try client.send("/guest \(name)\n")
    try takeTurns(until: client, hears: "ok guest")
    return client
  }

  /// The greatest number of such connections that one turn ended.
  private(set) var mostGone = 0

  func takeTurn() throws {
    let before = open
    try server.takeTurn()
    mostGone = max(mostGone, before - open)
  }

  /// Takes turns until the client receives the text. Returns the lines received.
  @discardableResult
  func takeTurns(until client: TestClient, hears text: String) throws -> [String] {
    var lines: [String] = []
    while lines.last?.contains(text) != true {
      while try !client.hasSomething() { try takeTurn() }
      guard let line = try client.readLine() else { throw TestFailure("the connection ended: \(lines)") }
      lines.append(line)
    }
    return lines
  }

  func stop() throws {
    server.inbox.post(.stop(reason: "The test is over."))
    try server.serve()
  }

  deinit { TemporaryFolder.remove(folder) }
}

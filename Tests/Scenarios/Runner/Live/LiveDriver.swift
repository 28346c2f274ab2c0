import ChatProtocol
import ChatServer
import POSIX

/// A server as it is run: on a thread of its own, with a data folder, a port and a control socket.
struct LiveDriver: ScenarioDriver {
  private let folder: LiveFolder
  private var server: LiveServer
  private var clients: [String: LiveConnection] = [:]
  private var barriers = 0

  init(_ scenario: Scenario) throws {
    folder = try LiveFolder(scenario)
    server = try LiveServer(folder: folder.path)
  }

  mutating func connect(_ name: String) throws {
    clients[name] = try LiveConnection(to: server.address)
  }

  mutating func send(_ line: [UInt8], from name: String) throws {
    guard name != Scenario.administrator else {
      try administrator().send(line + [UInt8(ascii: "\n")])
      return
    }
    let client = clients[name]!
    // No command can follow these. Their reply and the end of the connection are awaited where they are expected.
    if ["/quit", "/put", "/take"].contains(where: { line.starts(with: $0.utf8) }) { client.isLast = true }
    guard !client.isLast else {
      try client.send(line + [UInt8(ascii: "\n")])
      return
    }
    // Replies come in order, so the reply to a ping shows that the line before it has been handled.
    barriers += 1
    let token = "barrier-\(barriers)"
    try client.send(line + Array("\n/ping \(token)\n".utf8))
    try client.collect(until: { $0 == "ok ping \(token)" || $0.hasSuffix(#""token":"\#(token)"}"#) })
  }

  mutating func receive(_ name: String) throws -> Received {
    try name == Scenario.administrator ? administrator().receive() : clients[name]!.receive()
  }

  mutating func hangUp(_ name: String) throws {
    clients[name] = nil
  }

  mutating func disconnect(_ name: String) throws {
    // Closing with unread data resets the connection.
    guard let client = clients.removeValue(forKey: name), !client.isClosed else { return }
    try client.send(Array("/ping\n".utf8))
    try client.awaitBytes()
  }

  mutating func restart() throws {
    clients[Scenario.administrator] = nil
    try server.stop()
    server = try LiveServer(folder: folder.path)
  }

  mutating func end() throws {
    clients = [:]
    try server.stop()
  }

  /// The connection to the control socket, made when it is needed.
  private mutating func administrator() throws -> LiveConnection {
    if let connection = clients[Scenario.administrator] { return connection }
    let connection = try LiveConnection(toControlAt: server.controlPath)
    clients[Scenario.administrator] = connection
    return connection
  }
}

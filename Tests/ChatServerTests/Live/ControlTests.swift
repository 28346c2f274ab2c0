import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatServer

@Suite struct ControlTests {
  private func ask(_ client: TestClient, _ request: ControlRequest, id: Int = 1) throws -> ControlResponse {
    try client.send(request.encode(id: id))
    return try response(client)
  }

  private func response(_ client: TestClient) throws -> ControlResponse {
    try ControlResponse(decoding: Array(#require(try client.readLine()).utf8))
  }

  @Test func `requests are answered in their order, each with its id`() throws {
    let server = try LiveServer()
    let client = try server.connectControl()
    try client.send(
      ControlRequest.roomsCreate(Name("ops")!, .generatedPassword).encode(id: 7)
        + ControlRequest.roomsList.encode(id: 8)
        + ControlRequest.status.encode(id: 9))
    let first = try response(client)
    #expect(first.id == 7)
    guard case .success(.roomCreated(_, let password)) = first.result else { throw TestFailure("\(first)") }
    #expect(password != nil)
    let second = try response(client)
    guard case .success(.rooms(let rooms)) = second.result else { throw TestFailure("\(second)") }
    #expect(second.id == 8 && rooms.map(\.info.summary.name.text) == ["lobby", "ops"])
    let third = try response(client)
    guard case .success(.status(let status)) = third.result else { throw TestFailure("\(third)") }
    #expect(third.id == 9 && status.version == chatVersion && status.address == server.running.address.description)
    #expect(status.memory > 0 && status.data == server.folder && status.fsync == "everysec")
  }

  @Test func `the list of sessions includes values of the event loop`() throws {
    let server = try LiveServer()
    let guest = try server.guest("alice", json: true)
    let response = try ask(try server.connectControl(), .sessionsList)
    guard case .success(.sessions(let sessions)) = response.result else { throw TestFailure("\(response)") }
    #expect(sessions.count == 1)
    #expect(sessions[0].user == Name("alice") && sessions[0].dialect == .json && sessions[0].outboxBytes == 0)
    withExtendedLifetime(guest) {}
  }

  @Test func `status shows the activity, and top the most active users`() throws {
    let server = try LiveServer()
    let alice = try server.guest("alice")
    let bob = try server.guest("bob")
    try alice.send("hello\n/me waves\n")
    try bob.read(until: "alice waves")
    let client = try server.connectControl()
    guard case .success(.status(let status)) = try ask(client, .status).result else { throw TestFailure("no status") }
    let rates = try #require(status.rates)
    #expect(rates.messages.total == 2 && rates.deliveries.total == 2 && rates.connections.total == 2)
    let none = ControlQueues(
      outboxBytes: 0, sessionsBehind: 0, historyRequests: 0, throttledSessions: 0, heldTurns: 0)
    #expect(status.queues == none)
    let disk = try #require(status.disk)
    #expect(disk.logBytes == Int64(try server.text("chat.log").utf8.count))
    #expect(disk.snapshotFaults.isEmpty && disk.freeBytes != nil)
    let policy = try #require(status.policy)
    #expect(policy.isRegistrationOpen && policy.allowsGuests && !policy.isBeyondLoopback)
    #expect(policy.changed.map(\.name).contains("port"))

    guard case .success(.top(let top)) = try ask(client, .top).result else { throw TestFailure("no top") }
    #expect(top.busiestRooms == [ControlBusyRoom(room: .lobby, members: 2, messagesPerMinute: 2)])
    #expect(top.slowestSessions.isEmpty && top.warnings.isEmpty && top.status.sessions == 2)
  }

  @Test func `an invalid request gets an error, and the next one is handled`() throws {
    let server = try LiveServer()
    let client = try server.connectControl()
    #expect(try client.status().sessions == 0)
    try client.send("nonsense\n" + String(repeating: "x", count: 100_000) + "\n")
    for _ in 0..<2 {
      guard case .failure(let fault) = try response(client).result else { throw TestFailure("no fault") }
      #expect(fault.code == .badRequest)
    }
    guard case .success(.users) = try ask(client, .usersList).result else { throw TestFailure("no list") }
  }

  @Test func `a client that closes its side still gets the reply`() throws {
    let server = try LiveServer()
    let client = try server.connectControl()
    try client.send(ControlRequest.save.encode(id: 3))
    try client.finishSending()
    let answer = try response(client)
    guard case .success(.saved) = answer.result else { throw TestFailure("\(answer)") }
    #expect(try client.readToEnd().isEmpty)
  }

  @Test func `several clients do not affect each other, even if one disconnects early`() throws {
    let server = try LiveServer()
    let clients = try (0..<5).map { _ in try server.connectControl() }
    do {
      let hasty = try server.connectControl()
      try hasty.send(ControlRequest.roomsCreate(Name("ops")!, .generatedPassword).encode(id: 1))
    }
    for (id, client) in clients.enumerated() { try client.send(ControlRequest.usersList.encode(id: id + 1)) }
    for (id, client) in clients.enumerated() { #expect(try response(client).id == id + 1) }
  }

  @Test func `idle clients do not prevent the operator from connecting`() throws {
    let server = try LiveServer()
    let clients = try (0..<64).map { _ in try server.connectControl() }
    // Each is known to be connected, and the first was active last.
    for client in clients + [clients[0]] { _ = try ask(client, .status) }
    let another = try server.connectControl()
    guard case .success(.status) = try ask(another, .status).result else { throw TestFailure("shut out") }
    guard case .failure(let fault) = try response(clients[1]).result else { throw TestFailure("no reason") }
    #expect(fault.code == .busy)
    #expect(try clients[1].readToEnd().isEmpty)
    guard case .success(.status) = try ask(clients[0], .status).result else { throw TestFailure("closed") }
    withExtendedLifetime(clients) {}
  }

  @Test func `kicking closes every session of the user with the reason`() throws {
    let server = try LiveServer()
    let alice = try server.guest("alice")
    let control = try server.connectControl()
    guard case .success(.userKicked(_, 1)) = try ask(control, .usersKick(Name("alice")!, reason: "enough")).result
    else {
      throw TestFailure("not kicked")
    }
    #expect(try alice.readToEnd().suffix(2).first?.contains("kicked you from the server (enough)") == true)
  }

  @Test func `stop replies, saves, and removes the socket`() throws {
    let server = try LiveServer()
    let client = try server.connectControl()
    guard case .success(.stopping) = try ask(client, .stop(reason: nil)).result else { throw TestFailure("no answer") }
    try server.stop()
    #expect(try client.readToEnd().isEmpty)
    #expect(try File.statusIfPresent(server.running.controlPath) == nil)
  }

  @Test func `a stale socket is replaced, and only its owner may connect`() throws {
    let path = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(path) }
    _ = try Socket.listenUnix(path: "\(path)/control.sock")
    #expect(try File.status("\(path)/control.sock").isSocket)
    _ = try Server(ServerConfiguration(data: path, port: 0, takesSignals: false))
    #expect(try File.status("\(path)/control.sock").mode == 0o600)
  }

  @Test func `a socket in use is left alone`() throws {
    let path = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(path) }
    let listener = try Socket.listenUnix(path: "\(path)/control.sock")
    let failure = #expect(throws: ServerError.self) {
      _ = try Server(ServerConfiguration(data: path, port: 0, takesSignals: false))
    }
    #expect(failure.map(ChatServer.ExitStatus.init) == .unavailable)
    _ = try Socket.connectUnix(path: "\(path)/control.sock")
    withExtendedLifetime(listener.rawValue) {}
  }
}

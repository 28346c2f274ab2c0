import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatServer

@Suite struct ControlListenerTests {
  @Test func `requests are taken in their order`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    var listener = try ControlListener(path: "\(folder)/control.sock")
    let poller = try Poller()
    let readBuffer = ReadBuffer()
    try listener.register(at: poller)
    var clients: [TestClient] = []
    let requests = ["one", "two", "three"].map { ControlRequest.roomsInfo(Name($0)!) }
    for request in requests {
      let client = try TestClient(socketPath: listener.path)
      clients.append(client)
      try client.send(request.encode(id: 1))
      // Once for the connection, once for what it sent.
      for _ in 0..<2 {
        var events: [PollerEvent] = []
        while events.isEmpty { try poller.wait(timeoutMilliseconds: -1) { events.append($0) } }
        for event in events {
          switch PollerToken(rawValue: event.token) {
          case .controlListener: listener.accept(poller)
          case .control(let client): listener.read(event, of: client, poller, readBuffer)
          default: Issue.record("an event of something else")
          }
        }
      }
    }
    var taken: [ControlRequest] = []
    while let call = listener.nextCall(poller) { taken.append(call.request) }
    #expect(taken == requests)
    withExtendedLifetime(clients) {}
  }

  @Test func `a client that does not read pauses its own answer, and one that leaves ends it`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    var listener = try ControlListener(path: "\(folder)/control.sock")
    let poller = try Poller()
    let readBuffer = ReadBuffer()
    try listener.register(at: poller)
    func takeEvents() throws {
      try poller.wait(timeoutMilliseconds: -1) { event in
        switch PollerToken(rawValue: event.token) {
        case .controlListener: listener.accept(poller)
        case .control(let client): listener.read(event, of: client, poller, readBuffer)
        default: Issue.record("an event of something else")
        }
      }
    }
    var client: TestClient? = try TestClient(socketPath: listener.path)
    try client!.send(ControlRequest.usersList.encode(id: 3))
    var call: ControlListener.Call?
    while call == nil {
      try takeEvents()
      call = listener.nextCall(poller)
    }
    let request = try #require(call).id
    listener.reply(request, part: nil)
    #expect(listener.takeReady() == [request])
    // More than a socket's buffers.
    let long = ControlReply.saved(files: [String(repeating: "x", count: 4 << 20)])
    listener.reply(request, part: long)
    listener.flush(poller, upTo: .max, at: .now)
    #expect(listener.takeReady().isEmpty && !listener.isFlushed)
    client = nil
    while listener.takeGone() != [request] {
      try takeEvents()
      listener.flush(poller, upTo: .max, at: .now)
    }
    #expect(listener.takeReady().isEmpty)
  }

  private func connects(to path: String) -> Bool { (try? Socket.connectUnix(path: path)) != nil }

  @Test func `a socket file that was removed, moved, replaced or made inaccessible is repaired`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let path = "\(folder)/control.sock"
    var listener = try ControlListener(path: path)
    let poller = try Poller()
    try listener.register(at: poller)
    let made = try File.statusOfLink(path)
    #expect(listener.repairSocket(poller) == nil)
    #expect(try File.statusOfLink(path) == made)

    try File.changeMode(path, 0)
    #expect(listener.repairSocket(poller) == nil)
    #expect(try File.statusOfLink(path).mode == 0o600)

    try File.unlink(path)
    #expect(listener.repairSocket(poller)?.contains(path) == true)
    #expect(connects(to: path))

    try File.rename(path, to: "\(folder)/other.sock")
    #expect(listener.repairSocket(poller) != nil && connects(to: path))

    try File.unlink(path)
    try File.open(path, [.writeOnly, .create]).writeAll("mine")
    #expect(listener.repairSocket(poller)?.contains("move it") == true)
    #expect(listener.repairSocket(poller) == nil, "reported once")
    #expect(try File.readWhole(path) == Array("mine".utf8))
    listener.removeSocket()
    #expect(try File.statusOfLink(path).isRegular, "another file of that name stays")
    try File.unlink(path)
    #expect(listener.repairSocket(poller) != nil && connects(to: path))

    // Removed with its folder.
    try File.rename(folder, to: "\(folder).moved")
    #expect(listener.repairSocket(poller) != nil && !connects(to: path) && connects(to: "\(folder).moved/control.sock"))
    try File.rename("\(folder).moved", to: folder)
    #expect(listener.repairSocket(poller) == nil && connects(to: path))

    // The poller reports a new connection.
    var isAsked = false
    try poller.wait(timeoutMilliseconds: 60_000) { isAsked = PollerToken(rawValue: $0.token) == .controlListener }
    #expect(isAsked)
    listener.removeSocket()
    #expect(try File.statusIfPresent(path) == nil)
  }
}

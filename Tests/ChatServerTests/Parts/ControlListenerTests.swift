import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatServer

@Suite struct ControlDeskTests {
  @Test func `requests are taken in the order in which they came`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    var desk = try ControlListener(path: "\(folder)/control.sock")
    let poller = try Poller()
    let readBuffer = ReadBuffer()
    try desk.register(at: poller)
    var clients: [TestClient] = []
    let requests = ["one", "two", "three"].map { ControlRequest.roomsInfo(Name($0)!) }
    for request in requests {
      let client = try TestClient(socketPath: desk.path)
      clients.append(client)
      try client.send(request.encode(id: 1))
      // Once for the connection, once for what it sent.
      for _ in 0..<2 {
        var events: [PollerEvent] = []
        while events.isEmpty { try poller.wait(timeout_ms: -1) { events.append($0) } }
        for event in events {
          switch PollerToken(token: event.token) {
          case .controlListener: desk.accept(poller)
          case .control(let client): desk.take(event, of: client, poller, readBuffer)
          default: Issue.record("an event of something else")
          }
        }
      }
    }
    var taken: [ControlRequest] = []
    while let call = desk.nextCall(poller) { taken.append(call.request) }
    #expect(taken == requests)
    withExtendedLifetime(clients) {}
  }

  @Test func `a client that does not read pauses its own answer, and one that leaves ends it`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    var desk = try ControlListener(path: "\(folder)/control.sock")
    let poller = try Poller()
    let readBuffer = ReadBuffer()
    try desk.register(at: poller)
    func takeEvents() throws {
      try poller.wait(timeout_ms: -1) { event in
        switch PollerToken(token: event.token) {
        case .controlListener: desk.accept(poller)
        case .control(let client): desk.take(event, of: client, poller, readBuffer)
        default: Issue.record("an event of something else")
        }
      }
    }
    var client: TestClient? = try TestClient(socketPath: desk.path)
    try client!.send(ControlRequest.usersList.encode(id: 3))
    var call: ControlListener.Call?
    while call == nil {
      try takeEvents()
      call = desk.nextCall(poller)
    }
    let request = try #require(call).id
    desk.reply(request, part: nil)
    #expect(desk.takeReady() == [request])
    // More than a socket holds.
    let long = ControlReply.saved(files: [String(repeating: "x", count: 4 << 20)])
    desk.reply(request, part: long)
    desk.flush(poller, upTo: .max, at: 0)
    #expect(desk.takeReady().isEmpty && !desk.isFlushed)
    client = nil
    while desk.takeGone() != [request] {
      try takeEvents()
      desk.flush(poller, upTo: .max, at: 0)
    }
    #expect(desk.takeReady().isEmpty)
  }

  private func connects(to path: String) -> Bool { (try? Socket.connectUnix(path: path)) != nil }

  @Test func `a socket file that was removed, moved, replaced or closed to everybody is mended`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let path = "\(folder)/control.sock"
    var desk = try ControlListener(path: path)
    let poller = try Poller()
    try desk.register(at: poller)
    let made = try File.statusOfLink(path)
    #expect(desk.repairSocket(poller) == nil)
    #expect(try File.statusOfLink(path) == made)

    try File.changeMode(path, 0)
    #expect(desk.repairSocket(poller) == nil)
    #expect(try File.statusOfLink(path).mode == 0o600)

    try File.unlink(path)
    #expect(desk.repairSocket(poller)?.contains(path) == true)
    #expect(connects(to: path))

    try File.rename(path, to: "\(folder)/other.sock")
    #expect(desk.repairSocket(poller) != nil && connects(to: path))

    try File.unlink(path)
    try File.open(path, [.writeOnly, .create]).writeAll("mine")
    #expect(desk.repairSocket(poller)?.contains("move it") == true)
    #expect(desk.repairSocket(poller) == nil, "told once")
    #expect(try File.readWhole(path) == Array("mine".utf8))
    desk.removeSocket()
    #expect(try File.statusOfLink(path).isRegular, "what is somebody else's stays")
    try File.unlink(path)
    #expect(desk.repairSocket(poller) != nil && connects(to: path))

    // With its folder.
    try File.rename(folder, to: "\(folder).moved")
    #expect(desk.repairSocket(poller) != nil && !connects(to: path) && connects(to: "\(folder).moved/control.sock"))
    try File.rename("\(folder).moved", to: folder)
    #expect(desk.repairSocket(poller) == nil && connects(to: path))

    // What connects now is heard by the poller.
    var isAsked = false
    try poller.wait(timeout_ms: 60_000) { isAsked = PollerToken(token: $0.token) == .controlListener }
    #expect(isAsked)
    desk.removeSocket()
    #expect(try File.statusIfPresent(path) == nil)
  }
}

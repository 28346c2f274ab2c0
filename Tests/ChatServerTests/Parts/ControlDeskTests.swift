import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatServer

@Suite struct ControlDeskTests {
  @Test func `requests are taken in the order in which they came`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    var desk = try ControlDesk(path: "\(folder)/control.sock")
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
          switch Registration(token: event.token) {
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
    var desk = try ControlDesk(path: "\(folder)/control.sock")
    let poller = try Poller()
    let readBuffer = ReadBuffer()
    try desk.register(at: poller)
    func takeEvents() throws {
      try poller.wait(timeout_ms: -1) { event in
        switch Registration(token: event.token) {
        case .controlListener: desk.accept(poller)
        case .control(let client): desk.take(event, of: client, poller, readBuffer)
        default: Issue.record("an event of something else")
        }
      }
    }
    var client: TestClient? = try TestClient(socketPath: desk.path)
    try client!.send(ControlRequest.usersList.encode(id: 3))
    var call: ControlDesk.Call?
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
}

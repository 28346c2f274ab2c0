import ChatProtocol
import POSIX
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
}

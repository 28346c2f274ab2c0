import ChatProtocol
import POSIX
import Testing

@testable import ChatServer

@Suite struct ProcessTests {
  @Test(arguments: [Signal.interrupt, .terminate])
  func `a signal tells everybody, saves and ends, and a second one changes nothing`(signal: Signal) throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let server = try BuiltServer(folder: folder)
    let client = try server.connect()
    try client.send("/guest x\n/ping in\n")
    try client.read(until: "ok ping in")
    try server.send(signal)
    try? server.send(signal)
    #expect(try client.readToEnd().contains { $0.contains("stopping") })
    #expect(server.exitStatus() == 0)
    let state = String(decoding: try File.readWhole("\(folder)/state.json"), as: UTF8.self)
    #expect(state.contains("\"clean\": true"))
    #expect(try File.statusIfPresent("\(folder)/control.sock") == nil)
  }

  @Test func `a hangup reopens the log under its name`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let server = try BuiltServer(folder: folder)
    try File.rename("\(folder)/chat.log", to: "\(folder)/chat.log.1")
    try server.send(.hangup)
    // The log's new file is there once the signal was taken, which a conversation shows.
    let client = try server.connect()
    try client.send("/guest x\n/ping in\n")
    try client.read(until: "ok ping in")
    try server.send(.terminate)
    #expect(server.exitStatus() == 0)
    #expect(String(decoding: try File.readWhole("\(folder)/chat.log"), as: UTF8.self).contains(" reopened "))
  }

  @Test func `when descriptors run out new clients wait, and the control socket answers`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let server = try BuiltServer(limits: "ulimit -n \(Server.reservedDescriptors + 10)", folder: folder)
    var inside: [TestClient] = []
    for _ in 0..<10 {
      let client = try server.connect()
      _ = try client.readLine()
      inside.append(client)
    }
    let waiting = try server.connect()
    let control = try server.connectControl()
    try control.send(ControlRequest.status.encode(id: 1))
    let answer = try ControlResponse(decoding: Array(#require(try control.readLine()).utf8))
    guard case .success(.status(let status)) = answer.result else { throw TestFailure("\(answer)") }
    #expect(status.sessions == 10)
    try inside[0].send("/quit\n")
    _ = try inside[0].readToEnd()
    inside.removeFirst()
    #expect(try waiting.readLine()?.hasPrefix("* Welcome") == true)
  }
}

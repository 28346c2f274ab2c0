import POSIX
import TestSupport
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
}

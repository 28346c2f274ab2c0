import ChatProtocol
import ChatStore
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// A second listener is one more `ListenerDefinition`.
@Suite struct ListenerTests {
  @Test func `a second listener has its own port and its own dialect, and shares the rooms`() throws {
    let json = ListenerDefinition(dialect: .json) { _ in ("127.0.0.1", 0) }
    let server = try SteppedServer(settings: "{}", listeners: ListenerDefinition.all + [json])
    #expect(server.addresses.count == 2 && server.addresses[0] != server.addresses[1])

    let text = try server.guest("alice")
    let program = try server.connect(to: server.addresses[1])
    try program.send("/guest bob\n")
    let lines = try server.takeTurns(until: program, hears: #""command":"guest""#)
    // The greeting is in the listener's dialect too.
    #expect(lines.allSatisfy { $0.hasPrefix("{") } && lines[0].contains(#""event":"welcome""#))

    try text.send("/join lobby\nhello\n")
    let message = try server.takeTurns(until: program, hears: "hello")
    #expect(message.last?.contains(#""event":"message""#) == true)
    // A client of either listener may change its dialect.
    try program.send("/format text\n/ping now\n")
    #expect(try server.takeTurns(until: program, hears: "now").last == "ok ping now")
    try server.stop()
  }

  @Test func `a listener without an address in the settings is not opened`() throws {
    let absent = ListenerDefinition(dialect: .json) { _ in nil }
    let server = try SteppedServer(settings: "{}", listeners: [absent] + ListenerDefinition.all)
    #expect(server.addresses.count == 1)
    _ = try server.guest("alice")
    try server.stop()
  }

  @Test func `a rejection is written in the listener's dialect`() throws {
    let json = ListenerDefinition(dialect: .json) { _ in ("127.0.0.1", 0) }
    let server = try SteppedServer(settings: #"{"sessions":1}"#, listeners: ListenerDefinition.all + [json])
    _ = try server.guest("alice")
    let rejected = try server.connect(to: server.addresses[1])
    let lines = try server.takeTurns(until: rejected, hears: "full")
    #expect(lines.count == 1 && lines[0].hasPrefix(#"{"event":"closing""#))
    try server.stop()
  }
}

import ChatCore
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// Clients that misbehave, and their effect on others.
@Suite struct OffenderTests {
  @Test func `a client that does not log in gets the reason and is closed`() throws {
    let server = try LiveServer(settings: #"{"login_seconds":1}"#)
    let inside = try server.guest("inside")
    let outside = try server.connect()
    #expect(try outside.readToEnd().last?.contains("did not log in") == true)
    try inside.send("/ping here\n")
    try inside.read(until: "ok ping here")
  }

  @Test func `a server with every limit at its maximum serves`() throws {
    let bounds = Settings.bounds.map { "\"\($0.name)\":\($0.max)" }
    let server = try LiveServer(settings: "{\(bounds.joined(separator: ","))}")
    let client = try server.guest("x")
    try client.send("hello\n/history\n/quit\n")
    #expect(try client.readToEnd().last?.hasSuffix("Bye.") == true)
  }

  @Test func `a reset connection is a lost one`() throws {
    let server = try LiveServer()
    let witness = try server.guest("witness")
    do {
      let lost = try server.guest("lost")
      try witness.read(until: "lost joined")
      try witness.send("unread\n")
      // The client closes with an unread message, so the kernel resets the connection.
      try witness.send("/ping sent\n")
      try witness.read(until: "ok ping sent")
      withExtendedLifetime(lost) {}
    }
    #expect(try witness.read(until: "lost left").last?.contains("connection") == true)
  }

  @Test func `any bytes get an answer and do no harm`() throws {
    let server = try LiveServer(settings: #"{"commands_per_second":0}"#)
    var random = SeededRandom(seed: 7)
    for _ in 0..<20 {
      let client = try server.connect()
      let length = Int.random(in: 0..<5000, using: &random)
      // Before the first command the bytes would be taken for another protocol.
      try client.ping()
      try client.send((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) } + Array("\n/ping end\n".utf8))
      try client.read(until: "ok ping end")
    }
  }
}

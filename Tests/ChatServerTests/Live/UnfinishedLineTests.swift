import POSIX
import Testing

@testable import ChatServer

/// Clients whose lines do not end, or arrive in small pieces.
@Suite struct UnfinishedLineTests {
  @Test func `an endless line is rejected once and not stored, and other clients are served meanwhile`() throws {
    let server = try LiveServer()
    let endless = try server.guest("endless")
    let other = try server.guest("other")
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
    for _ in 0..<50 {
      try endless.send(piece)
      try other.send("/ping here\n")
      try other.read(until: "ok ping here")
    }
    try endless.send("\n/ping end\n")
    let lines = try endless.read(until: "ok ping end")
    #expect(lines.errors == ["line-too-long"])
  }

  @Test func `lines that arrive byte by byte from many clients are all handled, between those of others`() throws {
    let server = try LiveServer()
    let slow = try (0..<20).map { _ in try server.connect() }
    let other = try server.guest("other")
    for byte in "/ping abcdefgh\n".utf8 {
      for client in slow { try client.send([byte]) }
      try other.ping("\(byte)")
    }
    for client in slow { try client.read(until: "ok ping abcdefgh") }
  }

  @Test func `the bytes after the last line end count as a line when the client closes its side`() throws {
    let server = try LiveServer()
    let witness = try server.guest("witness")
    let client = try server.guest("client")
    try client.send("whole\nhalf of a li")
    try client.finishSending()
    _ = try client.readToEnd()
    #expect(
      try witness.read(until: "client left").suffix(3).dropLast().map { $0 } == [
        "[lobby] client: whole", "[lobby] client: half of a li",
      ])
  }

  @Test func `an unfinished line of a reset connection is dropped`() throws {
    let server = try LiveServer()
    let witness = try server.guest("witness")
    do {
      let lost = try server.guest("lost")
      try witness.read(until: "lost joined")
      try lost.send("never fini")
      // The client closes with unread data, so the kernel resets the connection.
      try witness.send("unread\n")
      try witness.ping()
    }
    #expect(try witness.read(until: "lost left").allSatisfy { !$0.contains("never") })
    try witness.ping()
    #expect(!(try server.text("chat.log").contains("never fini")))
  }
}

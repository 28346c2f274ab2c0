import ChatCore
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// Clients that misbehave, and what the others notice of it.
@Suite struct OffenderTests {
  @Test func `who does not read is closed, and the others miss nothing`() throws {
    let server = try LiveServer(settings: #"{"outbox_bytes":10000,"commands_per_second":0}"#)
    let slow = try server.guest("slow")
    let reader = try server.guest("reader")
    let sender = try server.guest("sender")
    let filler = String(repeating: "x", count: 4000)
    var next = 0
    var hasLeft = false
    // What the kernel holds for the slow one is its own affair, so no number of messages is known before.
    while !hasLeft {
      try sender.send((0..<20).map { "m\(next + $0) \(filler)\n" }.joined())
      for number in next..<next + 20 {
        let line = try reader.read(until: "sender: ").filter { $0.contains("slow left") || $0.contains("sender: ") }
        if line.contains(where: { $0.contains("too slow") }) { hasLeft = true }
        #expect(line.last?.contains("m\(number) ") == true)
      }
      next += 20
    }
    let seen = try slow.readToEnd().filter { $0.contains("sender: ") }
    #expect(seen.count < next)
  }

  @Test func `a flood of commands is slowed but answered in order`() throws {
    let server = try LiveServer(settings: #"{"commands_per_second":100,"commands_burst":5}"#)
    let client = try server.connect()
    try client.send((0..<40).map { "/ping \($0)\n" }.joined())
    try client.finishSending()
    let pongs = try client.readToEnd().filter { $0.hasPrefix("ok ping") }
    #expect(pongs == (0..<40).map { "ok ping \($0)" })
  }

  @Test func `who does not come in is told so and closed`() throws {
    let server = try LiveServer(settings: #"{"login_seconds":1}"#)
    let inside = try server.guest("inside")
    let outside = try server.connect()
    #expect(try outside.readToEnd().last?.contains("did not come in") == true)
    try inside.send("/ping here\n")
    try inside.read(until: "ok ping here")
  }

  @Test func `over the bound of connections one clear line is said`() throws {
    let server = try LiveServer(settings: #"{"sessions":2}"#)
    let first = try server.guest("first")
    let second = try server.guest("second")
    let third = try server.connect()
    #expect(try third.readToEnd().map { $0.contains("full") } == [true])
    try second.send("/quit\n")
    _ = try second.readToEnd()
    try first.read(until: "second left")
  }

  @Test func `a server with every bound as high as it may be serves`() throws {
    let bounds = Settings.bounds.map { "\"\($0.name)\":\($0.max)" }
    let server = try LiveServer(settings: "{\(bounds.joined(separator: ","))}")
    let client = try server.guest("x")
    try client.send("hello\n/history\n/quit\n")
    #expect(try client.readToEnd().last?.hasSuffix("Bye.") == true)
  }

  @Test func `over the bound of an address the same`() throws {
    let server = try LiveServer(settings: #"{"sessions_per_address":1}"#)
    let first = try server.guest("first")
    #expect(try server.connect().readToEnd().map { $0.contains("from your address") } == [true])
    try first.send("/ping still\n")
    try first.read(until: "ok ping still")
  }

  @Test func `a reset connection is a lost one`() throws {
    let server = try LiveServer()
    let witness = try server.guest("witness")
    do {
      let lost = try server.guest("lost")
      try witness.read(until: "lost joined")
      try witness.send("unread\n")
      // The message lies unread at its end when it closes, so the kernel resets the connection.
      try witness.send("/ping sent\n")
      try witness.read(until: "ok ping sent")
      withExtendedLifetime(lost) {}
    }
    #expect(try witness.read(until: "lost left").last?.contains("connection") == true)
  }

  @Test func `bytes of any kind get an answer and do no harm`() throws {
    let server = try LiveServer(settings: #"{"commands_per_second":0}"#)
    var random = SeededRandom(seed: 7)
    for _ in 0..<20 {
      let client = try server.connect()
      let length = Int.random(in: 0..<5000, using: &random)
      try client.send((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) } + Array("\n/ping end\n".utf8))
      try client.read(until: "ok ping end")
    }
  }
}

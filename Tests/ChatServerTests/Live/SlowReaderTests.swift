import ChatProtocol
import Testing

@testable import ChatServer

/// Clients that do not read.
@Suite struct SlowReaderTests {
  private static let filler = String(repeating: "x", count: 4000)

  /// The size of the kernel's buffers is unknown, so the number of messages is too. Sends messages until `reader`, who
  /// reads and checks all of them, has seen this many clients closed as too slow. Returns the number of messages.
  private func talk(_ sender: TestClient, _ reader: TestClient, until goings: Int) throws -> Int {
    var (next, gone) = (0, 0)
    while gone < goings {
      try sender.send((0..<20).map { "m\(next + $0) \(Self.filler)\n" }.joined())
      for number in next..<next + 20 {
        let lines = try reader.read(until: "sender: ")
        gone += lines.count { $0.contains("too slow") }
        #expect(lines.last?.contains("m\(number) ") == true)
      }
      next += 20
    }
    return next
  }

  @Test func `a client that does not read is closed with the reason, and others miss nothing`() throws {
    let server = try LiveServer(settings: #"{"outbox_bytes":10000,"commands_per_second":0}"#)
    let slow = try server.guest("slow")
    let reader = try server.guest("reader")
    let sender = try server.guest("sender")
    let said = try talk(sender, reader, until: 1)
    let lines = try slow.readToEnd()
    #expect(lines.filter { $0.contains("sender: ") }.count < said)
    #expect(lines.last?.hasPrefix("* You read too slowly: ") == true)
    // It got only whole lines.
    #expect(lines.filter { $0.contains(Self.filler) }.allSatisfy { $0.hasPrefix("[lobby] sender: m") })
  }

  @Test func `a client that reads long after it was closed still gets whole lines and the reason`() throws {
    var timeouts = Timeouts()
    timeouts.lastOutput = .milliseconds(10)
    let server = try LiveServer(
      settings: #"{"outbox_bytes":10000,"commands_per_second":0,"sessions":3}"#, timeouts: timeouts)
    let slow = try server.guest("slow")
    let reader = try server.guest("reader")
    let sender = try server.guest("sender")
    _ = try talk(sender, reader, until: 1)
    // A new client is accepted once the server has closed the slow one's connection.
    _ = try server.connectWhenAccepted()
    let lines = try slow.readToEnd()
    #expect(lines.last?.hasPrefix("* You read too slowly: ") == true)
    #expect(lines.filter { $0.contains(Self.filler) }.allSatisfy { $0.hasPrefix("[lobby] sender: m") })
  }

  @Test func `if slow readers together exceed the total limit, some are closed, and others miss nothing`() throws {
    let server = try LiveServer(settings: #"{"outbox_bytes":0,"outboxes_bytes":400000,"commands_per_second":0}"#)
    let slow = try (0..<5).map { try server.guest("slow\($0)") }
    let reader = try server.guest("reader")
    let sender = try server.guest("sender")
    _ = try talk(sender, reader, until: 3)
    let closed = try slow.map { try $0.readUntilCaughtUp() }.filter { $0.last?.hasPrefix("* You read too") == true }
    #expect(closed.count >= 3)
    try reader.ping()
  }

  @Test func `a client that requests more than it reads is closed, and others are served meanwhile`() throws {
    let server = try LiveServer(
      settings: #"{"outbox_bytes":100000,"commands_per_second":0,"rooms_per_user":0}"#,
      files: ["rooms.json": Self.manyRooms])
    let greedy = try server.guest("greedy")
    let reader = try server.guest("reader")
    // Each reply has 256 KiB: together more than the kernel buffers and than one turn encodes.
    try greedy.send(String(repeating: "/rooms\n", count: 2000))
    try reader.read(until: "greedy left")
    try reader.ping()
    #expect(try greedy.readToEnd().last?.hasPrefix("* You read too slowly: ") == true)
  }

  @Test func `the operator sees which clients do not read, and how much output waits for them`() throws {
    let server = try LiveServer(
      settings: #"{"outbox_bytes":0,"commands_per_second":0,"rooms_per_user":0}"#,
      files: ["rooms.json": Self.manyRooms])
    let greedy = try server.guest("greedy")
    let reader = try server.guest("reader")
    try greedy.send(String(repeating: "/rooms\n", count: 200) + "/msg reader done\n")
    try reader.read(until: "done")
    let control = try server.connectControl()
    try control.send(ControlRequest.top.encode(id: 1))
    let line = try #require(try control.readLine())
    guard case .success(.top(let top)) = try ControlResponse(decoding: Array(line.utf8)).result else {
      throw TestFailure(line)
    }
    #expect(top.slowestSessions.map(\.user) == [Name("greedy")])
    #expect(top.slowestSessions.first?.outboxBytes == top.status.queues?.outboxBytes)
    #expect(top.status.queues?.sessionsBehind == 1 && top.status.queues?.outboxBytes ?? 0 > 1 << 20)
  }

  private static let manyRooms: String = {
    let rooms = (0..<2000).map { #"{"name":"room\#($0)","topic":"\#(String(repeating: "t", count: 200))"}"# }
    return #"{"version":1,"rooms":[\#(rooms.joined(separator: ","))]}"#
  }()
}

extension TestClient {
  /// The lines that waited for a slow client: up to the end of the connection, or to the reply to a ping.
  fileprivate func readUntilCaughtUp() throws -> [String] {
    // A closed client cannot send.
    try? send("/ping caught-up\n")
    var lines: [String] = []
    while let line = try readLine(), line != "ok ping caught-up" { lines.append(line) }
    return lines
  }
}

import ChatProtocol
import Testing

@testable import ChatServer

/// Clients that do not read what they are sent.
@Suite struct SlowReaderTests {
  private static let filler = String(repeating: "x", count: 4000)

  /// What the kernel holds for those who do not read is its own affair, so no number of messages is known before: says more and
  /// more until `reader`, who reads all of it and misses nothing, was told of so many goings. How much was said.
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

  @Test func `who does not read is closed with the reason, and the others miss nothing`() throws {
    let server = try LiveServer(settings: #"{"outbox_bytes":10000,"commands_per_second":0}"#)
    let slow = try server.guest("slow")
    let reader = try server.guest("reader")
    let sender = try server.guest("sender")
    let said = try talk(sender, reader, until: 1)
    let lines = try slow.readToEnd()
    #expect(lines.filter { $0.contains("sender: ") }.count < said)
    #expect(lines.last?.hasPrefix("* You read too slowly: ") == true)
    // Whole lines and nothing else, whatever was dropped.
    #expect(lines.filter { $0.contains(Self.filler) }.allSatisfy { $0.hasPrefix("[lobby] sender: m") })
  }

  @Test func `who reads again when the connection is long closed still finds the reason, behind whole lines`() throws {
    var timeouts = Timeouts()
    timeouts.lastOutput = .milliseconds(10)
    let server = try LiveServer(
      settings: #"{"outbox_bytes":10000,"commands_per_second":0,"sessions":3}"#, timeouts: timeouts)
    let slow = try server.guest("slow")
    let reader = try server.guest("reader")
    let sender = try server.guest("sender")
    _ = try talk(sender, reader, until: 1)
    // Its place is free once the server has no connection to it any more.
    _ = try server.comeIn()
    let lines = try slow.readToEnd()
    #expect(lines.last?.hasPrefix("* You read too slowly: ") == true)
    #expect(lines.filter { $0.contains(Self.filler) }.allSatisfy { $0.hasPrefix("[lobby] sender: m") })
  }

  @Test func `when all who do not read have too much together, some are closed, and the others miss nothing`() throws {
    let server = try LiveServer(settings: #"{"outbox_bytes":0,"outboxes_bytes":400000,"commands_per_second":0}"#)
    let slow = try (0..<5).map { try server.guest("slow\($0)") }
    let reader = try server.guest("reader")
    let sender = try server.guest("sender")
    _ = try talk(sender, reader, until: 3)
    let closed = try slow.map { try $0.readUntilCaughtUp() }.filter { $0.last?.hasPrefix("* You read too") == true }
    #expect(closed.count >= 3)
    try reader.ping()
  }

  @Test func `who asks for more than is read is closed, and others are answered meanwhile`() throws {
    let server = try LiveServer(
      settings: #"{"outbox_bytes":100000,"commands_per_second":0,"rooms_per_user":0}"#,
      files: ["rooms.json": Self.manyRooms])
    let greedy = try server.guest("greedy")
    let reader = try server.guest("reader")
    // Each answer is of 256 KiB: more than any kernel holds, and more than one turn makes.
    try greedy.send(String(repeating: "/rooms\n", count: 2000))
    try reader.read(until: "greedy left")
    try reader.ping()
    #expect(try greedy.readToEnd().last?.hasPrefix("* You read too slowly: ") == true)
  }

  @Test func `the operator sees who does not read, and how much waits for them`() throws {
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
  /// What waited for a client that did not read: up to the end of the connection, or to an echo.
  fileprivate func readUntilCaughtUp() throws -> [String] {
    // Who is closed already cannot send.
    try? send("/ping caught-up\n")
    var lines: [String] = []
    while let line = try readLine(), line != "ok ping caught-up" { lines.append(line) }
    return lines
  }
}

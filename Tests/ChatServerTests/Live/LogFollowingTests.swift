import ChatProtocol
import JSON
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// Clients that read and follow the log on the control socket.
@Suite struct LogFollowingTests {
  /// The events of one line of a reply.
  private func events(_ line: String) throws -> [ControlLogEvent] {
    let response = try ControlResponse(decoding: Array(line.utf8))
    switch response.result {
    case .failure(let fault): throw fault
    case .success(.events(let events)): return events
    case .success(let other): throw TestFailure("\(other)")
    }
  }

  /// Reads events up to the first that `isLast`.
  private func follow(_ client: TestClient, until isLast: (ControlLogEvent) -> Bool) throws -> [ControlLogEvent] {
    var told: [ControlLogEvent] = []
    while let line = try client.readLine() {
      told += try events(line)
      if let index = told.firstIndex(where: isLast) { return Array(told[...index]) }
    }
    throw TestFailure("the connection ended; last: \(told.suffix(3))")
  }

  private func watch(_ server: LiveServer, since: String, user: String? = nil) throws -> TestClient {
    let client = try server.connectControl()
    let query = ControlLogQuery(
      .events, isFollowing: true, since: .position(LogPosition(since)!), user: user.map { Name($0)! })
    try client.send(ControlRequest.readLog(query).encode(id: 1))
    return client
  }

  /// The positions of all lines in the log's files.
  private func whole(_ server: LiveServer) throws -> [String] {
    let pieces = try File.names(inDirectory: server.folder).filter { $0.hasPrefix("chat.log.") }
      .sorted { Int($0.dropFirst(9))! > Int($1.dropFirst(9))! }
    var position = LogPosition()
    var ids: [String] = []
    for line in try (pieces + ["chat.log"]).map({ try server.text($0) }).joined().split(separator: "\n") {
      let id = line.firstMatch(of: #/^\S+ \S+ id=(\d+) /#).flatMap { MessageID($0.1) }
      position.advance(to: id)
      ids.append(position.description)
    }
    return ids
  }

  @Test func `a follower that starts at any moment gets each line once, even during writes and rotations`() throws {
    let server = try LiveServer(settings: #"{"commands_per_second":0}"#)
    let writer = try server.guest("alice")
    let operator_ = try server.connectControl()
    var followers: [(since: String, client: TestClient)] = []
    var rotations = 0
    for round in 1...60 {
      // Not awaited, so that lines are written while followers start.
      try writer.send((1...10).map { "line \(round) \($0)\n" }.joined() + "/create r\(round) --open\n/leave\n")
      followers.append(("0", try watch(server, since: "0")))
      if round % 3 == 0 { followers.append(("1", try watch(server, since: "1"))) }
      if round % 15 == 0 {
        rotations += 1
        for number in stride(from: rotations - 1, to: 0, by: -1) {
          try File.rename("\(server.folder)/chat.log.\(number)", to: "\(server.folder)/chat.log.\(number + 1)")
        }
        try File.rename("\(server.folder)/chat.log", to: "\(server.folder)/chat.log.1")
        try operator_.send(ControlRequest.reload(force: false).encode(id: round))
        _ = try operator_.readLine()
      }
      if followers.count > 40 {
        // Some disconnect in the middle of a reply.
        followers.removeFirst(10)
      }
    }
    try writer.send("the end\n/ping over\n")
    try writer.read(until: "ok ping over")
    let expected = try whole(server)
    #expect(rotations == 4 && expected.count > 700)
    for (since, client) in followers {
      let told = try follow(client) { $0.text == "the end" }.map(\.id.description)
      let start = since == "0" ? 0 : try #require(expected.firstIndex(of: since)) + 1
      #expect(told == Array(expected[start..<(start + told.count)]))
      #expect(told.count > 600)
    }
    try server.stop()
  }

  @Test func `followers miss no line when the log is rotated by copying, or removed`() throws {
    let server = try LiveServer(settings: #"{"commands_per_second":0}"#)
    let writer = try server.guest("alice")
    let follower = try watch(server, since: "0", user: "alice")
    // The follower has read the past, because lines truncated before they are read are lost.
    _ = try follow(follower) { $0.event == "guest" }
    for round in 1...21 {
      try writer.send("line \(round)\n/ping \(round)\n")
      try writer.read(until: "ok ping \(round)")
      if round % 4 == 0 {
        try File.open("\(server.folder)/chat.log", .writeOnly).truncate(to: 0)
      } else if round == 10 {
        try File.unlink("\(server.folder)/chat.log")
      }
    }
    let told = try follow(follower) { $0.text == "line 21" }.filter { $0.event == "message" }.map(\.text)
    #expect(told == (1...21).map { "line \($0)" })
    try server.stop()
    // The new file begins with an id, so that a follower can resume.
    #expect(try server.text("chat.log").contains(#/^\S+ reopened id=\d+ file=/#.anchorsMatchLineEndings()))
  }

  @Test func `a follower that does not read delays no client, takes no memory, and gets every line later`() throws {
    var timeouts = Timeouts()
    timeouts.followedBytes = 64 << 10
    let server = try LiveServer(settings: #"{"commands_per_second":0}"#, timeouts: timeouts)
    let writer = try server.guest("alice")
    let follower = try watch(server, since: "0", user: "alice")
    let text = String(repeating: "x", count: 3000)
    // More than the server keeps and the kernel buffers for a slow reader.
    let count = 300
    for number in 1...count {
      try writer.send("\(number) \(text)\n")
      if number % 100 == 0 {
        try writer.send("/ping \(number)\n")
        try writer.read(until: "ok ping \(number)")
      }
    }
    try writer.send("the end\n")
    let told = try follow(follower) { $0.text == "the end" }.filter { $0.event == "message" }
    #expect(told.count == count + 1)
    #expect(told.dropLast().enumerated().allSatisfy { $1.text?.hasPrefix("\($0 + 1) x") == true })
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.id < $1.id })
    try server.stop()
  }

  @Test func `a stopping server sends its last line, then the end of the stream`() throws {
    let server = try LiveServer()
    let (live, past) = (try watch(server, since: "0"), try watch(server, since: "0", user: "root"))
    _ = try follow(live) { $0.event == "ready" }
    try server.stop()
    var told: [ControlLogEvent] = []
    let fault = #expect(throws: ControlError.self) {
      while let line = try live.readLine() { told += try events(line) }
    }
    #expect(fault?.code == .stopping)
    #expect(told.last?.event == "stop")
    let other = #expect(throws: ControlError.self) { while let line = try past.readLine() { _ = try events(line) } }
    #expect(other?.code == .stopping)
  }

  @Test func `ids continue after a restart`() throws {
    let folder = try TemporaryFolder.make()
    let server = try LiveServer(folder: folder)
    _ = try server.guest("alice")
    let first = try follow(watch(server, since: "0")) { $0.event == "guest" }
    try server.stop()
    let text = try server.text("chat.log")
    let again = try LiveServer(
      folder: {
        let copy = try TemporaryFolder.make()
        for name in ["chat.log", "state.json", "users.csv", "rooms.json"] {
          try File.open("\(copy)/\(name)", [.writeOnly, .create]).writeAll(server.text(name))
        }
        return copy
      }())
    let told = try follow(watch(again, since: first.last!.id.description)) { $0.event == "ready" }
    #expect(told.map(\.event).suffix(3) == ["stop", "start", "ready"])
    #expect(told.count == text.split(separator: "\n").count - first.count + 2)
    #expect(told.suffix(2).map(\.id) == [LogPosition("1")!, LogPosition("1.1")!])
    try again.stop()
  }

  @Test func `many followers do not prevent other control connections`() throws {
    let server = try LiveServer()
    let followers = try (0..<64).map { _ in try watch(server, since: "0") }
    for follower in followers { _ = try follow(follower) { $0.event == "ready" } }
    let operator_ = try server.connectControl()
    _ = try operator_.status()
    withExtendedLifetime(followers) {}
    try server.stop()
  }
}

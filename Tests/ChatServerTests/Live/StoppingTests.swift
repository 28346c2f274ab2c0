import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// SIGTERM ends a server with everything saved, even if its helper threads are busy.
@Suite(.timeLimit(.minutes(1))) struct `A server that stops` {
  private static let accounts = "name,password\nalice,plain:correct-horse\n"

  /// The work in progress when the server gets the signal.
  enum Work: CaseIterable, Sendable {
    /// Uploads that a low rate limit delays by minutes.
    case uploads
    /// A hash with a cost of minutes, written into the file by hand.
    case password
    /// A search in a log that nearly matches everywhere.
    case search
    /// A log that `chat-admin` reads from the beginning.
    case log
  }

  @Test(arguments: Work.allCases) func `waits for no helper`(work: Work) throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    try prepare(work, folder)
    let server = try BuiltServer(folder: folder)
    let alice = try server.connect()
    try alice.send("/login alice correct-horse\n/create den --open\nhello\n/ping in\n")
    try alice.read(until: "ok ping in")
    let busy = try begin(work, server, alice)
    try server.send(.terminate)
    #expect(server.exitStatus() == 0)
    #expect(try text("\(folder)/state.json").contains("\"clean\": true"))
    #expect(try text("\(folder)/rooms.json").contains("\"den\""))
    #expect(try text("\(folder)/chat.log").contains("hello"))
    withExtendedLifetime(busy) {}
  }

  private func prepare(_ work: Work, _ folder: String) throws {
    var accounts = Self.accounts
    if work == .password {
      let hash = "$6$rounds=999999999$salt$" + String(repeating: "x", count: 86)
      accounts += "bob,\(hash)\n"
    }
    try write(accounts, "\(folder)/users.csv")
    if work == .uploads { try write(#"{"transfer_bytes_per_second":500}"#, "\(folder)/settings.json") }
    if work == .search || work == .log {
      let text = String(repeating: "a", count: 4000)
      let line = "2026-11-20T12:00:00.000Z message id=1 room=lobby from=bob text=\"\(text)\"\n"
      let log = try File.open("\(folder)/chat.log.1", [.writeOnly, .create])
      for _ in 0..<8000 { try log.writeAll(line) }
    }
  }

  /// Starts the work. Returns connections that must stay open.
  private func begin(_ work: Work, _ server: BuiltServer, _ alice: TestClient) throws -> [TestClient] {
    switch work {
    case .uploads:
      let bytes = [UInt8](repeating: 7, count: 600_000)
      return try (1...2).map { number in
        let file = try offer(bytes, as: "data\(number)", alice)
        let up = try server.connect()
        try up.send(Array("/put \(file.ticket)\n".utf8) + bytes)
        // The first piece is stored before the upload waits.
        let part = "\(server.folder)/files/\(file.id).part"
        while try File.status(part).size < Int64(DiskThrottle.pieceBytes) { try alice.ping() }
        return up
      }
    case .password:
      let bob = try server.connect()
      try bob.send("/login bob battery-staple\n")
      try wait(server) { $0.pendingHashes > 0 }
      return [bob]
    case .search:
      try alice.send("/switch lobby\n/search \(String(repeating: "a", count: 2000))b\n")
      try wait(server) { $0.queues?.historyRequests ?? 0 > 0 }
      return []
    case .log:
      let control = try server.connectControl()
      let query = ControlLogQuery(.lines, text: String(repeating: "a", count: 2000) + "b")
      try control.send(ControlRequest.readLog(query).encode(id: 1))
      // The reply shows that the server has read the request.
      try alice.ping()
      return [control]
    }
  }

  private func offer(_ bytes: [UInt8], as name: String, _ alice: TestClient) throws -> (id: String, ticket: String) {
    var cksum = Cksum()
    cksum.append(bytes.span)
    try alice.send("/offer \(bytes.count) \(cksum.value) \(name)\n")
    let lines = try alice.read(until: "/put ")
    let id = try secret(in: lines.first { $0.contains("ok offer #") } ?? "", after: "ok offer #")
    return (id, try secret(in: lines.last!, after: "/put "))
  }

  /// The letters and digits after some words.
  private func secret(in line: String, after words: String) throws -> String {
    guard let start = line.firstRange(of: words)?.upperBound else { throw TestFailure(line) }
    return String(line[start...].prefix { $0.isLetter || $0.isNumber })
  }

  /// Waits until the status shows the work.
  private func wait(_ server: BuiltServer, until isBusy: (ControlStatus) -> Bool) throws {
    let control = try server.connectControl()
    while try !isBusy(control.status()) {}
  }

  private func text(_ path: String) throws -> String { String(decoding: try File.readWhole(path), as: UTF8.self) }

  private func write(_ text: String, _ path: String) throws {
    try File.open(path, [.writeOnly, .create]).writeAll(text)
  }
}

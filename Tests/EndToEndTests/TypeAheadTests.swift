import Foundation
import POSIX
import TestSupport
import Testing

/// Keys typed before the question that they answer, and ways to quit.
@Suite struct TypeAheadTests {
  private func chat(_ server: TestServer, _ arguments: String...) throws -> TerminalProgram {
    try TerminalProgram("chat", ["--port", "\(server.port)"] + arguments)
  }

  private func history(_ program: TerminalProgram) -> String {
    (try? File.readWhole("\(program.state.path)/chat/history")).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  @Test(arguments: ["/quit\r", "\u{3}", "\u{4}", "15", "1"])
  func `passwords that arrive in one burst are in no file, and chat can be quit`(end: String) throws {
    let server = try TestServer(TestFolder())
    let alice = try chat(server, "--name", "alice")
    try alice.read(until: "Password of alice (Enter for none): ")
    try alice.type("wrong line\rwrong-horse\rcorrect-horse\r")
    try alice.read(until: "was dropped")
    if let signal = Int32(end) { try alice.send(Signal(rawValue: signal)) } else { try alice.type(end) }
    #expect(alice.finish() == 0)
    #expect(try alice.terminal.isAsFound)
    #expect(!alice.seen.contains("horse") && history(alice).isEmpty)
    #expect(try server.stop().status == 0)
  }

  @Test func `name and password in one burst, before anything is asked, log in`() throws {
    let server = try TestServer(TestFolder())
    try server.connect("/register alice correct-horse").quit()
    let alice = try chat(server)
    try alice.type("alice\rcorrect-horse\rsecret-behind-it\r")
    try alice.read(until: "── alice · lobby, 1 member")
    try alice.type("hello\r")
    try alice.read(until: "alice: hello ✓")
    try alice.type("/quit\r")
    #expect(alice.finish() == 0)
    #expect(!history(alice).contains("horse") && !history(alice).contains("behind"))
    #expect(try !server.folder.text("chat.log").contains("behind"))
    #expect(try server.stop().status == 0)
  }

  @Test(arguments: ["\u{3}", "\u{4}", "/quit\r", "alice\r/quit\r", "15", "1", "2"])
  func `a user can quit while a server is silent`(end: String) throws {
    // It only accepts connections.
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    let alice = try TerminalProgram("chat", ["--port", "\(listener.localPort())"])
    try alice.read(until: "connecting…")
    if let signal = Int32(end) { try alice.send(Signal(rawValue: signal)) } else { try alice.type(end) }
    #expect(alice.finish() == 0)
    #expect(try alice.terminal.isAsFound)
  }

  @Test(arguments: ["xterm", "dumb"], ["\u{3}", "\u{4}", "/quit\r", "correct-horse\r/quit\r", "15", "1", "2"])
  func `a user can quit during a connection attempt, and typed input is not shown`(kind: String, end: String)
    throws
  {
    // Its queue is full, so no other connection is accepted.
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    #expect(listen(listener.rawValue, 0) == 0)
    let first = try Socket.connect(host: "127.0.0.1", port: listener.localPort())
    let alice = try TerminalProgram("chat", ["--port", "\(listener.localPort())"], term: kind)
    while try alice.terminal.isAsFound { sched_yield() }
    if let signal = Int32(end) { try alice.send(Signal(rawValue: signal)) } else { try alice.type(end) }
    let status = alice.finish()
    #expect(status == (["\u{3}", "2"].contains(end) ? 130 : Int32(end).map { 128 + $0 } ?? 0))
    #expect(try alice.terminal.isAsFound)
    #expect(try !alice.readRest().contains("horse"))
    _ = consume first
  }

  @Test func `a terminal without capabilities shows no password either`() throws {
    let server = try TestServer(TestFolder())
    try server.connect("/register alice correct-horse").quit()
    let alice = try TerminalProgram("chat", ["--port", "\(server.port)"], term: "dumb")
    try alice.read(until: "Name: ")
    try alice.type("alice\r")
    try alice.read(until: "Password of alice (Enter for none): ")
    try server.send(.stop)
    try alice.type("wrong-horse\rcorrect-horse\r")
    try alice.awaitReading()
    try server.send(.resume)
    try alice.read(until: "What you typed ahead was dropped")
    try alice.read(until: "[t] ")
    try alice.type("t\r")
    try alice.read(until: "Password of alice (Enter for none): ")
    try alice.type("correct-horse\r")
    try alice.read(until: "lobby")
    try alice.type("hello\r")
    try alice.type("\u{4}")
    #expect(alice.finish() == 0)
    #expect(try alice.terminal.isAsFound)
    #expect(try !alice.readRest().contains("horse"))
    #expect(try server.folder.text("chat.log").contains("hello"))
    #expect(try server.stop().status == 0)
  }

  @Test func `a user can quit when the server has stopped answering`() throws {
    let server = try TestServer(TestFolder())
    for end in ["15", "\u{4}\u{4}", "/quit\r\u{4}", "\u{3}\u{3}\u{3}"] {
      let alice = try TerminalProgram.guest("alice", port: server.port)
      try server.send(.stop)
      try alice.type("hello\r")
      try alice.read(until: "… hello")
      if let signal = Int32(end) { try alice.send(Signal(rawValue: signal)) } else { try alice.type(end) }
      #expect(alice.finish() == 69, "'hello' was not acknowledged")
      #expect(try alice.terminal.isAsFound)
      try server.send(.resume)
      let bob = try server.connect("/guest bob")
      // The server has seen her leave.
      while try bob.ask("/who").contains(where: { $0.contains("alice") }) {}
      try bob.quit()
    }
    #expect(try server.stop().status == 0)
  }

  @Test func `a room's password typed before its question is not sent as a message`() throws {
    let server = try TestServer(TestFolder())
    let bob = try server.connect("/register bob battery-staple")
    _ = try bob.ask("/create den sesame-open")
    let alice = try TerminalProgram.guest("alice", port: server.port)
    try server.send(.stop)
    try alice.type("/join den")
    try alice.read(until: "> /join den")
    try alice.type("\r")
    try alice.read(until: "(waiting for the server) ")
    try alice.type("sesame-open\r")
    try server.send(.resume)
    try alice.read(until: "── alice · den, 2 members")
    try alice.type("\u{4}")
    #expect(alice.finish() == 0)
    #expect(!alice.seen.contains("sesame") && history(alice) == "/join den\n")
    #expect(try server.stop().status == 0)
  }

  /// While the server is stopped, all input waits. Then it meets the questions that come.
  @Test func `random keys after a password leak no secret, and chat can be quit`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    let server = try TestServer(TestFolder())
    let secret = "marked-secret"
    let pieces = [
      secret, secret, secret, "\r", "\r", "\r", "g\r", "t\r", "r\r", "n\r", "bob\r", "\u{1B}",
      "\u{1B}[200~x\ny\u{1B}[201~",
      "\u{1B}[200~", "hello\r", "\u{12}he", "\t", "\u{1B}[A", "\u{15}", "漢\u{7F}", "/who\r", "\u{19}",
    ]
    for round in 0..<8 {
      let person = try chat(server, "--name", "alice\(round)")
      try person.read(until: "Password of alice\(round) (Enter for none): ")
      try server.send(.stop)
      try person.type("\(secret)\r")
      for _ in 0..<Int.random(in: 0...8, using: &random) { try person.type(pieces.randomElement(using: &random)!) }
      try person.awaitReading()
      let goesOn = Bool.random(using: &random)
      if goesOn { try server.send(.resume) }
      switch Int.random(in: 0..<3, using: &random) {
      case 0: try person.send(.terminate)
      case 1: try person.send(.hangup)
      default: try person.type("\u{1B}[201~\u{3}\u{3}\u{3}\u{3}\u{3}\u{4}\u{4}")
      }
      let status = person.finish()
      if !goesOn { try server.send(.resume) }
      #expect([0, 69].contains(status), "seed \(seed), round \(round)")
      #expect(try person.terminal.isAsFound, "seed \(seed), round \(round)")
      #expect(!history(person).contains("marked"), "seed \(seed), round \(round)")
      #expect(!person.seen.contains("marked"), "seed \(seed), round \(round)")
    }
    #expect(try server.stop().status == 0)
    #expect(try !server.folder.text("chat.log").contains("marked"), "seed \(seed)")
  }
}

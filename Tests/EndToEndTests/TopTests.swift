import POSIX
import TestSupport
import Testing

/// `chat-admin top`, on a terminal and without one.
@Suite struct TopTests {
  /// The output at the beginning and at every end.
  private static let begin = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
  private static let end = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  private func top(_ server: TestServer, _ options: String...) throws -> TerminalProgram {
    let program = try TerminalProgram("chat-admin", ["--data", server.folder.path, "top"] + options)
    try program.read(until: Self.begin)
    return program
  }

  private func leaves(_ program: TerminalProgram, with status: Int32) throws {
    try program.read(until: Self.end)
    #expect(program.finish() == status)
    #expect(try program.terminal.isAsFound)
  }

  @Test func `without a terminal it prints the screen's contents, and as JSON one document per line`()
    throws
  {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/guest alice")
    _ = try alice.ask("hello")
    let shown = try server.admin("top", "--once")
    #expect(shown.status == 0 && shown.errors.isEmpty && shown.output.hasPrefix("chat-server "))
    #expect(shown.output.contains("\nBUSIEST ROOM ") && shown.output.contains("\nlobby "))
    #expect(shown.output.contains(", data \(server.folder.path)  up "), "nothing is cut, however long")
    let again = try server.admin("top", "--count", "2").output
    #expect(again.contains("\n\nchat-server ") && again.split(separator: "BUSIEST ROOM").count == 3)
    let once = try server.admin("top", "--once", "--json")
    #expect(once.status == 0 && once.errors.isEmpty)
    #expect(once.output.hasPrefix(#"{"top":{"status":{"version":"#) && once.output.hasSuffix("}}\n"))
    #expect(once.output.contains(#""busiest_rooms":[{"room":"lobby","members":1,"messages_per_minute":1}]"#))
    #expect(once.output.contains(#""slowest_sessions":[],"warnings":[]"#))
    let twice = try server.admin("--json", "top", "--count", "2")
    #expect(twice.status == 0 && twice.output.split(separator: "\n").count == 2)
    #expect(try server.admin("top", "--count", "none").status == 64)
    #expect(try server.stop().status == 0)
    #expect(try server.admin("top").status == 69)
  }

  @Test func `each line is printed at once, and a stopping server has a status of its own`() throws {
    let server = try TestServer(TestFolder())
    let follower = try Program("chat-admin", ["--data", server.folder.path, "top", "--json", "--interval", "3600"])
    #expect(try follower.readLine()?.hasPrefix(#"{"top":"#) == true)
    #expect(try server.stop().status == 0)
    let end = try follower.finish()
    #expect(end.status == 76 && end.output.isEmpty)
    #expect(
      end.errors
        == "chat-admin: the server (process \(server.processID)) at \(server.folder.path)/control.sock has stopped\n")
  }

  @Test(arguments: ["q", "Q", "\u{3}"])
  func `on a terminal it uses the alternate screen, and leaves it at a key`(key: String) throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/guest alice")
    let program = try top(server)
    try program.read(until: "sessions 1  users 1")
    try program.read(until: "BUSIEST ROOM")
    _ = try alice.ask("hello")
    // Only changes are drawn.
    let change = try program.read(until: "lobby  ")
    #expect(!change.contains("BUSIEST"))
    try program.type(key)
    try leaves(program, with: 0)
    #expect(try server.stop().status == 0)
  }

  @Test(arguments: [Signal.terminate, .hangup, .interrupt])
  func `a signal that ends top restores the terminal`(signal: Signal) throws {
    let server = try TestServer(TestFolder())
    let program = try top(server)
    try program.read(until: "LATEST WARNING")
    try program.send(signal)
    try leaves(program, with: 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `Ctrl-Z releases the terminal, and fg takes it again`() throws {
    let server = try TestServer(TestFolder())
    let program = try top(server, "--interval", "3600")
    try program.read(until: "LATEST WARNING")
    // Without a shell that could resume it, the system does not stop the process.
    for stop in [{ try program.send(.stopFromTerminal) }, { try program.type("\u{1A}") }] {
      try stop()
      try program.read(until: Self.end + Self.begin)
      try program.read(until: "LATEST WARNING")
    }
    try program.send(.stop)
    try program.send(.resume)
    try program.read(until: Self.end + Self.begin)
    try program.read(until: "LATEST WARNING")
    try program.type("q")
    try leaves(program, with: 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `a resized window is filled again`() throws {
    let server = try TestServer(TestFolder())
    let program = try top(server, "--interval", "3600")
    try program.read(until: "LATEST WARNING")
    try program.terminal.setSize(columns: 200, rows: 10)
    try program.read(until: "\u{1B}[2J")
    try program.read(until: "connected")
    try program.type("q")
    #expect(try !program.read(until: Self.end).contains("LATEST"))
    #expect(program.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `a killed server is reported after the terminal is restored`() throws {
    let server = try TestServer(TestFolder())
    let program = try top(server, "--interval", "3600")
    try program.read(until: "LATEST WARNING")
    try server.send(.kill)
    try program.read(until: Self.end)
    try program.read(until: "chat-admin: the server (process \(server.processID)) at")
    try program.read(until: "closed the connection")
    #expect(program.finish() == 76)
    #expect(try server.finish().status == 137)
  }

  @Test func `a user can quit while the server is silent`() throws {
    let server = try TestServer(TestFolder())
    let program = try top(server)
    try program.read(until: "LATEST WARNING")
    try server.send(.stop)
    try program.read(until: "no answer from the server for")
    try program.type("q")
    try leaves(program, with: 0)
    try server.send(.resume)
    #expect(try server.stop().status == 0)
  }

  @Test func `in the console q returns to the prompt`() throws {
    let server = try TestServer(TestFolder())
    let console = try TerminalProgram("chat-admin", ["--data", server.folder.path])
    try console.read(until: "chat-admin> ")
    for key in ["q", "\u{3}"] {
      try console.type("top\r")
      try console.read(until: Self.begin)
      try console.read(until: "LATEST WARNING")
      try console.type(key)
      try console.read(until: Self.end)
      try console.read(until: "\u{1B}[?2004h")
    }
    #expect(try console.ask("top --once").contains("sessions 0  users 0"))
    try console.type("rooms list\r")
    try console.read(until: "ROOM   MEMBERS")
    try console.type("\u{4}")
    #expect(console.finish() == 0)
    #expect(try console.terminal.isAsFound)
    #expect(try server.stop().status == 0)
  }
}

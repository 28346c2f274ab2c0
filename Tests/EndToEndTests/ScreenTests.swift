import POSIX
import TestSupport
import Testing

/// The built `chat` on a terminal.
@Suite struct ScreenTests {
  private func chat(_ server: TestServer, _ name: String, state: StateFolder? = nil) throws -> TerminalProgram {
    try TerminalProgram.guest(name, port: server.port, state: state)
  }

  @Test func `a user registers, chats and finds the history in another session`() throws {
    let server = try TestServer(TestFolder())
    let bob = try server.connect("/guest bob")
    let alice = try TerminalProgram("chat", ["--port", "\(server.port)"])
    try alice.read(until: "Name: ")
    try alice.type("alice\r")
    try alice.read(until: "Password of alice (Enter for none): ")
    try alice.register()
    try alice.read(until: "── alice · lobby, 2 members")
    try alice.type("hello, Bob\r")
    try bob.read(until: "[lobby] alice: hello, Bob")
    try alice.read(until: "alice: hello, Bob ✓")
    try alice.type("half typed")
    try alice.read(until: "half typed")
    _ = try bob.ask("hi Alice!")
    try alice.read(until: "bob: hi Alice!")
    // The line being typed is below the new message, and the bell has rung.
    try alice.read(until: "> half typed")
    #expect(alice.seen.contains("\u{07}"))
    #expect(!alice.seen.contains("correct-horse"))
    try alice.type("\u{15}/quit\r")
    #expect(alice.finish() == 0)
    #expect(try alice.terminal.isAsFound)
    #expect(try alice.state.lines(of: "history") == ["hello, Bob", "/quit"])
    let again = try chat(server, "carol", state: alice.state)
    try again.type("\u{12}hel\r")
    try bob.read(until: "[lobby] carol: hello, Bob")
    try again.type("\u{4}")
    #expect(again.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `a locked room's password is asked for among messages, and never shown`() throws {
    let server = try TestServer(TestFolder())
    let bob = try server.connect("/register bob battery-staple")
    _ = try bob.ask("/create den sesame-open")
    let alice = try chat(server, "alice")
    try alice.type("/join den\r")
    try alice.read(until: "Password of room den (Enter to cancel): ")
    try alice.type("sesame-")
    _ = try bob.ask("/say lobby still talking")
    try alice.read(until: "bob: still talking")
    try alice.type("open\r")
    try alice.read(until: "── alice · den, 2 members")
    #expect(!alice.seen.contains("sesame"))
    #expect(try alice.state.lines(of: "history") == ["/join den"])
    try alice.type("\u{4}")
    #expect(alice.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test(arguments: zip([15, 1, 11, 6] as [Int32], [0, 0, 139, 134] as [Int32]))
  func `every way to end restores the terminal`(signal: Int32, status: Int32) throws {
    let server = try TestServer(TestFolder())
    let alice = try chat(server, "alice")
    #expect(try !alice.terminal.isAsFound)
    try alice.type("half typed")
    try alice.read(until: "half typed")
    try alice.send(Signal(rawValue: signal))
    #expect(alice.finish() == status)
    #expect(try alice.terminal.isAsFound)
    try alice.read(until: "\u{1B}[?2004l")
    #expect(try server.stop().status == 0)
  }

  @Test func `a resized window shows the screen in the new width`() throws {
    let server = try TestServer(TestFolder())
    let alice = try chat(server, "alice")
    try alice.terminal.setSize(columns: 120, rows: 40)
    try alice.send(.windowChange)
    // Longer than the window was wide.
    try alice.read(until: String(repeating: "─", count: 81))
    try alice.type("\u{4}")
    #expect(alice.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `lines pasted together are sent after a question`() throws {
    let server = try TestServer(TestFolder())
    let bob = try server.connect("/guest bob")
    let alice = try chat(server, "alice")
    try alice.type("\u{1B}[200~one\ntwo\n\u{1B}[201~")
    try alice.read(until: "You pasted 2 lines. Send them (o)ne by one, as one (m)essage, or (n)ot at all? [n] ")
    try alice.type("m\r")
    try bob.read(until: "[lobby] alice: one two")
    try alice.type("\u{4}")
    #expect(alice.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `a client reconnects to a restarted server, shows missed messages once, and loses no line`()
    throws
  {
    let folder = try TestFolder()
    let first = try TestServer(folder)
    let alice = try TerminalProgram.newAccount("alice", port: first.port)
    try alice.type("/create den --open\r")
    try alice.read(until: "── alice · den, 1 member")
    try alice.type("before\r")
    try alice.read(until: "alice: before ✓")
    _ = try first.stop(.kill)
    try alice.read(until: "Lost the connection")
    try alice.type("typed while away\r")
    try alice.read(until: "… typed while away")
    let second = try TestServer(folder, port: first.port)
    try alice.read(until: "alice: typed while away ✓")
    try alice.type("\u{4}")
    #expect(alice.finish() == 0)
    let bob = try second.connect("/guest bob")
    _ = try bob.ask("/join den")
    let past = try bob.ask("/history den")
    #expect(past.filter { $0.contains("alice: before") }.count == 1)
    #expect(past.filter { $0.contains("alice: typed while away") }.count == 1)
    #expect(try second.stop().status == 0)
  }

  @Test func `a file is transferred whole, overwrites nothing and resumes after an interruption`() throws {
    let server = try TestServer(TestFolder())
    let here = try StateFolder()
    let content = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
    try File.makeDirectory("\(here.path)/chat")
    let path = "\(here.path)/chat/plan.bin"
    try File.open(path, [.writeOnly, .create]).writeAll(content)
    let alice = try TerminalProgram.newAccount("alice", port: server.port)
    let bob = try chat(server, "bob")
    try alice.type("/send \(path)\r")
    let offer = try bob.read(until: "alice shares plan.bin (683.5 KiB) in lobby: /get ")
    let id = try bob.read(until: "\r").filter(\.isNumber)
    #expect(!offer.isEmpty && !id.isEmpty)
    // Half of it is already stored, and the name is taken.
    try File.open("\(here.path)/chat/.plan.bin.\(id).part", [.writeOnly, .create]).writeAll(content[..<350_000])
    try bob.type("/get \(id) \(here.path)/chat/\r")
    try bob.read(until: "plan.bin is in ")
    try bob.read(until: "plan (2).bin.")
    #expect(try File.readWhole("\(here.path)/chat/plan (2).bin") == content)
    #expect(try File.names(inDirectory: "\(here.path)/chat").sorted() == ["plan (2).bin", "plan.bin"])
    try bob.type("/send \(here.path)/nothing\r")
    try bob.read(until: "Guests cannot share files")
    try alice.type("/send \(here.path)/nothing\r")
    try alice.read(until: "/nothing: No such file or")
    try bob.type("/get 999999\r")
    try bob.read(until: "!! There is no file #999999")
    for person in [alice, bob] {
      try person.type("\u{4}")
      #expect(person.finish() == 0)
    }
    #expect(try server.stop().status == 0)
  }
}

import POSIX
import TestSupport
import Testing

/// The console of the built `chat-admin`, on a terminal and in scripts.
@Suite struct ConsoleTests {
  private func console(_ server: TestServer, state: StateFolder? = nil) throws -> TerminalProgram {
    let program = try TerminalProgram("chat-admin", ["--data", server.folder.path], state: state)
    try program.read(until: "\u{1B}[?2004h")
    return program
  }

  /// Types keys ending with Tab, and repeats the Tab while the console has no reply from the server: it gives up
  /// after a short time, with the bell or an older list. `text` is the end of the completed line, because only
  /// changes are drawn.
  private func complete(_ console: TerminalProgram, _ keys: String, to text: String) throws {
    try console.type(keys)
    while try !console.read(untilAnyOf: [text, "\u{7}", "… and others"]).hasSuffix(text) { try console.type("\t") }
  }

  @Test func `commands are answered in order, and the terminal is restored`() throws {
    let server = try TestServer(TestFolder())
    let console = try console(server)
    #expect(try !console.terminal.isAsFound)
    #expect(try console.ask("rooms create garden --open") == "created room garden (open)\n")
    #expect(try console.ask("rooms info nowhere").hasPrefix("chat-admin: there is no room nowhere; "))
    #expect(
      try console.ask("chat-admin rooms delete garden --json --yes")
        == #"{"deleted":{"room":"garden","members":0}}"# + "\n")
    #expect(try console.ask("help").contains("\n  users kick USER [--reason TEXT] [--dry-run | --yes]"))
    try console.type("room\r")
    try console.read(until: "did you mean 'rooms'?")
    try console.type("exit\r")
    #expect(console.finish() == 0)
    #expect(try console.terminal.isAsFound)
    #expect(try server.stop().status == 0)
  }

  @Test func `a long error breaks its lines between words`() throws {
    let server = try TestServer(TestFolder())
    let console = try console(server)
    try console.terminal.setSize(columns: 40, rows: 24)
    #expect(
      try console.ask("rooms info nowhere") == """
        chat-admin: there is no room nowhere;
          'chat-admin rooms list' shows them

        """)
    try console.type("quit\r")
    #expect(console.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test(arguments: [Signal.terminate, .hangup])
  func `a signal that ends top restores the terminal`(signal: Signal) throws {
    let server = try TestServer(TestFolder())
    let console = try console(server)
    try console.type("sta")
    try console.read(until: "sta")
    try console.send(signal)
    #expect(console.finish() == 0)
    #expect(try console.terminal.isAsFound)
    #expect(try server.stop().status == 0)
  }

  @Test func `Tab completes verbs, options and the server's present names`() throws {
    let server = try TestServer(TestFolder())
    let console = try console(server)
    let alice = try server.connect("/guest alice")
    _ = try alice.ask("/create opera")
    try complete(console, "roo\ti\top\t", to: "era ")
    try console.type("\r")
    #expect(try console.read(until: "\u{1B}[?2004h").contains("room        opera"))
    try complete(console, "use\tk\tAL\t", to: "alice ")
    try console.type("--r\t'go \u{7F}'\r")
    try console.read(until: "would kick alice and close 1 session\r\nContinue? [y/N] ")
    try console.type("y\r")
    try console.read(until: "kicked alice; 1 session closed")
    #expect(try alice.readToEnd().contains { $0.contains("kicked you from the server (go)") })
    try console.type("s\t")
    try console.read(until: "sessions  say       status    settings  save      stop")
    try console.type("\u{4}\u{3}\u{4}")
    #expect(console.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `Tab times out if the server does not answer, and asks again the next time`() throws {
    let server = try TestServer(TestFolder())
    let console = try console(server)
    try server.send(Signal(rawValue: 19))
    try console.type("rooms info lob\t")
    try console.read(until: "\u{7}")
    try server.send(.resume)
    try complete(console, "\t", to: "by ")
    try console.type("\u{3}\u{4}")
    #expect(console.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `Ctrl-C ends a waiting command, and clears the line at the prompt`() throws {
    let server = try TestServer(TestFolder())
    let console = try console(server)
    try server.send(.stop)
    try console.type("users list\r")
    try console.read(until: "\u{1B}[?2004l")
    try console.type("\u{3}")
    try console.read(until: "chat-admin: interrupted; 'users list' changes nothing")
    // From here the line editor reads the keys again.
    try console.read(until: "\u{1B}[?2004h")
    try server.send(.resume)
    try console.type("stat\u{3}")
    try console.read(until: "stat^C")
    #expect(try console.ask("users list").contains("no users\n"))
    try console.type("\u{4}")
    #expect(console.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `the console reconnects to a restarted server`() throws {
    let folder = try TestFolder()
    let first = try TestServer(folder)
    let console = try console(first)
    #expect(try console.ask("rooms create tea --open").hasPrefix("created room tea"))
    #expect(try console.ask("stop --yes").hasSuffix("everything is saved\n"))
    #expect(try first.finish().status == 0)
    #expect(try console.ask("status").contains("no server is running"))
    let second = try TestServer(folder)
    #expect(try console.ask("rooms list").contains("\ntea "))
    try console.type("quit\r")
    #expect(console.finish() == 0)
    #expect(try second.stop().status == 0)
  }

  @Test func `the history is saved in a private file, without passwords`() throws {
    let server = try TestServer(TestFolder())
    let state = try StateFolder()
    do {
      let console = try console(server, state: state)
      _ = try console.ask("rooms create tea --open")
      try console.type("rooms create ops --password-stdin\r")
      try console.read(until: "password for room ops: ")
      try console.type("correct-horse\r")
      try console.read(until: "repeat the password: ")
      try console.type("correct-horse\r")
      try console.read(until: "created room ops (locked with your password)")
      _ = try console.ask(" status")
      for line in ["users passwd dave battery-staple", "rooms create ops3 --password=battery-staple", "battery-staple"]
      {
        try console.type(line + "\r")
        try console.read(until: "chat-admin: ")
      }
      try console.type("\u{4}")
      #expect(console.finish() == 0)
      #expect(!console.seen.contains("correct-horse"))
    }
    #expect(try state.historyLines == ["rooms create tea --open", "rooms create ops --password-stdin"])
    #expect(try File.status(state.history).mode == 0o600)
    let again = try console(server, state: state)
    try again.type("\u{12}tea")
    try again.read(until: "rooms create tea --open")
    try again.type("\r")
    try again.read(until: "chat-admin: there is a room tea already")
    try again.type("\u{4}")
    #expect(again.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `a resize while a line is typed takes effect`() throws {
    let server = try TestServer(TestFolder())
    let console = try console(server)
    try console.type("0123456789012345678901234567890123456789")
    try console.read(until: "0123456789012345678901234567890123456789")
    try console.terminal.setSize(columns: 30, rows: 10)
    // 52 columns in rows of 30: the cursor was in the second.
    try console.read(until: "\r\u{1B}[1A\u{1B}[K\u{1B}[C\u{1B}[J\rchat-admin> 0123456789012345678901234567890123456789")
    try console.type("\u{3}\u{4}")
    #expect(console.finish() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `a script prints only results, continues after an error and reports it at the end`() throws {
    let server = try TestServer(TestFolder())
    let script = """
      # Two rooms, one of them with a password of ours.
      rooms create tea --open

      rooms create club --password-stdin
      correct-horse
      rooms info nowhere
      rooms create "no spaces"
      rooms delete tea
      quit
      rooms delete club
      """
    let end = try server.admin(input: script)
    #expect(end.status == 67, "of the first line that failed")
    #expect(
      end.output == """
        created room tea (open)
        created room club (locked with your password)
        deleted room tea; 0 members moved to lobby

        """)
    #expect(
      end.errors.split(separator: "\n").count == 2 && end.errors.hasPrefix("chat-admin: there is no room nowhere"))
    let json = try server.admin("--json", input: "rooms create tea --open\r\nsave")
    #expect(json.status == 0 && json.errors.isEmpty)
    #expect(json.output.hasPrefix(#"{"created":{"room":"tea","password":null}}"# + "\n" + #"{"saved":"#))
    #expect(try server.admin(input: "").output.isEmpty)
    #expect(try server.stop().status == 0)
  }
}

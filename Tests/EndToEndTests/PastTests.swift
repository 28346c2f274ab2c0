import POSIX
import Testing

/// The built `chat-admin` reading and following the log of the built server.
@Suite struct PastTests {
  private func follow(_ server: TestServer, _ arguments: String...) throws -> Program {
    try Program("chat-admin", ["--data", server.folder.path] + arguments, environment: ["TZ": "UTC"])
  }

  /// The next lines up to and including the first that contains `text`.
  private func read(_ program: Program, until text: String) throws -> [String] {
    var lines: [String] = []
    while let line = try program.readLine() {
      lines.append(line)
      if line.contains(text) { return lines }
    }
    throw TestFailure("it ended before \"\(text)\": \(lines) \(try program.finish())")
  }

  @Test func `a room's history is shown over a rotation and after the room is gone`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/register alice correct-horse")
    _ = try alice.ask("/create den --open")
    _ = try alice.ask("hello \u{1B}[31mred")
    _ = try alice.ask("/me waves")
    try File.rename("\(server.folder.path)/chat.log", to: "\(server.folder.path)/chat.log.1")
    #expect(try server.admin("reload").status == 0)
    _ = try alice.ask("back")
    _ = try alice.ask("/delete den")
    let time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/
    #expect(
      try server.admin("messages", "den").output.replacing(time, with: "TIME") == """
        TIME  alice: hello \u{FFFD}[31mred
        TIME  * alice waves
        TIME  alice: back

        """)
    #expect(
      try masked(server.admin("messages", "den", "--json", "--last", "1").output)
        == #"{"id":4,"time":"TIME","room":"den","from":"alice","action":false,"text":"back"}"# + "\n")
    #expect(
      try server.admin("messages", "DEN", "--from", "Alice", "--grep", "WAVES").output.hasSuffix("* alice waves\n"))
    #expect(try server.admin("messages", "den", "--since", "2").output.hasSuffix("alice: back\n"))
    #expect(try server.admin("messages", "lobby", "--until", "1m").output == "no messages\n")
    #expect(try server.admin("messages", "lobby").output == "no messages\n")
    #expect(try server.admin("log", "--event", "mesage").status == 64)
    #expect(try server.admin("log", "--event", "kicked").output == "no matching lines\n")
    let nobody = try server.admin("log", "--from", "alcie")
    #expect(nobody.status == 67)
    #expect(
      nobody.errors == "chat-admin: there is no user alcie, and nothing of one in the log; 'chat-admin users list' "
        + "shows them; did you mean 'alice'?\n")
    #expect(try server.admin("watch", "--room", "loby").errors.hasSuffix("; did you mean 'lobby'?\n"))
    #expect(try server.admin("log", "--from", "root", "--event", "kicked").output == "no matching lines\n")
    #expect(try server.admin("users", "kick", "Alcie").errors.hasSuffix("; did you mean 'alice'?\n"))
    #expect(try server.admin("messages", "lobby", "--json").output == "")

    let none = try server.admin("messages", "nowhere")
    #expect(
      none.status == 67 && none.errors.hasPrefix("chat-admin: there is no room nowhere, and nothing of one in the log"))
    let early = try server.admin("messages", "den", "--since", "99")
    #expect(early.status == 67 && early.errors.hasPrefix("chat-admin: there is no id 99 in the log yet; its last is "))
    let wrong = try server.admin("messages", "den", "--since", "soon")
    #expect(wrong.status == 64 && wrong.errors.hasPrefix("chat-admin: --since cannot be 'soon'; give a duration ago"))
    #expect(try server.admin("messages", "den", "--last", "many").status == 64)
    #expect(try server.admin("messages", "den", "--event", "login").status == 64)
    #expect(try server.stop().status == 0)
  }

  @Test func `the log is shown as written, followed over a rotation, and ends with the server`() throws {
    let server = try TestServer(TestFolder())
    let whole = try follow(server, "log", "--follow")
    _ = try read(whole, until: "ready")
    let alice = try server.connect("/guest alice")
    let follower = try follow(server, "log", "-f", "--from", "alice")
    _ = try alice.ask("one")
    _ = try read(whole, until: "one")
    try File.rename("\(server.folder.path)/chat.log", to: "\(server.folder.path)/chat.log.1")
    try server.send(.hangup)
    _ = try read(whole, until: "reopened id=2 file=")
    _ = try alice.ask("two")
    #expect(try server.admin("log", "--event", "message").output.split(separator: "\n").count == 2)
    #expect(try server.admin("log", "--last", "1", "--json", "--event", "message").output.contains(#""id":"3","#))
    let both = try server.admin("log", "-f", "--until", "1h")
    #expect(
      both.status == 64 && both.errors == "chat-admin: --follow and --until exclude each other; give one of them\n")

    #expect(try server.admin("stop").status == 0)
    let told = try server.folder.text("chat.log.1") + server.folder.text("chat.log")
    _ = try server.finish()
    let end = try whole.finish()
    #expect(
      end.status == 69 && end.errors.hasPrefix("chat-admin: the server has stopped, and with it what was followed"))
    #expect(told.hasSuffix(end.output) && end.output.contains(" stop pid="))
    let filtered = try follower.finish()
    #expect(filtered.status == 69)
    let expected = told.split(separator: "\n").filter { $0.contains("=alice ") || $0.hasSuffix("=alice") }
    #expect(filtered.output.split(separator: "\n") == expected)
  }

  @Test func `events are watched, and resume after an interruption`() throws {
    let folder = try TestFolder()
    let server = try TestServer(folder)
    let watcher = try follow(server, "watch", "--last", "1")
    let json = try follow(server, "watch", "--json", "--last", "1")
    // After one old line both clients follow the log.
    for follower in [watcher, json] { _ = try follower.readLine() }
    let alice = try server.connect("/guest alice")
    _ = try alice.ask("/create den --open")
    _ = try alice.ask("hello")
    var last = ""
    for line in try read(json, until: #""text":"hello""#) {
      let id = try #require(line.firstMatch(of: /^\{"id":"([0-9.]+)","time":"[^"]+","event":"/)).1
      #expect(String(id) != last)
      last = String(id)
    }
    #expect(last == "1")
    try server.send(.kill)
    _ = try server.finish()
    let lost = try json.finish()
    #expect(
      lost.status == 76 && lost.errors.contains("resume with: chat-admin watch --since 1"))
    #expect(try watcher.finish().status == 76)

    let again = try TestServer(folder)
    let resumed = try Program("chat-admin", ["--data", folder.path, "watch", "--since", "1"])
    let told = try read(resumed, until: "  ready ")
    #expect(told.count >= 3 && told[0].contains(#/  \d+ +start +version=/#))
    try resumed.send(.interrupt)
    #expect(try resumed.finish().status == 130)
    let gone = try again.admin("log", "--follow", "--since", "999999")
    #expect(gone.status == 67)
    #expect(try again.stop().status == 0)
  }

  @Test func `in the console Ctrl-C ends following and not the console`() throws {
    let server = try TestServer(TestFolder())
    let console = try TerminalProgram("chat-admin", ["--data", server.folder.path])
    try console.read(until: "\u{1B}[?2004h")
    try console.type("log -f\r")
    try console.read(until: " ready ")
    try console.type("\u{3}")
    #expect(try !console.read(until: "\u{1B}[?2004h").contains("chat-admin: "))
    #expect(try console.ask("messages lobby") == "no messages\n")
    try console.type("quit\r")
    #expect(console.finish() == 0)
    #expect(try server.stop().status == 0)
  }
}

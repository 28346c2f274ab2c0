import POSIX
import Testing

/// A long session with real processes, sockets and files: users chat in both dialects, SIGINT stops the server,
/// the files match byte by byte, and the next server continues from them.
@Suite struct EveningTests {
  @Test func `a session is saved at SIGINT and restored by the next server`() throws {
    let folder = try TestFolder()
    try spend(theEveningOn: TestServer(folder))
    try check(theFilesOf: folder)
    try find(everythingOn: TestServer(folder))
  }

  private func spend(theEveningOn server: TestServer) throws {
    try server.connect("/register carol password-x").quit()
    try server.connect("/register mallory password-y").quit()
    let alice = try server.connect()
    #expect(
      try alice.ask("/register alice correct-horse alice@example.org") == [
        "* Welcome to chat \(try version(server)).",
        "* New here? /register NAME PASSWORD. With an account: /login NAME PASSWORD. As a guest: /guest NAME.",
        "* /help lists all commands.",
        "ok register you are alice; your current room is lobby",
        "* lobby is open, 1 member",
      ])
    let bob = try server.connect("/register bob battery-staple", json: true)
    try alice.read(until: "* bob joined lobby")
    #expect(try alice.ask("/create den sesame-open") == ["ok create den"])
    #expect(try alice.ask("/topic tea \"at\" five") == ["ok topic den: tea \"at\" five"])
    #expect(try bob.ask("/join den sesame-open").map(masked).first == Self.bobJoins)
    try alice.read(until: "* bob joined den")
    for line in ["/op bob", "/ban mallory", "/mute carol", "/ignore mallory"] {
      let answer = try alice.ask(line)
      #expect(answer == ["ok " + line.dropFirst()])
    }
    #expect(try alice.ask("hello, Bob \\o/").isEmpty)
    let heard = try bob.read(until: "hello").last
    #expect(heard.map(masked) == Self.bobHears)
    #expect(try bob.ask("/create garden --open").first?.contains(#""command":"create","room":"garden""#) == true)
    _ = try bob.ask("/say den welcome home")
    try alice.read(until: "[den] bob: welcome home")
    #expect(try bob.ask("/msg carol for your eyes").first?.contains(#""command":"msg","id":"#) == true)
    _ = try bob.ask("/leave lobby")
    _ = try bob.ask("/away asleep")
    try alice.read(until: "* bob is away")

    let ended = try server.stop(.interrupt)
    #expect(ended.status == 0 && ended.output.isEmpty && ended.errors.isEmpty)
    #expect(try alice.readToEnd() == ["* The server is stopping."])
    #expect(try bob.readToEnd().last.map(masked) == Self.bobIsClosed)
  }

  private func version(_ server: TestServer) throws -> String {
    let words = try Program.run("chat-server", ["--version"]).output.split(whereSeparator: \.isWhitespace)
    return String(words.last ?? "")
  }

  private static let bobJoins =
    #"{"event":"ok","time":"TIME","command":"join","room":"den","current":"den"}"#
  private static let bobHears =
    #"{"event":"message","time":"TIME","id":1,"room":"den","from":"alice","text":"hello, Bob \\o/"}"#
  private static let bobIsClosed =
    #"{"event":"closing","time":"TIME","reason":"The server is stopping."}"#

  private func check(theFilesOf folder: TestFolder) throws {
    #expect(
      try folder.names() == [
        "chat.log", "journal.jsonl", "lock", "private.log", "rooms.json", "state.json", "users.csv",
      ])
    #expect(try File.status(folder.path).mode == 0o700)
    for name in try folder.names() { #expect(try File.status("\(folder.path)/\(name)").mode == 0o600, "\(name)") }
    #expect(masked(try folder.text("users.csv")) == EveningFiles.users)
    #expect(masked(try folder.text("rooms.json")) == EveningFiles.rooms)
    #expect(masked(try folder.text("state.json")) == EveningFiles.state)
  }

  private func find(everythingOn server: TestServer) throws {
    let alice = try server.connect()
    #expect(
      try alice.ask("/login ALICE@example.org correct-horse").suffix(2) == [
        "ok login you are alice; your current room is lobby; you are in den too", "* lobby is open, 1 member",
      ])
    #expect(try alice.ask("/switch den") == ["ok switch den, now your current room"])
    let info = try alice.ask("/info").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(info[...4] == ["ok info den", "topic tea \"at\" five", "owner alice", "entry locked", "members 1"])
    #expect(info[6...] == ["moderators bob", "banned mallory", "muted carol"])
    let history = try alice.ask("/history")
    #expect(history.first == "ok history 2 messages in den, at its beginning and end")
    #expect(history.dropFirst().map { $0.suffix(while: { $0 != ":" }) } == [" hello, Bob \\o/", " welcome home"])

    let mallory = try server.connect("/login mallory password-y")
    #expect(try mallory.ask("/join den sesame-open").first?.hasPrefix("error banned: ") == true)
    _ = try mallory.ask("can anybody hear me?")
    #expect(try alice.ask("/ping").contains { $0.contains("hear me") } == false)

    let carol = try server.connect()
    let greeted = try carol.ask("/login carol password-x")
    #expect(greeted.contains("ok login you are carol; your current room is lobby; 1 unread private message follows"))
    #expect(
      greeted.contains { $0.hasPrefix("[private] bob -> carol (") && $0.hasSuffix(" UTC): for your eyes") })
    #expect(try carol.ask("/join den sesame-shut").first?.hasPrefix("error wrong-password: ") == true)
    #expect(try carol.ask("/join den sesame-open").first == "ok join den, now your current room")
    #expect(try carol.ask("anybody?") == ["error muted: You are muted in den, so your message was not sent."])

    let bob = try server.connect("/login bob battery-staple")
    #expect(try alice.read(until: "bob joined den").contains("* bob joined lobby"))
    let who = try bob.ask("/who garden")
    #expect(who == ["ok who 1 member in garden", "  bob  owner  away: asleep"])
    #expect(try bob.ask("/history garden") == ["ok history 0 messages in garden"])
    #expect(try bob.ask("/switch den") == ["ok switch den, now your current room"])
    #expect(try bob.ask("/unmute carol") == ["ok unmute carol"])
    #expect(try server.stop().status == 0)
  }
}

extension String {
  /// The longest tail all of whose characters satisfy the predicate.
  fileprivate func suffix(while predicate: (Character) -> Bool) -> String {
    String(reversed().prefix(while: predicate).reversed())
  }
}

import ChatProtocol
import Testing

@testable import chat_admin

/// That of a console that was started with these words.
private func options(_ words: String...) throws -> AdminOptions { try AdminOptions(parsing: words) }

private let console = try! options("--data", "elsewhere")

@Suite struct ConsoleLineTests {
  @Test(arguments: [
    ("", []), ("   ", []), ("a b", ["a", "b"]), ("  a   b ", ["a", "b"]), (#"a "b c" d"#, ["a", "b c", "d"]),
    ("a 'b \\ \" c'", ["a", "b \\ \" c"]), (#"a "b\"c""#, ["a", #"b"c"#]), (#"a\ b c\\"#, ["a b", #"c\"#]),
    (#"a"b"'c'"#, ["abc"]), (#"a "" b"#, ["a", "", "b"]), ("a\u{3000}b", ["a", "b"]), ("--x='y z'", ["--x=y z"]),
  ])
  func `a line is cut into words as a shell does`(line: String, words: [String]) {
    #expect(LineWords(line).words == words)
    #expect(LineWords(line).openQuote == nil)
  }

  @Test(arguments: [("a b", 1), ("a b ", 0), ("a 'b c", 4), (#"a b\ c"#, 4), ("", 0)])
  func `the last word is known with its quotes`(line: String, length: Int) {
    #expect(LineWords(line).lastLength == length)
  }

  @Test(arguments: [
    ("", ConsoleLine.nothing), ("  ", .nothing), ("# rooms list", .nothing), ("quit", .quit), (" exit ", .quit),
    ("help", .help), ("--help", .help), ("chat-admin --help", .help),
  ])
  func `what only a console knows`(line: String, understood: ConsoleLine) throws {
    #expect(try ConsoleLine(line, in: console) == understood)
  }

  @Test func `a command goes to the console's server`() throws {
    let list = try options("--data", "elsewhere", "rooms", "list")
    #expect(try ConsoleLine("rooms list", in: console) == .command(list))
    #expect(try ConsoleLine("chat-admin 'rooms' list", in: console) == .command(list))
    let json = try options("--data", "elsewhere", "rooms", "list", "--json")
    #expect(try ConsoleLine("rooms list --json", in: console) == .command(json))
    #expect(try ConsoleLine("rooms list", in: options("--data", "elsewhere", "--json")) == .command(json))
  }

  @Test func `a backup is restored into the folder that the line names`() throws {
    let restore = try options("restore", "chat.tar", "--data", "restored")
    #expect(try ConsoleLine("restore chat.tar --data restored", in: console) == .command(restore))
    #expect(
      try ConsoleLine("restore chat.tar", in: console)
        == .command(options("restore", "chat.tar", "--data", "elsewhere")))
    #expect(ConsoleLine.completion(of: LineWords("restore chat.tar --d")).words == ["--data"])
    #expect(ConsoleLine.completion(of: LineWords("rooms list --d")).words == [])
  }

  @Test(arguments: ["rooms 'list", "rooms frobnicate", "rooms list --data other", "--json", "chat-admin", "''"])
  func `what is no command is refused`(line: String) {
    #expect(throws: AdminError.self) { _ = try ConsoleLine(line, in: console) }
  }

  @Test(arguments: [
    ("rooms list", true), ("users kick bob --reason 'go home'", true), ("rooms create ops --password-stdin", true),
    ("quit", true), ("rooms create ops hunter2", false), ("rooms create ops --password hunter2", false),
    ("rooms create ops --password-stdin=hunter2", false), ("rooms create ops --open hunter2", false),
    ("hunter2", false), (" rooms list", false), ("", false), ("# hunter2", false), ("rooms 'hunter2", false),
  ])
  func `only what is understood, and so holds no secret, may be kept`(line: String, mayBeKept: Bool) {
    #expect(ConsoleLine.mayBeKept(line, in: console) == mayBeKept)
  }

  @Test(arguments: [
    ("", ["rooms", "users", "sessions", "status", "save", "reload", "stop", "help", "quit", "exit"]), ("q", ["quit"]),
    ("chat-admin ro", ["rooms"]), ("rooms ", ["list", "info", "create", "delete"]),
    ("rooms create ops --o", ["--open"]),
    ("rooms list --d", []), ("help us", ["users"]), ("rooms \"in", ["info"]),
  ])
  func `Tab offers what a console understands`(line: String, words: [String]) {
    let found = ConsoleLine.completion(of: LineWords(line)).words
    // Other verbs may come.
    #expect(words.allSatisfy(found.contains) && (line.isEmpty || words.count == found.count || line.hasSuffix(" ")))
  }

  @Test func `Tab asks the server for names where one stands`() {
    #expect(ConsoleLine.completion(of: LineWords("rooms info op")).subject == .room)
    #expect(ConsoleLine.completion(of: LineWords("users kick ")).subject == .user)
    #expect(ConsoleLine.completion(of: LineWords("rooms list ")).subject == nil)
  }
}

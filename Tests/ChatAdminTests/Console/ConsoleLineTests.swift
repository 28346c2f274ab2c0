import ChatProtocol
import Testing

@testable import chat_admin

/// A parser for a console that was started with these words.
private func options(_ words: String...) throws -> AdminOptions { try AdminOptions(parsing: words) }

private let console = try! options("--data", "elsewhere")

@Suite struct ConsoleLineTests {
  @Test(arguments: [
    ("", []), ("   ", []), ("a b", ["a", "b"]), ("  a   b ", ["a", "b"]), (#"a "b c" d"#, ["a", "b c", "d"]),
    ("a 'b \\ \" c'", ["a", "b \\ \" c"]), (#"a "b\"c""#, ["a", #"b"c"#]), (#"a\ b c\\"#, ["a b", #"c\"#]),
    (#"a"b"'c'"#, ["abc"]), (#"a "" b"#, ["a", "", "b"]), ("a\u{3000}b", ["a", "b"]), ("--x='y z'", ["--x=y z"]),
  ])
  func `a line is split into words as a shell does`(line: String, words: [String]) {
    #expect(ShellWords(line).words == words)
    #expect(ShellWords(line).openQuote == nil)
  }

  @Test(arguments: [("a b", 1), ("a b ", 0), ("a 'b c", 4), (#"a b\ c"#, 4), ("", 0)])
  func `the length of the last word includes its quotes`(line: String, length: Int) {
    #expect(ShellWords(line).lastLength == length)
  }

  @Test(arguments: [
    ("", ConsoleLine.nothing), ("  ", .nothing), ("# rooms list", .nothing), ("quit", .quit), (" exit ", .quit),
    ("help", .help), ("--help", .help), ("chat-admin --help", .help),
  ])
  func `lines that only a console understands`(line: String, understood: ConsoleLine) throws {
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

  @Test func `restore takes a folder in the console`() throws {
    let restore = try options("restore", "chat.tar", "--data", "restored")
    #expect(try ConsoleLine("restore chat.tar --data restored", in: console) == .command(restore))
    #expect(
      try ConsoleLine("restore chat.tar", in: console)
        == .command(options("restore", "chat.tar", "--data", "elsewhere")))
    #expect(ConsoleLine.completion(of: ShellWords("restore chat.tar --d")).words == ["--data"])
    #expect(ConsoleLine.completion(of: ShellWords("rooms list --d")).words == [])
  }

  @Test(arguments: ["rooms 'list", "rooms frobnicate", "rooms list --data other", "--json", "chat-admin", "''"])
  func `invalid lines are refused`(line: String) {
    #expect(throws: AdminError.self) { _ = try ConsoleLine(line, in: console) }
  }

  @Test(arguments: [
    ("rooms list", true), ("users kick bob --reason 'go home'", true), ("rooms create ops --password-stdin", true),
    ("quit", true), ("rooms create ops hunter2", false), ("rooms create ops --password hunter2", false),
    ("rooms create ops --password-stdin=hunter2", false), ("rooms create ops --open hunter2", false),
    ("hunter2", false), (" rooms list", false), ("", false), ("# hunter2", false), ("rooms 'hunter2", false),
  ])
  func `only valid lines, which contain no secret, are saved`(line: String, maySave: Bool) {
    #expect(ConsoleLine.maySave(line, in: console) == maySave)
  }

  @Test(arguments: [
    ("", ["rooms", "users", "sessions", "status", "save", "reload", "stop", "help", "quit", "exit"]), ("q", ["quit"]),
    ("chat-admin ro", ["rooms"]), ("rooms ", ["list", "info", "create", "delete"]),
    ("rooms create ops --o", ["--open"]),
    ("rooms list --d", []), ("help us", ["users"]), ("rooms \"in", ["info"]),
  ])
  func `Tab completes commands of the console`(line: String, words: [String]) {
    let found = ConsoleLine.completion(of: ShellWords(line)).words
    // Other verbs may come.
    #expect(words.allSatisfy(found.contains) && (line.isEmpty || words.count == found.count || line.hasSuffix(" ")))
  }

  @Test func `Tab completes names from the server`() {
    #expect(ConsoleLine.completion(of: ShellWords("rooms info op")).source == .room)
    #expect(ConsoleLine.completion(of: ShellWords("users kick ")).source == .user)
    #expect(ConsoleLine.completion(of: ShellWords("rooms list ")).source == nil)
  }
}

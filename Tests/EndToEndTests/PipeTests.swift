import POSIX
import TestSupport
import Testing

/// The built `chat` with input that is not a terminal.
@Suite struct PipeTests {
  @Test func `lines go in, events come out, and all are acknowledged at the end`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/register alice correct-horse")
    let end = try server.chat("--name", "build", "--room", "lobby", input: "step 1 is done\n/me rests\n/who\n")
    #expect(end.status == 0 && end.errors.isEmpty)
    #expect(
      end.output == """
        * lobby is open, 2 members
        [lobby] build: step 1 is done
        [lobby] * build rests
        ok who 2 members in lobby
          alice  member
          build  member  guest

        """)
    #expect(
      try alice.read(until: "build left") == [
        "* build joined lobby", "[lobby] build: step 1 is done", "[lobby] * build rests", "* build left lobby (quit)",
      ])
    #expect(try server.stop().status == 0)
  }

  @Test func `an account logs in with CHAT_PASSWORD, and --json prints the server's events`() throws {
    let server = try TestServer(TestFolder())
    try server.connect("/register alice correct-horse").quit()
    let end = try server.chat("--name", "alice", "--json", password: "correct-horse", input: "hello\n")
    #expect(end.status == 0 && end.errors.isEmpty)
    let hello =
      #"{"event":"message","time":"TIME","id":1,"room":"lobby","from":"alice","text":"hello","own":true}"#
    #expect(masked(end.output).split(separator: "\n").contains { $0 == hello })
    #expect(try server.stop().status == 0)
  }

  @Test func `errors set the exit status`() throws {
    let server = try TestServer(TestFolder())
    try server.connect("/register alice correct-horse").quit()
    let refused = try server.chat("--name", "x", input: "/jion den\nhello\n")
    #expect(refused.status == 65 && refused.errors.contains("line 1") && refused.errors.contains("/join"))
    #expect(refused.output.contains("[lobby] x: hello"))
    let wrong = try server.chat("--name", "alice", password: "wrong-password", input: "hello\n")
    #expect(wrong.status == 77 && !wrong.errors.isEmpty)
    #expect(try server.chat(input: "hello\n").status == 64)
    #expect(try server.stop().status == 0)
    #expect(try server.chat("--name", "x", input: "hello\n").status == 69)
    #expect(try !server.folder.text("chat.log").contains("from=alice"))
  }

  @Test func `files are sent and fetched, and a failure sets the exit status`() throws {
    let server = try TestServer(TestFolder())
    try server.connect("/register alice correct-horse").quit()
    let here = try TemporaryFolder()
    let path = try here.file("plan.pdf", String(repeating: "plan ", count: 50_000))
    let sent = try server.chat("--name", "alice", password: "correct-horse", input: "/send \(path)\ndone\n")
    #expect(sent.status == 0 && sent.errors.isEmpty)
    let shared = try #require(
      sent.output.firstMatch(of: #/alice shares plan\.pdf \(250000 bytes\) in lobby: \/get (\d+)\n/#))
    #expect(sent.output[shared.range.upperBound...].contains("[lobby] alice: done"))
    let fetched = try server.chat("--name", "bob", input: "/get \(shared.1) \(here.path)/\n/get 999999\n")
    #expect(fetched.status == 65 && fetched.errors.contains("chat: line 2: There is no file #999999"))
    #expect(fetched.errors.contains("plan.pdf is in \(here.path)/plan (2).pdf."))
    #expect(try here.text("plan (2).pdf") == here.text("plan.pdf"))
    let none = try server.chat(
      "--name", "alice", password: "correct-horse", input: "/send \(here.path)/none\n/send \(here.path)\n")
    #expect(none.status == 65 && none.errors.contains("line 1: \(here.path)/none: No such file or directory"))
    #expect(none.errors.contains("line 2: \(here.path) is a folder; /send takes files"))
    let nowhere = try server.chat("--name", "bob", input: "/get \(shared.1) \(here.path)/none/\n/send \(path)\n")
    #expect(nowhere.errors.contains("line 1: plan.pdf: there is no folder \(here.path)/none; create it first"))
    #expect(nowhere.status == 65 && nowhere.errors.contains("line 2: Guests cannot share files"))
    #expect(try server.stop().status == 0)
  }

  @Test(.enabled(if: SmallDisk.isPermitted, "needs the right to mount a file system"))
  func `a full disk is reported with the file, and no part of it is left`() throws {
    let server = try TestServer(TestFolder())
    try server.connect("/register alice correct-horse").quit()
    let here = try TemporaryFolder()
    let path = try here.file("plan.pdf", String(repeating: "plan ", count: 500_000))
    let sent = try server.chat("--name", "alice", password: "correct-horse", input: "/send \(path)\n")
    let id = try #require(sent.output.firstMatch(of: #/\/get (\d+)\n/#)).1
    let disk = try SmallDisk()
    let end = try server.chat("--name", "bob", input: "/get \(id) \(disk.path)\n")
    #expect(end.status == 65)
    #expect(end.errors.contains("line 1: plan.pdf needs 2.3 MiB, which \(disk.path) has no room for ("))
    #expect(try File.names(inDirectory: disk.path) == [])
    #expect(try server.stop().status == 0)
  }
}

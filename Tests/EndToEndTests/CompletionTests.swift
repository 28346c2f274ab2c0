import Testing

/// `chat-admin --complete` and its use in bash.
@Suite struct CompletionTests {
  private func candidates(_ server: TestServer, _ words: String...) throws -> [String] {
    let ended = try Program.run("chat-admin", ["--complete", "--data", server.folder.path] + words)
    #expect(ended.status == 0 && ended.errors.isEmpty)
    return ended.output.split(separator: "\n").map(String.init)
  }

  @Test func `names come from the running server; without one there are none`() throws {
    let server = try TestServer(try TestFolder())
    #expect(try server.admin("rooms", "create", "ops", "--open").status == 0)
    let alice = try server.connect("/register alice correct-horse")
    let visitor = try server.connect("/guest visitor")
    #expect(try candidates(server, "rooms", "info", "") == ["lobby", "ops"])
    #expect(try candidates(server, "rooms", "delete", "O") == ["ops"])
    #expect(try candidates(server, "users", "kick", "").sorted() == ["alice", "visitor"])
    #expect(try candidates(server, "users", "kick", "--reason", "") == [])
    #expect(try candidates(server, "rooms", "").contains("info"))
    #expect(try candidates(server, "--control", "") == ["/"])
    withExtendedLifetime((alice, visitor)) {}
    #expect(try server.stop().status == 0)
    #expect(try candidates(server, "rooms", "info", "") == [])
    #expect(try candidates(server, "rooms", "i") == ["info"])
  }

  @Test func `with very many names, suggestions are complete or absent`() throws {
    let folder = try TestFolder()
    let users = (0...10_000).map { "user\($0),*\n" }.joined()
    let rooms = (0...1000).map { #"{"name":"room\#($0)"}"# }.joined(separator: ",")
    try folder.write("users.csv", "name,password\n\(users)")
    try folder.write("rooms.json", #"{"version":1,"rooms":[\#(rooms)]}"#)
    let server = try TestServer(folder)
    let visitor = try server.connect("/guest visitor")
    #expect(try candidates(server, "users", "kick", "") == ["visitor"])
    #expect(try candidates(server, "users", "kick", "user1") == [])
    #expect(try candidates(server, "rooms", "info", "room") == [])
    #expect(try candidates(server, "rooms", "info", "ROOM100") == ["room100", "room1000"])
    let console = try TerminalProgram("chat-admin", ["--data", folder.path])
    try console.read(until: "\u{1B}[?2004h")
    try console.type("users kick \t")
    try console.read(until: "visitor\r")
    try console.read(until: "… and others")
    try console.type("\u{3}\u{4}")
    #expect(console.finish() == 0)
    withExtendedLifetime(visitor) {}
    #expect(try server.stop().status == 0)
  }

  @Test func `bash completes with the installed script`() throws {
    let server = try TestServer(try TestFolder())
    #expect(try server.admin("rooms", "create", "ops", "--open").status == 0)
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    func completed(_ words: String...) throws -> [String] {
      let body = """
        source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _chat_admin "$1"; printf '%s\\n' "${COMPREPLY[@]}"
        """
      let program = Program.path(of: "chat-admin")
      let ended = try Program.run(
        "/bin/bash", ["-c", body, "bash", "\(root)/admin/completions/chat-admin.bash", program] + words)
      #expect(ended.errors.isEmpty)
      return ended.output.split(separator: "\n").map(String.init)
    }
    #expect(try completed("--data", server.folder.path, "rooms", "info", "o") == ["ops"])
    #expect(try completed("--data", "=", server.folder.path, "rooms", "info", "o") == ["ops"])
    #expect(try completed("rooms", "cr") == ["create"])
    #expect(try completed("--da") == ["--data"])
    #expect(try completed("--data", "=", server.folder.path) == [server.folder.path])
    #expect(try completed("--data", "\(server.folder.path)/chat.l") == ["\(server.folder.path)/chat.log"])
    #expect(try server.stop().status == 0)
  }
}

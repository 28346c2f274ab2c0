import Testing

/// What `chat-admin --complete` says, and what bash makes of it.
@Suite struct CompletionTests {
  private func candidates(_ server: TestServer, _ words: String...) throws -> [String] {
    let ended = try Program.run("chat-admin", ["--complete", "--data", server.folder.path] + words)
    #expect(ended.status == 0 && ended.errors.isEmpty)
    return ended.output.split(separator: "\n").map(String.init)
  }

  @Test func `names come from the running server, and nothing where there is none`() throws {
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

  @Test func `bash completes with the script that is installed`() throws {
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

import POSIX
import Testing

/// How a server stops, and that a folder has only one server.
@Suite struct EndingTests {
  @Test func `SIGTERM saves like SIGINT`() throws {
    let folder = try TestFolder()
    let server = try TestServer(folder)
    let alice = try server.connect("/register alice correct-horse")
    #expect(try server.stop(.terminate).status == 0)
    #expect(try alice.readToEnd().last == "* The server is stopping.")
    #expect(masked(try folder.text("users.csv")).hasSuffix("\nalice,HASH,user,active,,TIME\n"))
    #expect(try folder.text("state.json").contains("\"clean\": true"))
    let next = try TestServer(folder)
    _ = try next.connect("/login alice correct-horse")
    #expect(try next.stop().status == 0)
    #expect(try !folder.text("chat.log").contains(" warning "))
  }

  @Test func `signals during a save do not interrupt it`() throws {
    let folder = try TestFolder()
    let server = try TestServer(folder)
    let alice = try server.connect("/register alice correct-horse")
    try server.send(.interrupt)
    #expect(try alice.read(until: "stopping").last == "* The server is stopping.")
    // Signals without a pause, from the first notice until the process has ended.
    while try !server.hasEnded() {
      try server.send(.interrupt)
      try server.send(.terminate)
    }
    #expect(try server.finish().status == 0)
    #expect(masked(try folder.text("users.csv")).hasSuffix("\nalice,HASH,user,active,,TIME\n"))
    #expect(try folder.text("state.json").contains("\"clean\": true"))
    #expect(try folder.text("chat.log").split(separator: "\n").last?.contains(" stop ") == true)
  }

  @Test func `a second server on the folder is rejected and changes nothing`() throws {
    let folder = try TestFolder()
    let server = try TestServer(folder)
    let alice = try server.connect("/register alice correct-horse")
    // Now no change is pending.
    #expect(try server.admin("save").status == 0)
    let before = try folder.picture()
    let second = try Program.run("chat-server", ["--data", folder.path, "--port", "0"])
    #expect(second.status == 69 && second.output.isEmpty)
    #expect(
      second.errors.hasPrefix("chat-server: \(folder.path) is in use by process \(server.processID) (chat-server); "))
    #expect(try folder.picture() == before)
    #expect(try alice.ask("/ping").last == "ok ping")
    #expect(try server.admin("status").status == 0)
    #expect(try server.stop().status == 0)
  }
}

import POSIX
import Testing

/// The built `chat` in a pipe, with a server that is killed meanwhile.
@Suite struct PipeReconnectionTests {
  private static let count = 200

  /// A server with an open room ops and the account bot. It is slow after 70 lines, so that it dies before all are
  /// sent.
  private func server() throws -> TestServer {
    let folder = try TestFolder()
    try folder.write("settings.json", #"{"commands_per_second": 50, "commands_burst": 70}"#)
    let server = try TestServer(folder)
    #expect(try server.admin("rooms", "create", "ops", "--open").status == 0)
    try server.connect("/register bot correct-horse").quit()
    return server
  }

  /// Starts sending 200 numbered lines, and returns in the middle.
  private func say(to server: TestServer, password: String?, _ options: String...) throws -> Program {
    let input = (1...Self.count).map { "line \($0)\n" }.joined()
    let name = password == nil ? "visitor" : "bot"
    let chat = try Program(
      "chat", ["--port", "\(server.port)", "--name", name, "--room", "ops"] + options,
      environment: password.map { ["CHAT_PASSWORD": $0] } ?? [:], input: input)
    while let line = try chat.readLine(), !line.contains("line 60") {}
    return chat
  }

  /// The messages in ops, in the log's order.
  private func said(_ folder: TestFolder) throws -> [String] {
    try folder.text("chat.log").matches(of: /message id=\d+ room=ops from=\S+ text="(.*)"/).map { String($0.1) }
  }

  @Test(arguments: ["correct-horse", nil])
  func `every line is sent once and in order although the server dies`(password: String?) throws {
    let first = try server()
    let chat = try say(to: first, password: password)
    _ = try first.stop(.kill)
    let second = try TestServer(first.folder, port: first.port)
    let end = try chat.finish()
    #expect(end.status == 0)
    #expect(end.errors.contains("chat: lost the connection to 127.0.0.1:\(first.port)"))
    #expect(end.errors.contains("chat: the connection is back\n"))
    let shown = end.output.split(separator: "\n").filter { $0.hasPrefix("[ops] ") }
    #expect(shown.map { $0.split(separator: " ").last } == (61...Self.count).map { "\($0)" })
    #expect(try second.stop().status == 0)
    #expect(try said(first.folder) == (1...Self.count).map { "line \($0)" })
  }

  @Test func `a pipe reconnects to a restarted server`() throws {
    let first = try server()
    let chat = try say(to: first, password: "correct-horse")
    #expect(try first.stop().status == 0)
    let second = try TestServer(first.folder, port: first.port)
    let end = try chat.finish()
    #expect(end.status == 0 && end.errors.contains("(The server is stopping); reconnecting for 120 s"))
    #expect(try second.stop().status == 0)
    #expect(try said(first.folder) == (1...Self.count).map { "line \($0)" })
  }

  @Test func `a pipe ends if the server does not return, and reports the unsent lines`() throws {
    let server = try server()
    let chat = try say(to: server, password: "correct-horse", "--patience", "1")
    _ = try server.stop(.kill)
    let end = try chat.finish()
    #expect(end.status == 69)
    let sentence =
      /chat: no connection to \S+ for 1 s; line (\d+) was not acknowledged; (\d+) lines after line (\d+) not sent\n/
    let told = try #require(end.errors.firstMatch(of: sentence), "\(end.errors)")
    #expect(told.1 == told.3)
    let number = try #require(Int(told.1))
    #expect(Int(told.2) == Self.count - number)
    // Printed lines are acknowledged; the next one may or may not be recorded.
    let said = try said(server.folder)
    #expect(number == 61 ? end.output.isEmpty : end.output.hasSuffix("line \(number - 1)\n"))
    #expect(said == (1..<number).map { "line \($0)" } || said == (1...number).map { "line \($0)" })
  }

  @Test func `with a reconnection timeout of 0 a lost connection ends the pipe`() throws {
    let server = try server()
    let chat = try say(to: server, password: nil, "--patience", "0")
    _ = try server.stop(.kill)
    let end = try chat.finish()
    #expect(end.status == 69 && end.errors.contains("closed the connection"), "\(end.errors)")
    #expect(end.errors.contains(/; line \d+ was not acknowledged/))
  }
}

import POSIX
import Testing

/// The errors and advice of the built `chat-admin` when no server answers.
@Suite struct NoAnswerTests {
  private func status(_ place: String...) throws -> Program.End { try Program.run("chat-admin", place + ["status"]) }

  @Test func `no server is running on this data folder`() throws {
    let folder = try TestFolder()
    let missing = try status("--data", folder.path)
    #expect(missing.status == 69 && missing.output.isEmpty)
    #expect(
      missing.errors.hasPrefix("chat-admin: no such data folder: \(folder.path); name the server's with --data"))
    try File.makeDirectory(folder.path)
    let empty = try status("--data", folder.path)
    let start = "to start one: chat-server --data \(folder.path)"
    #expect(empty.status == 69)
    #expect(empty.errors.hasPrefix("chat-admin: no server is running on the data folder \(folder.path); \(start)"))
    let elsewhere = try status("--control", "\(folder.path)/other.sock")
    #expect(elsewhere.status == 69 && elsewhere.errors.contains("no such socket; to start one: "))
  }

  @Test func `a server replaces the socket that a killed one left`() throws {
    let folder = try TestFolder()
    let server = try TestServer(folder)
    try server.send(.kill)
    #expect(try server.finish().status == 137)
    let left = try status("--data", folder.path)
    #expect(left.status == 69)
    #expect(
      left.errors == "chat-admin: no server is running on the data folder \(folder.path) "
        + "(a stale socket is left, which is harmless); to start one: chat-server --data \(folder.path)\n")
    let next = try TestServer(folder)
    #expect(try next.admin("status").status == 0)
    #expect(try next.stop().status == 0)
  }

  @Test func `that path is not a socket`() throws {
    let folder = try TestFolder()
    try folder.write("control.sock", "")
    let hint = "give --data the server's data folder, or --control its control socket\n"
    for (place, problem) in [
      (["--data", folder.path], "\(folder.path)/control.sock is not a socket but a file"),
      (["--control", folder.path], "\(folder.path) is not a socket but a directory"),
      (["--data", "\(folder.path)/control.sock"], "\(folder.path)/control.sock is not a directory"),
    ] {
      let end = try Program.run("chat-admin", place + ["status"])
      #expect(end.status == 69 && end.output.isEmpty)
      #expect(end.errors.contains(problem) && end.errors.hasSuffix(hint), "\(end.errors)")
    }
  }

  @Test func `a server that does not answer is reported as having done nothing`() throws {
    let server = try TestServer(TestFolder())
    try server.send(.stop)
    let end = try server.admin("rooms", "list")
    #expect(end.status == 75 && end.output.isEmpty)
    #expect(
      end.errors.hasPrefix("chat-admin: the server (process \(server.processID)) at \(server.folder.path)/control.sock")
    )
    #expect(end.errors.contains("has not answered for 10 seconds; it is suspended or very busy. Check its log"))
    #expect(end.errors.hasSuffix("'rooms list' changes nothing\n"))
    try server.send(.resume)
    #expect(try server.stop().status == 0)
  }

  @Test func `a server that dies in the middle of its reply has a distinct error`() throws {
    let folder = try TestFolder()
    // More than the pipe and the socket buffer.
    try folder.write("users.csv", "name,password\n" + (0..<30_000).map { "user\($0)-of-the-long-name,*\n" }.joined())
    let server = try TestServer(folder)
    let list = try Program("chat-admin", ["--data", folder.path, "users", "list"])
    #expect(try list.readLine()?.hasPrefix("USER ") == true)
    try server.send(.kill)
    #expect(try server.finish().status == 137)
    let end = try list.finish()
    #expect(end.status == 76 && end.output.hasSuffix("\n") && !end.output.contains("user9999-"))
    #expect(
      end.errors
        == "chat-admin: the server (process \(server.processID)) at \(folder.path)/control.sock closed the connection "
        + "before it answered; it may have crashed: see the end of its log; 'users list' changes nothing\n"
    )
  }

  /// Runs a copy of the program as the user `nobody`.
  private static func asNobody(_ arguments: [String]) throws -> Program.End {
    let copy =
      "/tmp/chat-admin-for-nobody-\(CurrentProcess.id)-\(Random.bytes(6).map { String($0, radix: 16) }.joined())"
    defer { try? File.unlink(copy) }
    try File.open(copy, [.writeOnly, .create, .exclusive], mode: 0o755).writeAll(
      try File.readWhole(Program.path(of: "chat-admin")))
    try File.changeMode(copy, 0o755)
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", copy]
    return try Program.run("/usr/bin/setpriv", nobody + arguments)
  }

  /// Only root can become another user, and `nobody` may not be allowed to run the program.
  private static let canBeNobody = CurrentProcess.userID == 0 && (try? asNobody(["--version"]))?.status == 0

  @Test(.enabled(if: canBeNobody)) func `a missing permission names the socket's owner`() throws {
    let server = try TestServer(TestFolder())
    let (path, socket) = (server.folder.path, "\(server.folder.path)/control.sock")
    try File.changeMode(String(path.dropLast("/data".count)), 0o755)
    func expectRefusal(_ message: String) throws {
      let end = try Self.asNobody(["--data", path, "status"])
      #expect(
        end.status == 77 && end.output.isEmpty && end.errors.hasPrefix("chat-admin: permission denied: \(message)"))
      #expect(end.errors.contains("run chat-admin as root, for example with sudo"), "\(end.errors)")
    }
    try expectRefusal("the directory \(path) of the socket \(socket) belongs to root; ")
    try File.changeMode(path, 0o755)
    try expectRefusal("the socket \(socket) belongs to root; ")
    // The server checks the peer's user with the kernel, whatever the file's mode.
    try File.changeMode(socket, 0o666)
    try expectRefusal("the server runs as root, you are ")
    #expect(try server.admin("status").status == 0)
    #expect(try server.stop().status == 0)
  }
}

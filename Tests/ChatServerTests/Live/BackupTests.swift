import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// Backups over the control socket, also to clients that do not read them.
@Suite struct BackupTests {
  private func ask(_ server: LiveServer) throws -> TestClient {
    let client = try server.connectControl()
    try client.send(ControlRequest.backup.encode(id: 5))
    return client
  }

  private func backup(_ server: LiveServer) throws -> [String: String] {
    let client = try ask(server)
    let line = try #require(try client.readLine())
    guard case .success(.backup) = try ControlResponse(decoding: Array(line.utf8)).result else {
      throw TestFailure(line)
    }
    return try ArchiveMembers.of(try client.readBytesToEnd())
  }

  @Test func `a backup contains changes that the files do not show yet, and no later ones`() throws {
    let server = try LiveServer()
    let alice = try server.connect()
    try alice.send("/register alice correct-horse\n/create den --open\nbefore\n/ping a\n")
    _ = try alice.read(until: "ok ping a")
    let files = try backup(server)
    #expect(files["rooms.json"]?.contains("\"den\"") == true)
    #expect(files["state.json"]?.contains("\"clean\": true") == true)
    #expect(files["chat.log"]?.contains("text=\"before\"") == true)
    #expect(files["chat.log"]?.contains(" admin action=backup ") == true)
    #expect(files["users.csv"]?.contains("\nalice,$y$") == true)
    #expect(files["settings.json"] == "{}")
    // A backup is not a save: the server still has to write the files.
    try server.stop()
    #expect(try server.text("rooms.json").contains("\"den\""))
    #expect(try server.text("chat.log").contains(" backed-up files=6 bytes="))
  }

  @Test func `a backup does not contain an edit with an error`() throws {
    let server = try LiveServer(files: ["users.csv": "name,password\nalice,*\n"])
    try File.open("\(server.folder)/users.csv", [.writeOnly, .truncate]).writeAll("name,password\nalice\n")
    try File.open("\(server.folder)/settings.json", [.writeOnly, .truncate]).writeAll("{\"no\": 1}")
    let control = try server.connectControl()
    try control.send(ControlRequest.reload(force: false).encode(id: 1))
    #expect(try control.readLine()?.contains("users.csv:2") == true)
    let files = try backup(server)
    #expect(files["users.csv"] == "name,password\nalice,*\n")
    #expect(files["settings.json"] == "{}")
    #expect(try server.text("users.csv") == "name,password\nalice\n")
  }

  @Test func `a backup contains every rotated log file once`() throws {
    let server = try LiveServer(files: [
      "chat.log.1": "one\n", "chat.log.2": "two\n", "chat.log.10.gz": "ten", "chat.log.bak": "no",
    ])
    // Renamed without a reload: the server still writes to the file that is now chat.log.1.
    try File.rename("\(server.folder)/chat.log.2", to: "\(server.folder)/chat.log.3")
    try File.rename("\(server.folder)/chat.log.1", to: "\(server.folder)/chat.log.2")
    try File.rename("\(server.folder)/chat.log", to: "\(server.folder)/chat.log.1")
    var files = try backup(server)
    #expect(files["chat.log"]?.contains(" ready") == true && files["chat.log.1"] == nil)
    #expect(files["chat.log.2"] == "one\n" && files["chat.log.3"] == "two\n" && files["chat.log.10.gz"] == "ten")
    #expect(files["chat.log.bak"] == nil)
    let control = try server.connectControl()
    try control.send(ControlRequest.reload(force: false).encode(id: 1))
    _ = try control.readLine()
    files = try backup(server)
    #expect(files["chat.log.1"]?.contains(" ready") == true && files["chat.log"]?.contains(" ready") == false)
  }

  /// A server whose log is much longer than a socket's buffers.
  private func longServer(timeouts: Timeouts = Timeouts()) throws -> LiveServer {
    let server = try LiveServer(files: ["chat.log.1": ""], timeouts: timeouts)
    try File.open("\(server.folder)/chat.log.1", .readWrite).truncate(to: 16 << 20)
    return server
  }

  @Test func `only one backup runs at a time, and chat continues meanwhile`() throws {
    let server = try longServer()
    let first = try ask(server)
    _ = try first.readLine()
    let second = try ask(server)
    let answer = try ControlResponse(decoding: Array(#require(try second.readLine()).utf8))
    guard case .failure(let fault) = answer.result else { throw TestFailure("\(answer)") }
    #expect(fault.code == .busy)
    // The rejected client may send other requests.
    try second.send(ControlRequest.status.encode(id: 6))
    #expect(try second.readLine()?.contains("\"status\"") == true)
    let alice = try server.guest("alice")
    try alice.send("hello\n/ping a\n")
    _ = try alice.read(until: "ok ping a")
    let files = try ArchiveMembers.of(try first.readBytesToEnd())
    #expect(files["chat.log.1"]?.utf8.count == 16 << 20)
    #expect(files["chat.log"]?.contains("hello") == false)
    // The log records the end of the backup.
    try server.awaitLog(" backed-up ")
    #expect(try backup(server)["chat.log"]?.contains("hello") == true)
  }

  @Test func `a backup ends if its client disconnects or does not read, and the next one can start`() throws {
    var timeouts = Timeouts()
    timeouts.backup = .milliseconds(100)
    let server = try longServer(timeouts: timeouts)
    do {
      let leaving = try ask(server)
      _ = try leaving.readLine()
    }
    try server.awaitLog("a backup was interrupted: the client disconnected")
    let stalled = try ask(server)
    _ = try stalled.readLine()
    try server.awaitLog("a backup was interrupted: the client did not read it")
    #expect(throws: ArchiveMembers.Cut.self) { try ArchiveMembers.of(try stalled.readBytesToEnd()) }
    #expect(try backup(server)["chat.log.1"] != nil)
  }

  @Test func `a log that becomes shorter interrupts the backup`() throws {
    let server = try longServer()
    let client = try ask(server)
    _ = try client.readLine()
    try File.open("\(server.folder)/chat.log.1", .readWrite).truncate(to: 0)
    let bytes = try client.readBytesToEnd()
    #expect(throws: ArchiveMembers.Cut.self) { try ArchiveMembers.of(bytes) }
    try server.awaitLog("chat.log.1 became shorter while it was read")
  }

  @Test func `if the files of a backup cannot be written, the reply has the reason and chat continues`() throws {
    let server = try LiveServer()
    try File.makeDirectory("\(server.folder)/.backup")
    defer { try? File.removeDirectory("\(server.folder)/.backup") }
    let client = try ask(server)
    let answer = try ControlResponse(decoding: Array(#require(try client.readLine()).utf8))
    guard case .failure(let fault) = answer.result else { throw TestFailure("\(answer)") }
    #expect(fault.code == .backupFailed && fault.message.contains("cannot be backed up: Is a directory"))
    try server.awaitLog("cannot take a backup")
    // The connection still works, and so does the next backup.
    try File.removeDirectory("\(server.folder)/.backup")
    try client.send(ControlRequest.backup.encode(id: 6))
    #expect(try client.readLine()?.contains("\"bytes\"") == true)
    #expect(try ArchiveMembers.of(client.readBytesToEnd())["chat.log"] != nil)
  }

  @Test func `a stopping server interrupts a backup and ends`() throws {
    let server = try longServer()
    let client = try ask(server)
    _ = try client.readLine()
    try server.stop()
    #expect(try client.readBytesToEnd().count < 16 << 20)
    #expect(try server.text("chat.log").contains("a backup was interrupted"))
  }
}

import ChatProtocol
import POSIX
import Synchronization
import TestSupport
import Testing

@testable import ChatServer

/// Files edited by hand while a server runs.
@Suite struct EditingTests {
  private static let users = "name,password,note\nalice,plain:correct-horse,first\nbob,*,\ncarol,*,\n"

  private func rename(_ server: LiveServer, _ name: String, _ text: String) throws {
    let path = "\(server.folder)/\(name)"
    try File.open(path + ".tmp", [.writeOnly, .create, .truncate]).writeAll(text)
    try File.rename(path + ".tmp", to: path)
  }

  private func log(_ server: LiveServer) throws -> LogReader { try LogReader("\(server.folder)/chat.log") }

  private func ask(_ server: LiveServer, _ request: ControlRequest) throws -> ControlReply {
    let client = try server.connectControl()
    try client.send(request.encode(id: 1))
    return try ControlResponse(decoding: Array(#require(try client.readLine()).utf8)).result.get()
  }

  @Test func `an account that is added can log in, and its password is hashed in the file`() throws {
    let server = try LiveServer(files: ["users.csv": Self.users])
    let log = try log(server)
    try log.line(with: "password-hashed user=alice")
    // The edit is based on the file as the server has saved it.
    guard case .saved = try ask(server, .save) else { throw TestFailure("not saved") }
    let text = try server.text("users.csv") + "dave,plain:battery-staple,new\n"
    try rename(server, "users.csv", text)
    #expect(try log.line(with: " edited ").hasSuffix("edited file=users.csv user=dave change=added"))
    let dave = try server.connect()
    try dave.send("/login dave battery-staple\n")
    try dave.read(until: "ok login")
    try log.line(with: "password-hashed user=dave")
    guard case .saved = try ask(server, .save) else { throw TestFailure("not saved") }
    let saved = try server.text("users.csv")
    #expect(saved.hasPrefix(text.prefix { $0 != "d" }) && saved.contains("\ndave,$y$") && saved.hasSuffix(",new\n"))
    #expect(!saved.contains("plain:"))
    try server.stop()
    #expect(try !server.text("chat.log").contains("battery-staple"))
  }

  @Test(arguments: [true, false])
  func `a disabled or removed user is closed with the reason, and cannot log in again`(isRemoved: Bool) throws {
    let server = try LiveServer(files: ["users.csv": "name,password\nalice,plain:correct-horse\nbob,*\n"])
    let log = try log(server)
    try log.line(with: "password-hashed user=alice")
    let alice = try server.connect()
    try alice.send("/login alice correct-horse\n")
    try alice.read(until: "ok login")
    guard case .saved = try ask(server, .save) else { throw TestFailure("not saved") }
    let rows = try server.text("users.csv").split(separator: "\n")
    let row = rows[1]
    try rename(
      server, "users.csv",
      isRemoved ? "name,password\nbob,*\n" : "name,password,status\n\(row),disabled\nbob,*,\n")
    #expect(try alice.readToEnd().last?.contains(isRemoved ? "removed" : "disabled") == true)
    try log.line(with: isRemoved ? "user=alice change=removed" : "user=alice change=changed fields=status")
    let again = try server.connect()
    try again.send("/login alice correct-horse\n")
    try again.read(until: isRemoved ? "wrong" : "disabled")
  }

  @Test func `an error is reported with its line in the log, status and reload, and changes nothing`() throws {
    let server = try LiveServer(files: ["users.csv": Self.users])
    let log = try log(server)
    let text = Self.users + "al ice,*,\n"
    try rename(server, "users.csv", text)
    #expect(try log.line(with: " fault ").contains("\(server.folder)/users.csv:5: the name"))
    guard case .status(let status) = try ask(server, .status) else { throw TestFailure("no status") }
    #expect(status.faults.count == 1 && status.faults[0].hasPrefix("\(server.folder)/users.csv:5: "))
    guard case .reloaded(let reload) = try ask(server, .reload(force: false)) else { throw TestFailure("no answer") }
    #expect(reload == ControlReload(changes: [], faults: status.faults))
    try server.stop()
    #expect(try server.text("users.csv") == text)
  }

  @Test func `reload reports the changes, or that there are none`() throws {
    let server = try LiveServer(files: ["users.csv": Self.users, "rooms.json": #"{"rooms":[{"name":"den"}]}"#])
    try log(server).line(with: "password-hashed user=alice")
    guard case .reloaded(let nothing) = try ask(server, .reload(force: false)) else { throw TestFailure("no answer") }
    #expect(nothing.changes.isEmpty && nothing.faults.isEmpty)
    // Removing more than half is applied only with force, so no automatic reload applies it.
    try rename(server, "users.csv", "name,password\n")
    try log(server).line(with: " fault ")
    guard case .reloaded(let refused) = try ask(server, .reload(force: false)) else { throw TestFailure("no answer") }
    #expect(refused.faults.count == 1 && refused.changes == [])
    guard case .reloaded(let forced) = try ask(server, .reload(force: true)) else { throw TestFailure("no answer") }
    #expect(forced.faults == [])
    #expect(forced.changes.map(\.user?.text) == ["alice", "bob", "carol"])
    #expect(forced.changes.allSatisfy { $0.change == .removed })
    guard case .users(let users) = try ask(server, .usersList) else { throw TestFailure("no list") }
    #expect(users.isEmpty)
  }

  @Test func `users chat while a long edit is applied, and registrations follow it`() throws {
    let count = 10_000
    func rows(_ role: String) -> String {
      "name,password,role\n" + (0..<count).map { "user\($0),*,\(role)\n" }.joined()
    }
    let server = try LiveServer(settings: #"{"commands_per_second": 0}"#, files: ["users.csv": rows("user")])
    let isOver = Flag()
    let port = server.running.address.port
    let talk = try Promise {
      let alice = try TestClient(port: port)
      try alice.send("/guest alice\n")
      var number = 0
      while !isOver.isSet.load(ordering: .relaxed) {
        number += 1
        try alice.send("hello\n/ping pong-\(number)\n")
        try alice.read(until: "pong-\(number)")
      }
    }
    let erin = try server.connect()
    let log = try log(server)
    try rename(server, "users.csv", rows("operator"))
    try log.line(with: " edited ")
    try erin.send("/register erin correct-horse\n")
    try erin.read(until: "ok register")
    try log.line(with: "user=user\(count - 1) change=changed")
    isOver.isSet.store(true, ordering: .relaxed)
    try talk.value()
    try server.stop()
    let lines = try server.text("chat.log").split(separator: "\n")
    let edited = lines.indices.filter { lines[$0].contains(" edited ") }
    #expect(edited.count == count)
    #expect(lines[edited[0]...edited[count - 1]].contains { $0.contains(" message ") })
    #expect(try #require(lines.firstIndex { $0.contains(" registered user=erin") }) > edited[count - 1])
    let saved = try server.text("users.csv")
    #expect(saved.hasPrefix("name,password,role") && saved.contains("\nuser\(count - 1),*,operator"))
    #expect(saved.contains("\nerin,$y$"))
  }

  private final class Flag: Sendable {
    let isSet = Atomic(false)
  }

  @Test func `edited settings apply at once, except those that need a restart`() throws {
    let server = try LiveServer()
    let log = try log(server)
    try rename(server, "settings.json", #"{"guests": false, "line_bytes": 64, "port": 1}"#)
    try log.line(with: "edited file=settings.json change=changed fields=\"line_bytes,guests\"")
    try log.line(with: "warning file=settings.json fields=port")
    let client = try server.connect()
    try client.send("/guest alice\n/ping \(String(repeating: "x", count: 80))\n")
    try client.read(until: "Guests are not allowed")
    try client.read(until: "64")
  }

  @Test func `an edit of a room is shown to its members`() throws {
    let server = try LiveServer(files: ["rooms.json": #"{"rooms":[{"name":"den","colour":"red"}]}"#])
    let alice = try server.guest("alice")
    try alice.send("/join den\n")
    try alice.read(until: "ok join")
    try rename(server, "rooms.json", #"{"rooms":[{"name":"den","colour":"red","topic":"tea"}]}"#)
    try alice.read(until: "tea")
    try rename(server, "rooms.json", #"{"rooms":[]}"#)
    try alice.read(until: "the operator deleted den")
  }

  @Test func `SIGHUP reloads the files`() throws {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    try File.open("\(folder)/users.csv", [.writeOnly, .create]).writeAll(Self.users)
    let server = try BuiltServer(folder: folder)
    let log = try LogReader("\(folder)/chat.log")
    // The file stays open, so only SIGHUP makes the server read it within half a second.
    let file = try File.open("\(folder)/users.csv", [.writeOnly, .append])
    try file.writeAll("dave,*,\n")
    try server.send(.hangup)
    try log.line(with: "user=dave change=added")
    try server.send(.terminate)
    #expect(server.exitStatus() == 0)
    withExtendedLifetime(file.rawValue) {}
  }
}

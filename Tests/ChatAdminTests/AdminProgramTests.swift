import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import chat_admin

private let ops = Name("ops")!

@Test func `a request goes out and its answer is printed`() throws {
  let server = try FakeServer(.answer(.success(.roomDeleted(ops, members: 3))))
  let run = AdminRun("rooms", "delete", "ops", "--data", server.folder.path)
  #expect(run.status == .success)
  #expect(run.output == "deleted room ops; 3 members were told and moved to lobby\n")
  #expect(run.errors.isEmpty)
  #expect(server.request() == ControlCall(id: 1, request: .success(.roomsDelete(ops))))
}

@Test func `--json prints what stands under ok, on one line`() throws {
  let server = try FakeServer(.answer(.success(.roomCreated(ops, password: Secret("k7fw-2m9x")))))
  let run = AdminRun("--json", "rooms", "create", "ops", "--data", server.folder.path)
  #expect(run.status == .success)
  #expect(run.output == #"{"created":{"room":"ops","password":"k7fw-2m9x"}}"# + "\n")
}

@Test func `an answer is read however it is cut`() throws {
  let bytes = ControlResponse(id: 1, result: .success(.userKicked(Name("bob")!, sessions: 2))).encode()
  let server = try FakeServer(.send(bytes.map { [$0] }))
  let run = AdminRun("users", "kick", "bob", "--control", "\(server.folder.path)/control.sock")
  #expect(run.output == "kicked bob; 2 sessions were closed\n")
}

@Test func `settings that move the control socket are followed`() throws {
  let server = try FakeServer(.answer(.success(.saved(files: ["state.json"]))))
  let folder = try TemporaryFolder()
  _ = try folder.file("settings.json", #"{"control":"\#(server.folder.path)/control.sock"}"#)
  #expect(AdminRun("save", "--data", folder.path).output == "saved state.json\n")
}

@Test(arguments: ["{", "[]", #"{"control":7}"#, #"{"control":""}"#, "{}"])
func `settings that name no control socket leave it where it is`(settings: String) throws {
  let folder = try TemporaryFolder()
  _ = try folder.file("settings.json", settings)
  #expect(ServerPlace.data(folder: folder.path).socketPath == "\(folder.path)/control.sock")
}

@Test(arguments: [
  (ControlError.Code.badRequest, chat_admin.ExitStatus.software), (.noSuchRoom, .notFound), (.roomTaken, .cannotCreate),
  (.userTaken, .cannotCreate), (.emailTaken, .cannotCreate),
  (.noSuchUser, .notFound), (.noSuchSession, .notFound), (.noSuchBan, .notFound), (.noSuchFile, .notFound),
  (.notHere, .notFound), (.notPermitted, .notPermitted),
  (.tooMany, .cannotCreate),
  (.busy, .tryAgain), (.cannotRecord, .inputOutput), (.saveFailed, .inputOutput), (.unknown, .software),
])
func `a fault is one line on standard error and its own status`(code: ControlError.Code, status: chat_admin.ExitStatus)
  throws
{
  let server = try FakeServer(.answer(.failure(ControlError(code, "it cannot be;\ntry \u{1B}[2Jthat"))))
  let run = AdminRun("--json", "rooms", "delete", "ops", "--data", server.folder.path)
  #expect(run.status == status)
  #expect(run.output.isEmpty)
  #expect(run.errors == "chat-admin: it cannot be;\u{FFFD}try \u{FFFD}[2Jthat\n")
}

@Test(arguments: [false, true])
func `a reload that finds faults prints them, says so and has a status of its own`(json: Bool) throws {
  let reload = ControlReload(
    changes: [ControlChange(file: "rooms.json", room: ops, change: .added)],
    faults: ["data/users.csv:3: one", "data/users.csv:9: two"])
  let server = try FakeServer(.answer(.success(.reloaded(reload))))
  let run = AdminRun((json ? ["--json"] : []) + ["reload", "--force", "--data", server.folder.path])
  #expect(run.status == .data)
  if json {
    let line = String(decoding: ControlResponse(id: 1, result: .success(.reloaded(reload))).encode(), as: UTF8.self)
    #expect(line == #"{"id":1,"ok":"# + run.output.dropLast() + "}\n")
  } else {
    #expect(run.output == "rooms.json: ops added\ndata/users.csv:3: one\ndata/users.csv:9: two\n")
  }
  #expect(run.errors.hasPrefix("chat-admin: 2 faults in data/users.csv: mend the file and reload"))
  #expect(server.request() == ControlCall(id: 1, request: .success(.reload(force: true))))
}

@Test func `a check that finds faults prints them, and has a status of its own`() throws {
  let server = try FakeServer(.answer(.success(.checked(faults: ["data/users.csv:3: one"]))))
  let run = AdminRun("check", "--data", server.folder.path)
  #expect(run.status == .data)
  #expect(run.output == "data/users.csv:3: one\n")
  #expect(run.errors == "chat-admin: 1 fault in data/users.csv: mend it; until then the server does not take it over\n")
  let sound = try FakeServer(.answer(.success(.checked(faults: []))))
  #expect(AdminRun("check", "--data", sound.folder.path).output == "no faults\n")
}

@Test func `a folder that no server uses is checked by the server's program, and by nobody where that is missing`()
  throws
{
  let folder = try TemporaryFolder()
  _ = try folder.file("users.csv", "name,password\nal ice,*\n")
  let run = AdminRun("check", "--json", "--data", folder.path)
  #expect(run.status == .data)
  #expect(run.output.hasPrefix(#"{"checked":{"faults":["\#(folder.path)/users.csv:2: "#))
  #expect(run.errors == "chat-admin: 1 fault in \(folder.path)/users.csv: mend it; no server starts with it\n")
  let alone = AdminRun(["check", "--data", folder.path], serverProgram: "/nonexistent/chat-server")
  #expect(alone.status == .unavailable)
  #expect(alone.errors.contains("there is no /nonexistent/chat-server to check it with"))
  #expect(alone.errors.contains("run: chat-server --check --data \(folder.path)"))
  #expect(AdminRun("check", "--data", "/nonexistent").errors.contains("there is no data folder /nonexistent"))
}

@Test func `an answer that is neither yes nor no is asked for again`() throws {
  let kicked = ControlReply.userKicked(Name("bob")!, sessions: 2)
  let server = try FakeServer(.answer(.success(.wouldBe(kicked))))
  let run = AdminRun(["users", "kick", "bob", "--data", server.folder.path], answers: ["yep", "nope", "n"])
  #expect(run.status == .tryAgain)
  let again = "Do that? Answer y or n. [y/N] "
  #expect(run.errors.contains("[y/N] \(again)\(again)chat-admin: nothing was done; "))
}

@Test(arguments: ["n", "", "no", "N"])
func `what cannot be undone is asked about on a terminal, and no is no`(answer: String) throws {
  let server = try FakeServer(.answer(.success(.wouldBe(.userKicked(Name("bob")!, sessions: 2)))))
  let run = AdminRun(["users", "kick", "bob", "--data", server.folder.path], answer: answer)
  #expect(run.status == .tryAgain)
  #expect(run.output.isEmpty)
  #expect(
    run.errors
      == "would kick bob and close 2 sessions\nDo that? [y/N] chat-admin: nothing was done; answer y, or give --yes\n")
  #expect(server.request() == ControlCall(id: 1, request: .success(.dryRun(.usersKick(Name("bob")!, reason: nil)))))
}

@Test func `with --yes nothing is asked, and a dry run asks nothing either`() throws {
  let kicked = ControlReply.userKicked(Name("bob")!, sessions: 2)
  let server = try FakeServer(.answer(.success(kicked)))
  let run = AdminRun(["users", "kick", "bob", "--yes", "--data", server.folder.path], answer: "n")
  #expect(run.output == "kicked bob; 2 sessions were closed\n" && run.errors.isEmpty)
  let other = try FakeServer(.answer(.success(.wouldBe(kicked))))
  let dry = AdminRun(["users", "kick", "bob", "--dry-run", "--json", "--data", other.folder.path], answer: "n")
  #expect(dry.output == #"{"dry_run":true,"kicked":{"user":"bob","sessions":2}}"# + "\n" && dry.errors.isEmpty)
}

@Test func `who is turned away reads why`() throws {
  let server = try FakeServer(.refuse(ControlError(.notPermitted, "only root and alice may use this socket")))
  let run = AdminRun("status", "--data", server.folder.path)
  #expect(run.status == .notPermitted)
  #expect(run.errors == "chat-admin: only root and alice may use this socket\n")
}

@Test(arguments: [
  (["status"], "'status' only asks and changes nothing"),
  (["stop"], "whether 'stop' was done is not known"),
  (["rooms", "delete", "ops"], "whether 'rooms delete' was done is not known"),
])
func `a server that goes away in mid-command has its own status`(list: [String], doubt: String) throws {
  for piece in ["", #"{"id":1,"ok":{"stop"#] {
    let server = try FakeServer(.send([Array(piece.utf8)]))
    let path = "\(server.folder.path)/control.sock"
    let failure = #expect(throws: AdminError.self) {
      let options = try AdminOptions(parsing: list + ["--control", path])
      guard case .request(let request) = options.command else { return }
      var connection = try AdminConnection.open(to: options.place)
      _ = try connection.ask(request, silence_ms_max: 10_000)
    }
    let expected =
      "the server (process \(CurrentProcess.id)) at \(path) went away before it answered, and may have crashed: "
      + "see the end of its log; \(doubt)"
    #expect(failure == AdminError(.wentAway, expected))
  }
}

@Test func `a server that does not answer is not waited for`() throws {
  let server = try FakeServer(.silence)
  let run = AdminRun("status", "--data", server.folder.path, silence_ms_max: 20)
  #expect(run.status == .tryAgain)
  #expect(run.errors.contains("has not answered for"))
  #expect(run.errors.contains("look at its log"))
  #expect(server.request() == ControlCall(id: 1, request: .success(.status)))
}

@Test(arguments: [
  "220 mail.example.org ESMTP\r\n", "{}\n", #"{"id":1,"ok":{"moon":true}}"# + "\n",
  #"{"id":2,"ok":{"stopping":true}}"# + "\n",
  "\n", "\u{0}\u{1B}[2J\n",
])
func `an answer that is none is not taken for one`(answer: String) throws {
  let server = try FakeServer(.send([Array(answer.utf8)]))
  let run = AdminRun("stop", "--data", server.folder.path)
  #expect(run.status == .software)
  #expect(run.output.isEmpty)
  #expect(run.errors.hasPrefix("chat-admin: the "))
  #expect(run.errors.unicodeScalars.allSatisfy { $0 == "\n" || $0 >= " " })
  #expect(run.errors.split(separator: "\n").count == 1)
}

@Test func `nothing that the server says reaches the terminal as a command`() throws {
  let info = RoomInfo(
    summary: RoomSummary(
      name: ops, topic: "\u{1B}]0;x\u{7}\n\u{9B}31m\u{202E}", owner: nil, isLocked: false, members: 0),
    created: nil, moderators: [], banned: nil, muted: nil)
  for json in [[], ["--json"]] {
    let server = try FakeServer(.answer(.success(.room(ControlRoom(info: info, members: [])))))
    let run = AdminRun(json + ["rooms", "info", "ops", "--data", server.folder.path])
    #expect(run.status == .success)
    for scalar in run.output.unicodeScalars {
      #expect(scalar == "\n" || scalar >= " " && !("\u{7F}"..."\u{9F}" ~= scalar) && scalar != "\u{202E}")
    }
  }
}

@Test func `a stop that ends without its answer, or with a refusal, says nothing of what is saved`() throws {
  let gone = try FakeServer(.send([]))
  let lost = AdminRun("stop", "--data", gone.folder.path)
  #expect(lost.status == .wentAway && lost.output.isEmpty)
  #expect(lost.errors.contains("went away before it answered, and may have crashed"))
  let fault = ControlError(.saveFailed, "the server ends, and not everything is saved: no room")
  let refusing = try FakeServer(.answer(.failure(fault)))
  let failed = AdminRun("stop", "--data", refusing.folder.path)
  #expect(failed.status == .inputOutput && failed.output.isEmpty && failed.errors == "chat-admin: \(fault.message)\n")
}

@Test func `an event that the log does not have is refused, with the one that was meant`() {
  for command in [["log"], ["watch"], ["log", "-f"]] {
    let run = AdminRun(command + ["--event", "loginfailed"])
    #expect(
      run.status == .usage
        && run.errors.hasPrefix("chat-admin: the log has no event 'loginfailed', only action, admin, "))
    #expect(run.errors.hasSuffix("; did you mean 'login-failed'?\n"))
  }
}

@Test func `stop waits for the server's end`() throws {
  let server = try FakeServer(.answer(.success(.stopping)))
  let run = AdminRun("stop", "--reason", "back soon", "--data", server.folder.path)
  #expect(run.status == .success)
  #expect(run.output == "the server has stopped: everybody was told, everything is saved\n")
  #expect(server.request() == ControlCall(id: 1, request: .success(.stop(reason: "back soon"))))
}

@Test func `a room's password comes from standard input`() throws {
  let server = try FakeServer(.answer(.success(.roomCreated(ops, password: nil))))
  let run = AdminRun(
    "rooms", "create", "ops", "--password-stdin", "--data", server.folder.path, input: Array("correct-horse".utf8))
  #expect(run.output == "created room ops, locked with that password\n")
  let expected = ControlRequest.roomsCreate(ops, .password(Secret("correct-horse")))
  #expect(server.request() == ControlCall(id: 1, request: .success(expected)))
}

@Test(arguments: [
  [], Array("short".utf8), Array("two words".utf8), Array("two\nlines-of".utf8), [0xFF, 0xFE] + Array("12345678".utf8),
])
func `a password that cannot be one is refused before anybody is asked`(input: [UInt8]) {
  let run = AdminRun("rooms", "create", "ops", "--password-stdin", "--data", "/nonexistent", input: input)
  #expect(run.status == .data)
  #expect(run.errors.contains("8 to 256 bytes"))
  if !input.isEmpty { #expect(!run.errors.contains(String(decoding: input, as: UTF8.self))) }
}

@Test func `a user's password comes from standard input, or is typed twice`() throws {
  for typed in [[Array("correct-horse".utf8)], [Array("correct-horse".utf8), Array("correct-horse".utf8)]] {
    let server = try FakeServer(
      .answer(.success(.userChanged(Name("bob")!, fields: ["password"], sessions: 0, password: nil))))
    let run = AdminRun("users", "passwd", "bob", "--data", server.folder.path, typed: typed)
    #expect(run.output == "changed the password of bob\n")
    let expected = ControlRequest.usersPasswd(Name("bob")!, Secret("correct-horse"))
    #expect(server.request() == ControlCall(id: 1, request: .success(expected)))
  }
}

@Test func `a password that is typed differently the second time changes nothing`() {
  let run = AdminRun(
    "users", "add", "bob", "--data", "/nonexistent", typed: [Array("correct-horse".utf8), Array("corect-horse".utf8)])
  #expect(run.status == .data)
  #expect(run.errors == "chat-admin: the two are not the same; nothing was done, try again\n")
}

@Test func `an answer that cannot be printed is a failure`() throws {
  let server = try FakeServer(.answer(.success(.rooms([]))))
  let run = AdminRun("rooms", "list", "--data", server.folder.path, outputFault: .noSpace)
  #expect(run.status == .inputOutput)
  #expect(run.errors == "chat-admin: cannot write to standard output: No space left on device\n")
}

private func user(_ name: String) -> ControlUser {
  ControlUser(
    name: Name(name)!, isGuest: false, isOperator: false, isDisabled: false, email: nil, created: nil, lastSeen: nil,
    sessions: 0, rooms: [], away: nil, unread: 0)
}

@Test func `a list in parts is printed as one table`() throws {
  let server = try FakeServer(
    .send([
      ControlResponse(id: 1, part: .users([user("alice"), user("bob")])).encode(),
      ControlResponse(id: 1, part: .users([user("a-name-that-is-longer")])).encode(),
      ControlResponse(id: 1, result: .success(.users([user("zoe")]))).encode(),
    ]))
  let run = AdminRun("users", "list", "--data", server.folder.path)
  #expect(run.status == .success)
  let lines = run.output.split(separator: "\n").map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
  #expect(lines == ["USER ROLE", "alice user", "bob user", "a-name-that-is-longer user", "zoe user"])
  // The columns of an earlier part are kept, and grow where a later one needs it.
  let columns = run.output.split(separator: "\n").map { $0.firstRange(of: "user ")?.lowerBound.utf16Offset(in: $0) }
  #expect(columns == [nil, 7, 7, 23, 23])
}

@Test(arguments: [[], [1], [1, 2], [0, 0, 1], [2, 0, 0]])
func `a list in parts is one document as JSON`(parts: [Int]) throws {
  let users = (0..<10).map { user("user\($0)") }
  var rest = users[...]
  var lines: [[UInt8]] = []
  for count in parts {
    lines.append(ControlResponse(id: 1, part: .users(Array(rest.prefix(count)))).encode())
    rest = rest.dropFirst(count)
  }
  lines.append(ControlResponse(id: 1, result: .success(.users(Array(rest)))).encode())
  let server = try FakeServer(.send(lines))
  let run = AdminRun("--json", "users", "list", "--data", server.folder.path)
  let whole = String(decoding: ControlResponse(id: 1, result: .success(.users(users))).encode(), as: UTF8.self)
  #expect(#"{"id":1,"ok":\#(run.output.dropLast())}"# + "\n" == whole)
}

@Test(arguments: [[], [1], [0, 2], [3]], [false, true])
func `the changes that a reload tells in parts are one answer`(parts: [Int], json: Bool) throws {
  let changes = (0..<3).map { ControlChange(file: "users.csv", user: Name("user\($0)")!, change: .added) }
  var rest = changes[...]
  var lines: [[UInt8]] = []
  for count in parts {
    lines.append(ControlResponse(id: 1, part: .reloaded(ControlReload(changes: Array(rest.prefix(count))))).encode())
    rest = rest.dropFirst(count)
  }
  var whole = ControlReload(changes: Array(rest), settingsForRestart: ["port"])
  lines.append(ControlResponse(id: 1, result: .success(.reloaded(whole))).encode())
  let server = try FakeServer(.send(lines))
  let run = AdminRun((json ? ["--json"] : []) + ["reload", "--data", server.folder.path])
  #expect(run.status == .success)
  whole.changes = changes
  if json {
    let line = String(decoding: ControlResponse(id: 1, result: .success(.reloaded(whole))).encode(), as: UTF8.self)
    #expect(#"{"id":1,"ok":\#(run.output.dropLast())}"# + "\n" == line)
  } else {
    #expect(
      run.output
        == "users.csv: user0 added\nusers.csv: user1 added\nusers.csv: user2 added\n3 changes taken over\n"
        + "settings.json: port changed, from the next start on\n")
  }
}

@Test func `a list that breaks off shows what came and says why`() throws {
  let server = try FakeServer(
    .send([
      ControlResponse(id: 1, part: .users([user("alice")])).encode(),
      ControlResponse(id: 1, result: .failure(ControlError(.busy, "the server is stopping"))).encode(),
    ]))
  let run = AdminRun("users", "list", "--data", server.folder.path)
  #expect(run.status == .tryAgain)
  #expect(run.output.contains("alice"))
  #expect(run.errors == "chat-admin: the server is stopping\n")
}

@Test(arguments: ["127.0.0.1", "0.0.0.0/0", "::/0", "::1", "32.0.0.0/4", "2000::/3"])
func `off a terminal a ban of this machine or of half the world needs --yes`(what: String) throws {
  let server = try FakeServer(.answer(.success(.bans([]))))
  let run = AdminRun("bans", "add", what, "--data", server.folder.path)
  #expect(run.status == .tryAgain)
  #expect(run.errors.contains("\(what) ") && run.errors.hasSuffix("; nothing was done; give --yes if that is meant\n"))
  let other = try FakeServer(.answer(.success(.bans([]))))
  #expect(AdminRun("bans", "add", what, "--yes", "--data", other.folder.path).status == .success)
  #expect(other.request()?.request == .success(.bansAdd(.addresses(AddressBlock(what)!), ControlTerms())))
}

@Test(arguments: ["192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32", "mallory"])
func `off a terminal any other ban is done at once`(what: String) throws {
  let server = try FakeServer(.answer(.success(.bans([]))))
  #expect(AdminRun("bans", "add", what, "--data", server.folder.path).status == .success)
}

import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import chat_admin

private let ops = Name("ops")!

@Test func `a request is sent and its reply printed`() throws {
  let server = try FakeServer(.answer(.success(.roomDeleted(ops, members: 3))))
  let run = AdminRun("rooms", "delete", "ops", "--data", server.folder.path)
  #expect(run.status == .success)
  #expect(run.output == "deleted room ops; 3 members moved to lobby\n")
  #expect(run.errors.isEmpty)
  #expect(server.request() == ControlCall(id: 1, request: .success(.roomsDelete(ops))))
}

@Test func `--json prints the value of ok on one line`() throws {
  let server = try FakeServer(.answer(.success(.roomCreated(ops, password: Secret("k7fw-2m9x")))))
  let run = AdminRun("--json", "rooms", "create", "ops", "--data", server.folder.path)
  #expect(run.status == .success)
  #expect(run.output == #"{"created":{"room":"ops","password":"k7fw-2m9x"}}"# + "\n")
}

@Test func `a reply is read in pieces of any size`() throws {
  let bytes = ControlResponse(id: 1, result: .success(.userKicked(Name("bob")!, sessions: 2))).encode()
  let server = try FakeServer(.send(bytes.map { [$0] }))
  let run = AdminRun("users", "kick", "bob", "--control", "\(server.folder.path)/control.sock")
  #expect(run.output == "kicked bob; 2 sessions closed\n")
}

@Test func `settings that move the control socket are followed`() throws {
  let server = try FakeServer(.answer(.success(.saved(files: ["state.json"]))))
  let folder = try TemporaryFolder()
  _ = try folder.file("settings.json", #"{"control":"\#(server.folder.path)/control.sock"}"#)
  #expect(AdminRun("save", "--data", folder.path).output == "saved state.json\n")
}

@Test(arguments: ["{", "[]", #"{"control":7}"#, #"{"control":""}"#, "{}"])
func `settings without a control socket mean the default`(settings: String) throws {
  let folder = try TemporaryFolder()
  _ = try folder.file("settings.json", settings)
  #expect(ServerLocation.data(folder: folder.path).socketPath == "\(folder.path)/control.sock")
}

@Test(arguments: [
  (ControlError.Code.badRequest, chat_admin.ExitStatus.software), (.noSuchRoom, .notFound), (.roomTaken, .cannotCreate),
  (.userTaken, .cannotCreate), (.emailTaken, .cannotCreate),
  (.noSuchUser, .notFound), (.noSuchSession, .notFound), (.noSuchBan, .notFound), (.noSuchFile, .notFound),
  (.noCertificate, .notFound),
  (.notHere, .notFound), (.notPermitted, .notPermitted),
  (.tooMany, .cannotCreate),
  (.busy, .tryAgain), (.cannotRecord, .inputOutput), (.saveFailed, .inputOutput), (.unknown, .software),
])
func `an error is one line on standard error and an exit status`(code: ControlError.Code, status: chat_admin.ExitStatus)
  throws
{
  let server = try FakeServer(.answer(.failure(ControlError(code, "it cannot be;\ntry \u{1B}[2Jthat"))))
  let run = AdminRun("--json", "rooms", "delete", "ops", "--data", server.folder.path)
  #expect(run.status == status)
  #expect(run.output.isEmpty)
  #expect(run.errors == "chat-admin: it cannot be;\u{FFFD}try \u{FFFD}[2Jthat\n")
}

@Test(arguments: [false, true])
func `a reload with errors prints them and exits with 65`(json: Bool) throws {
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
  #expect(run.errors.hasPrefix("chat-admin: 2 errors in data/users.csv: fix the file and reload"))
  #expect(server.request() == ControlCall(id: 1, request: .success(.reload(force: true))))
}

@Test func `a check with errors prints them and exits with 65`() throws {
  let server = try FakeServer(.answer(.success(.checked(faults: ["data/users.csv:3: one"]))))
  let run = AdminRun("check", "--data", server.folder.path)
  #expect(run.status == .data)
  #expect(run.output == "data/users.csv:3: one\n")
  #expect(
    run.errors == "chat-admin: 1 error in data/users.csv: fix the file; the server does not apply it until then\n")
  let sound = try FakeServer(.answer(.success(.checked(faults: []))))
  #expect(AdminRun("check", "--data", sound.folder.path).output == "no errors\n")
}

@Test func `without a server, chat-server checks the folder if it exists`()
  throws
{
  let folder = try TemporaryFolder()
  _ = try folder.file("users.csv", "name,password\nal ice,*\n")
  let run = AdminRun("check", "--json", "--data", folder.path)
  #expect(run.status == .data)
  #expect(run.output.hasPrefix(#"{"checked":{"faults":["\#(folder.path)/users.csv:2: "#))
  #expect(run.errors == "chat-admin: 1 error in \(folder.path)/users.csv: fix the file; no server starts until then\n")
  let alone = AdminRun(["check", "--data", folder.path], serverProgram: "/nonexistent/chat-server")
  #expect(alone.status == .unavailable)
  #expect(alone.errors.contains("/nonexistent/chat-server does not exist to check it"))
  #expect(alone.errors.contains("run: chat-server --check --data \(folder.path)"))
  #expect(AdminRun("check", "--data", "/nonexistent").errors.contains("no such data folder: /nonexistent"))
}

@Test func `the question is repeated until the answer is yes or no`() throws {
  let kicked = ControlReply.userKicked(Name("bob")!, sessions: 2)
  let server = try FakeServer(.answer(.success(.wouldBe(kicked))))
  let run = AdminRun(["users", "kick", "bob", "--data", server.folder.path], answers: ["yep", "nope", "n"])
  #expect(run.status == .tryAgain)
  let again = "Please answer y or n. Continue? [y/N] "
  #expect(run.errors.contains("[y/N] \(again)\(again)chat-admin: cancelled; "))
}

@Test(arguments: ["n", "", "no", "N"])
func `a destructive command asks on a terminal, and no cancels it`(answer: String) throws {
  let server = try FakeServer(.answer(.success(.wouldBe(.userKicked(Name("bob")!, sessions: 2)))))
  let run = AdminRun(["users", "kick", "bob", "--data", server.folder.path], answer: answer)
  #expect(run.status == .tryAgain)
  #expect(run.output.isEmpty)
  #expect(
    run.errors
      == "would kick bob and close 2 sessions\nContinue? [y/N] chat-admin: cancelled; nothing was done. Answer y to continue, or use --yes\n"
  )
  #expect(server.request() == ControlCall(id: 1, request: .success(.dryRun(.usersKick(Name("bob")!, reason: nil)))))
}

@Test func `--yes and --dry-run ask nothing`() throws {
  let kicked = ControlReply.userKicked(Name("bob")!, sessions: 2)
  let server = try FakeServer(.answer(.success(kicked)))
  let run = AdminRun(["users", "kick", "bob", "--yes", "--data", server.folder.path], answer: "n")
  #expect(run.output == "kicked bob; 2 sessions closed\n" && run.errors.isEmpty)
  let other = try FakeServer(.answer(.success(.wouldBe(kicked))))
  let dry = AdminRun(["users", "kick", "bob", "--dry-run", "--json", "--data", other.folder.path], answer: "n")
  #expect(dry.output == #"{"dry_run":true,"kicked":{"user":"bob","sessions":2}}"# + "\n" && dry.errors.isEmpty)
}

@Test func `a rejected connection shows the reason`() throws {
  let server = try FakeServer(.refuse(ControlError(.notPermitted, "only root and alice may use this socket")))
  let run = AdminRun("status", "--data", server.folder.path)
  #expect(run.status == .notPermitted)
  #expect(run.errors == "chat-admin: only root and alice may use this socket\n")
}

@Test(arguments: [
  (["status"], "'status' changes nothing"),
  (["stop"], "'stop' may or may not have been done"),
  (["rooms", "delete", "ops"], "'rooms delete' may or may not have been done"),
])
func `a lost connection exits with 76`(list: [String], doubt: String) throws {
  for piece in ["", #"{"id":1,"ok":{"stop"#] {
    let server = try FakeServer(.send([Array(piece.utf8)]))
    let path = "\(server.folder.path)/control.sock"
    let failure = #expect(throws: AdminError.self) {
      let options = try AdminOptions(parsing: list + ["--control", path])
      guard case .request(let request) = options.command else { return }
      var connection = try AdminConnection.open(to: options.location)
      _ = try connection.ask(request, timeout: .seconds(10))
    }
    let expected =
      "the server (process \(CurrentProcess.id)) at \(path) closed the connection before it answered; it may have crashed: "
      + "see the end of its log; \(doubt)"
    #expect(failure == AdminError(.wentAway, expected))
  }
}

@Test func `a server that does not answer is given up after the timeout`() throws {
  let server = try FakeServer(.silence)
  let run = AdminRun("status", "--data", server.folder.path, replyTimeout: .milliseconds(20))
  #expect(run.status == .tryAgain)
  #expect(run.errors.contains("has not answered for"))
  #expect(run.errors.contains("Check its log"))
  #expect(server.request() == ControlCall(id: 1, request: .success(.status)))
}

@Test(arguments: [
  "220 mail.example.org ESMTP\r\n", "{}\n", #"{"id":1,"ok":{"moon":true}}"# + "\n",
  #"{"id":2,"ok":{"stopping":true}}"# + "\n",
  "\n", "\u{0}\u{1B}[2J\n",
])
func `an invalid response is refused`(answer: String) throws {
  let server = try FakeServer(.send([Array(answer.utf8)]))
  let run = AdminRun("stop", "--data", server.folder.path)
  #expect(run.status == .software)
  #expect(run.output.isEmpty)
  #expect(run.errors.hasPrefix("chat-admin: the "))
  #expect(run.errors.unicodeScalars.allSatisfy { $0 == "\n" || $0 >= " " })
  #expect(run.errors.split(separator: "\n").count == 1)
}

@Test func `control characters from the server do not reach the terminal`() throws {
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

@Test func `a failed stop does not claim that everything is saved`() throws {
  let gone = try FakeServer(.send([]))
  let lost = AdminRun("stop", "--data", gone.folder.path)
  #expect(lost.status == .wentAway && lost.output.isEmpty)
  #expect(lost.errors.contains("closed the connection before it answered; it may have crashed"))
  let fault = ControlError(.saveFailed, "the server ends, and not everything is saved: no room")
  let refusing = try FakeServer(.answer(.failure(fault)))
  let failed = AdminRun("stop", "--data", refusing.folder.path)
  #expect(failed.status == .inputOutput && failed.output.isEmpty && failed.errors == "chat-admin: \(fault.message)\n")
}

@Test func `an unknown log event is refused with a suggestion`() {
  for command in [["log"], ["watch"], ["log", "-f"]] {
    let run = AdminRun(command + ["--event", "loginfailed"])
    #expect(
      run.status == .usage
        && run.errors.hasPrefix("chat-admin: unknown log event 'loginfailed'; the events are action, admin, "))
    #expect(run.errors.hasSuffix("; did you mean 'login-failed'?\n"))
  }
}

@Test func `stop waits for the server's end`() throws {
  let server = try FakeServer(.answer(.success(.stopping)))
  let run = AdminRun("stop", "--reason", "back soon", "--data", server.folder.path)
  #expect(run.status == .success)
  #expect(run.output == "the server has stopped; everything is saved\n")
  #expect(server.request() == ControlCall(id: 1, request: .success(.stop(reason: "back soon"))))
}

@Test func `a room's password comes from standard input`() throws {
  let server = try FakeServer(.answer(.success(.roomCreated(ops, password: nil))))
  let run = AdminRun(
    "rooms", "create", "ops", "--password-stdin", "--data", server.folder.path, input: Array("correct-horse".utf8))
  #expect(run.output == "created room ops (locked with your password)\n")
  let expected = ControlRequest.roomsCreate(ops, .password(Secret("correct-horse")))
  #expect(server.request() == ControlCall(id: 1, request: .success(expected)))
}

@Test(arguments: [
  [], Array("short".utf8), Array("two words".utf8), Array("two\nlines-of".utf8), [0xFF, 0xFE] + Array("12345678".utf8),
])
func `an invalid password is refused before the server is asked`(input: [UInt8]) {
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

@Test func `two different passwords change nothing`() {
  let run = AdminRun(
    "users", "add", "bob", "--data", "/nonexistent", typed: [Array("correct-horse".utf8), Array("corect-horse".utf8)])
  #expect(run.status == .data)
  #expect(run.errors == "chat-admin: the passwords differ; nothing was done. Try again\n")
}

@Test func `output that cannot be written is an error`() throws {
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
func `the changes of a reload in parts are one reply`(parts: [Int], json: Bool) throws {
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
        == "users.csv: user0 added\nusers.csv: user1 added\nusers.csv: user2 added\n3 changes applied\n"
        + "settings.json: port changed; takes effect at the next start\n")
  }
}

@Test func `an interrupted list shows what arrived and the reason`() throws {
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
func `without a terminal, a dangerous ban needs --yes`(what: String) throws {
  let server = try FakeServer(.answer(.success(.bans([]))))
  let run = AdminRun("bans", "add", what, "--data", server.folder.path)
  #expect(run.status == .tryAgain)
  #expect(run.errors.contains("\(what) ") && run.errors.hasSuffix("; nothing was done. If you mean it, use --yes\n"))
  let other = try FakeServer(.answer(.success(.bans([]))))
  #expect(AdminRun("bans", "add", what, "--yes", "--data", other.folder.path).status == .success)
  #expect(other.request()?.request == .success(.bansAdd(.addresses(AddressBlock(what)!), ControlTerms())))
}

@Test(arguments: ["192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32", "mallory"])
func `without a terminal, any other ban needs no confirmation`(what: String) throws {
  let server = try FakeServer(.answer(.success(.bans([]))))
  #expect(AdminRun("bans", "add", what, "--data", server.folder.path).status == .success)
}

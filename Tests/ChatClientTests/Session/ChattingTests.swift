import ChatProtocol
import JSON
import Testing

@testable import chat

private func told(_ id: MessageID, from: String = "bob", to: String = "alice") -> Event {
  .privateMessage(PrivateMessage(id: id, from: Name(from)!, to: Name(to)!, text: "psst"))
}

@Test func `a typed line is sent unchanged`() {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.types("hello  all ") == [.send("hello  all ")])
  #expect(alice.types("//etc") == [.send("//etc")])
  #expect(alice.types("/who") == [.send("/who")])
}

@Test(arguments: ["", "   ", "\t", "\r"])
func `an empty line is ignored`(line: String) {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.types(line) == [])
}

@Test func `the user's own message is not shown twice`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("hello")
  #expect(alice.receives(Conversation.own("hello")) == [])
  #expect(alice.session.pending.isEmpty)
}

@Test func `the user's own message is shown if typing it was not visible`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  _ = bot.types("hello")
  let own = Conversation.own("hello")
  #expect(bot.receives(own) == [Conversation.shown(own)])
}

@Test func `every reply belongs to the line that it answers`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("hello")
  _ = alice.types("/ban bob")
  _ = alice.types("/who")
  #expect(alice.receives(Conversation.own("hello")) == [])
  let fault = CommandError(command: "ban", code: .notInLobby, message: "Not here.")
  #expect(alice.receives(.error(fault)) == [Conversation.shown(.error(fault))])
  let who = Reply("who", .who(room: .lobby, users: []))
  #expect(alice.receives(.ok(who)) == [Conversation.shown(.ok(who))])
  #expect(alice.session.pending.isEmpty)
}

@Test func `help lists the client's commands, not those that it sends itself`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("/help")
  let outputs = alice.receives(.ok(Reply("help", .help(CommandTable.all))))
  guard case .show(.event(let received, _))? = outputs.first, case .event(.ok(let reply)) = received.content,
    case .help(let usages) = reply.result
  else {
    Issue.record("\(outputs)")
    return
  }
  let lines = usages.map(\.line)
  #expect(lines.contains("/get ID [PATH]") && lines.contains("/send PATH") && !lines.contains("/get ID [OFFSET]"))
  let done: Set = ["offer", "put", "take", "resume", "format", "ping", "read"]
  #expect(Set(CommandTable.all.map(\.name)).symmetricDifference(usages.map(\.name)) == done.union(["send"]))
}

@Test func `a program reads the server's help as it is`() throws {
  var bot = Conversation(isInteractive: false, isJSON: true)
  _ = bot.logsIn()
  _ = bot.types("/help")
  let outputs = bot.receives(.ok(Reply("help", .help(CommandTable.all))))
  guard case .show(.json(let line))? = outputs.first else {
    Issue.record("\(outputs)")
    return
  }
  #expect(String(decoding: line.compact, as: UTF8.self).contains("ID [OFFSET]") && outputs.count == 1)
}

@Test func `the server's help is followed by a line about the client`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("/HELP")
  let help = Reply("help", .help([]))
  #expect(
    alice.receives(.ok(help)) == [Conversation.shown(.ok(help))]
      + ClientHelp.hints(hasScreen: false).map { .show(.notice($0)) })
  _ = alice.types("/help join")
  #expect(alice.receives(.ok(help)) == [Conversation.shown(.ok(help))])
}

@Test func `/format text is rejected`() {
  var alice = Conversation()
  _ = alice.logsIn()
  let sentence = "chat needs the json dialect; to use the text dialect, connect with nc"
  #expect(alice.types("/format text") == [Conversation.error(sentence)])
  #expect(alice.types("/format json") == [.send("/format json")])
}

@Test func `the current room follows the server's events`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("/create ops --open")
  _ = alice.receives(ok: "create", .room(Name("ops")!, password: nil))
  #expect(alice.session.context.room == Name("ops"))
  _ = alice.receives(.kicked(room: Name("den")!, by: "bob", reason: ""))
  #expect(alice.session.context.room == Name("ops"))
  _ = alice.receives(.kicked(room: Name("ops")!, by: "bob", reason: ""))
  #expect(alice.session.context.room == .lobby)
  _ = alice.types("/join den")
  _ = alice.receives(ok: "join", .moved(room: Name("den")!, current: Name("den")!))
  #expect(alice.session.context.room == Name("den"))
  _ = alice.receives(.deleted(room: Name("den")!, by: "bob"))
  #expect(alice.session.context.room == .lobby)
}

@Test func `another session of the account can leave the current room`() {
  var alice = Conversation(password: "correct-horse")
  _ = alice.logsIn()
  _ = alice.types("/join ops")
  _ = alice.receives(ok: "join", .moved(room: Name("ops")!, current: Name("ops")!))
  _ = alice.receives(.left(room: Name("ops")!, user: Name("alice")!, reason: "left"))
  #expect(alice.session.context.room == .lobby)
}

@Test func `after a logout the user sees how to log in again`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("/logout")
  let out = Reply("logout")
  let outputs = alice.receives(.ok(out))
  #expect(outputs == [Conversation.shown(.ok(out), in: nil, to: nil), .show(.notice(ClientHelp.afterLogout))])
  _ = alice.types("/guest bob")
  _ = alice.receives(ok: "guest", Conversation.entered(as: "bob"))
  #expect(alice.session.context == UserContext(user: Name("bob"), room: .lobby))
}

@Test func `a private message is marked as read once it is shown`() {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.receives(told(7)) == [Conversation.shown(told(7)), .send("/read 7")])
  #expect(alice.receives(ok: "read", .read(upTo: 7)) == [])
}

@Test func `many private messages are marked as read with two lines`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.receives(told(7))
  #expect(alice.receives(told(8)) == [Conversation.shown(told(8))])
  #expect(alice.receives(told(9)) == [Conversation.shown(told(9))])
  #expect(alice.receives(ok: "read", .read(upTo: 7)) == [.send("/read 9")])
  #expect(alice.receives(ok: "read", .read(upTo: 9)) == [])
}

@Test func `a private message that is delivered twice is shown once`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.receives(told(7))
  #expect(alice.receives(told(7)) == [])
}

@Test func `a private message from the user's other session is not marked as read`() {
  var alice = Conversation(password: "correct-horse")
  _ = alice.logsIn()
  let event = told(7, from: "alice", to: "bob")
  #expect(alice.receives(event) == [Conversation.shown(event)])
}

@Test func `an unknown event is reported once`() {
  var alice = Conversation()
  _ = alice.logsIn()
  let poll = #"{"event":"poll","time":"2026-11-20T20:11:02Z"}"#
  let note = ClientOutput.show(
    .notice("The server sends events that this version of chat does not know, such as 'poll'."))
  #expect(alice.receives(line: poll) == [note])
  #expect(alice.receives(line: poll) == [])
}

@Test func `an unknown error code still answers its line`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("hello")
  let outputs = alice.receives(
    line: #"{"event":"error","time":"2026-11-20T20:11:02.123Z","command":"message","code":"new","message":"No."}"#)
  let event = ReceivedEvent(
    time: Conversation.time, content: .unfamiliarError(command: "message", code: "new", message: "No."))
  #expect(outputs == [.show(.event(event, UserContext(user: Name("alice"), room: .lobby)))])
  #expect(alice.session.pending.isEmpty)
}

@Test func `with json every line is shown as the server wrote it`() {
  var bot = Conversation(isInteractive: false, isJSON: true)
  _ = bot.logsIn()
  let line = #"{"event":"poll","time":"2026-11-20T20:11:02Z","share":2.50}"#
  guard case .show(.json(let value))? = bot.receives(line: line).first else {
    Issue.record("nothing was shown")
    return
  }
  #expect(String(decoding: value.compact, as: UTF8.self) == line)
  #expect(bot.receives(.back(user: Name("bob")!)).count == 1)
}

@Test func `a sent private message is shown, because the typed line has left the screen`() {
  var alice = Conversation(hasOverview: true)
  _ = alice.logsIn()
  _ = alice.types("/msg bob psst")
  let own = PrivateMessage(id: 5, from: Name("alice")!, to: Name("bob")!, text: "psst")
  // The client has asked which rooms there are and how many are in this one.
  while let first = alice.session.pending.first, first.typedLine == nil { _ = alice.receives(ok: "info") }
  #expect(alice.receives(ok: "msg", .sent(id: 5, away: nil)).contains(Conversation.shown(.privateMessage(own))))
}

@Test func `a private message to the user's own name is shown once`() {
  var alice = Conversation(hasOverview: true)
  _ = alice.logsIn()
  _ = alice.types("/msg Alice a note")
  let note = Event.privateMessage(PrivateMessage(id: 5, from: Name("alice")!, to: Name("alice")!, text: "a note"))
  while let first = alice.session.pending.first, first.typedLine == nil { _ = alice.receives(ok: "info") }
  let shown = alice.receives(ok: "msg", .sent(id: 5, away: nil)) + alice.receives(note)
  #expect(shown.filter { $0 == Conversation.shown(note) }.count == 1)
}

@Test func `the user's own commands update the overview without an event`() {
  var alice = Conversation(hasOverview: true)
  _ = alice.logsIn(rooms: ["ops"])
  _ = alice.types("/switch ops")
  while let first = alice.session.pending.first, first.typedLine == nil { _ = alice.receives(ok: "info") }
  _ = alice.receives(ok: "switch", .moved(room: Name("ops")!, current: Name("ops")!))
  _ = alice.receives(
    .room(RoomSummary(name: Name("ops")!, topic: "", owner: nil, isLocked: false, members: 3)))
  _ = alice.receives(.file(SharedFile(id: 9, room: Name("ops")!, from: Name("bob")!, name: "plan.pdf", size: 1)))
  _ = alice.types("/kick bob")
  _ = alice.types("/unsend 9")
  _ = alice.types("/delete ops")
  while let first = alice.session.pending.first, first.typedLine == nil { _ = alice.receives(ok: "info") }
  _ = alice.receives(ok: "kick", .user(Name("bob")!))
  #expect(alice.session.overview[Name("ops")!]?.members == 2)
  _ = alice.receives(ok: "unsend", .file(9))
  #expect(alice.session.known.files.isEmpty)
  _ = alice.receives(ok: "delete", .room(Name("ops")!, password: nil))
  #expect(alice.session.context.room == .lobby && alice.session.overview[Name("ops")!] == nil)
}

@Test func `with a screen, Tab completes every room of the server`() {
  var alice = Conversation(hasOverview: true)
  #expect(alice.logsIn().suffix(2) == [.send("/info lobby"), .send("/rooms")])
  let den = RoomSummary(name: name("den"), topic: "", owner: nil, isLocked: false, members: 0)
  _ = alice.receives(ok: "info")
  #expect(alice.receives(ok: "rooms", .rooms([den])) == [])
  #expect(LineCompletion("/join d", names: alice.session.known, user: name("alice")).words.map(\.text) == ["den"])
  #expect(alice.types("hello") == [.send("hello")])
}

import ChatProtocol
import Testing

@testable import chat

private let ops = Name("ops")!
private let joined = Reply.Result.moved(room: Name("ops")!, current: Name("ops")!)
private let askRoomPassword = ClientOutput.askPassword("Password of room ops (Enter to cancel): ")

@Test func `the room on the command line is joined before a line is sent`() {
  var bot = Conversation(room: "ops", isInteractive: false)
  #expect(bot.logsIn() == [.send("/join ops")])
  #expect(!bot.session.awaited.isShown)
  #expect(bot.receives(ok: "join", joined) == [])
  #expect(bot.session.awaited.isShown)
  #expect(bot.session.context.room == ops)
}

@Test func `a room that the user is in already is switched to`() {
  var bot = Conversation(room: "OPS", password: "correct-horse", isInteractive: false)
  #expect(bot.logsIn(rooms: ["ops"]) == [.send("/switch OPS")])
}

@Test func `the lobby needs no join`() {
  var bot = Conversation(room: "Lobby", isInteractive: false)
  #expect(bot.logsIn() == [])
  #expect(bot.session.awaited.isShown)
}

@Test(
  arguments: [
    (ErrorCode.banned, "You are banned."),
    (.roomLocked, "it is locked; instead of --room, make '/join ops PASSWORD' the first line"),
  ])
func `a script that cannot join its room ends, so that no line goes to another room`(
  code: ErrorCode, why: String
) {
  var bot = Conversation(room: "ops", isInteractive: false)
  _ = bot.logsIn()
  let outputs = bot.receives(error: code, to: "join", "You are banned.")
  #expect(outputs == [.exit(.loginRefused, because: "cannot join ops: \(why)")])
}

@Test func `a locked room's password is asked for until it is right`() {
  var alice = Conversation(room: "ops")
  _ = alice.logsIn()
  #expect(alice.receives(error: .roomLocked, to: "join") == [askRoomPassword])
  #expect(alice.answers(secretly: "wrong-horse") == [.send("/join ops wrong-horse")])
  #expect(alice.receives(error: .wrongPassword, to: "join") == [Conversation.error("No."), askRoomPassword])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/join ops correct-horse")])
  #expect(alice.receives(ok: "join", joined) == [Conversation.shown(.ok(Reply("join", joined)), in: "ops")])
  #expect(alice.session.state == .chatting)
}

@Test(arguments: [nil, ""])
func `without the password the user stays in the lobby`(secret: String?) {
  var alice = Conversation(room: "ops")
  _ = alice.logsIn()
  _ = alice.receives(error: .roomLocked, to: "join")
  #expect(alice.answers(secretly: secret) == [])
  #expect(alice.session.state == .chatting)
  #expect(alice.session.context.room == .lobby)
}

@Test func `a user rejected for another reason sees it and stays in the lobby`() {
  var alice = Conversation(room: "ops")
  _ = alice.logsIn()
  let fault = CommandError(command: "join", code: .banned, message: "You are banned from ops.")
  #expect(alice.receives(.error(fault)) == [Conversation.shown(.error(fault))])
  #expect(alice.session.state == .chatting)
}

@Test func `a typed join of a locked room asks for the password too`() {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.types("/join ops") == [.send("/join ops")])
  #expect(alice.receives(error: .roomLocked, to: "join") == [askRoomPassword])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/join ops correct-horse")])
}

@Test func `two locked rooms are joined one after the other, each with its question`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("/join ops")
  #expect(alice.types("/join den") == [])
  #expect(alice.receives(error: .roomLocked, to: "join") == [askRoomPassword])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/join ops correct-horse")])
  #expect(alice.receives(ok: "join", joined).last == .send("/join den"))
}

@Test func `a typed login without its password asks for it`() {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.types("/LOGIN bob") == [.askPassword("Password of bob: ")])
  #expect(!alice.session.awaited.isShown)
  #expect(alice.answers(secretly: "correct-horse") == [.send("/LOGIN bob correct-horse")])
  #expect(alice.session.awaited.isShown)
  let entered = Reply("login", Conversation.entered(as: "bob"))
  #expect(alice.receives(.ok(entered)) == [Conversation.shown(.ok(entered), to: "bob")])
}

@Test func `a typed registration without its password asks for it twice`() {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.types("/register bob") == [.askPassword("New password for bob, at least 8 characters: ")])
  _ = alice.answers(secretly: "correct-horse")
  #expect(alice.answers(secretly: "correct-horse") == [.send("/register bob correct-horse")])
}

@Test func `a new password is asked for after the old one`() {
  var alice = Conversation(password: "correct-horse")
  _ = alice.logsIn()
  #expect(alice.types("/passwd ") == [.askPassword("Current password: ")])
  let askNew = ClientOutput.askPassword("New password, at least 8 characters: ")
  #expect(alice.answers(secretly: "correct-horse") == [askNew])
  #expect(alice.answers(secretly: "battery-staple") == [.askPassword("Repeat the password: ")])
  #expect(
    alice.answers(secretly: "battery-stable") == [Conversation.error("The passwords differ."), askNew])
  _ = alice.answers(secretly: "battery-staple")
  #expect(alice.answers(secretly: "battery-staple") == [.send("/passwd correct-horse battery-staple")])
  let fault = CommandError(command: "passwd", code: .wrongPassword, message: "Not so.")
  #expect(alice.receives(.error(fault)) == [Conversation.shown(.error(fault))])
}

@Test(arguments: [nil, ""])
func `an unanswered question sends nothing`(secret: String?) {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("/login bob")
  #expect(alice.answers(secretly: secret) == [])
  #expect(alice.session.state == .chatting)
  #expect(alice.session.pending.isEmpty)
}

@Test(arguments: ["/login", "/login a*b", "/login bob correct-horse", "/register .bob", "/passwd old-horse new-horse"])
func `a command without its argument is sent unchanged`(line: String) {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.types(line) == [.send(line)])
}

@Test(arguments: [" /msg bob secret", "\u{A0}\t /msg bob secret", "\u{200E}\u{200B}/msg bob secret"])
func `a command may follow blanks, and is then not sent as a message`(line: String) {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.types(line) == [.send("/msg bob secret")])
  // A script's lines are sent unchanged.
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  #expect(bot.types(" /usr/bin") == [.send(" /usr/bin")])
}

@Test func `while a password may be asked for, input is not sent as a line`() {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.types("/join den") == [.send("/join den")] && alice.session.awaited == .nothing)
  #expect(alice.receives(error: .roomLocked, to: "join").count == 1 && alice.session.awaited == .password)
  _ = alice.answers(secretly: nil)
  #expect(alice.session.awaited == .line)
  _ = alice.types("/join den sesame-open")
  #expect(alice.session.awaited == .line)
}

@Test func `a password typed after the connection is lost is not sent as a line`() {
  var alice = Conversation(reconnects: true)
  _ = alice.logsIn()
  _ = alice.types("/login bob")
  _ = alice.session.apply(.connectionEnded(nil))
  #expect(alice.session.state == .disconnected && alice.session.awaited == .password)
  #expect(
    alice.answers(secretly: "correct-horse") == [.show(.notice("The password was not sent: the connection was lost."))])
  #expect(alice.session.awaited == .line)
}

@Test func `a script is asked no questions`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  #expect(bot.types("/login bob") == [.send("/login bob")])
}

@Test func `a password is not in a session's description`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  _ = alice.types("r")
  _ = alice.answers(secretly: "correct-horse")
  var description = ""
  dump(alice.session, to: &description)
  #expect(!description.contains("horse"))
}

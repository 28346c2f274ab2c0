import ChatProtocol
import Testing

@testable import chat

private let ops = Name("ops")!
private let joined = Reply.Result.moved(room: Name("ops")!, current: Name("ops")!)
private let askRoomPassword = ClientOutput.askSecret("Password of the room ops (none: just Enter): ")

@Test func `the room of the command line is joined before a line is taken`() {
  var bot = Conversation(room: "ops", isInteractive: false)
  #expect(bot.comesIn() == [.send("/join ops")])
  #expect(!bot.session.wantsTyped)
  #expect(bot.receives(ok: "join", joined) == [])
  #expect(bot.session.wantsTyped)
  #expect(bot.session.viewpoint.room == ops)
}

@Test func `a room one is in already is switched to`() {
  var bot = Conversation(room: "OPS", password: "correct-horse", isInteractive: false)
  #expect(bot.comesIn(rooms: ["ops"]) == [.send("/switch OPS")])
}

@Test func `the lobby needs no joining`() {
  var bot = Conversation(room: "Lobby", isInteractive: false)
  #expect(bot.comesIn() == [])
  #expect(bot.session.wantsTyped)
}

@Test(
  arguments: [
    (ErrorCode.banned, "You are banned."),
    (.roomLocked, "it is locked; the first line '/join ops PASSWORD' in place of --room lets chat in"),
  ])
func `a script that is not let into its room ends, so that nothing it says goes elsewhere`(
  code: ErrorCode, why: String
) {
  var bot = Conversation(room: "ops", isInteractive: false)
  _ = bot.comesIn()
  let outputs = bot.receives(error: code, to: "join", "You are banned.")
  #expect(outputs == [.exit(.notLetIn, because: "not let into ops: \(why)")])
}

@Test func `a locked room's password is asked for until it is right`() {
  var alice = Conversation(room: "ops")
  _ = alice.comesIn()
  #expect(alice.receives(error: .roomLocked, to: "join") == [askRoomPassword])
  #expect(alice.answers(secretly: "wrong-horse") == [.send("/join ops wrong-horse")])
  #expect(alice.receives(error: .wrongPassword, to: "join") == [Conversation.complaint("No."), askRoomPassword])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/join ops correct-horse")])
  #expect(alice.receives(ok: "join", joined) == [Conversation.shown(.ok(Reply("join", joined)), in: "ops")])
  #expect(alice.session.phase == .chatting)
}

@Test(arguments: [nil, ""])
func `without its password one stays in the lobby`(secret: String?) {
  var alice = Conversation(room: "ops")
  _ = alice.comesIn()
  _ = alice.receives(error: .roomLocked, to: "join")
  #expect(alice.answers(secretly: secret) == [])
  #expect(alice.session.phase == .chatting)
  #expect(alice.session.viewpoint.room == .lobby)
}

@Test func `a person who is not let in for another reason reads it and stays in the lobby`() {
  var alice = Conversation(room: "ops")
  _ = alice.comesIn()
  let fault = CommandError(command: "join", code: .banned, message: "You are banned from ops.")
  #expect(alice.receives(.error(fault)) == [Conversation.shown(.error(fault))])
  #expect(alice.session.phase == .chatting)
}

@Test func `a typed join of a locked room asks for the password too`() {
  var alice = Conversation()
  _ = alice.comesIn()
  #expect(alice.types("/join ops") == [.send("/join ops")])
  #expect(alice.receives(error: .roomLocked, to: "join") == [askRoomPassword])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/join ops correct-horse")])
}

@Test func `two locked rooms are joined one after the other, each with its question`() {
  var alice = Conversation()
  _ = alice.comesIn()
  _ = alice.types("/join ops")
  #expect(alice.types("/join den") == [])
  #expect(alice.receives(error: .roomLocked, to: "join") == [askRoomPassword])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/join ops correct-horse")])
  #expect(alice.receives(ok: "join", joined).last == .send("/join den"))
}

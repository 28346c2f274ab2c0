import ChatProtocol
import Testing

@testable import chat

@Test func `a script's line waits for the acknowledgement of the one before`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.comesIn()
  #expect(bot.types("one") == [.send("one")])
  #expect(!bot.session.awaited.isShown)
  _ = bot.receives(.joined(room: .lobby, user: Name("bob")!))
  #expect(!bot.session.awaited.isShown)
  _ = bot.receives(Conversation.own("one"))
  #expect(bot.session.awaited.isShown)
}

@Test func `a person's line waits for nothing`() {
  var alice = Conversation()
  _ = alice.comesIn()
  _ = alice.types("one")
  #expect(alice.session.awaited.isShown)
}

@Test func `the end of input waits until all is acknowledged`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.comesIn()
  _ = bot.types("one")
  #expect(bot.session.apply(.endOfInput) == [])
  #expect(!bot.session.awaited.isShown)
  let own = Conversation.own("one")
  #expect(bot.receives(own) == [Conversation.shown(own), .send("/quit")])
  #expect(bot.receives(ok: "quit") == [.exit(.ok)])
}

@Test func `the end of input waits until the server knows what was read`() {
  var bot = Conversation(password: "correct-horse", isInteractive: false)
  _ = bot.comesIn()
  _ = bot.receives(
    .privateMessage(PrivateMessage(id: 7, from: Name("bob")!, to: Name("alice")!, text: "psst")))
  #expect(bot.session.apply(.endOfInput) == [])
  #expect(bot.receives(ok: "read", .read(upTo: 7)) == [.send("/quit")])
}

@Test func `the end of an empty input leaves at once`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.comesIn()
  #expect(bot.session.apply(.endOfInput) == [.send("/quit")])
  #expect(bot.session.apply(.connectionEnded(nil)) == [.exit(.ok)])
}

@Test func `a server that does not let go is left`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.comesIn()
  _ = bot.session.apply(.endOfInput)
  #expect(bot.session.isAwaitingServer)
  #expect(bot.session.apply(.noAnswer) == [.exit(.ok)])
}

@Test func `a refused line is reported by its number and sets the exit status`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.comesIn()
  _ = bot.types("one")
  _ = bot.receives(Conversation.own("one"))
  _ = bot.types("")
  _ = bot.types("/kick bob")
  #expect(bot.receives(error: .notPermitted, to: "kick", "Not you.") == [Conversation.error("line 3: Not you.")])
  #expect(bot.types("four") == [.send("four")])
  _ = bot.receives(Conversation.own("four", id: 2))
  _ = bot.session.apply(.endOfInput)
  #expect(bot.receives(ok: "quit") == [.exit(.lineRefused)])
}

@Test func `a line that is too long to send is a refused one`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.comesIn()
  #expect(
    bot.session.apply(.typedUnusable(because: "the line is too long to send")) == [
      Conversation.error("line 1: the line is too long to send")
    ])
  #expect(bot.session.apply(.endOfInput) == [.send("/quit")])
  #expect(bot.receives(ok: "quit") == [.exit(.lineRefused)])
}

@Test(arguments: [true, false])
func `a typed quit leaves`(isInteractive: Bool) {
  var alice = Conversation(isInteractive: isInteractive)
  _ = alice.comesIn()
  #expect(alice.types("/quit") == [.send("/quit")])
  #expect(alice.receives(ok: "quit").last == .exit(.ok))
  #expect(alice.session.apply(.connectionEnded(nil)) == [])
}

@Test func `a person's refused line is no failure`() {
  var alice = Conversation()
  _ = alice.comesIn()
  _ = alice.types("/kick bob")
  _ = alice.receives(error: .notPermitted, to: "kick")
  _ = alice.session.apply(.endOfInput)
  #expect(alice.receives(ok: "quit") == [.exit(.ok)])
}

import ChatProtocol
import Testing

@testable import chat

@Test func `a script's line waits until the previous one is acknowledged`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  #expect(bot.types("one") == [.send("one")])
  #expect(!bot.session.awaited.isShown)
  _ = bot.receives(.joined(room: .lobby, user: Name("bob")!))
  #expect(!bot.session.awaited.isShown)
  _ = bot.receives(Conversation.own("one"))
  #expect(bot.session.awaited.isShown)
}

@Test func `a typed line is sent without waiting`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("one")
  #expect(alice.session.awaited.isShown)
}

@Test func `the end of input waits until every line is acknowledged`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  _ = bot.types("one")
  #expect(bot.session.apply(.endOfInput) == [])
  #expect(!bot.session.awaited.isShown)
  let own = Conversation.own("one")
  #expect(bot.receives(own) == [Conversation.shown(own), .send("/quit")])
  #expect(bot.receives(ok: "quit") == [.exit(.ok)])
}

@Test func `the end of input waits until all read marks are acknowledged`() {
  var bot = Conversation(password: "correct-horse", isInteractive: false)
  _ = bot.logsIn()
  _ = bot.receives(
    .privateMessage(PrivateMessage(id: 7, from: Name("bob")!, to: Name("alice")!, text: "psst")))
  #expect(bot.session.apply(.endOfInput) == [])
  #expect(bot.receives(ok: "read", .read(upTo: 7)) == [.send("/quit")])
}

@Test func `the end of an empty input quits at once`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  #expect(bot.session.apply(.endOfInput) == [.send("/quit")])
  #expect(bot.session.apply(.connectionEnded(nil)) == [.exit(.ok)])
}

@Test func `a server that does not close the connection is left after a timeout`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  _ = bot.session.apply(.endOfInput)
  #expect(bot.session.isAwaitingServer)
  #expect(bot.session.apply(.noAnswer) == [.exit(.ok)])
}

@Test func `a rejected line is reported by its number and sets the exit status`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
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

@Test func `a line that is too long to send counts as rejected`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  #expect(
    bot.session.apply(.typedUnusable(because: "the line is too long to send")) == [
      Conversation.error("line 1: the line is too long to send")
    ])
  #expect(bot.session.apply(.endOfInput) == [.send("/quit")])
  #expect(bot.receives(ok: "quit") == [.exit(.lineRefused)])
}

@Test(arguments: [true, false])
func `/quit ends the client`(isInteractive: Bool) {
  var alice = Conversation(isInteractive: isInteractive)
  _ = alice.logsIn()
  #expect(alice.types("/quit") == [.send("/quit")])
  #expect(alice.receives(ok: "quit").last == .exit(.ok))
  #expect(alice.session.apply(.connectionEnded(nil)) == [])
}

@Test func `a rejected line of an interactive user does not set the exit status`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("/kick bob")
  _ = alice.receives(error: .notPermitted, to: "kick")
  _ = alice.session.apply(.endOfInput)
  #expect(alice.receives(ok: "quit") == [.exit(.ok)])
}

import ChatProtocol
import Testing

@testable import chat

private let askPassword = ClientOutput.askPassword("Password of alice (Enter for none): ")
private let offerWithout = ClientOutput.ask(
  "log in as a (g)uest, (r)egister alice, another (n)ame or (q)uit? [g] ")
private let offerAll = ClientOutput.ask(
  "(t)ry again, log in as a (g)uest, (r)egister alice, another (n)ame or (q)uit? [t] ")

@Test func `a session asks for json before anything else`() {
  var session = Conversation().session
  #expect(session.start() == [.send("/format json")])
}

@Test func `with a name it asks for the password and logs in`() {
  var alice = Conversation()
  #expect(alice.isGreeted() == [askPassword])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/login alice correct-horse")])
  let entered = Conversation.entered()
  #expect(alice.receives(ok: "login", entered) == [Conversation.shown(.ok(Reply("login", entered)))])
  #expect(alice.session.state == .chatting)
}

@Test func `without a name it asks for one, until it is valid`() {
  var visitor = Conversation(name: nil)
  #expect(visitor.isGreeted() == [.ask("Name: ")])
  #expect(visitor.session.awaited.isShown)
  let again = visitor.types("al ice")
  #expect(
    again == [
      Conversation.error("A name is \(Name.rule). An account's e-mail address works too."),
      .ask("Name: "),
    ])
  #expect(visitor.types(" alice ") == [askPassword])
}

@Test func `a user without a password may log in as a guest`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  #expect(alice.answers(secretly: "") == [offerWithout])
  #expect(alice.types("g") == [.send("/guest alice")])
}

@Test(arguments: [("", "/guest alice"), ("G", "/guest alice"), ("guest", "/guest alice")])
func `an answer is a letter, a word or the default in brackets`(answer: String, line: String) {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  #expect(alice.types(answer) == [.send(line)])
}

@Test(arguments: ["x", "gx", "t", "good", "oh no, not that", "g u e s t", "/"])
func `an invalid answer is asked for again`(answer: String) {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  #expect(alice.types(answer).last == offerWithout)
}

@Test(
  arguments: [
    ("/login bob correct-horse", .send("/login bob correct-horse")), ("/guest bob", .send("/guest bob")),
    (" /register bob correct-horse", .send("/register bob correct-horse")),
    ("/login bob", .askPassword("Password of bob (Enter for none): ")),
    ("/register bob", .askPassword("New password for bob, at least 8 characters: ")), ("/quit", .exit(.ok)),
    ("/who", .ask("Name: ")), ("/register a b c d e", .ask("Name: ")),
  ] as [(String, ClientOutput)])
func `commands that log in are answers too`(line: String, output: ClientOutput) {
  var visitor = Conversation(name: nil)
  _ = visitor.isGreeted()
  #expect(visitor.types(line).last == output)
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  #expect(alice.types(line).last == (output == .ask("Name: ") ? offerWithout : output))
}

/// Every state of a session before the login.
@Test(arguments: 0..<6, [ClientInput.endOfInput, .terminated])
func `a user may quit before the login, whatever is awaited`(steps: Int, end: ClientInput) {
  var alice = Conversation(room: "ops")
  let all: [(inout Conversation) -> Void] = [
    { _ = $0.isGreeted() }, { _ = $0.answers(secretly: "") }, { _ = $0.types("g") },
    { _ = $0.receives(ok: "guest", Conversation.entered()) }, { _ = $0.receives(error: .roomLocked, to: "join") },
  ]
  for step in all.prefix(steps) { step(&alice) }
  #expect(alice.session.apply(end).last == .exit(.ok))
}

@Test func `quitting while the server is silent takes a second request or a timeout`() {
  var alice = Conversation()
  _ = alice.logsIn()
  _ = alice.types("hello")
  #expect(alice.session.apply(.endOfInput) == [] && alice.session.isAwaitingServer)
  var other = alice
  let sentence = "the server has not acknowledged: hello"
  #expect(alice.session.apply(.terminated) == [.exit(.noServer, because: sentence)])
  #expect(other.session.apply(.noAnswer) == [.exit(.noServer, because: sentence)])
}

@Test func `a wrong password offers to try again`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "wrong-horse")
  #expect(
    alice.receives(error: .wrongPassword, to: "login", "Not so.") == [Conversation.error("Not so."), offerAll])
  #expect(alice.types("t") == [askPassword])
}

@Test func `an unknown name is registered after the password is typed twice`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  let askNew = ClientOutput.askPassword("New password for alice, at least 8 characters: ")
  #expect(alice.types("r") == [askNew])
  let rule = "A password has at least 8 characters, no spaces and no control characters."
  #expect(alice.answers(secretly: "short") == [Conversation.error(rule), askNew])
  #expect(alice.answers(secretly: "two words here") == [Conversation.error(rule), askNew])
  let askAgain = ClientOutput.askPassword("Repeat the password: ")
  #expect(alice.answers(secretly: "correct-horse") == [askAgain])
  #expect(alice.answers(secretly: "correct-house") == [Conversation.error("The passwords differ."), askNew])
  #expect(alice.answers(secretly: "correct-horse") == [askAgain])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/register alice correct-horse")])
}

@Test(arguments: [ErrorCode.banned, .accountDisabled])
func `a banned user sees the ban and is not offered another login with the same name`(code: ErrorCode) {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "correct-horse")
  #expect(
    alice.receives(error: code, to: "login", "Not so.")
      == [Conversation.error("Not so."), .ask("(t)ry again, another (n)ame or (q)uit? [t] ")])
}

@Test func `another name starts the login again`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  _ = alice.types("g")
  _ = alice.receives(error: .nameTaken, to: "guest", "That name is taken.")
  #expect(alice.types("n") == [.ask("Name: ")])
  #expect(alice.types("bob") == [.askPassword("Password of bob (Enter for none): ")])
}

@Test func `an e-mail address offers neither guest login nor registration`() {
  var alice = Conversation(name: "alice@example.org")
  #expect(alice.isGreeted() == [.askPassword("Password of alice@example.org (Enter for none): ")])
  #expect(alice.answers(secretly: "") == [.ask("another (n)ame or (q)uit? [n] ")])
}

@Test func `a password that would be two arguments or another command is never sent`() {
  for password in ["two words", "one\ntwo", "tab\there", String(repeating: "x", count: 257)] {
    var alice = Conversation()
    _ = alice.isGreeted()
    let outputs = alice.answers(secretly: password)
    #expect(outputs == [Conversation.error("A password has no spaces and no control characters."), askPassword])
  }
}

@Test(arguments: [nil, ""])
func `the end of input at a question quits`(secret: String?) {
  var alice = Conversation()
  _ = alice.isGreeted()
  if secret == nil {
    #expect(alice.answers(secretly: nil) == [.exit(.ok)])
  } else {
    _ = alice.answers(secretly: "")
    #expect(alice.session.apply(.endOfInput) == [.exit(.ok)])
  }
}

@Test func `a person with CHAT_PASSWORD is asked only if it is wrong`() {
  var alice = Conversation(password: "wrong-horse")
  #expect(alice.isGreeted() == [.send("/login alice wrong-horse")])
  #expect(alice.receives(error: .wrongPassword, to: "login") == [Conversation.error("No."), offerAll])
  #expect(alice.types("") == [askPassword])
}

@Test func `a script logs in with CHAT_PASSWORD and prints nothing about it`() {
  var bot = Conversation(password: "correct-horse", isInteractive: false)
  #expect(bot.isGreeted() == [.send("/login alice correct-horse")])
  #expect(!bot.session.awaited.isShown)
  #expect(bot.receives(ok: "login", Conversation.entered()) == [])
  #expect(bot.session.awaited.isShown)
}

@Test func `a script without CHAT_PASSWORD logs in as a guest`() {
  var bot = Conversation(isInteractive: false)
  #expect(bot.isGreeted() == [.send("/guest alice")])
}

@Test func `a script whose login is rejected ends`() {
  var bot = Conversation(password: "correct-horse", isInteractive: false)
  _ = bot.isGreeted()
  let outputs = bot.receives(error: .accountDisabled, to: "login", "Not so.")
  #expect(outputs == [.exit(.loginRefused, because: "cannot log in as alice: Not so.")])
}

@Test(arguments: [
  (ErrorCode.wrongPassword, "wrong-horse" as String?, "CHAT_PASSWORD is wrong, or there is no such account; "),
  (.nameTaken, nil, "the name is taken; choose another with --name"),
  (.guestsOff, nil, "the server accepts no guests; put an account's password into CHAT_PASSWORD"),
])
func `a script's error suggests options, not commands`(code: ErrorCode, password: String?, advice: String) throws {
  var bot = Conversation(password: password, isInteractive: false)
  _ = bot.isGreeted()
  let outputs = bot.receives(error: code, to: password == nil ? "guest" : "login", "No; /register NAME PASSWORD.")
  guard case .exit(.loginRefused, let reason?)? = outputs.first else {
    Issue.record("\(outputs)")
    return
  }
  #expect(reason.hasPrefix("cannot log in as alice: \(advice)") && !reason.contains("/"))
}

@Test func `an invalid CHAT_PASSWORD ends a script before it is sent`() {
  var bot = Conversation(password: "one\n/quit", isInteractive: false)
  let reason = "CHAT_PASSWORD has a space, a control character or a byte that is not UTF-8: no password has these"
  #expect(bot.isGreeted() == [.exit(.loginRefused, because: "cannot log in as alice: \(reason)")])
}

@Test func `a script needs a password to log in by e-mail address`() {
  var bot = Conversation(name: "bot@example.org", isInteractive: false)
  let reason = "logging in by e-mail address needs a password: put it into CHAT_PASSWORD"
  #expect(bot.isGreeted() == [.exit(.loginRefused, because: reason)])
}

import ChatProtocol
import Testing

@testable import chat

private let askPassword = ClientOutput.askSecret("Password of alice (none: just Enter): ")
private let offerWithout = ClientOutput.ask(
  "come in as a (g)uest, (r)egister alice, another (n)ame or (q)uit? [g] ")
private let offerAll = ClientOutput.ask(
  "(t)ry again, come in as a (g)uest, (r)egister alice, another (n)ame or (q)uit? [t] ")

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
  #expect(alice.session.phase == .chatting)
}

@Test func `without a name it asks for one, until it is one`() {
  var somebody = Conversation(name: nil)
  #expect(somebody.isGreeted() == [.ask("Name: ")])
  #expect(somebody.session.wantsTyped)
  let again = somebody.types("al ice")
  #expect(
    again == [
      Conversation.complaint("A name is \(Name.rule); an account also comes in by its e-mail address."),
      .ask("Name: "),
    ])
  #expect(somebody.types(" alice ") == [askPassword])
}

@Test func `whoever has no password may come in as a guest`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  #expect(alice.answers(secretly: "") == [offerWithout])
  #expect(alice.types("g") == [.send("/guest alice")])
}

@Test(arguments: [("", "/guest alice"), ("G", "/guest alice"), ("guest", "/guest alice")])
func `an answer is a letter, a word or the one that stands in brackets`(answer: String, line: String) {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  #expect(alice.types(answer) == [.send(line)])
}

@Test(arguments: ["x", "gx", "t", "good", "oh no, not that", "g u e s t", "/"])
func `an answer that means nothing is asked for again`(answer: String) {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  #expect(alice.types(answer).last == offerWithout)
}

@Test(
  arguments: [
    ("/login bob correct-horse", .send("/login bob correct-horse")), ("/guest bob", .send("/guest bob")),
    (" /register bob correct-horse", .send("/register bob correct-horse")),
    ("/login bob", .askSecret("Password of bob (none: just Enter): ")),
    ("/register bob", .askSecret("New password for bob, at least 8 characters: ")), ("/quit", .exit(.ok)),
    ("/who", .ask("Name: ")), ("/register a b c d e", .ask("Name: ")),
  ] as [(String, ClientOutput)])
func `commands that come in are answers too`(line: String, output: ClientOutput) {
  var somebody = Conversation(name: nil)
  _ = somebody.isGreeted()
  #expect(somebody.types(line).last == output)
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  #expect(alice.types(line).last == (output == .ask("Name: ") ? offerWithout : output))
}

/// Everything that a session can be in before anybody chats.
@Test(arguments: 0..<6, [ClientInput.endOfInput, .terminated])
func `a person may leave before coming in, whatever is awaited`(steps: Int, end: ClientInput) {
  var alice = Conversation(room: "ops")
  let all: [(inout Conversation) -> Void] = [
    { _ = $0.isGreeted() }, { _ = $0.answers(secretly: "") }, { _ = $0.types("g") },
    { _ = $0.receives(ok: "guest", Conversation.entered()) }, { _ = $0.receives(error: .roomLocked, to: "join") },
  ]
  for step in all.prefix(steps) { step(&alice) }
  #expect(alice.session.apply(end).last == .exit(.ok))
}

@Test func `whoever leaves while the server is silent leaves at the second time, or once it took too long`() {
  var alice = Conversation()
  _ = alice.comesIn()
  _ = alice.types("hello")
  #expect(alice.session.apply(.endOfInput) == [] && alice.session.isAwaitingServer)
  var other = alice
  let sentence = "the server has not acknowledged these: hello"
  #expect(alice.session.apply(.terminated) == [.exit(.noServer, because: sentence)])
  #expect(other.session.apply(.noAnswer) == [.exit(.noServer, because: sentence)])
}

@Test func `a wrong password offers to try again`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "wrong-horse")
  #expect(
    alice.receives(error: .wrongPassword, to: "login", "Not so.") == [Conversation.complaint("Not so."), offerAll])
  #expect(alice.types("t") == [askPassword])
}

@Test func `an unknown name is registered with a password typed twice`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  let askNew = ClientOutput.askSecret("New password for alice, at least 8 characters: ")
  #expect(alice.types("r") == [askNew])
  let rule = "A password has at least 8 characters, no spaces and no control characters."
  #expect(alice.answers(secretly: "short") == [Conversation.complaint(rule), askNew])
  #expect(alice.answers(secretly: "two words here") == [Conversation.complaint(rule), askNew])
  let askAgain = ClientOutput.askSecret("The same once more: ")
  #expect(alice.answers(secretly: "correct-horse") == [askAgain])
  #expect(alice.answers(secretly: "correct-house") == [Conversation.complaint("The two were not the same."), askNew])
  #expect(alice.answers(secretly: "correct-horse") == [askAgain])
  #expect(alice.answers(secretly: "correct-horse") == [.send("/register alice correct-horse")])
}

@Test(arguments: [ErrorCode.banned, .accountDisabled])
func `who is kept out is told so, and not offered to come in under the name some other way`(code: ErrorCode) {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "correct-horse")
  #expect(
    alice.receives(error: code, to: "login", "Not so.")
      == [Conversation.complaint("Not so."), .ask("(t)ry again, another (n)ame or (q)uit? [t] ")])
}

@Test func `another name begins anew`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  _ = alice.types("g")
  _ = alice.receives(error: .nameTaken, to: "guest", "That name is taken.")
  #expect(alice.types("n") == [.ask("Name: ")])
  #expect(alice.types("bob") == [.askSecret("Password of bob (none: just Enter): ")])
}

@Test func `an e-mail address has neither a guest nor a registration`() {
  var alice = Conversation(name: "alice@example.org")
  #expect(alice.isGreeted() == [.askSecret("Password of alice@example.org (none: just Enter): ")])
  #expect(alice.answers(secretly: "") == [.ask("another (n)ame or (q)uit? [n] ")])
}

@Test func `a password that would be two arguments or another command is never sent`() {
  for password in ["two words", "one\ntwo", "tab\there", String(repeating: "x", count: 257)] {
    var alice = Conversation()
    _ = alice.isGreeted()
    let outputs = alice.answers(secretly: password)
    #expect(outputs == [Conversation.complaint("A password holds no spaces and no control characters."), askPassword])
  }
}

@Test(arguments: [nil, ""])
func `the end of input at a question leaves`(secret: String?) {
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
  #expect(alice.receives(error: .wrongPassword, to: "login") == [Conversation.complaint("No."), offerAll])
  #expect(alice.types("") == [askPassword])
}

@Test func `a script logs in with CHAT_PASSWORD and says nothing of it`() {
  var bot = Conversation(password: "correct-horse", isInteractive: false)
  #expect(bot.isGreeted() == [.send("/login alice correct-horse")])
  #expect(!bot.session.wantsTyped)
  #expect(bot.receives(ok: "login", Conversation.entered()) == [])
  #expect(bot.session.wantsTyped)
}

@Test func `a script without CHAT_PASSWORD is a guest`() {
  var bot = Conversation(isInteractive: false)
  #expect(bot.isGreeted() == [.send("/guest alice")])
}

@Test func `a script that is not let in ends`() {
  var bot = Conversation(password: "correct-horse", isInteractive: false)
  _ = bot.isGreeted()
  let outputs = bot.receives(error: .accountDisabled, to: "login", "Not so.")
  #expect(outputs == [.exit(.notLetIn, because: "not let in as alice: Not so.")])
}

@Test(arguments: [
  (ErrorCode.wrongPassword, "wrong-horse" as String?, "CHAT_PASSWORD is wrong, or there is no such account; "),
  (.nameTaken, nil, "the name is taken; give another with --name"),
  (.guestsOff, nil, "guests are not let in; put the password of an account into CHAT_PASSWORD"),
])
func `a script is not told to type a command`(code: ErrorCode, password: String?, advice: String) throws {
  var bot = Conversation(password: password, isInteractive: false)
  _ = bot.isGreeted()
  let outputs = bot.receives(error: code, to: password == nil ? "guest" : "login", "No; /register NAME PASSWORD.")
  guard case .exit(.notLetIn, let reason?)? = outputs.first else {
    Issue.record("\(outputs)")
    return
  }
  #expect(reason.hasPrefix("not let in as alice: \(advice)") && !reason.contains("/"))
}

@Test func `a script whose CHAT_PASSWORD cannot be one ends before it is sent`() {
  var bot = Conversation(password: "one\n/quit", isInteractive: false)
  let reason = "CHAT_PASSWORD holds a space, a control character or what is not UTF-8, which no password does"
  #expect(bot.isGreeted() == [.exit(.notLetIn, because: "not let in as alice: \(reason)")])
}

@Test func `a script comes in by e-mail only with a password`() {
  var bot = Conversation(name: "bot@example.org", isInteractive: false)
  let reason = "whoever comes in by e-mail needs a password: put it into CHAT_PASSWORD"
  #expect(bot.isGreeted() == [.exit(.notLetIn, because: reason)])
}

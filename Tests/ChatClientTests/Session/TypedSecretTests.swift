import ChatProtocol
import Testing

@testable import chat

@Test func `a typed login without its password asks for it`() {
  var alice = Conversation()
  _ = alice.comesIn()
  #expect(alice.types("/LOGIN bob") == [.askSecret("Password of bob: ")])
  #expect(!alice.session.wantsTyped)
  #expect(alice.answers(secretly: "correct-horse") == [.send("/LOGIN bob correct-horse")])
  #expect(alice.session.wantsTyped)
  let entered = Reply("login", Conversation.entered(as: "bob"))
  #expect(alice.receives(.ok(entered)) == [Conversation.shown(.ok(entered), to: "bob")])
}

@Test func `a typed registration without its password asks for it twice`() {
  var alice = Conversation()
  _ = alice.comesIn()
  #expect(alice.types("/register bob") == [.askSecret("New password for bob, at least 8 characters: ")])
  _ = alice.answers(secretly: "correct-horse")
  #expect(alice.answers(secretly: "correct-horse") == [.send("/register bob correct-horse")])
}

@Test func `a new password is asked for after the old one`() {
  var alice = Conversation(password: "correct-horse")
  _ = alice.comesIn()
  #expect(alice.types("/passwd ") == [.askSecret("Your password until now: ")])
  let askNew = ClientOutput.askSecret("New password, at least 8 characters: ")
  #expect(alice.answers(secretly: "correct-horse") == [askNew])
  #expect(alice.answers(secretly: "battery-staple") == [.askSecret("The same once more: ")])
  #expect(
    alice.answers(secretly: "battery-stable") == [Conversation.complaint("The two were not the same."), askNew])
  _ = alice.answers(secretly: "battery-staple")
  #expect(alice.answers(secretly: "battery-staple") == [.send("/passwd correct-horse battery-staple")])
  let fault = CommandError(command: "passwd", code: .wrongPassword, message: "Not so.")
  #expect(alice.receives(.error(fault)) == [Conversation.shown(.error(fault))])
}

@Test(arguments: [nil, ""])
func `without an answer nothing is sent`(secret: String?) {
  var alice = Conversation()
  _ = alice.comesIn()
  _ = alice.types("/login bob")
  #expect(alice.answers(secretly: secret) == [])
  #expect(alice.session.phase == .chatting)
  #expect(alice.session.pending == [])
}

@Test(arguments: ["/login", "/login a*b", "/login bob correct-horse", "/register .bob", "/passwd old-horse new-horse"])
func `what lacks something else or nothing goes out as it is`(line: String) {
  var alice = Conversation()
  _ = alice.comesIn()
  #expect(alice.types(line) == [.send(line)])
}

@Test(arguments: [" /msg bob secret", "\u{A0}\t /msg bob secret", "\u{200E}\u{200B}/msg bob secret"])
func `a command is one with blanks before it too, and nobody else reads it`(line: String) {
  var alice = Conversation()
  _ = alice.comesIn()
  #expect(alice.types(line) == [.send("/msg bob secret")])
  // Where nobody types, a line stands as it was written.
  var bot = Conversation(isInteractive: false)
  _ = bot.comesIn()
  #expect(bot.types(" /usr/bin") == [.send(" /usr/bin")])
}

@Test func `while the server may have to ask for a password, nothing is taken for a line`() {
  var alice = Conversation()
  _ = alice.comesIn()
  #expect(alice.types("/join den") == [.send("/join den")] && alice.session.awaited == .nothing)
  #expect(alice.receives(error: .roomLocked, to: "join").count == 1 && alice.session.awaited == .secret)
  _ = alice.answers(secretly: nil)
  #expect(alice.session.awaited == .line)
  _ = alice.types("/join den sesame-open")
  #expect(alice.session.awaited == .line)
}

@Test func `a connection that goes while a password is asked for does not make a line of the password`() {
  var alice = Conversation(comesBack: true)
  _ = alice.comesIn()
  _ = alice.types("/login bob")
  _ = alice.session.apply(.connectionEnded(nil))
  #expect(alice.session.phase == .lost && alice.session.awaited == .secret)
  #expect(alice.answers(secretly: "correct-horse") == [.show(.note("The password went nowhere."))])
  #expect(alice.session.awaited == .line)
}

@Test func `a script is asked nothing`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.comesIn()
  #expect(bot.types("/login bob") == [.send("/login bob")])
}

@Test func `a secret is not in what describes a session`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  _ = alice.answers(secretly: "")
  _ = alice.types("r")
  _ = alice.answers(secretly: "correct-horse")
  var description = ""
  dump(alice.session, to: &description)
  #expect(!description.contains("horse"))
}

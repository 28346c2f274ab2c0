import ChatProtocol
import Testing

@testable import chat

@Test func `the server's own reason is shown when it disconnects`() {
  var alice = Conversation()
  _ = alice.logsIn()
  #expect(alice.receives(.closing(reason: "the server is stopping")) == [])
  let sentence = "the server at 127.0.0.1:7777 closed the connection: the server is stopping"
  #expect(alice.session.apply(.connectionEnded(nil)) == [.exit(.noServer, because: sentence)])
}

@Test func `without a reason from the server, the system's is shown`() {
  var alice = Conversation()
  _ = alice.logsIn()
  let sentence = "the server at 127.0.0.1:7777 closed the connection: Connection reset by peer"
  let outputs = alice.session.apply(.connectionEnded("Connection reset by peer"))
  #expect(outputs == [.exit(.noServer, because: sentence)])
}

@Test func `a script learns which line was not acknowledged`() {
  var bot = Conversation(isInteractive: false)
  _ = bot.logsIn()
  _ = bot.types("one")
  let sentence = "the server at 127.0.0.1:7777 closed the connection; line 1 was not acknowledged"
  #expect(bot.session.apply(.connectionEnded(nil)) == [.exit(.noServer, because: sentence)])
}

@Test func `the last line of a server that disconnects before it speaks json is quoted`() {
  var alice = Conversation()
  _ = alice.receives(line: "* Too many sessions from your address.")
  let sentence = "the server at 127.0.0.1:7777 closed the connection: Too many sessions from your address"
  #expect(alice.session.apply(.connectionEnded(nil)) == [.exit(.noServer, because: sentence)])
}

@Test func `a greeting is not quoted as the reason`() {
  var alice = Conversation()
  var greeting: [UInt8] = []
  Dialect.text.encode(.welcome(server: "chat", version: "0.1.0"), at: Conversation.time, into: &greeting)
  for line in greeting.split(separator: UInt8(ascii: "\n")) { _ = alice.session.apply(.received(Array(line))) }
  let sentence = "the server at 127.0.0.1:7777 closed the connection"
  #expect(alice.session.apply(.connectionEnded(nil)) == [.exit(.noServer, because: sentence)])
}

@Test(arguments: [ClientInput.connectionEnded(nil), .noAnswer])
func `a line that no chat server sends is quoted`(end: ClientInput) {
  var alice = Conversation()
  _ = alice.receives(line: "SSH-2.0-OpenSSH_9.2")
  let sentence = "127.0.0.1:7777 is not a chat server: it says 'SSH-2.0-OpenSSH_9.2'"
  #expect(alice.session.apply(end) == [.exit(.protocolError, because: sentence)])
}

@Test func `the client disconnects from a silent server`() {
  var alice = Conversation()
  #expect(alice.session.isAwaitingServer)
  let sentence = "127.0.0.1:7777 does not answer: is it a chat server?"
  #expect(alice.session.apply(.noAnswer) == [.exit(.noServer, because: sentence)])
}

@Test func `a question has no timeout`() {
  var alice = Conversation()
  _ = alice.isGreeted()
  #expect(!alice.session.isAwaitingServer)
}

@Test(
  arguments: [
    ("{", "a line is not JSON: "), ("hello", "a line is not JSON: "),
    (#"{"event":"back","time":"2026-11-20T20:11:02Z","user":""}"#, #""user" of an event must be a name"#),
  ])
func `invalid events end the session`(line: String, problem: String) {
  var alice = Conversation()
  _ = alice.logsIn()
  guard case .exit(.protocolError, because: let sentence?)? = alice.receives(line: line).last else {
    Issue.record("the session goes on")
    return
  }
  #expect(sentence.hasPrefix("127.0.0.1:7777 does not speak the chat protocol: \(problem)"))
  #expect(alice.receives(.back(user: Name("bob")!)) == [])
}

@Test func `a reply without a command is a protocol error`() {
  var alice = Conversation()
  _ = alice.logsIn()
  let sentence = "127.0.0.1:7777 sent a reply to nothing: it does not speak the chat protocol"
  #expect(alice.receives(ok: "who") == [.exit(.protocolError, because: sentence)])
}

@Test func `an acknowledgement without a message is a protocol error`() {
  var alice = Conversation()
  _ = alice.logsIn()
  let sentence = "127.0.0.1:7777 acknowledged a line never sent: it does not speak the chat protocol"
  #expect(alice.receives(Conversation.own("hello")) == [.exit(.protocolError, because: sentence)])
}

@Test func `a line without an end is a protocol error`() {
  var alice = Conversation()
  _ = alice.logsIn()
  let sentence = "127.0.0.1:7777 sends lines without an end: it is not a chat server"
  #expect(alice.session.apply(.receivedTooLong) == [.exit(.protocolError, because: sentence)])
}

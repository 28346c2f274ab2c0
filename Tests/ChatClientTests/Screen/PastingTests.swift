import ChatProtocol
import Terminal
import Testing

@testable import chat

/// Pasting several lines.
@Suite struct PastingTests {
  private static let question = "You pasted 2 lines. Send them (o)ne by one, as one (m)essage, or (n)ot at all? [n] "

  private func pasted(_ text: String = "one\ntwo\n", before: String = "", behind: String = "") -> ScreenSession {
    var session = ScreenSession(columns: 100)
    session.logIn()
    session.type(before + "\u{1B}[200~" + text + "\u{1B}[201~" + behind)
    return session
  }

  @Test(
    arguments: [
      ("o", ["one", "two"]), ("ONE", ["one", "two"]), (" one by one ", ["one", "two"]), ("m", ["one two"]),
      ("message", ["one two"]), ("n", []), ("no", []), ("", []),
    ])
  func `pasted lines are sent as the user chose`(answer: String, said: [String]) {
    var session = pasted()
    #expect(session.actions.isEmpty && session.picture.hasSuffix("\(Self.question)▏"))
    session.type("\(answer)\r")
    #expect(session.actions == said.map { .entered($0) })
    session.type("next\r")
    #expect(session.actions.last == .entered("next"))
  }

  @Test(arguments: ["oh no, not that", "mm", "x", "yes", "one two"])
  func `any other answer is asked for again, and loses nothing`(answer: String) {
    var session = pasted()
    session.type("\(answer)\r")
    #expect(session.actions.isEmpty && session.picture.hasSuffix("\(Self.question)▏"))
    session.type("o\r")
    #expect(session.actions == [.entered("one"), .entered("two")])
  }

  @Test(arguments: ["n\r", "\r", "\u{3}"])
  func `unsent pasted lines are available with Ctrl-Y, and the draft returns`(answer: String) {
    var session = pasted(before: "ab\u{1B}[D")
    session.type(answer)
    #expect(session.actions.isEmpty && session.picture.hasSuffix("> a▏b"))
    session.type("\u{19}")
    #expect(session.screen.input.line.text == "aone twob")
  }

  @Test func `the draft is added before and after the pasted lines`() {
    var session = pasted(before: "say: !\u{1B}[D")
    session.type("o\r")
    #expect(session.actions == [.entered("say: one"), .entered("two!")])
    session = pasted(before: "say: !\u{1B}[D")
    session.type("m\r")
    #expect(session.actions == [.entered("say: one two!")])
  }

  @Test func `another paste at the question is added to the first`() {
    var session = pasted(behind: "\u{1B}[200~three\nfour\u{1B}[201~")
    #expect(session.picture.contains("You pasted 4 lines"))
    session.type("m\r")
    #expect(session.actions == [.entered("one two three four")])
  }

  @Test func `lines sent as one message are a message even if they begin like a command`() {
    var session = pasted("/etc/passwd\n/etc/group")
    session.type("m\r")
    #expect(session.actions == [.entered("//etc/passwd /etc/group")])
  }

  @Test func `a paste too long for one message is asked about again`() {
    let line = String(repeating: "x", count: 40_000)
    var session = pasted("\(line)\n\(line)")
    session.type("m\r")
    #expect(session.actions.isEmpty && session.picture.contains("too long for one message"))
    session.type("o\r")
    #expect(session.actions == [.entered(line), .entered(line)])
  }

  @Test func `a message that is too long for the server returns to the editor`() {
    var session = pasted()
    session.type("m\r")
    session.restoreInput("one two")
    #expect(session.picture.hasSuffix("\(Self.question)▏"))
    session.type("o\r")
    #expect(session.actions == [.entered("one two"), .entered("one"), .entered("two")])
    session.type("long\r")
    session.restoreInput("long")
    #expect(session.picture.hasSuffix("> long▏"))
  }

  @Test func `a paste at a text question answers it with one line`() {
    var session = ScreenSession()
    session.ask(.open("Name: "))
    session.type("\u{1B}[200~\nalice\nbob\n\u{1B}[201~\r")
    #expect(session.actions == [.entered("alice")])
    session.ask(.password("Password: "))
    session.type("\u{1B}[200~correct-horse\n\u{1B}[201~\r")
    #expect(session.actions.last == .password(Secret("correct-horse")))
  }

  @Test func `Ctrl-C ends a paste without an end mark`() {
    var session = ScreenSession(columns: 100)
    session.logIn()
    session.type("\u{1B}[200~one\ntwo")
    session.type("\u{3}")
    #expect(session.screen.waitLimitMilliseconds == 50)
    session.type("", isPausing: true)
    #expect(session.picture.hasSuffix("> ▏"))
    session.type("hello\r")
    #expect(session.actions == [.entered("hello")])
  }

  @Test func `lines that arrive at once are asked about if the terminal does not mark pastes`() {
    var session = ScreenSession(columns: 100)
    session.logIn()
    session.type("one\r")
    #expect(session.actions == [.entered("one")])
    session.type("one\rtwo\r")
    #expect(session.actions.count == 1)
    session.type("", isPausing: true)
    #expect(session.actions.count == 1 && session.picture.hasSuffix("\(Self.question)▏"))
    session.type("three\rfour\r", isPausing: true)
    #expect(session.picture.contains("You pasted 4 lines"))
    session.type("/quit\r")
    #expect(session.actions.last == .quit)
  }

  @Test func `a paste interrupted by a question is asked about after it`() {
    var session = pasted()
    session.ask(.open("(t)ry again? "))
    session.type("t\r")
    #expect(session.actions == [.entered("t")] && session.picture.hasSuffix("\(Self.question)▏"))
  }

  @Test func `pasted lines sent one by one answer the questions that they cause`() {
    var session = pasted("/join den\nsesame-open\nhello")
    session.feed("o\r")
    session.takeNext()
    #expect(session.actions == [.entered("/join den")])
    session.awaited = .nothing
    session.takeNext()
    session.ask(.password("Password: "))
    session.awaited = .password
    session.takeNext()
    session.awaited = .nothing
    session.takeNext()
    #expect(session.actions.last == .password(Secret("sesame-open")))
    session.awaited = .line
    session.takeNext()
    #expect(session.actions.last == .entered("hello"))
  }
}

import ChatProtocol
import Terminal
import TestSupport
import Testing

@testable import chat

/// Keys typed before the question that they answer.
@Suite struct TypingAheadTests {
  private let choices: AwaitedInput = .choice([.tryAgain, .guest, .register, .anotherName, .quit])
  private let dropped = "-- What you typed ahead was dropped, because it may hold a password."

  private func all(_ session: ScreenSession) -> String {
    session.terminal.scrolled.joined(separator: "\n") + session.picture
  }

  /// A user types while a password is asked for: the first line answers, and the server checks it.
  private func oneByOne(_ keys: String) -> ScreenSession {
    var session = ScreenSession(columns: 100)
    session.awaited = .nothing
    session.takeActions()
    session.ask(.password("Password: "))
    session.awaited = .password
    session.takeNext()
    session.feed(keys)
    session.takeNext()
    session.awaited = .nothing
    session.takeNext()
    return session
  }

  @Test func `input typed before the first question answers it`() {
    var session = ScreenSession(columns: 100)
    session.awaited = .nothing
    session.type("alice\rcorrect-horse\r")
    #expect(session.actions.isEmpty && !all(session).contains("alice"))
    session.ask(.open("Name: "))
    session.awaited = .name
    session.takeNext()
    #expect(session.actions == [.entered("alice")])
    session.ask(.password("Password: "))
    session.awaited = .password
    session.takeNext()
    #expect(session.actions == [.entered("alice"), .password(Secret("correct-horse"))])
    #expect(!all(session).contains("horse"))
  }

  @Test func `a password typed before its question answers it`() {
    var session = oneByOne("wrong line\rcorrect-horse\r")
    #expect(session.actions == [.password(Secret("wrong line"))])
    session.ask(.password("Password: "))
    session.awaited = .password
    session.takeNext()
    #expect(session.actions.last == .password(Secret("correct-horse")))
    #expect(!all(session).contains("horse"))
  }

  @Test func `typed-ahead input that may be a password is dropped with a message`() {
    for (question, awaited) in [(ScreenQuestion.open("(t)ry again? "), choices), (.open("Name: "), .name)] {
      var session = oneByOne("wrong-horse\rcorrect-horse\rmore")
      session.ask(question)
      session.awaited = awaited
      session.takeNext()
      #expect(session.actions.count == 1 && session.screen.input.line.isEmpty)
      #expect(all(session).contains(dropped) && !all(session).contains("horse"))
    }
    var session = oneByOne("wrong-horse\rcorrect-horse\r")
    session.awaited = .line
    session.logIn()
    session.takeNext()
    #expect(session.actions.count == 1 && all(session).contains(dropped))
    session.type("hello\r")
    var screen = session.screen
    #expect(session.actions.last == .entered("hello") && screen.takeHistoryLines() == ["hello"])
    #expect(!all(session).contains("horse"))
  }

  @Test func `input that cannot be a password answers the next question`() {
    var session = oneByOne("\rn\rcorrect-horse\r")
    session.ask(.open("another (n)ame? "))
    session.awaited = choices
    session.takeNext()
    #expect(session.actions.last == .entered("n"))
    // The rest of the input may still be a password.
    session.ask(.open("Name: "))
    session.awaited = .name
    session.takeNext()
    #expect(session.actions.last == .entered("n") && all(session).contains(dropped) && !all(session).contains("horse"))
  }

  /// The line editor takes one of the lines and asks about the rest.
  @Test(arguments: ["\rhello\r", "n\rhello", "hello\rn\r"])
  func `a paste of several lines does not answer the question after a password`(pasted: String) {
    var session = oneByOne("wrong-horse\r\u{1B}[200~\(pasted)\u{1B}[201~correct-horse\r")
    session.ask(.open("another (n)ame? "))
    session.awaited = choices
    session.takeNext()
    #expect(session.actions.count == 1 && all(session).contains(dropped) && !all(session).contains("horse"))
  }

  @Test(
    arguments: ["\u{3}", "\u{4}", "x\r\u{4}", "/quit\r", "correct-horse\r /quit \r", "xx\u{15}/quir\u{7F}t\r"])
  func `a waiting user may quit`(keys: String) {
    var session = oneByOne("wrong-horse\r")
    session.type(keys)
    #expect(session.actions.last == .quit)
    // Even if the wait ends at that moment.
    var other = oneByOne("wrong-horse\r")
    other.feed(keys)
    other.awaited = .line
    other.takeNext()
    #expect(other.actions.last == .quit)
  }

  @Test func `input after a command that may ask for a password waits for the user to send it`() {
    for keys in ["sesame-open\r", "sesame-open", "sesame-open\rhello\r"] {
      var session = ScreenSession(columns: 100)
      session.logIn()
      session.type("/join den\r")
      session.awaited = .nothing
      session.type(keys)
      #expect(session.actions == [.entered("/join den")] && !all(session).contains("sesame"))
      var locked = session
      locked.ask(.password("Password of the room den: "))
      locked.awaited = .password
      locked.takeNext()
      let answer = ChatScreen.ScreenAction.password(Secret("sesame-open"))
      #expect(locked.actions.last == (keys.contains("\r") ? answer : .entered("/join den")))
      #expect(!all(locked).contains("sesame"))
      session.awaited = .line
      session.takeNext()
      #expect(session.actions == [.entered("/join den")])
      let isQuestion = keys.hasSuffix("hello\r")
      #expect(session.screen.input.line.text == (isQuestion ? "" : "sesame-open"))
      #expect(session.picture.contains("You pasted 2 lines") == isQuestion)
    }
  }

  @Test func `Ctrl-C while a command waits drops the input after it, then quits`() {
    var session = ScreenSession(columns: 100)
    session.logIn()
    session.type("/join den\r")
    session.awaited = .nothing
    session.type("hello\r\u{3}")
    #expect(session.actions == [.entered("/join den")] && session.picture.contains("-- Press Ctrl-C again"))
    session.type("\u{3}")
    #expect(session.actions.last == .quit)
  }

  @Test func `a line being typed when a question comes is restored after it`() {
    var session = ScreenSession(columns: 100)
    session.logIn()
    session.type("half\u{1B}[D")
    session.ask(.open("(t)ry again? "))
    session.type("t")
    #expect(session.picture.hasSuffix("(t)ry again? t▏"))
    session.type("\r")
    #expect(session.actions == [.entered("t")])
    session.ask(.password("Password: "))
    session.type("correct-horse\r")
    #expect(session.actions.last == .password(Secret("correct-horse")))
    session.takeActions()
    #expect(session.picture.hasSuffix("> hal▏f"))
  }

  @Test func `a question for a secret ends a history search`() {
    var session = ScreenSession(columns: 100, history: ["sesame street"])
    session.logIn()
    session.type("\u{12}ses")
    session.ask(.password("Password: "))
    session.type("sesame-open")
    #expect(session.picture.hasSuffix("\nPassword: ▏"))
  }

  @Test func `a question does not interrupt a password being typed`() {
    var session = ScreenSession(columns: 100)
    session.logIn()
    session.ask(.password("Password: "))
    session.type("sesame-")
    session.ask(.open("(t)ry again? "))
    session.type("open\r")
    #expect(session.actions == [.password(Secret("sesame-open"))])
    #expect(session.picture.hasSuffix("(t)ry again? ▏"))
  }

  @Test func `a shell gets no part of a password`() {
    var session = ScreenSession()
    session.awaited = .nothing
    session.takeActions()
    #expect(session.screen.mayTerminalHoldPassword)
    session.ask(.password("Password: "))
    session.awaited = .password
    session.takeActions()
    #expect(session.screen.mayTerminalHoldPassword)
    session.type("x\r")
    session.awaited = .line
    session.takeActions()
    #expect(!session.screen.mayTerminalHoldPassword)
  }
}

import ChatProtocol
import Terminal
import TestSupport
import Testing

@testable import chat

@Suite struct ChatScreenTests {
  @Test func `events appear above the line being typed`() {
    var session = ScreenSession(columns: 40)
    session.logIn()
    session.type("half typed")
    session.hear("hello")
    session.hear("and a long one that has to go on in a second row")
    #expect(
      session.picture == """
        20:11 bob: hello
        20:11 bob: and a long one that has to go
              on in a second row
        ── alice · lobby ──────────────────────
        > half typed▏
        """)
  }

  @Test func `a message is shown as pending, then marked as saved`() {
    var session = ScreenSession(columns: 40)
    session.logIn()
    session.type("hello\r")
    #expect(session.actions == [.entered("hello")])
    session.change { $0.unacknowledged = ["hello"] }
    #expect(session.picture == "… hello\n── alice · lobby ──────────────────────\n> ▏")
    session.receive(
      .message(RoomMessage(id: 1, room: .lobby, from: Name("alice")!, text: "hello", isOwn: true)))
    session.change { $0.unacknowledged = [] }
    #expect(session.picture == "20:11 alice: hello ✓\n── alice · lobby ──────────────────────\n> ▏")
    session.change { $0.unacknowledged = ["1", "2", "3", "4", "5"] }
    #expect(session.picture.contains("… 3\n… and 2 more\n── alice"))
  }

  @Test func `the status line shows other rooms and the connection`() {
    var session = ScreenSession(columns: 70)
    session.logIn()
    session.change {
      $0.enter([.lobby, Name("ops")!, Name("garden")!])
      $0.change(.lobby) { $0.members = 1 }
      $0.change(Name("ops")!) { $0.unread = 2 }
      $0.change(Name("garden")!) { ($0.unread, $0.isMentioned) = (3, true) }
      $0.lagMilliseconds = 12
    }
    #expect(session.picture == "── alice · lobby, 1 member · garden +3! · ops +2 · lag 12 ms ────────\n> ▏")
    session.change { $0.connection = .lost(attempt: 3) }
    #expect(session.picture.hasPrefix("── no connection, attempt 3 · alice · lobby, 1 member · "))
    session.change { $0.nextAttemptSeconds = 12 }
    #expect(session.picture.hasPrefix("── no connection, attempt 3 in 12 s · alice · lobby, 1 member · "))
  }

  @Test func `a mention rings the bell`() {
    var session = ScreenSession()
    session.logIn()
    session.hear("malice is not a name, nor is alice-b or alice.b")
    session.receive(.message(RoomMessage(id: 1, room: .lobby, from: Name("alice")!, text: "alice", isOwn: true)))
    #expect(session.terminal.bells == 0)
    session.hear("is ALICE. there?")
    session.hear("psst, alice", in: "ops")
    session.receive(.privateMessage(PrivateMessage(id: 2, from: Name("bob")!, to: Name("alice")!, text: "psst")))
    #expect(session.terminal.bells == 3)
    session.receive(.privateMessage(PrivateMessage(id: 3, from: Name("alice")!, to: Name("bob")!, text: "psst")))
    #expect(session.terminal.bells == 3)
  }

  @Test func `a new day has one line`() {
    var session = ScreenSession(columns: 40)
    session.logIn()
    session.hear("late")
    session.hear("early", at: "2026-11-21T00:03:00.000Z")
    session.hear("still", at: "2026-11-21T00:04:00.000Z")
    #expect(
      session.picture.hasPrefix(
        "20:11 bob: late\n-- Saturday, 21 November 2026\n00:03 bob: early\n00:04 bob: still\n── "))
  }

  @Test func `the client's own messages have times and days too`() {
    var session = ScreenSession(columns: 40)
    session.logIn()
    session.hear("late", at: "2026-11-19T23:03:00.000Z")
    session.tell(.notice("plan.pdf is in ./plan.pdf."))
    session.tell(.error("No."))
    #expect(
      session.picture.hasPrefix(
        """
        -- Thursday, 19 November 2026
        23:03 bob: late
        -- Friday, 20 November 2026
        20:11 -- plan.pdf is in ./plan.pdf.
        20:11 !! No.
        """))
  }

  @Test func `a password can be typed while others chat, and is not shown`() {
    var session = ScreenSession(columns: 60)
    session.logIn()
    session.ask(.password("Password of room ops (Enter to cancel): "))
    session.type("sesame-")
    session.hear("hello")
    session.type("open\r")
    #expect(session.actions == [.password(Secret("sesame-open"))])
    #expect(!(session.terminal.scrolled.joined() + session.picture).contains("sesame"))
    session.type("\u{1B}[A")
    #expect(session.screen.input.line.isEmpty)
  }

  @Test(arguments: ["\u{3}", "\u{4}"])
  func `a cancelled question has no answer`(key: String) {
    var session = ScreenSession()
    session.ask(.password("Password: "))
    session.type(key)
    #expect(session.actions == [.password(nil)])
  }

  @Test func `Ctrl-D on an empty line quits; Ctrl-C clears the line, then explains, then quits`() {
    var session = ScreenSession()
    session.logIn()
    session.type("abc\u{4}\u{3}")
    #expect(session.actions.isEmpty)
    session.type("\u{4}")
    #expect(session.actions == [.quit])
    session.type("abc\u{3}\u{3}")
    #expect(session.actions == [.quit] && session.picture.contains("-- Press Ctrl-C again, or Ctrl-D, to quit."))
    session.type("\u{3}")
    #expect(session.actions == [.quit, .quit])
  }

  @Test(
    arguments: [
      ("hello", true), ("/me waves", true), ("/login bob", true), ("/login bob correct-horse", false),
      ("/logn bob correct-horse", false), ("/JOIN ops sesame", false), ("/join ops", true),
      ("/create ops --open", true), ("/create ops sesame-open", false), ("/lock sesame-open", false),
      ("/lock", true), ("/passwd a b", false), ("//login is said", true), ("/register bob pass-word e@x.org", false),
    ])
  func `a line with a password is not saved in the history`(line: String, isKept: Bool) {
    var session = ScreenSession()
    session.logIn()
    session.type("\(line)\r")
    var screen = session.screen
    #expect(screen.takeHistoryLines() == (isKept ? [line] : []))
    session.type("\u{1B}[A")
    #expect(session.screen.input.line.text == (isKept ? line : ""))
  }

  @Test(
    arguments: [
      ("/jo\t", "/join "), ("/join op\t", "/join ops "), ("/join OP\t", "/join ops "), ("bo\t", "bob: "),
      ("hi ca\t", "hi carol "), ("@ca\t", "@carol "), ("hi @CA\t", "hi @carol "), ("/me hugs @bo\t", "/me hugs @bob "),
      ("/msg @bo\t", "/msg @bo"), ("/msg \t", "/msg "),
      ("/msg c\t", "/msg carol "),
      ("/create x --\t", "/create x --open "),
      ("/help sw\t", "/help switch "), ("/kick bob ca\t", "/kick bob carol "),
    ])
  func `Tab completes commands, rooms and users`(keys: String, line: String) {
    var session = ScreenSession()
    session.logIn()
    session.know {
      for user in ["alice", "carol", "bob"] { $0.hear(Name(user)!) }
      $0.see(room: Name("ops")!)
      $0.see(room: .lobby)
    }
    session.type(keys)
    #expect(session.screen.input.line.text == line)
  }

  @Test func `Tab shows users, the latest speaker first, and a command's arguments`() {
    var session = ScreenSession(columns: 50)
    session.logIn()
    session.know { for user in ["bob", "bert", "carol"] { $0.hear(Name(user)!) } }
    session.type("/msg \t")
    #expect(session.picture.hasPrefix("carol  bert   bob\n"))
    session.type("\u{15}/say \t")
    #expect(session.picture.contains("-- /say ROOM TEXT: "))
    session.type("\u{15}/jion ops\t")
    #expect(session.picture.contains("-- Did you mean /join?"))
  }

  @Test func `clearing the screen keeps only the conversation in the scrollback`() {
    var session = ScreenSession(columns: 40)
    session.logIn()
    session.hear("hello")
    session.type("typed\u{C}")
    for done in 1...5 as ClosedRange<UInt64> {
      let state = TransferProgress.State.moving(done: done, size: 10, bytesPerSecond: 1)
      session.change { $0.transfers = [TransferProgress(name: "plan.pdf", isSending: false, state: state)] }
    }
    #expect(session.terminal.scrolled == ["20:11 bob: hello"])
    #expect(session.picture.hasPrefix("↓ plan.pdf ") && session.picture.hasSuffix("\n> typed▏"))
  }

  @Test func `the screen is complete after a resize to any width`() {
    for columns in [20, 33, 60, 81, 200] {
      var session = ScreenSession(columns: 60)
      session.logIn()
      session.type("typed")
      session.resize(columns: columns)
      session.hear("hello")
      #expect(session.picture.hasSuffix("\n> typed▏"), "\(columns): \(session.picture)")
      #expect(
        session.picture.split(separator: "\n").count { $0.contains("── alice") } == 1, "\(columns): \(session.picture)")
    }
  }

  @Test
  func `Ctrl-C clears the line first, then stops transfers; a second Ctrl-D quits in spite of them`() {
    var session = ScreenSession()
    session.logIn()
    session.change {
      $0.transfers = [TransferProgress(name: "plan.pdf", isSending: true, state: .reading(done: 0, size: 0))]
    }
    session.type("half\u{3}")
    #expect(session.actions == [])
    session.type("\u{3}")
    #expect(session.actions == [.stopTransfers])
    session.type("\u{4}")
    #expect(session.actions == [.stopTransfers] && session.picture.contains("Ctrl-D again to quit"))
    session.type("\u{4}")
    #expect(session.actions == [.stopTransfers, .quit])
  }
}

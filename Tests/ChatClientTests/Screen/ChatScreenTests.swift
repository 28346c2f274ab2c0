import ChatProtocol
import Terminal
import TestSupport
import Testing

@testable import chat

@Suite struct ChatScreenTests {
  @Test func `what arrives stands above the line being typed, which stays whole`() {
    var session = ScreenSession(columns: 40)
    session.comeIn()
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

  @Test func `what was said is shown on its way, and marked once it is recorded`() {
    var session = ScreenSession(columns: 40)
    session.comeIn()
    session.type("hello\r")
    #expect(session.deeds == [.said("hello")])
    session.change { $0.unrecorded = ["hello"] }
    #expect(session.picture == "… hello\n── alice · lobby ──────────────────────\n> ▏")
    session.receive(
      .message(RoomMessage(id: 1, room: .lobby, from: Name("alice")!, text: "hello", isOwn: true)))
    session.change { $0.unrecorded = [] }
    #expect(session.picture == "20:11 alice: hello ✓\n── alice · lobby ──────────────────────\n> ▏")
    session.change { $0.unrecorded = ["1", "2", "3", "4", "5"] }
    #expect(session.picture.contains("… 3\n… and 2 more\n── alice"))
  }

  @Test func `the status line tells what happens elsewhere and how the connection is`() {
    var session = ScreenSession(columns: 70)
    session.comeIn()
    session.change {
      $0.enter([.lobby, Name("ops")!, Name("garden")!])
      $0.change(.lobby) { $0.members = 1 }
      $0.change(Name("ops")!) { $0.unread = 2 }
      $0.change(Name("garden")!) { ($0.unread, $0.isCalled) = (3, true) }
      $0.lag_ms = 12
    }
    #expect(session.picture == "── alice · lobby, 1 member · garden +3! · ops +2 · lag 12 ms ────────\n> ▏")
    session.change { $0.connection = .lost(attempt: 3) }
    #expect(session.picture.hasPrefix("── no connection, attempt 3 · alice · lobby, 1 member · "))
    session.change { $0.nextAttempt_s = 12 }
    #expect(session.picture.hasPrefix("── no connection, attempt 3 in 12 s · alice · lobby, 1 member · "))
  }

  @Test func `somebody who is called hears it, and nobody else`() {
    var session = ScreenSession()
    session.comeIn()
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

  @Test func `a new day is told once`() {
    var session = ScreenSession(columns: 40)
    session.comeIn()
    session.hear("late")
    session.hear("early", at: "2026-11-21T00:03:00.000Z")
    session.hear("still", at: "2026-11-21T00:04:00.000Z")
    #expect(
      session.picture.hasPrefix(
        "20:11 bob: late\n-- Saturday, 21 November 2026\n00:03 bob: early\n00:04 bob: still\n── "))
  }

  @Test func `what chat itself tells has its time like everything else, and a day of its own`() {
    var session = ScreenSession(columns: 40)
    session.comeIn()
    session.hear("late", at: "2026-11-19T23:03:00.000Z")
    session.tell(.note("plan.pdf is in ./plan.pdf."))
    session.tell(.complaint("No."))
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

  @Test func `a secret is asked for while others talk, and shown nowhere`() {
    var session = ScreenSession(columns: 60)
    session.comeIn()
    session.ask(.secret("Password of the room ops (none: just Enter): "))
    session.type("sesame-")
    session.hear("hello")
    session.type("open\r")
    #expect(session.deeds == [.answeredSecretly(Secret("sesame-open"))])
    #expect(!(session.terminal.scrolled.joined() + session.picture).contains("sesame"))
    session.type("\u{1B}[A")
    #expect(session.screen.input.line.isEmpty)
  }

  @Test(arguments: ["\u{3}", "\u{4}"])
  func `whoever does not answer has given none`(key: String) {
    var session = ScreenSession()
    session.ask(.secret("Password: "))
    session.type(key)
    #expect(session.deeds == [.answeredSecretly(nil)])
  }

  @Test func `Ctrl-D on an empty line leaves, and Ctrl-C takes the line away, then says how to leave, then leaves`() {
    var session = ScreenSession()
    session.comeIn()
    session.type("abc\u{4}\u{3}")
    #expect(session.deeds.isEmpty)
    session.type("\u{4}")
    #expect(session.deeds == [.left])
    session.type("abc\u{3}\u{3}")
    #expect(session.deeds == [.left] && session.picture.contains("-- Ctrl-C again, Ctrl-D or /quit leaves."))
    session.type("\u{3}")
    #expect(session.deeds == [.left, .left])
  }

  @Test(
    arguments: [
      ("hello", true), ("/me waves", true), ("/login bob", true), ("/login bob correct-horse", false),
      ("/logn bob correct-horse", false), ("/JOIN ops sesame", false), ("/join ops", true),
      ("/create ops --open", true), ("/create ops sesame-open", false), ("/lock sesame-open", false),
      ("/lock", true), ("/passwd a b", false), ("//login is said", true), ("/register bob pass-word e@x.org", false),
    ])
  func `no password is remembered`(line: String, isKept: Bool) {
    var session = ScreenSession()
    session.comeIn()
    session.type("\(line)\r")
    var screen = session.screen
    #expect(screen.takeRemembered() == (isKept ? [line] : []))
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
    session.comeIn()
    session.know {
      for user in ["alice", "carol", "bob"] { $0.hear(Name(user)!) }
      $0.see(room: Name("ops")!)
      $0.see(room: .lobby)
    }
    session.type(keys)
    #expect(session.screen.input.line.text == line)
  }

  @Test func `Tab shows who may be meant, the latest speaker first, and what a command takes`() {
    var session = ScreenSession(columns: 50)
    session.comeIn()
    session.know { for user in ["bob", "bert", "carol"] { $0.hear(Name(user)!) } }
    session.type("/msg \t")
    #expect(session.picture.hasPrefix("carol  bert   bob\n"))
    session.type("\u{15}/say \t")
    #expect(session.picture.contains("-- /say ROOM TEXT: "))
    session.type("\u{15}/jion ops\t")
    #expect(session.picture.contains("-- Do you mean /join?"))
  }

  @Test func `a screen that was cleared leaves above it what was said, and nothing that is drawn again and again`() {
    var session = ScreenSession(columns: 40)
    session.comeIn()
    session.hear("hello")
    session.type("typed\u{C}")
    for done in 1...5 as ClosedRange<UInt64> {
      let state = TransferProgress.State.moving(done: done, size: 10, bytesPerSecond: 1)
      session.change { $0.transfers = [TransferProgress(name: "plan.pdf", isSending: false, state: state)] }
    }
    #expect(session.terminal.scrolled == ["20:11 bob: hello"])
    #expect(session.picture.hasPrefix("↓ plan.pdf ") && session.picture.hasSuffix("\n> typed▏"))
  }

  @Test func `at any width the screen is whole again after it was resized`() {
    for columns in [20, 33, 60, 81, 200] {
      var session = ScreenSession(columns: 60)
      session.comeIn()
      session.type("typed")
      session.resize(columns: columns)
      session.hear("hello")
      #expect(session.picture.hasSuffix("\n> typed▏"), "\(columns): \(session.picture)")
      #expect(
        session.picture.split(separator: "\n").count { $0.contains("── alice") } == 1, "\(columns): \(session.picture)")
    }
  }

  @Test
  func `Ctrl-C takes back the line first, and then stops the files; Ctrl-D leaves them behind at the second time`() {
    var session = ScreenSession()
    session.comeIn()
    session.change {
      $0.transfers = [TransferProgress(name: "plan.pdf", isSending: true, state: .reading(done: 0, size: 0))]
    }
    session.type("half\u{3}")
    #expect(session.deeds == [])
    session.type("\u{3}")
    #expect(session.deeds == [.stopped])
    session.type("\u{4}")
    #expect(session.deeds == [.stopped] && session.picture.contains("Ctrl-D again leaves"))
    session.type("\u{4}")
    #expect(session.deeds == [.stopped, .left])
  }
}

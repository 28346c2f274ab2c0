import TestSupport
import Testing

@testable import Terminal

@Suite struct LineViewTests {
  @Test func `a long line continues in the next row`() {
    var session = LineSession(columns: 10)
    session.type("abcdefgh")
    #expect(session.picture == "> abcdefgh\n▏")
    session.type("ij")
    #expect(session.picture == "> abcdefgh\nij▏")
    session.type("\u{1}x")
    #expect(session.picture == "> x▏abcdefg\nhij")
    session.type("\u{5}\u{7F}\u{7F}\u{7F}")
    #expect(session.picture == "> xabcdefg\n▏")
    session.type("\u{7F}")
    #expect(session.picture == "> xabcdef▏")
  }

  @Test func `a wide character that does not fit a row goes to the next`() {
    var session = LineSession(columns: 9)
    session.type("漢字漢字漢")
    #expect(session.picture == "> 漢字漢\n字漢▏")
    session.type("\u{1}x")
    #expect(session.picture == "> x▏漢字漢\n字漢")
    session.type("\u{5}\u{7F}\u{1B}[D")
    #expect(session.picture == "> x漢字漢\n▏字")
    session.type("👩‍👩‍👧")
    #expect(session.picture == "> x漢字漢\n👩‍👩‍👧▏字")
  }

  @Test func `an accent at a row's end stays with its letter`() {
    var session = LineSession(columns: 8)
    session.type("abcdee\u{301}")
    #expect(session.picture == "> abcdee\u{301}\n▏")
    session.type("x")
    #expect(session.picture == "> abcdee\u{301}\nx▏")
  }

  @Test func `output is printed above, and the line stays whole`() {
    var session = LineSession(columns: 10, rows: 5)
    session.type("abcdefghijk\u{1B}[D")
    session.printAbove("* bob")
    #expect(session.picture == "* bob\n> abcdefgh\nij▏k")
    for number in 1...4 { session.printAbove("* \(number)") }
    #expect(session.picture == "* 2\n* 3\n* 4\n> abcdefgh\nij▏k")
    #expect(session.screen.scrolled == ["* bob", "* 1"])
  }

  @Test func `a line as wide as the screen takes no empty row when it is entered`() {
    var session = LineSession(columns: 10)
    session.type("abcdefgh\r")
    #expect(session.picture == "> abcdefgh\n> ▏")
    session.type("a\u{1B}[D\rb")
    #expect(session.picture == "> abcdefgh\n> a\n> b▏")
  }

  @Test func `Ctrl-L clears the screen and keeps the line`() {
    var session = LineSession()
    session.type("one\rtwo\u{0C}")
    #expect(session.picture == "> two▏")
  }

  @Test(arguments: [9, 12, 15, 30, 40])
  func `after a resize the line is in the right place`(columns: Int) {
    var session = LineSession(columns: 20, rows: 12)
    session.printAbove("before")
    session.type("漢字 abcdefghijklmnopqrstuvwxyz")
    session.type("\u{1B}[D\u{1B}[D")
    session.resize(columns: columns)
    var fresh = LineSession(columns: columns, rows: 12)
    fresh.printAbove("before")
    fresh.type("漢字 abcdefghijklmnopqrstuvwxyz\u{1B}[D\u{1B}[D")
    #expect(session.picture == fresh.picture)
    session.type("!")
    fresh.type("!")
    #expect(session.picture == fresh.picture)
  }

  @Test func `a line that is taller than the screen shows the part around its cursor`() {
    var session = LineSession(columns: 5, rows: 3)
    session.type("abcdefghijklmnopqrst")
    #expect(session.picture == "ijklm\nnopqr\nst▏")
    session.type("\u{1}")
    #expect(session.picture == "> ▏abc\ndefgh\nijklm")
    session.type("\u{1B}[C\u{1B}[C\u{1B}[C\u{1B}[C")
    #expect(session.picture == "> abc\nd▏efgh\nijklm")
    session.type("\u{0B}")
    #expect(session.picture == "> abc\nd▏")
    #expect(session.screen.scrolled.allSatisfy { !$0.contains("ijklm") || !$0.isEmpty })
  }

  @Test func `a styled prompt is as wide as its text`() {
    var view = LineView(columns: 10, rows: 5, promptStyle: .bold)
    var screen = TerminalScreen(columns: 10, rows: 5)
    screen.write(view.show(prompt: "> ", LineText("abcdefghij")))
    #expect(screen.picture == "> abcdefgh\nij▏")
    screen.write(view.hide())
    #expect(screen.picture == "▏")
    let nothing = view.hide()
    #expect(nothing == "")
  }

  /// After any keys, the screen is the same as when the line is drawn once from scratch.
  @Test func `an updated line looks like a newly drawn one`() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    let pieces = [
      "a", "漢", "👍🏽", "e\u{301}", " ", "\u{301}", "🇩", "\u{7F}", "\u{1B}[D", "\u{1B}[C", "\u{1}", "\u{5}", "\u{17}",
      "\u{0B}", "\u{19}", "\u{14}", "\u{1B}b", "\u{1B}f", "\u{200D}", "xyz", "字字字",
    ]
    for _ in 0..<40 {
      let columns = Int.random(in: 6...14, using: &random)
      var session = LineSession(columns: columns, rows: 40)
      var keys = ""
      for _ in 0..<40 {
        let piece = pieces.randomElement(using: &random)!
        keys += piece
        session.type(piece)
        var fresh = TerminalScreen(columns: columns, rows: 40)
        var view = LineView(columns: columns, rows: 40)
        fresh.write(view.show(prompt: "> ", session.input.line))
        guard session.picture == fresh.picture else {
          Issue.record(
            "seed \(seed), \(columns) columns, after \(keys.debugDescription):\n\(session.picture)\n\(fresh.picture)")
          return
        }
      }
    }
  }

  @Test func `the header is hidden and shown with the line`() {
    var session = LineSession(columns: 12, prompt: "> ")
    session.set(header: ["on its way", "-- ops --"])
    session.type("abc")
    #expect(session.picture == "on its way\n-- ops --\n> abc▏")
    session.printAbove("hello")
    #expect(session.picture == "hello\non its way\n-- ops --\n> abc▏")
    session.set(header: ["-- den --"])
    #expect(session.picture == "hello\n-- den --\n> abc▏")
    // The entered line stays, and the header goes.
    session.type("\r")
    #expect(session.picture == "hello\n> abc\n-- den --\n> ▏")
  }

  @Test func `a line that needs all rows takes them from the header`() {
    var session = LineSession(columns: 5, rows: 3, prompt: "")
    session.set(header: ["one", "two"])
    session.type("abcdefg")
    #expect(session.picture == "two\nabcde\nfg▏")
    session.type("hijklmnop")
    #expect(session.picture == "fghij\nklmno\np▏")
    session.type("\u{15}")
    #expect(session.picture == "one\ntwo\n▏")
  }

  @Test func `a header that wraps in a narrower window is removed whole`() {
    var session = LineSession(columns: 12, prompt: "> ")
    session.set(header: ["-- lobby --"])
    session.type("ab")
    session.printAbove("before")
    session.resize(columns: 8, header: ["-- lob…"])
    #expect(session.picture == "before\n-- lob…\n> ab▏")
  }
}

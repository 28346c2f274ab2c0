import TestSupport
import Testing

@testable import Terminal

/// Keys by their usual names.
private let keys: [String: String] = [
  "left": "\u{1B}[D", "right": "\u{1B}[C", "up": "\u{1B}[A", "down": "\u{1B}[B", "home": "\u{1B}[H", "end": "\u{1B}[F",
  "delete": "\u{1B}[3~", "backspace": "\u{7F}", "tab": "\t", "enter": "\r", "word-left": "\u{1B}[1;5D",
  "word-right": "\u{1B}[1;5C", "word-backspace": "\u{1B}\u{7F}", "word-delete": "\u{1B}d", "accent": "\u{301}",
]

/// `abc <left> <^A>`: words are typed, `<…>` are keys, and `_` is a space.
private func typed(_ script: String) -> String {
  script.split(separator: " ").map { word -> String in
    guard word.hasPrefix("<") else { return String(word).replacing("_", with: " ") }
    let name = String(word.dropFirst().dropLast())
    if name.hasPrefix("^") { return String(Character(Unicode.Scalar(name.utf8.last! & 0x1F))) }
    return keys[name]!
  }.joined()
}

@Suite struct LineEditorTests {
  @Test(arguments: [
    ("hello", "> hello▏"), ("ab <left> x", "> ax▏b"), ("ab <^A> x", "> x▏ab"), ("ab <home> <^D>", "> ▏b"),
    ("ab <home> <end> c", "> abc▏"), ("ab <^B> <^B> <^F> <delete>", "> a▏"), ("abc <left> <backspace>", "> a▏c"),
    ("one_two <^W>", "> one ▏"), ("one_two__ <^W>", "> one ▏"), ("a/b_c/d <word-backspace>", "> a/b c/▏"),
    ("one_two <^A> <word-delete>", "> ▏ two"), ("one_two <word-left> x", "> one x▏two"),
    ("one_two <home> <word-right> x", "> onex▏ two"), ("one_two <left> <left> <^K>", "> one t▏"),
    ("one_two <left> <left> <^U>", "> ▏wo"), ("one_two <^W> <^A> <^Y>", "> two▏one"), ("ab <^T>", "> ba▏"),
    ("abc <left> <left> <^T>", "> ba▏c"), ("a <^T>", "> a▏"), ("<^T>", "> ▏"), ("ab <^A> <^T>", "> ▏ab"),
    ("漢字 <left> <backspace>", "> ▏字"), ("a👩‍👩‍👧b <left> <left> x", "> ax▏👩‍👩‍👧b"),
    ("a👩‍👩‍👧b <left> <backspace> y", "> ay▏b"), ("e\u{301}x <left> <left> y", "> y▏e\u{301}x"),
    ("e <left> <right> <accent>", "> e\u{301}▏"), ("x\u{301} <^A> <^K> a <^Y>", "> ax\u{301}▏"),
    ("🇩🇪 <backspace>", "> ▏"), ("🇩🇪🇫🇷 <left> x", "> 🇩🇪x▏🇫🇷"),
  ])
  func `keys edit the line`(script: String, picture: String) {
    var session = LineSession()
    session.type(typed(script))
    #expect(session.picture == picture)
    var slow = LineSession()
    for byte in typed(script).utf8 { slow.type(bytes: [byte]) }
    #expect(slow.picture == picture, "key by key")
  }

  @Test(arguments: ["<backspace>", "<left>", "<^D> x <^K>", "<^W>", "<^Y>", "<up>", "<down>", "<^T>"])
  func `a key without an effect rings the bell`(script: String) {
    var session = LineSession()
    session.type(typed("x <backspace> " + script))
    #expect(script.contains("^D") || session.screen.bells == 1)
  }

  @Test func `an accent joins its letter, whether typed before or after it`() {
    var text = LineText("e")
    _ = text.insert("\u{301}")
    #expect(text.characters.count == 1 && text.cursor == 1)
    var lone = LineText("\u{301}x")
    lone.move(to: 0)
    _ = lone.insert("e")
    #expect(lone.text == "e\u{301}x" && lone.cursor == 1, "the cursor is never within a character")
  }

  @Test func `a line has a maximum length`() {
    var text = LineText(String(repeating: "x", count: LineText.bytesMax))
    let isTaken = text.insert("y")
    #expect(!isTaken && text.characters.count == LineText.bytesMax)
  }

  @Test func `Enter, Ctrl-C and Ctrl-D are events, and Ctrl-D in a line deletes`() {
    var session = LineSession()
    session.type(typed("one <enter> two <^C> three <^A> <^D> <enter> <^D>"))
    #expect(session.events == [.entered("one"), .interrupted, .entered("hree"), .endOfInput])
    #expect(session.picture == "> one\n> two^C\n> hree\n>\n> ▏")
  }

  @Test func `keys typed together with Enter wait for the caller`() {
    var input = LineInput(prompt: "> ", columns: 20, rows: 8)
    input.show()
    input.feed(Array("one\rtwo\rthr".utf8))
    let first = input.next()
    let shown = input.takeOutput()
    #expect(first == .entered("one") && shown.hasSuffix("one\r\n"))
    input.show()
    let second = input.next()
    #expect(second == .entered("two"))
    input.show()
    let third = input.next()
    #expect(third == nil)
    #expect(input.line.text == "thr")
  }

  @Test func `the history keys show older lines and return to the unfinished line`() {
    var session = LineSession(history: ["first", "second"])
    session.type(typed("unfin <left> <up>"))
    #expect(session.picture == "> second▏")
    session.type(typed("<up>"))
    #expect(session.picture == "> first▏")
    session.type(typed("<up> <^N>"))
    #expect(session.picture == "> second▏")
    #expect(session.screen.bells == 1, "there is nothing older than the oldest")
    session.type(typed("<down>"))
    #expect(session.picture == "> unfi▏n")
    session.type(typed("<up> ! <enter> <up>"))
    #expect(session.events == [.entered("second!")])
    #expect(session.line == "second!")
  }

  @Test func `Ctrl-R finds the newest line with a text, then older ones`() {
    var session = LineSession(columns: 40, history: ["rooms list", "users list", "rooms info ops", "status"])
    session.type(typed("x <^R>"))
    #expect(session.picture == "(line with) : x▏")
    session.type("room")
    #expect(session.picture == "(line with) room: ▏rooms info ops")
    session.type(typed("<^R>"))
    #expect(session.picture == "(line with) room: ▏rooms list")
    session.type(typed("<^R>"))
    #expect(session.picture == "(no line with) room: ▏rooms list")
    session.type(typed("<backspace> <backspace> <backspace> <backspace> us"))
    #expect(session.picture == "(line with) us: stat▏us")
    session.type(typed("<^G>"))
    #expect(session.picture == "> x▏", "the line as it was")
    session.type(typed("<^R> info <enter>"))
    #expect(session.events == [.entered("rooms info ops")])
    session.type(typed("<^R> users <^E> _--json <up>"))
    #expect(session.line == "rooms list", "up goes on from the line found")
    session.type(typed("<^R> sta <^C>"))
    #expect(session.events.last == .interrupted)
  }

  @Test func `Esc alone ends a search once nothing follows`() {
    var session = LineSession(history: ["one"])
    session.type(typed("x <^R> on"))
    session.type("\u{1B}")
    #expect(session.input.waitLimitMilliseconds != nil)
    session.pause()
    #expect(session.picture == "> x▏")
  }

  @Test func `one pasted line counts as typed, several are an event`() {
    var session = LineSession()
    session.type("ab\u{1B}[D\u{1B}[200~1\t2\u{1B}]0;x\u{07}\u{1B}[201~")
    #expect(session.line == "a1 2\u{FFFD}]0;x\u{FFFD}b")
    #expect(session.events.isEmpty)
    session = LineSession()
    session.type("a\u{1B}[200~1\r\nb\rc\u{1B}[201~")
    #expect(session.events == [.pasted(["1", "b", "c"], into: LineText("a"))])
    // One line with a line end is still one line.
    session.type("\u{1B}[200~\n x\n\u{1B}[201~")
    #expect(session.line == " x" && session.events.count == 1)
  }

  @Test func `lines that arrive at once are a paste if the terminal does not mark pastes`() {
    var session = LineSession()
    session.takeBurstsAsPastes()
    session.type("he\u{1B}[D")
    session.type("one\rtwo\r")
    #expect(session.events.isEmpty && session.input.waitLimitMilliseconds == 50)
    session.type("three")
    session.pause()
    var draft = LineText("he")
    draft.move(to: 1)
    #expect(session.events == [.pasted(["one", "two", "three"], into: draft)])
    // A line and the beginning of the next may have been typed while the program was busy.
    session.type("one\rtw")
    session.pause()
    #expect(session.events.last == .entered("one") && session.line == "tw")
    // The terminal marks pastes, so unmarked lines were typed.
    session.type("\u{15}\u{1B}[200~x\u{1B}[201~\rone\rtwo\r")
    #expect(session.events.suffix(3) == [.entered("x"), .entered("one"), .entered("two")])
  }

  @Test func `Tab requests a completion and inserts it`() {
    var session = LineSession()
    session.type(typed("ro_x <left> <left> <tab>"))
    #expect(session.events == [.completionRequested("ro")])
    session.complete(replacing: 2, with: "rooms")
    #expect(session.picture == "> rooms▏ x")
  }

  @Test func `a history is bounded and has no line twice in a row`() {
    var history = LineHistory(linesMax: 2)
    for line in ["a", "a", " ", "", "b", "c"] { history.append(line) }
    #expect(history.lines == ["b", "c"])
    #expect(LineHistory(["a", "b", "b", "c"], linesMax: 2) == history)
  }

  @Test func `candidates are in columns`() {
    let list = CandidateList(["alice", "bob", "漢字", "dave", "eve"], more: true)
    #expect(list.lines(columnsMax: 20) == ["alice  漢字   eve", "bob    dave", "… and others"])
    #expect(list.lines(columnsMax: 13) == ["alice  dave", "bob    eve", "漢字", "… and others"])
    #expect(list.lines(columnsMax: 3).count == 6)
    #expect(CandidateList.commonBeginning(of: ["Alice", "alina", "ALIX"]) == "Ali")
    #expect(CandidateList.commonBeginning(of: []) == "")
  }

  @Test func `a password is neither shown nor saved nor completed`() {
    var session = LineSession(history: ["older"])
    session.ask(secretly: "Password: ")
    session.type("\u{1B}[A\u{12}\tsecrex\u{7F}t\u{15}correct-horse\u{17}hidden\r")
    #expect(session.events == [.entered("hidden")])
    #expect(session.screen.scrolled + [session.picture] == ["Password:\nPassword: ▏"])
    // Ctrl-Y does not restore text cut from a password.
    session.type("\u{19}")
    #expect(session.line.isEmpty)
  }
}

import TestSupport
import Testing

@testable import Terminal

@Suite struct KeyDecoderTests {
  private static let cases: [(String, [Key])] = [
    ("a", [.text("a")]), ("grün", [.text("grün")]), ("漢👩‍👩‍👧", [.text("漢👩‍👩‍👧")]),
    ("\u{1}\u{5}\u{3}", [.control("A"), .control("E"), .control("C")]), ("\r\n\t", [.enter, .enter, .tab]),
    ("\u{7F}\u{8}", [.backspace, .backspace]), ("a\rb", [.text("a"), .enter, .text("b")]),
    ("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
    ("\u{1B}OA\u{1B}OH\u{1B}OF", [.up, .home, .end]),
    ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[7~\u{1B}[8~", [.home, .end, .home, .end, .home, .end]),
    ("\u{1B}[3~\u{1B}[3;5~", [.delete, .wordDelete]),
    ("\u{1B}[1;5C\u{1B}[1;5D\u{1B}[1;3C\u{1B}[1;3D", [.wordRight, .wordLeft, .wordRight, .wordLeft]),
    ("\u{1B}[1;2C", [.right]),
    ("\u{1B}[1;-9223372036854775808C", [.wordRight]), ("\u{1B}Oc\u{1B}Od", [.wordRight, .wordLeft]),
    ("\u{1B}b\u{1B}f\u{1B}d\u{1B}\u{7F}", [.alt("b"), .alt("f"), .alt("d"), .wordBackspace]),
    ("\u{1B}\u{1B}[C", [.escape, .right]), ("\u{1B}[15~\u{1B}[[Ax", [.unknown, .up, .text("x")]),
    ("\u{1B}[200~one\rtwo\u{3}\u{1B}[201~x", [.paste("one\rtwo\u{3}"), .text("x")]),
    ("\u{1B}[\u{3}", [.unknown, .control("C")]), ("\u{1B}O\u{3}", [.unknown, .control("C")]),
    ("\u{1B}\u{3}", [.control("C")]), ("\u{1B}é", [.text("é")]), ("\u{1B}[999999999999999999999~", [.unknown]),
    ("\u{1B}[" + String(repeating: "1", count: 100) + "~a", [.unknown, .text("a")]),
  ]

  @Test(arguments: cases)
  func `bytes become keys`(bytes: String, keys: [Key]) {
    var decoder = KeyDecoder()
    let keys1 = decoder.decode(Array(bytes.utf8))
    #expect(keys1 == keys)
    #expect(decoder.waitLimitMilliseconds == nil)
  }

  @Test(arguments: cases)
  func `the keys are the same byte by byte`(bytes: String, keys: [Key]) {
    var decoder = KeyDecoder()
    let found = bytes.utf8.flatMap { decoder.decode([$0]) }
    #expect(Self.joined(found) == Self.joined(keys))
  }

  /// Joins adjacent texts, so that text in pieces equals text at once.
  private static func joined(_ keys: [Key]) -> [Key] {
    keys.reduce(into: []) { all, key in
      if case .text(let more) = key, case .text(let text)? = all.last {
        all[all.count - 1] = .text(text + more)
      } else {
        all.append(key)
      }
    }
  }

  @Test func `an Esc alone is a key once nothing follows it`() {
    var decoder = KeyDecoder()
    let begun = decoder.decode([0x1B])
    #expect(begun.isEmpty && decoder.waitLimitMilliseconds == 50)
    let keys = [
      decoder.pause(), decoder.pause(), decoder.decode(Array("\u{1B}[1;".utf8)), decoder.pause(),
      decoder.decode(Array("A".utf8)),
    ]
    #expect(keys == [[.escape], [], [], [.unknown], [.text("A")]])
  }

  @Test(
    arguments: [
      ("one\rtwo", 1000, [.paste("one\rtwo")]), ("", 1000, []), ("\u{3}", 50, [.control("C")]),
      ("one\u{3}\u{4}x\r", 50, [.paste("one"), .control("C"), .control("D"), .text("x"), .enter]),
      ("\u{1B}[20", 1000, [.paste("\u{1B}[20")]),
    ] as [(String, Int32, [Key])])
  func `a paste without an end mark ends after a timeout`(bytes: String, waitLimitMilliseconds: Int32, keys: [Key]) {
    var decoder = KeyDecoder()
    let begun = decoder.decode(Array("\u{1B}[200~\(bytes)".utf8))
    #expect(begun.isEmpty && decoder.waitLimitMilliseconds == waitLimitMilliseconds)
    let found = decoder.pause()
    #expect(found == keys && decoder.waitLimitMilliseconds == nil)
    // The late rest of the paste counts as typed, and its end mark is not a key.
    let late = decoder.decode(Array("y\u{1B}[201~".utf8))
    #expect(late == [.text("y")])
  }

  @Test func `a dropped paste gives no key up to its end`() {
    var decoder = KeyDecoder()
    let begun = decoder.decode(Array("a\u{1B}[200~one".utf8))
    decoder.dropPaste()
    let rest = decoder.decode(Array("two\u{1B}[201~b".utf8))
    #expect(begun == [.text("a")] && rest == [.text("b")])
  }

  @Test func `invalid UTF-8 becomes U+FFFD`() {
    var decoder = KeyDecoder()
    let keys = [
      decoder.decode([0x61, 0xFF, 0x62]), decoder.decode([0xC3]), decoder.decode([0x0D]), decoder.decode([0x80]),
    ]
    #expect(keys == [[.text("a\u{FFFD}b")], [], [.text("\u{FFFD}"), .enter], [.text("\u{FFFD}")]])
  }

  @Test func `a paste has a size limit, and its end is found after the limit`() {
    var decoder = KeyDecoder()
    var keys = decoder.decode(Array("\u{1B}[200~".utf8))
    keys += decoder.decode(Array(repeating: UInt8(ascii: "x"), count: (1 << 20) + 1000))
    keys += decoder.decode(Array("\u{1B}[201~y".utf8))
    guard keys.count == 2, case .paste(let text) = keys[0] else {
      Issue.record("no paste")
      return
    }
    #expect(text.utf8.count <= 1 << 20 && text.utf8.count > (1 << 20) - 10)
    #expect(keys[1] == .text("y"))
  }
}

@Suite struct KeyFuzzTests {
  private static let typed = [
    "hello wörld 漢👩‍👩‍👧\r", "\u{1B}[A\u{1B}[1;5C\u{1B}OH\u{1B}[3;5~x\u{1B}[15~\t\u{1}\u{B}\u{19}",
    "\u{1B}[200~one\rtwo\n\u{1B}[201~and more\r", "\u{12}find\u{12}\u{7}\u{1B}b\u{1B}\u{7F}\u{17}\u{4}",
    "\u{3}\u{1A}\u{C}\u{1B}",
  ]
  private static let words = [
    "\u{1B}[", "\u{1B}O", "\u{1B}[200~", "\u{1B}[201~", "\u{1B}[1;-9223372036854775808C", "~", "\u{12}", "\u{10}",
    "\u{14}", "\u{7F}",
  ]

  @Test func `any bytes decode to the same keys in one piece or in many`() throws {
    try Fuzz("keys", Self.typed, words: Self.words).run { input in
      var (whole, split) = (KeyDecoder(), KeyDecoder())
      let keys = Self.joined(whole.decode(input.bytes) + Self.settle(&whole))
      let pieces = input.pieces()
      #expect(keys == Self.joined(pieces.flatMap { split.decode($0) } + Self.settle(&split)), "\(input)")
      #expect(whole.waitLimitMilliseconds == nil && keys.count <= input.bytes.count, "\(input)")
    }
  }

  @Test func `a line editor handles any keys at any terminal size`() throws {
    try Fuzz("line editor", Self.typed, words: Self.words).run { input in
      var line = LineInput(
        prompt: "> ", columns: Int.random(in: 1...90, using: &input.random),
        rows: Int.random(in: 1...30, using: &input.random),
        history: LineHistory(["first", "second line"]))
      line.takesBurstsAsPastes = Bool.random(using: &input.random)
      line.isSecret = Int.random(in: 0..<8, using: &input.random) == 0
      line.show()
      for piece in input.pieces() {
        line.feed(piece)
        // A pasted text is inserted as well, so the line may be longer than the typed bytes.
        var events = 0
        while let event = line.next() {
          events += 1
          guard events <= 10 * input.bytes.count + 10 else { throw Endless(input: "\(input)") }
          switch event {
          case .pasted(let lines, let draft): line.type(lines, into: draft)
          case .completionRequested(let text):
            line.complete(replacing: min(3, text.count), with: "word")
            continue
          default: break
          }
          line.show()
        }
        let output = line.takeOutput()
        if line.isSecret { #expect(!output.contains("hello"), "\(input)") }
        if Bool.random(using: &input.random) {
          line.resize(
            columns: Int.random(in: 1...90, using: &input.random), rows: Int.random(in: 1...30, using: &input.random))
        }
      }
      line.pause()
      while line.next() != nil { line.show() }
    }
  }

  /// After an unfinished paste times out, its contents may end in an incomplete sequence.
  private static func settle(_ decoder: inout KeyDecoder) -> [Key] {
    var keys: [Key] = []
    while decoder.waitLimitMilliseconds != nil { keys += decoder.pause() }
    return keys
  }

  private struct Endless: Error {
    var input: String
  }

  /// Joins adjacent texts, so that text in pieces equals text at once.
  private static func joined(_ keys: [Key]) -> [Key] {
    keys.reduce(into: []) { keys, key in
      if case .text(let more) = key, case .text(let text)? = keys.last {
        keys[keys.count - 1] = .text(text + more)
      } else {
        keys.append(key)
      }
    }
  }
}

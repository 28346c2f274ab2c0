import TestSupport
import Testing

@testable import Terminal

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

  @Test func `any bytes at all are keys, the same ones in one piece or in many`() throws {
    try Fuzz("keys", Self.typed, words: Self.words).run { input in
      var (whole, split) = (KeyDecoder(), KeyDecoder())
      let keys = Self.joined(whole.decode(input.bytes) + Self.settle(&whole))
      let pieces = input.pieces()
      #expect(keys == Self.joined(pieces.flatMap { split.decode($0) } + Self.settle(&split)), "\(input)")
      #expect(whole.patience_ms == nil && keys.count <= input.bytes.count, "\(input)")
    }
  }

  @Test func `a line editor bears whatever is typed, at any size of the terminal`() throws {
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
        // What is pasted is typed in, and so is more than the bytes.
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

  /// What a paste without an end hid may be undecided itself.
  private static func settle(_ decoder: inout KeyDecoder) -> [Key] {
    var keys: [Key] = []
    while decoder.patience_ms != nil { keys += decoder.pause() }
    return keys
  }

  private struct Endless: Error {
    var input: String
  }

  /// Text that came in pieces and text that came at once are the same.
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

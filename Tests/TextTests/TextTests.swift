import TestSupport
import Testing

@testable import Text

@Suite struct TerminalTextTests {
  @Test(arguments: [
    "", "hello, world", "é 漢字 한글 نص", "👩‍👩‍👧 🇩🇪 ⚠️", "नमस्\u{200C}ते", "\u{A0}\u{200B}\u{FEFF}\u{202F}\u{200E}",
  ])
  func `harmless text stays`(text: String) {
    #expect(Array(CleanText.string(from: text).unicodeScalars) == Array(text.unicodeScalars))
  }

  @Test func `a tab becomes a space`() {
    #expect(CleanText.string(from: "a\tb") == "a b")
  }

  @Test(
    arguments: [0x00...0x08, 0x0A...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069].flatMap {
      Array($0 as ClosedRange<UInt32>)
    })
  func `control characters become U+FFFD`(value: UInt32) throws {
    let scalar = Character(try #require(Unicode.Scalar(value)))
    #expect(CleanText.string(from: "a\(scalar)b") == "a\u{FFFD}b")
  }

  @Test func `each of several is replaced`() {
    #expect(CleanText.string(from: "\r\n\u{1B}]0;x\u{7}") == "\u{FFFD}\u{FFFD}\u{FFFD}]0;x\u{FFFD}")
  }

  @Test func `bytes that are not UTF-8 become U+FFFD`() {
    #expect(CleanText.string(from: ([0x61, 0xFF, 0x62, 0x09, 0x1B] as [UInt8]).span) == "a\u{FFFD}b \u{FFFD}")
    #expect(CleanText.string(from: ([0xE6, 0xBC, 0xA2] as [UInt8]).span) == "漢")
  }
}

private func cleaned(_ bytes: [UInt8]) -> String { CleanText.string(from: bytes.span) }

@Test(arguments: [
  "", " ", "hello, world ~!", "naïve café", "日本語", "👩‍🚀 👨‍👩‍👧‍👦", "نمی‌خواهم", "e\u{301}", "\u{200F}\u{200E}",
  "\u{A0}", "\u{2027}", "\u{202F}", "\u{2065}", "\u{206A}", "\u{10FFFF}", "\u{FFFD}",
])
func `harmless bytes stay`(text: String) {
  #expect(Array(cleaned(Array(text.utf8)).utf8) == Array(text.utf8))
  #expect(Array(CleanText.string(from: text).utf8) == Array(text.utf8))
}

@Test func `every control, line separator and bidirectional override is replaced, and a tab is a space`() {
  let controls = Array(0x00...0x1F) + Array(0x7F...0x9F) + Array(0x2028...0x202E) + Array(0x2066...0x2069)
  for value in controls {
    let hostile = "a\(Character(Unicode.Scalar(UInt32(value))!))b"
    let harmless = value == 0x09 ? "a b" : "a\u{FFFD}b"
    #expect(Array(cleaned(Array(hostile.utf8)).utf8) == Array(harmless.utf8), "U+\(String(value, radix: 16))")
    #expect(Array(CleanText.string(from: hostile).utf8) == Array(harmless.utf8), "U+\(String(value, radix: 16))")
  }
}

@Test(
  arguments: [
    ([0xFF], "\u{FFFD}"),
    ([0x61, 0x80, 0x62], "a\u{FFFD}b"),
    ([0xC3], "\u{FFFD}"),
    ([0xC0, 0xAF], "\u{FFFD}\u{FFFD}"),
    ([0xE2, 0x80], "\u{FFFD}"),
    ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
    ([0xF5, 0x80, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
    ([0xC2, 0x0A], "\u{FFFD}\u{FFFD}"),
    ([0x1B, 0x5D, 0x30, 0x3B, 0x78, 0x07], "\u{FFFD}]0;x\u{FFFD}"),
  ] as [([UInt8], String)])
func `invalid UTF-8 is replaced`(bytes: [UInt8], text: String) {
  #expect(Array(cleaned(bytes).utf8) == Array(text.utf8))
}

@Test func `cleaning twice changes nothing more, whatever the bytes`() {
  for seed in 1...200 as ClosedRange<UInt64> {
    var random = SeededRandom(seed: seed)
    let once = cleaned(random.tellingBytes(count: Int.random(in: 0...80, using: &random)))
    #expect(CleanText.string(from: once) == once, "seed \(seed)")
    #expect(once.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }, "seed \(seed)")
  }
}

@Suite struct NearestTests {
  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("", "abc", 3), ("abc", "", 3), ("host", "hots", 1), ("kitten", "sitting", 3),
    ("ca", "abc", 3), ("room", "rooms", 1), ("é", "e", 1), ("abcdef", "badcfe", 3),
  ])
  func `the distance counts changes, and is the same both ways`(left: String, right: String, distance: Int) {
    #expect(Spelling.distance(left, right) == distance)
    #expect(Spelling.distance(right, left) == distance)
  }

  @Test(
    arguments: [
      ("dta", "data"), ("json", "json"), ("JSON", "json"), ("hlep", "help"), ("ver", "version"),
      ("settigns", "settings"),
      ("cehck", "check"), ("c", nil), ("", nil), ("x", nil), ("banana", nil), ("jsonjsonjson", nil),
      (String(repeating: "data", count: 1000), nil),
    ] as [(String, String?)])
  func `a misspelled word finds the right one, and an unrelated word finds none`(typed: String, word: String?) {
    #expect(
      Spelling.nearest(to: typed, among: ["data", "json", "help", "version", "settings", "check", "control"]) == word)
  }

  @Test func `with no candidates there is no nearest word`() {
    #expect(Spelling.nearest(to: "data", among: []) == nil)
  }
}

import TestSupport
import Testing

@testable import Text

private func cleaned(_ bytes: [UInt8]) -> String { CleanText.string(from: bytes.span) }

@Test(arguments: [
  "", " ", "hello, world ~!", "naïve café", "日本語", "👩‍🚀 👨‍👩‍👧‍👦", "نمی‌خواهم", "e\u{301}", "\u{200F}\u{200E}",
  "\u{A0}", "\u{2027}", "\u{202F}", "\u{2065}", "\u{206A}", "\u{10FFFF}", "\u{FFFD}",
])
func `what harms nobody stays byte for byte`(text: String) {
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

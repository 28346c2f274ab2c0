import Testing

@testable import Text

@Suite struct TerminalTextTests {
  @Test(arguments: [
    "", "hello, world", "é 漢字 한글 نص", "👩‍👩‍👧 🇩🇪 ⚠️", "नमस्\u{200C}ते", "\u{A0}\u{200B}\u{FEFF}\u{202F}\u{200E}",
  ])
  func `what is harmless stays`(text: String) {
    #expect(Array(CleanText.string(from: text).unicodeScalars) == Array(text.unicodeScalars))
  }

  @Test func `a tab becomes a space`() {
    #expect(CleanText.string(from: "a\tb") == "a b")
  }

  @Test(
    arguments: [0x00...0x08, 0x0A...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069].flatMap {
      Array($0 as ClosedRange<UInt32>)
    })
  func `what a terminal obeys becomes U+FFFD`(value: UInt32) throws {
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

import ChatProtocol
import TestSupport
import Testing

@Test(arguments: [
  ("cake", "The CAKE is a lie"), ("CAKE", "cake"), ("", "anything"), ("ß", "Straße"), ("ÄRGER", "nur ärger"),
  ("π", "Π = 3"), ("k", "300 \u{212A}"), ("привет", "ПРИВЕТ"), ("\"a\\", "say \"A\\ now"), ("日本", "日本語"),
  ("aab", "aaab"), ("k\u{E4}se", "Ka\u{308}se"), ("KA\u{308}SE", "k\u{E4}se"), ("\u{AC00}", "\u{1100}\u{1161}"),
  ("i\u{307}", "\u{130}"),
])
func `a text is found in any case`(text: String, within: String) {
  #expect(FoldedText(text).occurs(in: within))
}

@Test(arguments: [("cake", "cak e"), ("cake", "cak"), ("é", "e"), ("a", ""), ("aab", "abab"), ("cafe", "cafe\u{301}")])
func `an absent text is not found`(text: String, within: String) {
  #expect(!FoldedText(text).occurs(in: within))
}

/// Whether `bytes` contains the others, found by comparing at every offset.
private func occurs(_ sought: [UInt8], in bytes: [UInt8]) -> Bool {
  sought.isEmpty || bytes.indices.contains { bytes[$0...].starts(with: sought) }
}

@Test func `a text is found at any position, even if it repeats itself`() {
  var random = SeededRandom(seed: 12)
  for _ in 0..<5000 {
    let sought = (0..<Int.random(in: 0..<8, using: &random)).map { _ in "aAb".randomElement(using: &random)! }
    let text = (0..<Int.random(in: 0..<40, using: &random)).map { _ in "aAb".randomElement(using: &random)! }
    let lower = (Array(String(sought).lowercased().utf8), Array(String(text).lowercased().utf8))
    #expect(
      FoldedText(String(sought)).occurs(in: String(text)) == occurs(lower.0, in: lower.1),
      "\(String(sought)) in \(String(text))")
  }
}

// A search in time proportional to text times pattern would take much longer here.
@Test(.timeLimit(.minutes(20))) func `a text that nearly matches everywhere is searched in one pass`() {
  let text = [UInt8](repeating: UInt8(ascii: "a"), count: 512 << 10)
  let sought = FoldedText(String(repeating: "a", count: 128 << 10) + "b")
  let isFound = sought.occurs(inFolded: text.span)
  #expect(!isFound)
}

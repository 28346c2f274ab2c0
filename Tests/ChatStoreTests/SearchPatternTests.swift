import ChatProtocol
import Testing

@testable import ChatStore

@Test func `every character is found by its lower case`() {
  for value in 0x80...0x10FFFF {
    guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
    let character = String(scalar)
    for letter in FoldedText(character).utf8 where letter < 0x80 {
      let line = Array("x\(character)\"".utf8)
      let isLookedAt = SearchPattern(String(UnicodeScalar(letter))).mayOccur(in: line.span, textStart: 0)
      #expect(isLookedAt, "\(value)")
    }
  }
}

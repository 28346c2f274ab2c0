/// A text to be found in others without regard to case: every character in its lower case, as UTF-8.
package struct FoldedText: Equatable, Sendable {
  package let utf8: [UInt8]

  package init(_ text: String) {
    var folded: [UInt8] = []
    folded.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        let byte = UInt8(scalar.value)
        folded.append(byte.isASCIIUpperCase ? byte | 0x20 : byte)
      } else {
        folded += scalar.properties.lowercaseMapping.utf8
      }
    }
    utf8 = folded
  }

  /// Whether it stands in a text. The empty one stands in every text.
  package func occurs(in text: String) -> Bool {
    occurs(inFolded: FoldedText(text).utf8.span)
  }

  /// Whether it stands in bytes of which those of ASCII are folded here, and others have been.
  package func occurs(inFolded bytes: Span<UInt8>) -> Bool {
    guard let first = utf8.first else { return true }
    guard bytes.count >= utf8.count else { return false }
    for start in 0...(bytes.count - utf8.count) {
      guard FoldedText.folded(bytes[start]) == first else { continue }
      var length = 1
      while length < utf8.count, FoldedText.folded(bytes[start + length]) == utf8[length] { length += 1 }
      if length == utf8.count { return true }
    }
    return false
  }

  @inline(__always)
  private static func folded(_ byte: UInt8) -> UInt8 { byte.isASCIIUpperCase ? byte | 0x20 : byte }
}

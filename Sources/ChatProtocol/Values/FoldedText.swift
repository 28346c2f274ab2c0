import Text

/// A text to be found in others without regard to case or to how an accent was typed: every character in its lower case,
/// composed (NFC), as UTF-8.
///
/// Finding it takes time in proportion to the text that is looked through, whatever the two are, by the algorithm of Knuth, Morris
/// and Pratt.
package struct FoldedText: Equatable, Sendable {
  package let utf8: [UInt8]
  /// For each of its beginnings, how long the longest shorter beginning is with which it ends.
  private let borders: [Int]

  package init(_ text: String) {
    utf8 = FoldedText.folded(text)
    borders = FoldedText.borders(of: utf8)
  }

  private static func folded(_ text: String) -> [UInt8] {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.map { folded($0) } }
    var lower = String.UnicodeScalarView()
    for scalar in text.composed.unicodeScalars { lower += scalar.properties.lowercaseMapping.unicodeScalars }
    // A lower case may be decomposed where the capital was not.
    return Array(String(lower).composed.utf8)
  }

  private static func borders(of bytes: [UInt8]) -> [Int] {
    var borders = [Int](repeating: 0, count: bytes.count)
    var length = 0
    for index in bytes.indices.dropFirst() {
      while length > 0, bytes[index] != bytes[length] { length = borders[length - 1] }
      if bytes[index] == bytes[length] { length += 1 }
      borders[index] = length
    }
    return borders
  }

  /// Whether it stands in a text. The empty one stands in every text.
  package func occurs(in text: String) -> Bool {
    occurs(inFolded: FoldedText.folded(text).span)
  }

  /// Whether it stands in bytes of which those of ASCII are folded here, and others have been.
  package func occurs(inFolded bytes: Span<UInt8>) -> Bool {
    if utf8.isEmpty { return true }
    let (sought, borders) = (utf8.span, borders.span)
    // How many bytes before the one that is looked at are a beginning of it.
    var length = 0
    for index in bytes.indices {
      let byte = FoldedText.folded(bytes[index])
      while length > 0, byte != sought[length] { length = borders[length - 1] }
      if byte == sought[length] { length += 1 }
      if length == sought.count { return true }
    }
    return false
  }

  @inline(__always)
  private static func folded(_ byte: UInt8) -> UInt8 { byte.isASCIIUpperCase ? byte | 0x20 : byte }
}

import Text

/// A search text, in lower case and composed (NFC), as UTF-8: it is found without regard to case or to how an accent is
/// typed.
///
/// The algorithm is Knuth, Morris and Pratt's, linear in the searched text.
package struct FoldedText: Equatable, Sendable {
  package let utf8: [UInt8]
  /// For each prefix, the length of its longest proper prefix that is also its suffix.
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

  /// Whether a text contains it. Every text contains the empty one.
  package func occurs(in text: String) -> Bool {
    occurs(inFolded: FoldedText.folded(text).span)
  }

  /// Whether bytes contain it. ASCII is folded here, the rest must be folded already.
  package func occurs(inFolded bytes: Span<UInt8>) -> Bool {
    if utf8.isEmpty { return true }
    let (sought, borders) = (utf8.span, borders.span)
    // The length of the pattern's prefix that ends at the current byte.
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

extension String {
  /// The text within a sentence: without the full stop at its end. An ellipsis stays.
  package var asClause: String { hasSuffix(".") && !hasSuffix("..") ? String(dropLast()) : self }

  /// The text at the end of a sentence: with a full stop, unless it ends with a mark.
  package var asSentence: String { last.map { ".!?…".contains($0) } ?? true ? self : self + "." }
}

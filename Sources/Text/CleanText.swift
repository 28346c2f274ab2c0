@_spi(_Unicode) import Swift

/// Makes text from outside safe: one line of valid UTF-8 without control characters, text that looks like two lines, or
/// text that reads in another order than it is stored. Every input passes through it once.
///
/// A tab becomes a space. Invalid UTF-8, C0, DEL, C1, the line separators U+2028 and U+2029, bidirectional overrides
/// and embeddings (U+202A to U+202E) and isolates (U+2066 to U+2069) become U+FFFD each. Joiners stay: emoji and
/// several scripts need them.
package enum CleanText {
  /// The text of a line from the network. Nearly every line is printable ASCII and is copied unchanged.
  package static func string(from bytes: Span<UInt8>) -> String {
    if isPrintableASCII(bytes) {
      // Already checked to be ASCII: this saves a second pass.
      return String(copying: unsafe UTF8Span(unchecked: bytes, isKnownASCII: true))
    }
    // The standard library repairs a buffer but no Span; the pointer stays inside the closure.
    return string(from: unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) })
  }

  /// The same for a String: from a file, or on its way to a terminal.
  package static func string(from text: String) -> String {
    guard text.unicodeScalars.contains(where: { replacement(for: $0) != nil }) else { return text }
    var cleaned = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { cleaned.append(replacement(for: scalar) ?? scalar) }
    return String(cleaned)
  }

  /// Without an early exit, so that the compiler vectorizes the loop.
  private static func isPrintableASCII(_ bytes: Span<UInt8>) -> Bool {
    var special: UInt8 = 0
    for index in bytes.indices { special |= bytes[index] &- 0x20 < 0x5F ? 0 : 1 }
    return special == 0
  }

  private static func replacement(for scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x09: " "
    case 0x00...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: "\u{FFFD}"
    default: nil
    }
  }
}

extension CleanText {
  /// Whether the text is invisible: the text is empty or has only white space and characters that Unicode ignores
  /// (default-ignorable code points, formats). For nearly every text, checking the first character is enough.
  package static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(isInvisible) }

  package static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value <= 0x20 || scalar.value == 0x7F }
    let properties = scalar.properties
    switch scalar.value {
    // A braille pattern without a dot, and a note without a head.
    case 0x2800, 0x1D159: return true
    // Signs that enclose the following digits: formats by category, but visible.
    case 0x600...0x605, 0x6DD, 0x70F, 0x890...0x891, 0x8E2, 0x110BD, 0x110CD: return false
    default:
      return properties.isWhitespace || properties.isDefaultIgnorableCodePoint || properties.generalCategory == .format
    }
  }
}

// The standard library normalizes strings to compare them, and exports that under this name.

extension String {
  /// The text in Normalization Form C (UAX #15): "ä" is one scalar however it was typed.
  package var composed: String { utf8.allSatisfy { $0 < 0x80 } ? self : String(String.UnicodeScalarView(_nfc)) }
}

/// Text from elsewhere on its way to a terminal.
package enum TerminalText {
  /// The text with nothing left that a terminal obeys: C0, DEL, C1, the line separators U+2028 and U+2029 and the
  /// bidirectional overrides and isolates (UAX #9) become U+FFFD, so that one sees that something was there; a tab
  /// becomes a space. Joiners stay: scripts and emoji are written with them.
  package static func cleaned(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { replacement(for: $0) != nil }) else { return text }
    var cleaned = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { cleaned.append(replacement(for: scalar) ?? scalar) }
    return String(cleaned)
  }

  /// The same for bytes; what is not UTF-8 becomes U+FFFD too.
  package static func cleaned(_ bytes: some Collection<UInt8>) -> String {
    cleaned(String(decoding: bytes, as: UTF8.self))
  }

  private static func replacement(for scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar {
    case "\t": " "
    case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}"..."\u{202E}", "\u{2066}"..."\u{2069}": "\u{FFFD}"
    default: nil
    }
  }
}

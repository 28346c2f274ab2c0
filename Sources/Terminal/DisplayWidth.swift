/// The number of columns of text in a terminal. Terminals differ in details; this follows the majority: UAX #11 for wide
/// characters, two columns for an emoji of any number of scalars, and the sum of the scalars, as wcwidth(3) counts, for any other
/// character.
package enum DisplayWidth {
  package static func of(_ text: String) -> Int {
    // Nearly all text is ASCII.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
    return text.reduce(0) { $0 + of($1) }
  }

  package static func of(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    let first = scalars.first!
    if scalars.count == 1 { return of(first) }
    return isEmoji(scalars, first: first) ? 2 : scalars.reduce(0) { $0 + of($1) }
  }

  /// A sequence shown as one emoji (UTS #51): a modified or joined emoji, or a character that a variation selector makes an
  /// emoji, such as a digit in its keycap.
  private static func isEmoji(_ scalars: Character.UnicodeScalarView, first: Unicode.Scalar) -> Bool {
    guard first.properties.isEmoji, !isRegionalIndicator(first) else { return false }
    // Within one character, a second emoji can only be joined to the first or modify its skin.
    return first.properties.isEmojiPresentation || scalars.contains("\u{FE0F}")
      || scalars.dropFirst().contains { $0.properties.isEmoji }
  }

  private static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F ? 0 : 1 }
    if isInvisible(scalar) { return 0 }
    return isWide(scalar) ? 2 : 1
  }

  /// Combines with its neighbour or shows nothing.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xAD, 0x600...0x605, 0x6DD, 0x70F, 0x890...0x891, 0x8E2, 0x110BD, 0x110CD:
      // The soft hyphen and signs that enclose the following digits: formats by category, but visible.
      return false
    case 0x1160...0x11FF, 0xD7B0...0xD7FF:
      // Vowels and final consonants of Hangul, drawn inside the syllable of the initial before them.
      return true
    default:
      switch scalar.properties.generalCategory {
      case .control, .format, .nonspacingMark, .enclosingMark, .lineSeparator, .paragraphSeparator: return true
      default: return false
      }
    }
  }

  /// A pair of these is a flag, as wide as one emoji; a single one is a letter in a box.
  private static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool {
    (0x1F1E6...0x1F1FF).contains(scalar.value)
  }

  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    if isRegionalIndicator(scalar) { return false }
    return scalar.properties.isEmojiPresentation || wide.contains { $0.contains(scalar.value) }
  }

  /// East Asian Wide and Fullwidth of Unicode 17.0 (UAX #11), joined across unassigned ranges and emoji, which
  /// the standard library knows. Unicode 16.0 added the symbols of the Yijing, the Taixuanjing and the counting rods:
  /// U+2630 to 2637, U+268A to 268F, U+4DC0 to 4DFF, U+1D300 to 1D376.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2630...0x2637, 0x268A...0x268F, 0x2E80...0x303E, 0x3041...0x3247,
    0x3250...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
    0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x1B2FF, 0x1D300...0x1D376, 0x1F200...0x1F265, 0x20000...0x3FFFD,
  ]
}

/// The alignment of text in a wider field.
package enum Alignment: Sendable {
  case leading, trailing
}

extension String {
  /// The number of columns in a terminal.
  package var displayWidth: Int { DisplayWidth.of(self) }

  /// The text if it fits; otherwise a beginning of it and "…". It never cuts a character.
  package func truncated(toColumns columns: Int) -> String {
    precondition(columns >= 0, "a width is never negative")
    // A byte takes at most one column, so most texts need no count of their characters.
    if utf8.count <= columns || displayWidth <= columns { return self }
    guard columns > 0 else { return "" }
    var width = 0
    var end = startIndex
    for index in indices {
      width += DisplayWidth.of(self[index])
      if width > columns - 1 { break }
      end = self.index(after: index)
    }
    return self[..<end] + "…"
  }

  /// The text with spaces up to a width.
  package func padded(toColumns columns: Int, _ alignment: Alignment = .leading) -> String {
    let spaces = String(repeating: " ", count: max(0, columns - displayWidth))
    return alignment == .leading ? self + spaces : spaces + self
  }
}

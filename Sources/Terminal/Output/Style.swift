/// How a piece of text looks in a terminal (ECMA-48, SGR).
package struct Style: Equatable, Sendable {
  package var isBold: Bool
  package var isDim: Bool

  /// One of the 256 colours of xterm; nil for the terminal's own.
  package var color: UInt8?

  package init(isBold: Bool = false, isDim: Bool = false, color: UInt8? = nil) {
    self.isBold = isBold
    self.isDim = isDim
    self.color = color
  }

  package static let plain = Style()
  package static let bold = Style(isBold: true)
  package static let dim = Style(isDim: true)

  /// The text in this style, and the terminal's own style behind it. The text alone where styles are off: no terminal,
  /// or NO_COLOR set. The text must have been cleaned if it came from elsewhere.
  package func applied(to text: String, enabled: Bool) -> String {
    guard enabled, self != .plain, !text.isEmpty else { return text }
    var codes: [String] = []
    if isBold { codes.append("1") }
    if isDim { codes.append("2") }
    if let color { codes.append("38;5;\(color)") }
    return "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
  }
}

extension Style {
  /// The colour of a user's name: the same one everywhere and every time, without regard to case as names are.
  package static func userColor(name: String) -> Style {
    // FNV-1a: the standard library's hash differs from run to run.
    var hash: UInt32 = 0x811C_9DC5
    for byte in name.lowercased().utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return Style(color: userColors[Int(hash % UInt32(userColors.count))])
  }

  /// Colours around the wheel, each with a contrast of at least 3.3 against both black and white (WCAG 2.1), so that
  /// names can be read on any background.
  static let userColors: [UInt8] = [
    160, 166, 130, 136, 100, 64, 28, 29, 30, 31, 32, 33, 27, 62, 99, 97, 93, 129, 127, 163, 169, 161, 168, 131,
  ]
}

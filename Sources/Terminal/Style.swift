/// The style of text in a terminal (ECMA-48, SGR).
package struct Style: Equatable, Sendable {
  package var isBold: Bool
  package var isDim: Bool

  /// One of xterm's 256 colours; nil for the terminal's own.
  package var color: UInt8?

  package init(isBold: Bool = false, isDim: Bool = false, color: UInt8? = nil) {
    self.isBold = isBold
    self.isDim = isDim
    self.color = color
  }

  package static let plain = Style()
  package static let bold = Style(isBold: true)
  package static let dim = Style(isDim: true)

  /// The text in this style, followed by a reset; unchanged if `enabled` is false. Clean text from outside first.
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
  /// The colour of a user's name: always the same, whatever the case.
  package static func userColor(name: String) -> Style {
    // FNV-1a: the standard library's hash differs from run to run.
    var hash: UInt32 = 0x811C_9DC5
    for byte in name.lowercased().utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return Style(color: userColors[Int(hash % UInt32(userColors.count))])
  }

  /// Each has a contrast of at least 3.3 with both black and white (WCAG 2.1).
  static let userColors: [UInt8] = [
    160, 166, 130, 136, 100, 64, 28, 29, 30, 31, 32, 33, 27, 62, 99, 97, 93, 129, 127, 163, 169, 161, 168, 131,
  ]
}

/// Text with styles from `Style.applied`, which take no columns.
package enum StyledText {
  private enum Piece {
    case style(String)
    case character(Character)
  }

  package static func width(of text: String) -> Int {
    pieces(of: text).reduce(0) { width, piece in
      if case .character(let character) = piece { width + DisplayWidth.of(character) } else { width }
    }
  }

  /// Lines of at most so many columns, broken between words; inside a word only if it is longer than a line. All but the first
  /// are indented.
  package static func wrapped(_ text: String, toColumns columns: Int, indent: Int) -> [String] {
    guard width(of: text) > columns else { return [text] }
    var lines = WrappedLines(columns: max(2, columns), indent: indent)
    var word: [(text: String, width: Int)] = []
    for piece in pieces(of: text) {
      switch piece {
      case .style(let style): word.append((style, 0))
      case .character(" "):
        lines.append(word)
        lines.spaces += 1
        word = []
      case .character(let character): word.append((String(character), DisplayWidth.of(character)))
      }
    }
    lines.append(word)
    return lines.lines
  }

  private static func pieces(of text: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = text.unicodeScalars[...]
    while let first = rest.first {
      if first == "\u{1B}" {
        let end = rest.firstIndex(of: "m").map { rest.index(after: $0) } ?? rest.endIndex
        pieces.append(.style(String(rest[..<end])))
        rest = rest[end...]
      } else {
        let end = rest.firstIndex(of: "\u{1B}") ?? rest.endIndex
        pieces += String(rest[..<end]).map { .character($0) }
        rest = rest[end...]
      }
    }
    return pieces
  }
}

/// Lines filled word by word.
private struct WrappedLines {
  let columns: Int
  let indent: Int
  /// The spaces before the next word.
  var spaces = 0
  private(set) var lines = [""]
  private var used = 0

  init(columns: Int, indent: Int) {
    self.columns = columns
    // A narrow window has no columns for an indent.
    self.indent = indent * 2 < columns ? indent : 0
  }

  mutating func append(_ word: [(text: String, width: Int)]) {
    let width = word.reduce(0) { $0 + $1.width }
    if width == 0 {
      lines[lines.count - 1] += word.map(\.text).joined()
      return
    }
    let start = lines.count == 1 ? 0 : indent
    if used + spaces + width > columns, used > start {
      breakLine()
    } else {
      lines[lines.count - 1] += String(repeating: " ", count: spaces)
      used += spaces
    }
    spaces = 0
    for (text, width) in word {
      if used + width > columns { breakLine() }
      lines[lines.count - 1] += text
      used += width
    }
  }

  private mutating func breakLine() {
    lines.append(String(repeating: " ", count: indent))
    used = indent
  }
}

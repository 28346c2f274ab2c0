/// Text with styles in it, as `Style.applied` puts them there (ECMA-48, SGR): they take no columns.
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

  /// Lines of at most so many columns, broken between words, and within one only where it is longer than a line. Those after
  /// the first are indented.
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

/// Lines that are filled word by word.
private struct WrappedLines {
  let columns: Int
  let indent: Int
  /// Between the word before and the next.
  var spaces = 0
  private(set) var lines = [""]
  private var used = 0

  init(columns: Int, indent: Int) {
    self.columns = columns
    // In a narrow window the text needs the columns more.
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

/// A full screen that is drawn again and again, as a value: lines go in, what is to be written to the terminal comes out. Only
/// lines that look different are written, each over what stood there, so that nothing flickers (ECMA-48 and xterm's modes).
package struct ScreenPainter: Sendable {
  /// Takes the terminal's other screen, so that what was on this one comes back at the end; hides the cursor, and lets no line go on
  /// in the next.
  package static let begin = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
  package static let end = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  private let isStyled: Bool
  private var columns = 0
  private var rows = 0
  /// What each row shows; nil where that is not known.
  private var shown: [String]?

  /// `isStyled`: with colours and the like.
  package init(isStyled: Bool) { self.isStyled = isStyled }

  /// Something else may have been written to the screen: the next time all of it is drawn.
  package mutating func forget() { shown = nil }

  /// What to write, in one piece, so that the lines stand on the screen; what does not fit is left out.
  package mutating func paint(_ lines: [ScreenLine], columns: Int, rows: Int) -> String {
    if (columns, rows) != (self.columns, self.rows) { forget() }
    (self.columns, self.rows) = (columns, rows)
    let fitting = lines.prefix(rows).map { line in
      line.style.applied(to: line.text.truncated(toColumns: columns), enabled: isStyled)
    }
    let wanted = fitting + Array(repeating: "", count: max(0, rows - fitting.count))
    var output = ""
    if shown == nil { output += "\u{1B}[2J" }
    for (row, line) in wanted.enumerated() where line != (shown.map { $0[row] } ?? "") {
      // The rest of a row is emptied first: behind its last column that would empty the last column.
      output += "\u{1B}[\(row + 1);1H\u{1B}[K\(line)"
    }
    shown = wanted
    return output
  }
}

/// A line of a full screen, and how it looks.
package struct ScreenLine: Equatable, Sendable {
  /// Harmless to a terminal.
  package var text: String
  package var style: Style

  package init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }
}

/// Numbers as bars one character wide, side by side: `▁▂▅█▃`.
package enum Sparkline {
  private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The last numbers of those that fit into `columns`, the greatest of them as the highest bar. The lowest bar is 0 alone.
  package static func text(_ numbers: [Int], columns: Int) -> String {
    let shown = numbers.suffix(max(0, columns))
    let most = shown.max() ?? 0
    return String(
      shown.map { number in
        guard number > 0 else { return bars[0] }
        // As a fraction, so that no number is too great.
        let share = Double(number) / Double(most)
        return bars[min(bars.count - 1, 1 + Int(share * Double(bars.count - 1) - 0.5))]
      })
  }
}

/// A full screen that is redrawn often, as a pure value: lines go in, output for the terminal comes out. Only
/// changed lines are written, each over the old one, so that nothing flickers (ECMA-48 and xterm's modes).
package struct ScreenPainter: Sendable {
  /// Switch to the terminal's alternate screen and back. On it the cursor is hidden and lines do not wrap.
  package static let begin = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
  package static let end = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  private let isStyled: Bool
  private var columns = 0
  private var rows = 0
  /// The contents of each row; nil if unknown.
  private var shown: [String]?

  package init(isStyled: Bool) { self.isStyled = isStyled }

  /// Other output may be on the screen: the next `paint` draws everything.
  package mutating func forget() { shown = nil }

  /// The output that shows the lines. Lines and columns that do not fit are left out.
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
      // Cleared first: after the last column, clearing would erase that column.
      output += "\u{1B}[\(row + 1);1H\u{1B}[K\(line)"
    }
    shown = wanted
    return output
  }
}

/// A line of a full screen and its style.
package struct ScreenLine: Equatable, Sendable {
  /// Safe for a terminal.
  package var text: String
  package var style: Style

  package init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }
}

/// Numbers as bars of one character each: `▁▂▅█▃`.
package enum Sparkline {
  private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The last numbers that fit into `columns`. The greatest gets the highest bar, only 0 the lowest.
  package static func text(_ numbers: [Int], columns: Int) -> String {
    let shown = numbers.suffix(max(0, columns))
    let most = shown.max() ?? 0
    return String(
      shown.map { number in
        guard number > 0 else { return bars[0] }
        // As a fraction, so that no number overflows.
        let share = Double(number) / Double(most)
        return bars[min(bars.count - 1, 1 + Int(share * Double(bars.count - 1) - 0.5))]
      })
  }
}

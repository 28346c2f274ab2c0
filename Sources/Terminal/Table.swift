import Text

/// Rows in aligned columns under a header, two spaces apart, without trailing spaces. Cells are cleaned for the
/// terminal.
package struct Table: Sendable {
  package struct Column: Sendable {
    package let title: String
    package let alignment: Alignment
    /// Whether a cut cell is still useful: a topic is, a time or a name is not.
    let mayBeCut: Bool
    /// The order in which columns are left out if not all fit, lowest first. Columns without one stay.
    private(set) var dropOrder: Int?

    package static func text(_ title: String) -> Column { Column(title: title, alignment: .leading, mayBeCut: true) }

    /// Never cut: a name to type, a time.
    package static func whole(_ title: String) -> Column { Column(title: title, alignment: .leading, mayBeCut: false) }

    /// Never cut, aligned to the right.
    package static func number(_ title: String) -> Column {
      Column(title: title, alignment: .trailing, mayBeCut: false)
    }

    private init(title: String, alignment: Alignment, mayBeCut: Bool) {
      (self.title, self.alignment, self.mayBeCut) = (title, alignment, mayBeCut)
    }

    /// The same column, left out if there is no room; lowest order first.
    package func droppable(_ order: Int) -> Column {
      var column = self
      column.dropOrder = order
      return column
    }
  }

  private static let gap = 2
  /// The least width of a cut cell.
  private static let cutWidthMin = 4
  /// Columns are left out before cells are cut further than this.
  private static let readableWidth = 12
  /// The width of a column that is left out.
  private static let dropped = -1

  private let columns: [Column]
  private var rows: [[String]]

  package init(_ columns: [Column], rows: [[String]] = []) {
    self.columns = columns
    self.rows = []
    for row in rows { append(row) }
  }

  /// Adds a row with a cell for each column.
  package mutating func append(_ row: [String]) {
    precondition(row.count == columns.count, "a row of \(row.count) cells in a table of \(columns.count) columns")
    rows.append(row.map { CleanText.string(from: $0) })
  }

  package var isEmpty: Bool { rows.isEmpty }

  /// The header and the rows, without line ends. If a line would be wider than `columnsMax`, droppable columns are left
  /// out, and the widest columns that may be cut are, with "…". If that is not enough, all cells of text are cut.
  package func lines(columnsMax: Int? = nil) -> [String] {
    var widths: [Int] = []
    return lines(columnsMax: columnsMax, continuing: &widths, withHeader: true)
  }

  /// The same for a table in pieces: only the first has the header. Columns keep the width of an earlier
  /// piece if that is greater, or stay left out. `widths` is empty before the first.
  package func lines(columnsMax: Int?, continuing widths: inout [Int], withHeader: Bool) -> [String] {
    let all = (withHeader ? [columns.map { CleanText.string(from: $0.title) }] : []) + rows
    widths = columns.indices.map { index in
      let before = widths.isEmpty ? 0 : widths[index]
      return before == Self.dropped ? before : max(all.map { $0[index].displayWidth }.max() ?? 0, before)
    }
    if let columnsMax { widths = fitted(dropped(widths, toFit: columnsMax), into: columnsMax) }
    return all.map { [widths] row in
      let cells = columns.indices.filter { widths[$0] != Self.dropped }.map { index in
        row[index].truncated(toColumns: widths[index]).padded(toColumns: widths[index], columns[index].alignment)
      }
      return cells.joined(separator: String(repeating: " ", count: Self.gap)).withoutTrailingSpaces
    }
  }

  /// The widths without the droppable columns that leave the others no room.
  private func dropped(_ widths: [Int], toFit columnsMax: Int) -> [Int] {
    var widths = widths
    let order = columns.indices.filter { columns[$0].dropOrder != nil }.sorted {
      columns[$0].dropOrder! < columns[$1].dropOrder!
    }
    for index in order where leastWidth(widths) > columnsMax { widths[index] = Self.dropped }
    return widths
  }

  /// The least width of a readable line.
  private func leastWidth(_ widths: [Int]) -> Int {
    let shown = columns.indices.filter { widths[$0] != Self.dropped }
    return Self.gap * (shown.count - 1)
      + shown.reduce(0) { $0 + (columns[$1].mayBeCut ? min(widths[$1], Self.readableWidth) : widths[$1]) }
  }

  /// The widths, with the columns that may be cut below the greatest bound under which all fit.
  private func fitted(_ widths: [Int], into columnsMax: Int) -> [Int] {
    let fitted = self.fitted(widths, into: columnsMax) { columns[$0].mayBeCut }
    let shown = fitted.filter { $0 != Self.dropped }
    guard shown.reduce(Self.gap * (shown.count - 1), +) > columnsMax else { return fitted }
    return self.fitted(widths, into: columnsMax) { columns[$0].mayBeCut || columns[$0].alignment == .leading }
  }

  private func fitted(_ widths: [Int], into columnsMax: Int, _ mayBeCut: (Int) -> Bool) -> [Int] {
    let shown = widths.indices.filter { widths[$0] != Self.dropped }
    let wholeWidth = shown.reduce(0) { $0 + (mayBeCut($1) ? 0 : widths[$1]) }
    let available = columnsMax - Self.gap * (shown.count - 1) - wholeWidth
    let cuttable = shown.filter(mayBeCut).map { widths[$0] }
    var bound = cuttable.max() ?? 0
    while bound > Self.cutWidthMin, cuttable.reduce(0, { $0 + min($1, bound) }) > available { bound -= 1 }
    // The first columns that are cut share the rest.
    var rest = available - cuttable.reduce(0) { $0 + min($1, bound) }
    return widths.indices.map { index in
      guard widths[index] > bound, mayBeCut(index) else { return widths[index] }
      guard rest > 0 else { return bound }
      rest -= 1
      return bound + 1
    }
  }
}

extension String {
  fileprivate var withoutTrailingSpaces: String {
    guard let last = lastIndex(where: { $0 != " " }) else { return "" }
    return String(self[...last])
  }
}

/// Completions in columns, from top to bottom, then the next column.
package struct CandidateList: Sendable {
  private static let gap = 2

  private let words: [String]
  private let more: Bool

  /// `more`: the list is not complete.
  package init(_ words: [String], more: Bool = false) {
    self.words = words
    self.more = more
  }

  package func lines(columnsMax: Int) -> [String] {
    let width = words.map(\.displayWidth).max() ?? 0
    let columns = max(1, (columnsMax + Self.gap) / (width + Self.gap))
    let rows = (words.count + columns - 1) / columns
    let lines = (0..<rows).map { row in
      let cells = stride(from: row, to: words.count, by: rows).map { words[$0] }
      return cells.dropLast().map { $0.padded(toColumns: width + Self.gap) }.joined() + (cells.last ?? "")
    }
    return lines + (more ? ["… and others"] : [])
  }

  /// Their common prefix without regard to case, as the first has it.
  package static func commonBeginning(of words: [String]) -> String {
    guard let first = words.first else { return "" }
    var common = Array(first)
    for word in words.dropFirst() {
      let same = zip(common, word).prefix { $0.lowercased() == $1.lowercased() }.count
      common.removeLast(common.count - same)
    }
    return String(common)
  }
}

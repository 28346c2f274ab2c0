import Text

/// Rows in aligned columns under a header, two spaces apart, without trailing spaces. Cells are cleaned for the
/// terminal; widths are what a terminal shows.
package struct Table: Sendable {
  package struct Column: Sendable {
    package let title: String
    package let alignment: Alignment

    package static func text(_ title: String) -> Column { Column(title: title, alignment: .leading) }

    /// Aligned to the right, so that digits stand below digits.
    package static func number(_ title: String) -> Column { Column(title: title, alignment: .trailing) }
  }

  private static let gap = 2

  private let columns: [Column]
  private var rows: [[String]]

  package init(_ columns: [Column], rows: [[String]] = []) {
    self.columns = columns
    self.rows = []
    for row in rows { append(row) }
  }

  /// Adds a row, which has a cell for each column.
  package mutating func append(_ row: [String]) {
    precondition(row.count == columns.count, "a row of \(row.count) cells in a table of \(columns.count) columns")
    rows.append(row.map { CleanText.string(from: $0) })
  }

  /// The header and the rows, one line each without a line end. Where a line would be wider than `columnsMax` the widest
  /// columns give way, their cells cut with "…".
  package func lines(columnsMax: Int? = nil) -> [String] {
    let all = [columns.map { CleanText.string(from: $0.title) }] + rows
    var widths = columns.indices.map { index in all.map { $0[index].displayWidth }.max() ?? 0 }
    if let columnsMax { widths = Self.fitted(widths, into: columnsMax) }
    return all.map { row in
      let cells = columns.indices.map { index in
        row[index].truncated(toColumns: widths[index]).padded(toColumns: widths[index], columns[index].alignment)
      }
      let line = cells.joined(separator: String(repeating: " ", count: Self.gap)).withoutTrailingSpaces
      return columnsMax.map { line.truncated(toColumns: max(0, $0)) } ?? line
    }
  }

  /// The widths, none wider than the widest bound under which all fit together.
  private static func fitted(_ widths: [Int], into columnsMax: Int) -> [Int] {
    let available = columnsMax - gap * (widths.count - 1)
    var bound = widths.max() ?? 0
    while bound > 1, widths.reduce(0, { $0 + min($1, bound) }) > available { bound -= 1 }
    // Under the bound some columns of room may be left over; the first of those cut have them.
    var rest = available - widths.reduce(0) { $0 + min($1, bound) }
    return widths.map { width in
      guard width > bound, rest > 0 else { return min(width, bound) }
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

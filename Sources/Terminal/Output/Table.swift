import Text

/// Rows in aligned columns under a header, two spaces apart, without trailing spaces. Cells are cleaned for the
/// terminal; widths are what a terminal shows.
package struct Table: Sendable {
  package struct Column: Sendable {
    package let title: String
    package let alignment: Alignment
    /// Whether a cell says something when its end is missing, as a topic does and a time or a name does not.
    let mayBeCut: Bool

    package static func text(_ title: String) -> Column { Column(title: title, alignment: .leading, mayBeCut: true) }

    /// Never cut: a name that one is to type, a time.
    package static func whole(_ title: String) -> Column { Column(title: title, alignment: .leading, mayBeCut: false) }

    /// Never cut, and aligned to the right, so that digits stand below digits.
    package static func number(_ title: String) -> Column {
      Column(title: title, alignment: .trailing, mayBeCut: false)
    }
  }

  private static let gap = 2
  /// A cell that is cut further says nothing.
  private static let cutWidthMin = 4

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

  package var isEmpty: Bool { rows.isEmpty }

  /// The header and the rows, one line each without a line end. Where a line would be wider than `columnsMax` the widest of
  /// the columns that may be cut give way, their cells cut with "…"; where that is not enough, lines are wider.
  package func lines(columnsMax: Int? = nil) -> [String] {
    var widths: [Int] = []
    return lines(columnsMax: columnsMax, continuing: &widths, withHeader: true)
  }

  /// The same for a table that comes in pieces: only the first has the header, and columns that were wider in an earlier piece
  /// are as wide in this one. `widths` is empty before the first.
  package func lines(columnsMax: Int?, continuing widths: inout [Int], withHeader: Bool) -> [String] {
    let all = (withHeader ? [columns.map { CleanText.string(from: $0.title) }] : []) + rows
    widths = columns.indices.map { index in
      max(all.map { $0[index].displayWidth }.max() ?? 0, widths.isEmpty ? 0 : widths[index])
    }
    if let columnsMax { widths = fitted(widths, into: columnsMax) }
    return all.map { [widths] row in
      let cells = columns.indices.map { index in
        row[index].truncated(toColumns: widths[index]).padded(toColumns: widths[index], columns[index].alignment)
      }
      return cells.joined(separator: String(repeating: " ", count: Self.gap)).withoutTrailingSpaces
    }
  }

  /// The widths, none of those that may be cut wider than the widest bound under which all fit together.
  private func fitted(_ widths: [Int], into columnsMax: Int) -> [Int] {
    let wholeWidth = zip(widths, columns).reduce(0) { $0 + ($1.1.mayBeCut ? 0 : $1.0) }
    let available = columnsMax - Self.gap * (widths.count - 1) - wholeWidth
    let cuttable = zip(widths, columns).filter(\.1.mayBeCut).map(\.0)
    var bound = cuttable.max() ?? 0
    while bound > Self.cutWidthMin, cuttable.reduce(0, { $0 + min($1, bound) }) > available { bound -= 1 }
    // Under the bound some columns of room may be left over; the first of those cut have them.
    var rest = available - cuttable.reduce(0) { $0 + min($1, bound) }
    return zip(widths, columns).map { width, column in
      guard column.mayBeCut, width > bound else { return width }
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

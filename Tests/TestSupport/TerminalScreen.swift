import Terminal

/// A terminal emulator for the line editor and full screens. Tests compare its contents as a picture. An unknown
/// sequence puts a mark into the picture, so that the expectation fails.
package struct TerminalScreen: Sendable {
  package let columns: Int
  package let rows: Int
  /// A cell holds a character; the second cell of a wide one holds "".
  private(set) var cells: [[String]]
  /// The parameters of the last SGR sequence before each cell was written, `""` for the terminal's own style.
  private(set) var styles: [[String]]
  private var style = ""
  package private(set) var row = 0
  package private(set) var column = 0
  package private(set) var bells = 0
  /// Rows that have left the screen at its top, or were on it when it was cleared.
  package private(set) var scrolled: [String] = []
  package private(set) var unknown: [String] = []

  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    styles = Array(repeating: Array(repeating: "", count: columns), count: rows)
  }

  /// The rows without spaces at their ends.
  package var lines: [String] { cells.map { Self.trimmed($0.joined()) } }

  /// The rows without spaces at their ends, down to the last that shows something or has the cursor, which is shown as
  /// `▏` before the character that it is at.
  package var picture: String {
    let last = max(row, cells.lastIndex { $0.contains { $0 != " " } } ?? 0)
    return (0...last).map(text(ofRow:)).joined(separator: "\n")
  }

  private func text(ofRow number: Int) -> String {
    guard number == row else { return Self.trimmed(cells[number].joined()) }
    let before = cells[number][..<min(column, columns)].joined()
    return before + "▏" + Self.trimmed(cells[number][min(column, columns)...].joined())
  }

  private static func trimmed(_ text: String) -> String {
    String(text.reversed().drop { $0 == " " }.reversed())
  }

  package mutating func write(_ text: String) {
    var rest = Array(text)[...]
    while let character = rest.popFirst() {
      switch character {
      case "\r": column = 0
      case "\n": lineFeed()
      case "\r\n":
        column = 0
        lineFeed()
      case "\u{07}": bells += 1
      case "\u{1B}": escape(&rest)
      default: put(character)
      }
    }
  }

  private mutating func put(_ character: Character) {
    let width = DisplayWidth.of(character)
    if width == 0 {
      if column > 0 { cells[row][column - 1] += String(character) }
      return
    }
    // After the last column the cursor wraps only with the next character.
    if column + width > columns {
      column = 0
      lineFeed()
    }
    cells[row][column] = String(character)
    styles[row][column] = style
    if width == 2 { cells[row][column + 1] = "" }
    column += width
  }

  private mutating func lineFeed() {
    row += 1
    guard row == rows else { return }
    scrolled.append(Self.trimmed(cells.removeFirst().joined()))
    cells.append(Array(repeating: " ", count: columns))
    styles.append(Array(styles.removeFirst().map { _ in "" }))
    row -= 1
  }

  private mutating func escape(_ rest: inout ArraySlice<Character>) {
    guard rest.popFirst() == "[" else { return unknown.append("ESC without [") }
    let parameters = String(rest.prefix { !$0.isLetter })
    rest = rest.dropFirst(parameters.count)
    let final = rest.popFirst()
    let count = Int(parameters) ?? 1
    switch (parameters, final) {
    case (_, "A"?): row = max(0, row - count)
    case (_, "C"?): column = min(columns - 1, column + count)
    case ("", "H"?): (row, column) = (0, 0)
    case (_, "H"?):
      let place = parameters.split(separator: ";").compactMap { Int($0) }
      (row, column) = (min(rows, place[0]) - 1, min(columns, place.count > 1 ? place[1] : 1) - 1)
    case ("", "K"?): for cell in min(column, columns)..<columns { cells[row][cell] = " " }
    case ("", "J"?):
      if row == 0, column == 0 { keepCleared() }
      clear(from: column)
    case ("2", "J"?):
      keepCleared()
      cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    case (_, "m"?): style = parameters == "0" ? "" : parameters
    case ("?2004", "h"?), ("?2004", "l"?): break
    default: unknown.append("ESC [ \(parameters) \(final.map(String.init) ?? "")")
    }
  }

  /// Some terminals, tmux among them, save a screen that is cleared as a whole.
  private mutating func keepCleared() {
    guard let last = cells.lastIndex(where: { $0.contains { $0 != " " } }) else { return }
    scrolled += cells[...last].map { Self.trimmed($0.joined()) }
  }

  private mutating func clear(from column: Int) {
    for cell in min(column, columns)..<columns { cells[row][cell] = " " }
    for below in (row + 1)..<max(rows, row + 1) { cells[below] = Array(repeating: " ", count: columns) }
  }

  /// The same screen at another width, rewrapped as terminals do: full rows continue in the next.
  package func resized(columns: Int) -> TerminalScreen {
    var new = TerminalScreen(columns: columns, rows: rows)
    var cursor: (row: Int, column: Int)?
    let last = max(row, cells.lastIndex { $0.contains { $0 != " " } } ?? 0)
    for number in 0...last {
      let isCursorRow = number == row
      let width = isCursorRow ? max(column, Self.width(cells[number])) : Self.width(cells[number])
      var place = 0
      while place < width {
        if isCursorRow, place == column { cursor = (new.row, new.column) }
        if cells[number][place] != "" { new.put(Character(cells[number][place])) }
        place += 1
      }
      if isCursorRow, place == column {
        // After a full row the cursor is at the beginning of the next.
        cursor = new.column == columns ? (new.row + 1, 0) : (new.row, new.column)
      }
      let isFull = width == self.columns && number < last
      if !isFull, number < last {
        new.column = 0
        new.lineFeed()
      }
    }
    if let cursor { (new.row, new.column) = cursor }
    return new
  }

  private static func width(_ cells: [String]) -> Int { (cells.lastIndex { $0 != " " } ?? -1) + 1 }
}

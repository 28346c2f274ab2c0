/// Draws a prompt and a line on a terminal, redraws them after changes, and hides them while other output is printed above.
/// Write the results to the terminal as they are. Between two calls write nothing else, unless the line is hidden; the cursor must
/// then end in the first column.
package struct LineView: Sendable {
  /// The contents of the screen.
  private struct Drawn: Equatable {
    var header: [String]
    var prompt: String
    var line: LineText
    var isWhole: Bool
  }

  private var columns: Int
  private var rowsMax: Int
  private var promptStyle: Style
  private var drawn: Drawn?
  /// Rows above the prompt, drawn and hidden with it: clean text, possibly with styles, that fits a row.
  package var header: [String] = []
  /// The cursor's row, counted from the first row of the header.
  private var cursorRow = 0

  package init(columns: Int, rows: Int, promptStyle: Style = .plain) {
    self.columns = max(2, columns)
    self.rowsMax = max(1, rows)
    self.promptStyle = promptStyle
  }

  package var isShown: Bool { drawn != nil }

  package mutating func show(prompt: String, _ line: LineText) -> String {
    let prompt = Self.withoutControls(prompt)
    if let drawn, drawn.isWhole, drawn.header == header, drawn.prompt == prompt,
      let more = appended(drawn.line, line, prompt)
    {
      self.drawn?.line = line
      return more
    }
    return hide() + draw(prompt, line)
  }

  /// Clears from the cursor's row to the end, but not from the corner of the screen: tmux saves a screen that is cleared
  /// as a whole, and would do so at each redraw.
  private static let clearBelow = "\u{1B}[K\u{1B}[C\u{1B}[J\r"

  /// Removes the line from the screen. The cursor is then where the prompt began.
  package mutating func hide() -> String {
    guard drawn != nil else { return "" }
    drawn = nil
    return Self.toRowStart(cursorRow) + Self.clearBelow
  }

  /// Leaves the line on the screen for good and moves the cursor to the row below. `mark` follows the line: `^C`.
  package mutating func finish(prompt: String, _ line: LineText, mark: String = "") -> String {
    var last = LineText(line.text + mark)
    last.move(to: last.characters.count)
    // Only the line stays; the header is drawn again with the next.
    let header = header
    self.header = []
    defer { self.header = header }
    let shown = show(prompt: prompt, last)
    drawn = nil
    // After a full row the cursor is in the next one already.
    let layout = LineLayout(Array(prompt) + last.characters, cursor: .max, columns: columns)
    return layout.end.column == 0 && layout.end.row > 0 ? shown : shown + "\r\n"
  }

  /// The terminal's size changed. Most terminals wrap their contents again: this computes where the line is then.
  package mutating func resize(columns: Int, rows: Int) {
    self.columns = max(2, columns)
    rowsMax = max(1, rows)
    guard let drawn else { return }
    self.drawn?.isWhole = false
    guard drawn.isWhole else { return }
    let layout = LineLayout(
      Array(drawn.prompt) + drawn.line.characters, cursor: drawn.prompt.count + drawn.line.cursor,
      columns: self.columns)
    let headerRows = drawn.header.reduce(0) { $0 + max(1, (StyledText.width(of: $1) - 1) / self.columns + 1) }
    cursorRow = min(headerRows + layout.cursor.row, rowsMax - 1)
  }

  /// Clears the screen and draws the line at its top.
  package mutating func clearScreen(prompt: String, _ line: LineText) -> String {
    // A terminal may save what it clears, so the line is hidden first.
    return hide() + "\u{1B}[H\u{1B}[2J" + show(prompt: prompt, line)
  }

  private mutating func draw(_ prompt: String, _ line: LineText) -> String {
    let promptCharacters = Array(prompt)
    let characters = promptCharacters + line.characters
    let layout = LineLayout(characters, cursor: promptCharacters.count + line.cursor, columns: columns)
    // The line has priority over the header.
    let header = header.suffix(max(0, rowsMax - layout.rows.count))
    let rowsMax = rowsMax - header.count
    // Of a line higher than the screen, the rows around its cursor are visible.
    let top = max(0, min(layout.cursor.row - rowsMax / 2, layout.rows.count - rowsMax))
    let visible = layout.rows[top..<min(top + rowsMax, layout.rows.count)]
    var output = header.map { $0 + "\r\n" }.joined()
    for (index, row) in zip(visible.indices, visible) {
      let promptPart = row.clamped(to: 0..<promptCharacters.count)
      output += promptStyle.applied(to: String(characters[promptPart]), enabled: true)
      output += String(
        characters[max(row.lowerBound, promptCharacters.count)..<max(row.upperBound, promptCharacters.count)])
      // A full row continues in the next by itself if text follows; at the end of the text it needs a line end.
      let isFollowed = index + 1 < visible.endIndex
      if isFollowed, layout.rows[index + 1].isEmpty { output += "\r\n" }
    }
    let lastRow = visible.endIndex - 1
    // The line may continue below the last visible row, so the end of the output is not always the line's end.
    let isAtEnd = layout.cursor == layout.end && lastRow == layout.end.row
    if !isAtEnd { output += Self.toRowStart(lastRow - layout.cursor.row) + Self.right(layout.cursor.column) }
    cursorRow = header.count + layout.cursor.row - top
    drawn = Drawn(
      header: self.header, prompt: prompt, line: line,
      isWhole: header.count == self.header.count && layout.rows.count <= rowsMax)
    return output
  }

  /// The output for characters typed at the end of a line; nil if more changed. It spares a slow connection a
  /// full redraw.
  private mutating func appended(_ old: LineText, _ new: LineText, _ prompt: String) -> String? {
    guard old.isAtEnd, new.isAtEnd, new.characters.starts(with: old.characters) else { return nil }
    let layout = LineLayout(Array(prompt) + new.characters, cursor: .max, columns: columns)
    guard header.count + layout.rows.count <= rowsMax else { return nil }
    cursorRow = header.count + layout.cursor.row
    let more = String(new.characters[old.characters.count...])
    return layout.rows.last!.isEmpty && layout.end.row > 0 && !more.isEmpty ? more + "\r\n" : more
  }

  private static func toRowStart(_ rowsUp: Int) -> String { rowsUp > 0 ? "\r\u{1B}[\(rowsUp)A" : "\r" }
  private static func right(_ columns: Int) -> String { columns > 0 ? "\u{1B}[\(columns)C" : "" }

  /// A prompt may contain a name.
  private static func withoutControls(_ prompt: String) -> String {
    String(String.UnicodeScalarView(prompt.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
  }
}

/// The positions of a prompt's and a line's characters in a terminal: a long line continues in the next
/// row, and so does a wide character that does not fit into the last column.
struct LineLayout: Equatable {
  /// A position on the screen, counted from the prompt's first column.
  struct Place: Equatable {
    var row = 0
    var column = 0
  }

  /// The characters of each row. The last row is empty if the one before is full.
  private(set) var rows: [Range<Int>] = []
  private(set) var cursor = Place()
  private(set) var end = Place()

  /// `cursor` is the number of characters before it.
  init(_ characters: [Character], cursor cursorPlace: Int, columns: Int) {
    let columns = max(2, columns)
    var place = Place()
    var rowStart = 0
    for (index, character) in characters.enumerated() {
      let width = DisplayWidth.of(character)
      if place.column + width > columns {
        rows.append(rowStart..<index)
        rowStart = index
        place = Place(row: place.row + 1, column: 0)
      }
      if index == cursorPlace { cursor = place }
      place.column += width
    }
    if place.column == columns {
      rows.append(rowStart..<characters.count)
      rowStart = characters.count
      place = Place(row: place.row + 1, column: 0)
    }
    rows.append(rowStart..<characters.count)
    end = place
    if cursorPlace >= characters.count { cursor = end }
  }
}

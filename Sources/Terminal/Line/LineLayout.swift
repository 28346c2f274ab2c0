/// Where the characters of a prompt and a line stand in a terminal of so many columns: what is too long goes on in the next
/// row, and a wide character that has no room in the last column of one does too.
struct LineLayout: Equatable {
  /// A place on the screen, counted from the prompt's first column.
  struct Place: Equatable {
    var row = 0
    var column = 0
  }

  /// Which characters stand in each row; the last row is empty where the one before is full.
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

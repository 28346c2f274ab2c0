/// Splits CSV (RFC 4180) into rows and cells, as ranges of the file's bytes.
///
/// It accepts what spreadsheets write: a byte-order mark, LF, CR LF or CR as line end, quotes around any cell, a missing last line
/// end, blank lines. A quotation mark inside an unquoted cell is a plain character.
struct CSVScanner {
  /// A cell with its quotation marks.
  struct Cell: Equatable {
    var range: Range<Int>
    var isQuoted: Bool
    /// Whether a quotation mark is doubled inside.
    var hasEscapes: Bool
    /// The number of blanks between the closing quotation mark and the comma.
    var blanksBehind = 0

    var isEmpty: Bool { range.isEmpty || isQuoted && range.count == 2 }
  }

  enum Problem: Equatable {
    /// A quotation mark that is never closed.
    case unterminated
    /// Text between a closing quotation mark and the next comma.
    case textAfterQuote
  }

  struct Row {
    /// From the first byte to behind the line end.
    var range: Range<Int>
    /// The line where it begins, counted from 1.
    var line: Int
    var problem: Problem?
    /// Whether all cells are empty or blank.
    var isBlank = false
  }

  private(set) var position: Int
  private(set) var line: Int

  init(position: Int = 0, line: Int = 1) {
    self.position = position
    self.line = line
  }

  /// Reads the row at `position` into `cells`; nil at the end.
  mutating func next(in bytes: Span<UInt8>, cells: inout [Cell]) -> Row? {
    cells.removeAll(keepingCapacity: true)
    let start = position
    let firstLine = line
    let count = bytes.count
    guard start < count else { return nil }
    var problem: Problem?
    while true {
      if position < count, bytes[position] == UInt8(ascii: "\"") {
        problem = quotedCell(in: bytes, cells: &cells) ?? problem
      } else {
        let cellStart = position
        while position < count, !Self.endsCell(bytes[position]) { position += 1 }
        cells.append(Cell(range: cellStart..<position, isQuoted: false, hasEscapes: false))
      }
      guard position < count, bytes[position] == UInt8(ascii: ",") else { break }
      position += 1
    }
    passLineEnd(in: bytes)
    let isBlank =
      problem == nil && cells.allSatisfy { $0.isEmpty || !$0.isQuoted && Self.isBlank($0.range, in: bytes) }
    return Row(range: start..<position, line: firstLine, problem: problem, isBlank: isBlank)
  }

  private mutating func quotedCell(in bytes: Span<UInt8>, cells: inout [Cell]) -> Problem? {
    let start = position
    var hasEscapes = false
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\n") { line += 1 }
      position += 1
      guard byte == UInt8(ascii: "\"") else { continue }
      if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
        hasEscapes = true
        position += 1
        continue
      }
      let end = position
      while position < bytes.count, !Self.endsCell(bytes[position]) { position += 1 }
      cells.append(
        Cell(range: start..<end, isQuoted: true, hasEscapes: hasEscapes, blanksBehind: position - end))
      return position == end || Self.isBlank(end..<position, in: bytes) ? nil : .textAfterQuote
    }
    cells.append(Cell(range: start..<position, isQuoted: true, hasEscapes: hasEscapes))
    return .unterminated
  }

  private mutating func passLineEnd(in bytes: Span<UInt8>) {
    guard position < bytes.count else { return }
    let isReturn = bytes[position] == UInt8(ascii: "\r")
    position += 1
    if isReturn, position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
    line += 1
  }

  @inline(__always)
  private static func endsCell(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  private static func isBlank(_ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    for index in range where bytes[index] != UInt8(ascii: " ") && bytes[index] != UInt8(ascii: "\t") { return false }
    return true
  }
}

extension CSVScanner.Cell {
  /// The text without quotation marks; nil where it is not UTF-8.
  func text(in bytes: Span<UInt8>) -> String? {
    let inside = isQuoted ? range.lowerBound + 1..<range.upperBound - 1 : range
    if hasEscapes { return String(validating: unescaped(inside, of: bytes), as: UTF8.self) }
    guard let text = try? UTF8Span(validating: bytes.extracting(inside)) else { return nil }
    return String(copying: text)
  }

  private func unescaped(_ range: Range<Int>, of bytes: Span<UInt8>) -> [UInt8] {
    var value: [UInt8] = []
    var previousWasQuote = false
    for index in range {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\""), previousWasQuote {
        previousWasQuote = false
        continue
      }
      previousWasQuote = byte == UInt8(ascii: "\"")
      value.append(byte)
    }
    return value
  }
}

extension [UInt8] {
  /// Appends a cell, in quotation marks where it needs them or `quoted` is true.
  mutating func appendCSV(cell text: String, quoted: Bool) {
    let needsQuotes = text.utf8.contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        || $0 == UInt8(ascii: " ")
    }
    guard quoted || needsQuotes else {
      append(contentsOf: text.utf8)
      return
    }
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") { append(byte) }
      append(byte)
    }
    append(UInt8(ascii: "\""))
  }
}

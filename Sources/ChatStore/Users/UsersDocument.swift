import ChatCore
import ChatProtocol

/// `users.csv` as a document: rows and columns in their order, those that nobody here understands included.
///
/// A row's text is kept as it was read. A changed account waits in `changes` until the file is written; then only the
/// cells that say something else are put into its row.
struct UsersDocument: EditedDocument {
  static let takesEdits = true

  var columns: UsersColumns
  var records: TextRecords
  /// The header's record; blank lines may stand before it.
  var header: Int
  /// What the header's line ends with; new rows end so too.
  var lineEnd: [UInt8]
  /// Whether the last row has no line end, so that one is needed before a new row.
  var lastLineIsOpen: Bool
  /// The record of each account, by the key of its name.
  var index: [String: Int32]
  private var changes: [Int32: Account] = [:]
  private(set) var isChanged = false
  var bases = BaseVersions()

  /// An empty file with a header.
  init() {
    columns = .all
    records = TextRecords(read: [])
    lineEnd = [UInt8(ascii: "\n")]
    header = records.append(text: Array("name,password,role,status,email,created\n".utf8))
    lastLineIsOpen = false
    index = [:]
  }

  init(
    columns: UsersColumns, records: TextRecords, header: Int, lineEnd: [UInt8], lastLineIsOpen: Bool,
    index: [String: Int32]
  ) {
    self.columns = columns
    self.records = records
    self.header = header
    self.lineEnd = lineEnd
    self.lastLineIsOpen = lastLineIsOpen
    self.index = index
  }

  /// Puts an account into its row, or into a new one at the end.
  mutating func set(_ account: Account) {
    isChanged = true
    bases.note(account.name.key, index[account.name.key].map { records.text(of: Int($0)) })
    if let record = index[account.name.key] {
      changes[record] = account
    } else {
      let record = Int32(records.append(text: []))
      index[account.name.key] = record
      changes[record] = account
    }
  }

  mutating func remove(_ name: Name) {
    guard let record = index.removeValue(forKey: name.key) else { return }
    isChanged = true
    bases.note(name.key, records.text(of: Int(record)))
    changes[record] = nil
    records.remove(Int(record))
  }

  mutating func encodeChanges() {
    for record in changes.keys.sorted() {
      guard let account = changes[record] else { continue }
      let isNew = records.text(of: Int(record)).isEmpty
      addColumns(for: account)
      if isNew, lastLineIsOpen { closeLastLine(before: Int(record)) }
      records.replace(Int(record), with: isNew ? newRow(account) : changedRow(Int(record), account))
    }
    changes = [:]
    if records.isWastefulToKeep { pack() }
  }

  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    try records.forEachPiece(body)
  }

  mutating func noteWritten(change: UInt64, at now_ns: Int64) {
    isChanged = !changes.isEmpty
    bases.noteWritten(change: change, at: now_ns)
  }

  // MARK: Rows

  var keys: [String] { Array(index.keys) }

  func row(of key: String) -> Account? {
    guard let record = index[key] else { return nil }
    return changes[record] ?? row(reading: Array(records.text(of: Int(record))))
  }

  func row(reading text: [UInt8]) -> Account? { UsersReader.account(inRow: text, columns) }

  func text(of key: String) -> ArraySlice<UInt8>? {
    guard let record = index[key] else { return nil }
    var text = records.text(of: Int(record))
    while text.last == UInt8(ascii: "\n") || text.last == UInt8(ascii: "\r") { text.removeLast() }
    return text
  }

  var count: Int { index.count }

  var warnings: [Fault] = []

  func file(of keys: [String]) -> [UInt8] {
    keys.reduce(into: Array(records.text(of: header))) { file, key in
      if let row = text(of: key) { file += row + lineEnd }
    }
  }

  func readsRows(like other: UsersDocument) -> Bool { columns == other.columns }

  func revised(by bytes: [UInt8], file: String) -> RevisedFile<UsersDocument> {
    UsersRevision.read(bytes, over: self) ?? revisedWhole(by: bytes, file: file)
  }

  static func read(_ bytes: [UInt8], file: String) -> (UsersDocument, [Account], [Fault]) {
    UsersReader.read(bytes, file: file)
  }

  /// Columns that the account needs and the file does not have.
  private mutating func addColumns(for account: Account) {
    for column in UsersColumns.Column.allCases where columns[column] == nil && !UsersCells.isDefault(column, account) {
      columns.append(column)
      var text = Array(records.text(of: header))
      let end = text.suffix(while: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
      text.removeLast(end.count)
      text += ",\(column.rawValue)".utf8
      text += end
      records.replace(header, with: text)
    }
  }

  private mutating func closeLastLine(before record: Int) {
    lastLineIsOpen = false
    var last = record - 1
    while last >= 0, records.isRemoved(last) || records.text(of: last).isEmpty { last -= 1 }
    // With the open row itself removed, the one before it has its line end already.
    guard last >= 0, let byte = records.text(of: last).last, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r")
    else { return }
    records.replace(last, with: Array(records.text(of: last)) + lineEnd)
  }

  private func newRow(_ account: Account) -> [UInt8] {
    var values = [String](repeating: "", count: columns.count)
    for column in UsersColumns.Column.allCases {
      if let position = columns[column] { values[position] = UsersCells.text(column, account) }
    }
    var row: [UInt8] = []
    for (position, value) in values.enumerated() {
      if position > 0 { row.append(UInt8(ascii: ",")) }
      row.appendCSV(cell: value, quoted: false)
    }
    return row + lineEnd
  }

  /// The row with the account's values in place of those cells that say something else.
  private func changedRow(_ record: Int, _ account: Account) -> [UInt8] {
    let text = Array(records.text(of: record))
    var scanner = CSVScanner()
    var cells: [CSVScanner.Cell] = []
    _ = scanner.next(in: text.span, cells: &cells)
    let end = text.suffix(while: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
    var values = cells.map { Array(text[$0.range]) }
    let blanks = cells.map { Array(text[$0.range.upperBound..<$0.range.upperBound + $0.blanksBehind]) }
    for column in UsersColumns.Column.allCases {
      guard let position = columns[column] else { continue }
      let old = position < cells.count ? cells[position].text(in: text.span) ?? "" : ""
      if UsersCells.says(old, column, account) { continue }
      while values.count <= position { values.append([]) }
      var cell: [UInt8] = []
      let isQuoted = position < cells.count && cells[position].isQuoted
      cell.appendCSV(cell: UsersCells.text(column, account), quoted: isQuoted)
      values[position] = cell
    }
    for (position, blanks) in blanks.enumerated() { values[position] += blanks }
    return Array(values.joined(separator: [UInt8(ascii: ",")])) + end
  }

  private mutating func pack() {
    let numbers = records.pack()
    header = Int(numbers[header])
    index = index.mapValues { numbers[Int($0)] }
  }
}

extension [UInt8] {
  /// The longest tail all of whose bytes satisfy the predicate.
  fileprivate func suffix(while predicate: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    var start = endIndex
    while start > startIndex, predicate(self[start - 1]) { start -= 1 }
    return self[start...]
  }
}

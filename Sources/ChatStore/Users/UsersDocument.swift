import ChatCore
import ChatProtocol

/// `users.csv`: rows and columns in their order, unknown ones included.
///
/// Rows stay as text. A changed account waits in `changes` until the file is written, which replaces only the cells that differ.
struct UsersDocument: EditedDocument {
  static let appliesEdits = true

  var columns: UsersColumns
  var records: TextRecords
  /// The header's record. Blank lines may precede it.
  var header: Int
  /// The header's line end, also for new rows.
  var lineEnd: [UInt8]
  /// Whether the last row lacks its line end, which a new row needs before it.
  var lastLineIsOpen: Bool
  /// The record of each account by name.
  var index: [String: Int32]
  private(set) var changes: [Int32: Account] = [:]
  private(set) var isChanged = false
  var bases = BaseVersions()
  var warnings: [FileError] = []

  mutating func set(_ account: Account) {
    isChanged = true
    bases.save(account.name.key, index[account.name.key].map { records.text(of: Int($0)) })
    let record = index[account.name.key] ?? Int32(records.append(text: []))
    index[account.name.key] = record
    changes[record] = account
  }

  mutating func remove(_ name: Name) {
    guard let record = index.removeValue(forKey: name.key) else { return }
    isChanged = true
    bases.save(name.key, records.text(of: Int(record)))
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

  mutating func didWrite(change: UInt64, at nowNanoseconds: Int64) {
    isChanged = !changes.isEmpty
    bases.didWrite(change: change, at: nowNanoseconds)
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

  func file(of keys: [String]) -> [UInt8] {
    keys.reduce(into: Array(records.text(of: header))) { file, key in
      if let row = text(of: key) { file += row + lineEnd }
    }
  }

  func readsRows(like other: UsersDocument) -> Bool { columns == other.columns }

  func revised(by bytes: [UInt8], file: String) -> RevisedFile<UsersDocument> {
    UsersRevision.read(bytes, over: self) ?? revisedWhole(by: bytes, file: file)
  }

  static func read(_ bytes: [UInt8], file: String) -> (UsersDocument, [Account], [FileError]) {
    UsersReader.read(bytes, file: file)
  }

  /// Adds columns that the account needs.
  private mutating func addColumns(for account: Account) {
    for column in UsersColumns.Column.allCases where columns[column] == nil && !UsersCells.isDefault(column, account) {
      columns.append(column)
      var text = Array(records.text(of: header))
      let end = text.suffix(while: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
      text.removeLast(end.count)
      text += ",\(column.title)".utf8
      text += end
      records.replace(header, with: text)
    }
  }

  private mutating func closeLastLine(before record: Int) {
    lastLineIsOpen = false
    var last = record - 1
    while last >= 0, records.isRemoved(last) || records.text(of: last).isEmpty { last -= 1 }
    // Where that row was removed, the one before it has a line end.
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

  /// The row with the account's values in the cells that differ.
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

extension UsersDocument {
  init() {
    var records = TextRecords(read: [])
    let header = records.append(text: Array("name,password,role,status,email,created\n".utf8))
    self.init(
      columns: .all, records: records, header: header, lineEnd: [UInt8(ascii: "\n")], lastLineIsOpen: false, index: [:])
  }
}

extension [UInt8] {
  fileprivate func suffix(while predicate: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    var start = endIndex
    while start > startIndex, predicate(self[start - 1]) { start -= 1 }
    return self[start...]
  }
}

/// The columns of `users.csv`, found by name. Unknown columns are retained.
struct UsersColumns: Equatable, Sendable {
  /// The raw value is the position in a new file.
  enum Column: Int, CaseIterable, Sendable {
    case name, password, role, status, email, created

    var title: String { "\(self)" }
  }

  /// The position of each `Column`; -1 for a missing one.
  private var positions: [Int]
  /// The number of columns, unknown ones included.
  private(set) var count: Int

  /// The columns of a new file.
  static let all = UsersColumns(names: Column.allCases.map(\.title))

  init(names: [String]) {
    positions = Column.allCases.map { column in names.firstIndex(of: column.title) ?? -1 }
    count = names.count
  }

  subscript(column: Column) -> Int? {
    let position = positions[column.rawValue]
    return position < 0 ? nil : position
  }

  /// Whether each cell has a column. Empty cells beyond them are allowed, because spreadsheets write them.
  func hold(_ cells: [CSVScanner.Cell]) -> Bool {
    cells.count <= count || cells[count...].allSatisfy(\.isEmpty)
  }

  mutating func append(_ column: Column) {
    positions[column.rawValue] = count
    count += 1
  }

  /// What is wrong with a header; nil for a valid one.
  static func problem(ofHeader names: [String]) -> String? {
    if names == [""] || names.allSatisfy(\.isEmpty) {
      return "the header is empty; the first line names the columns: name,password,role,status,email,created"
    }
    // By bytes: unknown columns may differ in Unicode normalization only.
    for (index, name) in names.enumerated()
    where !name.isEmpty && names[..<index].contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      return "the column \(quotedUnlessSecret(name)) is twice in the header; remove or rename one of them"
    }
    let missing = [Column.name, .password].map(\.title).filter { !names.contains($0) }
    guard !missing.isEmpty else { return nil }
    let which = missing.count == 2 ? "columns \"name\" and \"password\" are" : "column \"\(missing[0])\" is"
    let header = "the \(which) missing in the header"
    if names.count == 1, names[0].contains(where: { $0 == ";" || $0 == "\t" }) {
      return "\(header); save the file with commas between the columns"
    }
    if let written = names.first(where: { missing.contains($0.lowercased()) }) {
      return "\(header); write \(quoted(written)) in lower case"
    }
    return "\(header); the first line names the columns: name,password,role,status,email,created"
  }
}

/// The cells of an account in `users.csv`.
enum UsersCells {
  static func text(_ column: UsersColumns.Column, _ account: Account) -> String {
    switch column {
    case .name: account.name.text
    case .password: account.password
    case .role: account.role.rawValue
    case .status: account.status.rawValue
    case .email: account.email?.text ?? ""
    case .created: account.created?.description ?? ""
    }
  }

  /// Whether an empty cell, or no column, means the same.
  static func isDefault(_ column: UsersColumns.Column, _ account: Account) -> Bool { says("", column, account) }

  /// Whether the cell means the account's value.
  static func says(_ cell: String, _ column: UsersColumns.Column, _ account: Account) -> Bool {
    switch column {
    case .name: cell == account.name.text
    case .password: cell == account.password
    case .role: cell.isEmpty ? account.role == .user : cell == account.role.rawValue
    case .status: cell.isEmpty ? account.status == .active : cell == account.status.rawValue
    case .email: cell == account.email?.text ?? ""
    case .created: cell.isEmpty ? account.created == nil : Timestamp(written: cell) == account.created
    }
  }
}

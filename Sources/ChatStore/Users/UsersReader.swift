import ChatCore
import ChatProtocol

/// Reads `users.csv` and collects every error.
struct UsersReader {
  /// The byte-order mark that some programs write.
  static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private let file: String
  private let bytes: [UInt8]
  private(set) var accounts = Accounts()
  private(set) var errors: [FileError] = []
  private var warnings: [FileError] = []
  private var columns = UsersColumns.all
  private var records: TextRecords
  /// The record of each account by name.
  private var index: [String: Int32] = [:]
  /// The records of e-mail addresses in rows with errors.
  private var invalidEmails: [EmailAddress: Int32] = [:]
  private var lines = RecordLines()

  /// The document, its accounts and its errors; with errors the other two are invalid.
  static func read(_ bytes: [UInt8], file: String) -> (UsersDocument, [Account], [FileError]) {
    let (document, accounts, errors) = readAccounts(bytes, file: file)
    return (document, Array(accounts), errors)
  }

  /// The same for a start, with the accounts in the core's form.
  static func readAccounts(_ bytes: [UInt8], file: String) -> (UsersDocument, Accounts, [FileError]) {
    var reader = UsersReader(bytes, file: file)
    let document = reader.document()
    return (document, reader.accounts, reader.errors)
  }

  /// The account in the text of a row; nil for an invalid row.
  static func account(inRow text: [UInt8], _ columns: UsersColumns) -> Account? {
    var scanner = CSVScanner()
    var cells: [CSVScanner.Cell] = []
    guard let row = scanner.next(in: text.span, cells: &cells), row.problem == nil, !row.isBlank else { return nil }
    return account(from: cells, in: text.span, columns)
  }

  /// The account in the cells of a row; nil for an invalid row.
  static func account(from cells: [CSVScanner.Cell], in span: Span<UInt8>, _ columns: UsersColumns) -> Account? {
    var reader = UsersReader([], file: "")
    reader.columns = columns
    return reader.account(from: cells, in: span, line: 1)
  }

  private init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    records = TextRecords(read: bytes)
  }

  private mutating func document() -> UsersDocument {
    if let problem = encodingProblem {
      addError(1, problem)
      return UsersDocument()
    }
    // A span of the reader's own bytes would forbid it to change.
    let whole = bytes
    let span = whole.span
    var scanner = CSVScanner()
    var cells: [CSVScanner.Cell] = []
    guard let header = readHeader(in: span, with: &scanner, cells: &cells) else { return UsersDocument() }
    let lineEnd = self.lineEnd(of: header)
    reserve()
    while let row = scanner.next(in: span, cells: &cells) {
      let record = records.append(range: row.range)
      if row.isBlank { continue }
      if let problem = row.problem {
        addError(row.line, Self.words(for: problem))
        continue
      }
      if !columns.hold(cells) {
        addError(
          row.line,
          "the row has \(cells.count) cells and the header \(columns.count); put a cell that contains a comma in quotation marks"
        )
        continue
      }
      add(account(from: cells, in: span, line: row.line), from: cells, in: span, record: record, line: row.line)
    }
    let isOpen = bytes.last != UInt8(ascii: "\n") && bytes.last != UInt8(ascii: "\r")
    return UsersDocument(
      columns: columns, records: records, header: header, lineEnd: lineEnd, lastLineIsOpen: isOpen,
      index: index, warnings: warnings)
  }

  private var encodingProblem: String? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return "the file is in UTF-16; save it as CSV in UTF-8"
    }
    return nil
  }

  private mutating func readHeader(
    in span: Span<UInt8>, with scanner: inout CSVScanner, cells: inout [CSVScanner.Cell]
  ) -> Int? {
    if bytes.starts(with: Self.mark) {
      scanner = CSVScanner(position: Self.mark.count)
      records.append(range: 0..<Self.mark.count)
    }
    while let row = scanner.next(in: span, cells: &cells) {
      let record = records.append(range: row.range)
      if row.isBlank { continue }
      if let problem = row.problem {
        addError(row.line, Self.words(for: problem))
        return nil
      }
      let names = cells.map { trimmed($0.text(in: span) ?? "\u{FFFD}") }
      if let problem = UsersColumns.problem(ofHeader: names) {
        addError(row.line, problem)
        return nil
      }
      columns = UsersColumns(names: names)
      let known = UsersColumns.Column.allCases.map(\.title)
      warnings = names.compactMap { .misspelt($0, among: known, file: file, line: row.line) }
      return record
    }
    addError(1, "the file has no header; the first line names the columns: name,password,role,status,email,created")
    return nil
  }

  /// Reserves room for as many rows as there are lines, because growing would copy.
  private mutating func reserve() {
    var count = 1
    for byte in bytes where byte == UInt8(ascii: "\n") { count += 1 }
    records.reserveCapacity(count + 2)
    accounts.reserveCapacity(count)
    lines.reserveCapacity(count + 2)
    index.reserveCapacity(count)
  }

  private func lineEnd(of record: Int) -> [UInt8] {
    let text = records.text(of: record)
    if text.suffix(2) == [UInt8(ascii: "\r"), UInt8(ascii: "\n")] { return Array(text.suffix(2)) }
    if text.last == UInt8(ascii: "\r") { return [UInt8(ascii: "\r")] }
    return [UInt8(ascii: "\n")]
  }

  /// Adds the account of a row; nil for a row with errors, whose name and e-mail address count as duplicates too, so that all errors
  /// are reported at once.
  private mutating func add(
    _ account: Account?, from cells: [CSVScanner.Cell], in span: Span<UInt8>, record: Int, line: Int
  ) {
    func text(_ column: UsersColumns.Column) -> String {
      guard let position = columns[column], position < cells.count else { return "" }
      return cells[position].text(in: span) ?? ""
    }
    let errorsBefore = errors.count
    lines.note(line, of: record)
    let record = Int32(record)
    if let name = account?.name ?? Name(text(.name)), let other = index.updateValue(record, forKey: name.key) {
      index[name.key] = other
      addError(line, Self.words(forDuplicate: "name", name.text, firstLine: lines[other]))
    }
    // After an error the accounts are not needed, only the addresses.
    if let account, errors.count == errorsBefore, invalidEmails.isEmpty, accounts.addIfAddressIsFree(account) { return }
    guard let email = account.map(\.email) ?? EmailAddress(text(.email)) else { return }
    if let other = accounts[email].flatMap({ index[$0.name.key] }) ?? invalidEmails[email] {
      addError(line, Self.words(forDuplicate: "e-mail address", email.text, firstLine: lines[other]))
    } else {
      invalidEmails[email] = record
    }
  }

  private mutating func account(from cells: [CSVScanner.Cell], in span: Span<UInt8>, line: Int) -> Account? {
    let errorsBefore = errors.count
    let name = name(text(.name, of: cells, in: span, line: line), line: line)
    let password = text(.password, of: cells, in: span, line: line)
    if let problem = PasswordRule.problem(password) { addError(line, problem) }
    let role = value(.role, of: cells, in: span, line: line, Account.Role.init) {
      "the role \($0) is unknown; write user or operator, or leave it empty for user"
    }
    let status = value(.status, of: cells, in: span, line: line, Account.Status.init) {
      "the status \($0) is unknown; write active or disabled, or leave it empty for active"
    }
    let email = value(.email, of: cells, in: span, line: line, EmailAddress.init) {
      "the e-mail address \($0) is not valid: \(EmailAddress.rule)"
    }
    let created = value(.created, of: cells, in: span, line: line, Timestamp.init(written:)) {
      "the time \($0) in \"created\" is not valid; \(WrittenTime.rule), or leave it empty"
    }
    guard errors.count == errorsBefore, let name else { return nil }
    return Account(
      name: name, password: password, role: role ?? .user, status: status ?? .active, email: email, created: created)
  }

  /// nil for an empty cell, and for an invalid one.
  private mutating func value<Value>(
    _ column: UsersColumns.Column, of cells: [CSVScanner.Cell], in span: Span<UInt8>, line: Int,
    _ read: (String) -> Value?, problem: (_ quoted: String) -> String
  ) -> Value? {
    let text = text(column, of: cells, in: span, line: line)
    if text.isEmpty { return nil }
    let value = read(text)
    if value == nil { addError(line, problem(quotedUnlessSecret(text))) }
    return value
  }

  private mutating func name(_ text: String, line: Int) -> Name? {
    if let name = Name(text) { return name }
    addError(
      line,
      text.isEmpty
        ? "the name is empty; a name is \(Name.rule)"
        : "the name \(quotedUnlessSecret(text)) is not valid; a name is \(Name.rule)")
    return nil
  }

  /// The text of a cell; empty where the row or the file does not have it.
  private mutating func text(
    _ column: UsersColumns.Column, of cells: [CSVScanner.Cell], in span: Span<UInt8>, line: Int
  ) -> String {
    guard let position = columns[column], position < cells.count else { return "" }
    if let text = cells[position].text(in: span) { return text }
    addError(line, "the \(column.title) is not UTF-8; save the file as CSV in UTF-8")
    return column == .password ? "*" : ""
  }

  private mutating func addError(_ line: Int, _ problem: String) {
    errors.append(FileError(file: file, line: line, problem: problem))
  }

  private static func words(for problem: CSVScanner.Problem) -> String {
    switch problem {
    case .unterminated:
      "a quotation mark is never closed; close it, or double it inside a cell"
    case .textAfterQuote:
      "there is text between a closing quotation mark and the next comma; double quotation marks inside a cell"
    }
  }

  private static func words(forDuplicate what: String, _ text: String, firstLine: Int) -> String {
    "the \(what) \(quoted(text)) is in line \(firstLine) already (upper and lower case are equal); "
      + "change or remove one of the two"
  }
}

private func trimmed(_ text: String) -> String {
  var text = text[...]
  while text.first == " " || text.first == "\t" { text.removeFirst() }
  while text.last == " " || text.last == "\t" { text.removeLast() }
  return String(text)
}

import ChatCore
import ChatProtocol

/// Reads an edited `users.csv` by its differences: rows with the same bytes are not parsed again, and of a million rows few change.
///
/// It handles common edits. Any other file (with an error, another header, a possible duplicate) is left to `UsersReader`, which
/// reads all of it.
struct UsersRevision {
  private let former: UsersDocument
  private let bytes: [UInt8]
  private var records: TextRecords
  /// The new number of each former record; -1 for one that was not found yet.
  private var numbers: [Int32]
  private var rows: [Row] = []
  private var added: [String: Int32] = [:]

  private struct Row {
    var account: Account
    var record: Int32
    /// Its former record; nil for a new one.
    var former: Int32?
  }

  static func read(_ bytes: [UInt8], over former: UsersDocument) -> RevisedFile<UsersDocument>? {
    var revision = UsersRevision(bytes, former)
    guard revision.readRows(), revision.hasNoAddressTwice else { return nil }
    return revision.file
  }

  private init(_ bytes: [UInt8], _ former: UsersDocument) {
    self.bytes = bytes
    self.former = former
    records = TextRecords(read: bytes)
    records.reserveCapacity(former.records.count + 1024)
    numbers = [Int32](repeating: -1, count: former.records.count)
  }

  /// False where the whole file must be read.
  private mutating func readRows() -> Bool {
    let whole = bytes
    let span = whole.span
    var scanner = CSVScanner()
    var cells: [CSVScanner.Cell] = []
    var expected = 0
    if former.records.text(of: 0).elementsEqual(UsersReader.mark) {
      guard bytes.starts(with: UsersReader.mark) else { return false }
      numbers[0] = Int32(records.append(range: 0..<UsersReader.mark.count))
      scanner = CSVScanner(position: UsersReader.mark.count)
      expected = 1
    }
    while scanner.position < span.count {
      if take(&expected, &scanner, span) {
        continue
      }
      // Nothing up to the header may differ.
      guard expected > former.header, let row = scanner.next(in: span, cells: &cells), row.problem == nil else {
        return false
      }
      let record = Int32(records.append(range: row.range))
      if row.isBlank { continue }
      guard former.columns.hold(cells),
        let account = UsersReader.account(from: cells, in: span, former.columns),
        note(account, record, &expected)
      else { return false }
    }
    return expected > former.header
  }

  /// Takes the expected record, where its bytes are next.
  private mutating func take(_ expected: inout Int, _ scanner: inout CSVScanner, _ span: Span<UInt8>) -> Bool {
    while expected < former.records.count, former.records.isAbsent(expected) { expected += 1 }
    guard expected < former.records.count, numbers[expected] < 0,
      let length = former.records.length(of: expected, standingAt: scanner.position, in: span)
    else { return false }
    let end = scanner.position + length
    numbers[expected] = Int32(records.append(range: scanner.position..<end))
    expected += 1
    scanner = CSVScanner(position: end)
    return true
  }

  /// Adds a changed row; false for a duplicate name. The rows behind it are expected to follow as before.
  private mutating func note(_ account: Account, _ record: Int32, _ expected: inout Int) -> Bool {
    let key = account.name.key
    let place = former.index[key]
    if let place {
      guard numbers[Int(place)] < 0 else { return false }
      numbers[Int(place)] = record
      expected = Int(place) + 1
    } else if added.updateValue(record, forKey: key) != nil {
      return false
    }
    rows.append(Row(account: account, record: record, former: place))
    return true
  }

  // MARK: Addresses

  /// Unchanged rows have no duplicates among them, so each new address of a row is searched in all others.
  private var hasNoAddressTwice: Bool {
    var all: Set<EmailAddress> = []
    var came: Set<UInt64> = []
    for row in rows {
      guard let email = row.account.email else { continue }
      guard all.insert(email).inserted else { return false }
      if row.former.flatMap({ former.account(at: $0) })?.email != email {
        came.insert(Array(email.text.utf8).span.folded)
      }
    }
    guard !came.isEmpty, let column = former.columns[.email] else { return true }
    let read = Set(rows.map(\.record))
    var cells: [CSVScanner.Cell] = []
    for record in 0..<records.count where !read.contains(Int32(record)) {
      let text = records.text(of: record)
      var scanner = CSVScanner()
      guard scanner.next(in: text.span, cells: &cells) != nil, column < cells.count else { continue }
      let cell = cells[column]
      let inside = cell.isQuoted ? cell.range.lowerBound + 1..<cell.range.upperBound - 1 : cell.range
      // Two addresses with the same hash are left to the reader too.
      if !inside.isEmpty, came.contains(text.span.extracting(inside).folded) { return false }
    }
    return true
  }

  // MARK: The result

  private var file: RevisedFile<UsersDocument> {
    let gone = self.gone
    var index = former.index
    for key in gone { index[key] = nil }
    // The index stays where every record keeps its number.
    if !keepsNumbers { index = index.mapValues { numbers[Int($0)] } }
    index.merge(added) { _, new in new }
    let isOpen = bytes.last != UInt8(ascii: "\n") && bytes.last != UInt8(ascii: "\r")
    let document = UsersDocument(
      columns: former.columns, records: records, header: Int(numbers[former.header]), lineEnd: former.lineEnd,
      lastLineIsOpen: isOpen, index: index, warnings: former.warnings)
    return RevisedFile(document: document, rows: rows.map(\.account), gone: gone)
  }

  private var keepsNumbers: Bool {
    for (former, number) in numbers.enumerated() where number >= 0 && number != Int32(former) { return false }
    return true
  }

  /// The keys of former records that were not found, and of new rows that the file has not shown yet.
  private var gone: [String] {
    var gone = Set(
      former.bases.keys.filter { key in
        former.index[key].map { former.records.isAbsent(Int($0)) && numbers[Int($0)] < 0 } ?? false
      })
    for record in former.header..<numbers.count where numbers[record] < 0 && !former.records.isAbsent(record) {
      guard let key = former.account(at: Int32(record))?.name.key, former.index[key] == Int32(record) else { continue }
      gone.insert(key)
    }
    return Array(gone)
  }
}

extension UsersDocument {
  /// The record's account, without pending changes.
  fileprivate func account(at record: Int32) -> Account? { row(reading: Array(records.text(of: Int(record)))) }
}

extension Span<UInt8> {
  /// The digest of the bytes, with letters in lower case.
  fileprivate var folded: UInt64 {
    var digest = Digest(of: [])
    for index in indices {
      let byte = self[index]
      digest.add(byte.isASCIIUpperCase ? byte | 0x20 : byte)
    }
    return digest.value
  }
}

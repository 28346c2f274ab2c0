import ChatProtocol
import JSON

/// An entry of the list in `rooms.json`, `state.json` or `files.json`.
protocol NamedEntry: StoredRecord, Sendable {
  /// The known keys of the document.
  static var documentKeys: [String] { get }
  /// The unique name.
  var name: Name { get }
  /// The name of an entry with errors.
  static func name(of entry: JSONValue) -> Name?
  /// Reads a text that the server wrote, several times as fast as `read`; nil for any other text.
  static func readFast(_ text: Span<UInt8>) -> Self?
  /// Writes this into an entry. Members with the same meaning keep their text.
  func write(into entry: inout JSONValue, isNew: Bool)
}

/// A JSON document whose list has an entry for each name, with the changes since it was read or written.
struct NamedEntries<Entry: NamedEntry>: Sendable {
  private(set) var list: JSONList
  private var index: [String: Int32] = [:]
  private var changes: [Int32: Entry] = [:]
  private(set) var isChanged = false
  /// Misspelled keys.
  private(set) var warnings: [FileError] = []
  private var lines = RecordLines()

  private static var version: Int { 1 }

  init(list: String) {
    self.list = JSONList(list: list, before: [("version", .int(Self.version))])
  }

  /// The document and its errors; calls `take` with each entry. With errors the document and the entries are invalid.
  static func read(
    _ bytes: [UInt8], list: String, file: String, take: (Entry) -> Void
  ) -> (NamedEntries, [FileError]) {
    var document = NamedEntries(list: list)
    var errors: [FileError] = []
    let keys = Entry.keys
    do throws(JSONError) {
      document.list = try JSONList(parsing: bytes, list: list) { (piece, record) throws(JSONError) in
        var entry = Entry.readFast(bytes.span.extracting(piece.range))
        var name = entry?.name
        if entry == nil {
          let value = try piece.parsed(in: bytes)
          let (read, problems) = Entry.read(value, file: file, linesBefore: piece.line - 1)
          errors += problems
          document.warnings += FileError.misspeltKeys(
            of: value, among: keys, file: file, linesBefore: piece.line - 1)
          entry = read
          // An entry with errors counts as a duplicate too, so that all errors are reported at once.
          name = read?.name ?? Entry.name(of: value)
        }
        if let name {
          let line = piece.line
          document.lines.note(line, of: record)
          if let other = document.index.updateValue(Int32(record), forKey: name.key) {
            document.index[name.key] = other
            errors.append(.duplicate(Entry.kind, name, file: file, line: line, firstLine: document.lines[other]))
            return
          }
        }
        if let entry { take(entry) }
      }
      document.warnings += document.list.memberNames.compactMap { name, line in
        .misspelt(name, among: Entry.documentKeys, file: file, line: line)
      }
      errors += document.versionErrors(file: file)
    } catch {
      errors.append(FileError(file: file, line: error.line, problem: error.problem))
    }
    return (document, errors)
  }

  /// A file without a version, written by hand, has this version.
  private func versionErrors(file: String) -> [FileError] {
    guard let found = list.value(of: "version"), found.value.int != Self.version else { return [] }
    return [
      FileError(
        file: file, line: found.line,
        problem: "this server reads version \(Self.version) of the file; write \"version\": \(Self.version)")
    ]
  }

  func contains(_ name: Name) -> Bool { index[name.key] != nil }

  var count: Int { index.count }

  /// The line of an entry when the file was read; nil for a later one.
  func line(of name: Name) -> Int? { index[name.key].flatMap { lines[ifNoted: $0] } }

  /// The keys of all names.
  var keys: [String] { Array(index.keys) }

  /// The entry's text in the file; empty for a new one.
  func text(of key: String) -> ArraySlice<UInt8>? { index[key].map { list.records.text(of: Int($0)) } }

  /// The entry with its pending changes.
  func entry(of key: String) -> Entry? { index[key].flatMap { changes[$0] ?? read($0) } }

  /// Sets an entry, or appends a new one.
  mutating func set(_ entry: Entry) {
    isChanged = true
    changes[record(of: entry.name)] = entry
  }

  /// Changes the entry of a name, or the new entry `new`.
  mutating func change(_ name: Name, orNew new: @autoclosure () -> Entry, _ body: (inout Entry) -> Void) {
    isChanged = true
    let record = record(of: name)
    // In place: copying an inbox for each message would cost as much as the inbox.
    if changes[record] == nil { changes[record] = read(record) ?? new() }
    body(&changes[record]!)
  }

  mutating func remove(_ name: Name) {
    guard let record = index.removeValue(forKey: name.key) else { return }
    isChanged = true
    changes[record] = nil
    list.records.remove(Int(record))
  }

  /// Sets a member beside the list.
  mutating func set(_ member: String, _ value: JSONValue) { list.set(member, value) }

  /// Sets a member that is a list too. An empty list is not added.
  mutating func set(_ member: String, entries: [JSONValue]) {
    if !entries.isEmpty || list.value(of: member) != nil { list.set(member, entries: entries) }
  }

  private mutating func record(of name: Name) -> Int32 {
    let record = index[name.key] ?? Int32(list.records.append(text: []))
    index[name.key] = record
    return record
  }

  private func read(_ record: Int32) -> Entry? {
    if let entry = Entry.readFast(list.records.text(of: Int(record)).span) { return entry }
    guard let value = try? JSONValue(parsing: Array(list.records.text(of: Int(record)))) else { return nil }
    return Entry(reading: value)
  }

  mutating func encodeChanges() {
    for record in changes.keys.sorted() {
      guard let entry = changes[record] else { continue }
      let text = list.records.text(of: Int(record))
      var value = (text.isEmpty ? nil : try? JSONValue(parsing: Array(text))) ?? .object([])
      entry.write(into: &value, isNew: text.isEmpty)
      list.records.replace(Int(record), with: JSONList.text(ofEntry: value))
    }
    changes = [:]
    if list.value(of: "version") == nil { list.set("version", .int(Self.version)) }
    if list.records.isWastefulToKeep {
      let numbers = list.records.pack()
      index = index.mapValues { numbers[Int($0)] }
    }
  }

  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    try list.write(body)
  }

  mutating func didWrite() { isChanged = !changes.isEmpty }
}

/// A document that is a list of named entries.
protocol EntriesDocument: FileDocument {
  associatedtype Entry: NamedEntry
  var entries: NamedEntries<Entry> { get set }
}

extension EntriesDocument {
  var warnings: [FileError] { entries.warnings }
  var isChanged: Bool { entries.isChanged }
  mutating func encodeChanges() { entries.encodeChanges() }
  mutating func didWrite(change: UInt64, at nowNanoseconds: Int64) { entries.didWrite() }

  func write<Failure: Error>(_ body: (ArraySlice<UInt8>) throws(Failure) -> Void) throws(Failure) {
    try entries.write(body)
  }
}

extension NamedEntry {
  /// The known keys of an entry.
  static var keys: [String] { (blank.json.members ?? []).map(\.name) }

  static func name(of entry: JSONValue) -> Name? { entry["name"]?.string.flatMap { Name($0) } }

  static func readFast(_ text: Span<UInt8>) -> Self? { nil }
}

extension FileError {
  static func misspeltKeys(
    of entry: JSONValue, among keys: [String], file: String, linesBefore: Int
  ) -> [FileError] {
    (entry.members ?? []).compactMap { .misspelt($0.name, among: keys, file: file, line: $0.line + linesBefore) }
  }

  static func duplicate(_ kind: String, _ name: Name, file: String, line: Int, firstLine: Int) -> FileError {
    FileError(
      file: file, line: line,
      problem:
        "the \(kind) \(quoted(name.text)) is in line \(firstLine) already (upper and lower case are equal); "
        + "remove one of the two")
  }
}

extension [FileError] {
  /// Sorted by line.
  var inOrder: [FileError] { sorted { ($0.line ?? 0) < ($1.line ?? 0) } }
}

/// The line of each record of a file, for errors.
struct RecordLines {
  private var lines: [Int32] = []

  mutating func reserveCapacity(_ count: Int) { lines.reserveCapacity(count) }

  /// To be called in the order of the records; skipped ones have no line.
  mutating func note(_ line: Int, of record: Int) {
    while lines.count < record { lines.append(0) }
    lines.append(Int32(clamping: line))
  }

  subscript(record: Int32) -> Int { Int(lines[Int(record)]) }

  subscript(ifNoted record: Int32) -> Int? { record < lines.count ? self[record] : nil }
}

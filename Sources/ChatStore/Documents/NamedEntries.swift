import ChatProtocol
import JSON

/// What an entry of the list in `rooms.json` or `state.json` says.
protocol NamedEntry: Sendable {
  /// What it is, in a fault: `room`, `user`.
  static var kind: String { get }
  /// The keys of an entry, and those of the document beside its list.
  static var keys: [String] { get }
  static var documentKeys: [String] { get }
  /// Stands in the entry under `name`; no two entries have the same.
  var name: Name { get }
  /// The same of an entry that has faults.
  static func name(of entry: JSONValue) -> Name?
  /// The entry in a text that is written just as the server writes one, read several times as fast; nil for any other, which
  /// `read` may understand.
  static func readOwn(_ text: Span<UInt8>) -> Self?
  /// The entry, or nil with faults.
  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (Self?, [Fault])
  /// Puts what this says into the entry; a key that says the same already stays as it is.
  func write(into entry: inout JSONValue, isNew: Bool)
}

/// A JSON document whose list has an entry for each name, with what changed since it was read or written.
struct NamedEntries<Entry: NamedEntry>: Sendable {
  private(set) var list: JSONList
  private var index: [String: Int32] = [:]
  private var changes: [Int32: Entry] = [:]
  private(set) var isChanged = false
  /// Keys that are nearly one of ours.
  private(set) var warnings: [Fault] = []
  private var lines = RecordLines()

  private static var version: Int { 1 }

  /// An empty list of that name.
  init(list: String) {
    self.list = JSONList(list: list, before: [("version", .int(Self.version))])
  }

  /// The document and what is wrong; each entry goes to `take`. With faults neither is of use.
  static func read(
    _ bytes: [UInt8], list: String, file: String, take: (Entry) -> Void
  ) -> (NamedEntries, [Fault]) {
    var document = NamedEntries(list: list)
    var faults: [Fault] = []
    var warnings: [Fault] = []
    var lines = RecordLines()
    var index: [String: Int32] = [:]
    do throws(JSONError) {
      document.list = try JSONList(parsing: bytes, list: list) { (piece, record) throws(JSONError) in
        var entry = Entry.readOwn(bytes.span.extracting(piece.range))
        var name = entry?.name
        if entry == nil {
          let value = try piece.parsed(in: bytes)
          let (read, problems) = Entry.read(value, file: file, linesBefore: piece.line - 1)
          faults += problems
          warnings += Fault.misspeltKeys(of: value, among: Entry.keys, file: file, linesBefore: piece.line - 1)
          entry = read
          // The name of an entry that has faults counts too: whoever mends those must not meet the next one only then.
          name = read?.name ?? Entry.name(of: value)
        }
        if let name {
          let line = piece.line
          lines.note(line, of: record)
          if let other = index.updateValue(Int32(record), forKey: name.key) {
            index[name.key] = other
            faults.append(.duplicate(Entry.kind, name, file: file, line: line, firstLine: lines[other]))
            return
          }
        }
        if let entry { take(entry) }
      }
      document.index = index
      document.lines = lines
      document.warnings = warnings
      for (name, line) in document.list.memberNames {
        document.warnings += [Fault.misspelt(name, among: Entry.documentKeys, file: file, line: line)].compactMap(
          \.self)
      }
      faults += document.versionFaults(file: file)
    } catch {
      faults.append(Fault(file: file, line: error.line, problem: error.problem))
    }
    return (document, faults)
  }

  /// A file without a version is one of this version, written by hand.
  private func versionFaults(file: String) -> [Fault] {
    guard let found = list.value(of: "version"), found.value.int != Self.version else { return [] }
    return [
      Fault(
        file: file, line: found.line,
        problem: "this server reads version \(Self.version) of the file; write \"version\": \(Self.version)")
    ]
  }

  func contains(_ name: Name) -> Bool { index[name.key] != nil }

  var count: Int { index.count }

  /// The line where an entry began when the file was read whole; nil for one that came later.
  func line(of name: Name) -> Int? { index[name.key].flatMap { lines[ifNoted: $0] } }

  /// The keys of all names.
  var keys: [String] { Array(index.keys) }

  /// The entry's text as it was read or written; empty for a new one.
  func text(of key: String) -> ArraySlice<UInt8>? { index[key].map { list.records.text(of: Int($0)) } }

  /// What the entry says, changes that wait included.
  func entry(of key: String) -> Entry? { index[key].flatMap { changes[$0] ?? read($0) } }

  /// Puts what is known of a name into its entry, or into a new one at the end.
  mutating func set(_ entry: Entry) {
    isChanged = true
    changes[record(of: entry.name)] = entry
  }

  /// Changes the entry of a name; `new` is what it says where there is none.
  mutating func change(_ name: Name, orNew new: @autoclosure () -> Entry, _ body: (inout Entry) -> Void) {
    isChanged = true
    let record = record(of: name)
    // In place: a copy of an inbox for each message that comes would cost as much as the inbox.
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

  /// Sets a member that is a list too; a new one is left out where it would be empty.
  mutating func set(_ member: String, entries: [JSONValue]) {
    if !entries.isEmpty || list.value(of: member) != nil { list.set(member, entries: entries) }
  }

  private mutating func record(of name: Name) -> Int32 {
    let record = index[name.key] ?? Int32(list.records.append(text: []))
    index[name.key] = record
    return record
  }

  private func read(_ record: Int32) -> Entry? {
    if let entry = Entry.readOwn(list.records.text(of: Int(record)).span) { return entry }
    guard let value = try? JSONValue(parsing: Array(list.records.text(of: Int(record)))) else { return nil }
    return Entry.read(value, file: "", linesBefore: 0).0
  }

  /// Turns the changes into text.
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

  mutating func noteWritten() { isChanged = !changes.isEmpty }
}

extension NamedEntry {
  static func name(of entry: JSONValue) -> Name? { entry["name"]?.string.flatMap { Name($0) } }

  static func readOwn(_ text: Span<UInt8>) -> Self? { nil }
}

extension Fault {
  static func misspeltKeys(
    of entry: JSONValue, among keys: [String], file: String, linesBefore: Int
  ) -> [Fault] {
    (entry.members ?? []).compactMap { .misspelt($0.name, among: keys, file: file, line: $0.line + linesBefore) }
  }

  static func duplicate(_ kind: String, _ name: Name, file: String, line: Int, firstLine: Int) -> Fault {
    Fault(
      file: file, line: line,
      problem:
        "the \(kind) \(quoted(name.text)) stands in line \(firstLine) already (upper and lower case are the same); "
        + "remove one of the two")
  }
}

extension [Fault] {
  /// In the order of their lines; those of one line stay as they are.
  var inOrder: [Fault] { sorted { ($0.line ?? 0) < ($1.line ?? 0) } }
}

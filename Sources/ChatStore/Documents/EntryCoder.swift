import ChatCore
import ChatProtocol
import JSON
import Text

/// Reads or writes the members of an entry that people may edit. A record describes its members once, in `StoredRecord.code(_:)`,
/// and every coder follows that description: `EntryReader`, `RecordBuilder` (the documents) and `RecordWriter` (the journal).
protocol EntryCoder {
  /// A member that is always there. Where it is read and missing, the value stays as it is.
  mutating func field<Value: EntryValue>(_ key: StaticString, _ value: inout Value)

  /// A member that is always there, and null for nil.
  mutating func nullable<Value: EntryValue>(_ key: StaticString, _ value: inout Value?)

  /// A member that is left out for nil.
  mutating func ifPresent<Value: EntryValue>(_ key: StaticString, _ value: inout Value?)

  mutating func number<Number: FieldValue & FixedWidthInteger>(
    _ key: StaticString, _ value: inout Number, upTo max: Number)

  /// The unread messages of a user.
  mutating func unread(_ key: StaticString, _ mail: inout [Mail], of name: Name)

  /// The read marks of a user; left out where there are none.
  mutating func marks(_ key: StaticString, _ marks: inout [ReadMark])

  /// The counts of messages of rooms.
  mutating func counts(_ key: StaticString, _ counts: inout [MessageCounts.RoomCount])

  /// Whether the member is there, where it is read; `isWritten` where it is written.
  func has(_ key: StaticString, ifWritten isWritten: Bool) -> Bool

  var isReading: Bool { get }
  /// Whether something that was read is invalid.
  var hasErrors: Bool { get }

  /// Adds an error, where the entry is read.
  mutating func fail(_ problem: String)
}

extension EntryCoder {
  /// A string without control characters.
  mutating func text(_ key: StaticString, _ value: inout String) {
    field(key, &value)
    if isReading { value = CleanText.string(from: value) }
  }

  mutating func text(_ key: StaticString, _ value: inout String?) {
    nullable(key, &value)
    if isReading { value = value.map { CleanText.string(from: $0) } }
  }

  /// One of a few words.
  mutating func word<Word: RawRepresentable<String>>(_ key: StaticString, _ word: inout Word) {
    var text = word.rawValue
    field(key, &text)
    if let known = Word(rawValue: text) { word = known } else { fail("\"\(key)\" is unknown") }
  }

  /// A list that is left out where it is empty.
  mutating func ifPresent(_ key: StaticString, _ names: inout [Name]) {
    if has(key, ifWritten: !names.isEmpty) { field(key, &names) }
  }
}

extension EntryCoder where Self: RecordCoder, Failure == Never {
  var isReading: Bool { false }
  var hasErrors: Bool { false }

  mutating func number<Number: FieldValue & FixedWidthInteger>(
    _ key: StaticString, _ value: inout Number, upTo max: Number
  ) {
    field(key, &value)
  }

  mutating func unread(_ key: StaticString, _ mail: inout [Mail], of name: Name) {
    var unread = mail.map { StoredMail(mail: $0) }
    field(key, &unread)
  }

  mutating func marks(_ key: StaticString, _ marks: inout [ReadMark]) {
    if !marks.isEmpty { field(key, &marks) }
  }

  mutating func counts(_ key: StaticString, _ counts: inout [MessageCounts.RoomCount]) { field(key, &counts) }

  func has(_ key: StaticString, ifWritten isWritten: Bool) -> Bool { isWritten }
}

extension RecordBuilder: EntryCoder {}
extension RecordWriter: EntryCoder {}

/// A record that is an entry of a file, or a row of the journal.
protocol StoredRecord: EntryValue {
  /// The word for it in errors: `room`, `user`.
  static var kind: String { get }
  /// What a reader fills. Members that are left out for nil are not nil, so that it has every key.
  static var blank: Self { get }
  /// Describes the members, in the order in which they are written.
  mutating func code<Coder: EntryCoder>(_ coder: inout Coder)
  /// Checks the members together, once they were read.
  mutating func check(in reader: inout EntryReader)
}

extension StoredRecord {
  mutating func check(in reader: inout EntryReader) {}

  /// The record, or nil with errors.
  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (Self?, [FileError]) {
    var reader = EntryReader(entry, kind: kind, file: file, linesBefore: linesBefore)
    let record = reader.record(blank)
    return (record, reader.errors)
  }

  /// nil for an invalid entry.
  init?(reading entry: JSONValue) {
    guard let record = Self.read(entry, file: "", linesBefore: 0).0 else { return nil }
    self = record
  }

  static func read(_ value: JSONValue) -> Self? { Self(reading: value) }

  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> Self? {
    let (record, errors) = read(value, file: reader.file, linesBefore: reader.linesBefore)
    reader.add(errors)
    return record
  }

  static var expected: String { "a \(kind), in {}" }

  var json: JSONValue {
    var (record, builder) = (self, RecordBuilder())
    record.code(&builder)
    return builder.value
  }

  func write(to writer: inout RecordWriter) {
    var record = self
    let outer = writer.beginObject()
    record.code(&writer)
    writer.endObject(outer)
  }

  /// Appends the record on one line.
  func append(to bytes: inout [UInt8]) {
    var writer = RecordWriter()
    swap(&writer.bytes, &bytes)
    write(to: &writer)
    swap(&writer.bytes, &bytes)
  }

  /// Writes this into an entry. Members with the same meaning keep their text.
  func write(into entry: inout JSONValue, isNew: Bool) {
    entry.write(json, over: isNew ? nil : Self(reading: entry)?.json)
  }
}

extension JSONValue {
  /// Sets the members of a record that differ from what the entry said before.
  mutating func write(_ record: JSONValue, over before: JSONValue?) {
    for member in record.members ?? [] where before?[member.name] != member.value { self[member.name] = member.value }
    for member in before?.members ?? [] where record[member.name] == nil { self[member.name] = .null }
  }
}

package import JSON

/// Reads or writes the members of one JSON object. A record describes its members once, in `CodedRecord.code(_:)`, and every
/// coder follows that description: `RecordReader`, `RecordWriter` (bytes) and `RecordBuilder` (a `JSONValue`).
package protocol RecordCoder {
  /// `CodingError` for a reader, `Never` for what writes.
  associatedtype Failure: Error

  /// A member that is always there.
  mutating func field<Value: FieldValue>(_ key: StaticString, _ value: inout Value) throws(Failure)

  /// A member that is always there, and null for nil.
  mutating func nullable<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(Failure)

  /// A member that is left out for nil; null where every member is written.
  mutating func optional<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(Failure)

  /// A member that is left out for nil, even where every member is written.
  mutating func ifPresent<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(Failure)

  /// A member that is left out for false, unless every member is written.
  mutating func flag(_ key: StaticString, _ value: inout Bool) throws(Failure)

  /// A member that is always the same word, which needs no escape. Not checked when it is read.
  mutating func constant(_ key: StaticString, _ word: StaticString) throws(Failure)

  /// The members until `end` are those of an object in this member.
  mutating func begin(_ key: StaticString) throws(Failure)

  mutating func end()

  /// Fails with a sentence about the record, where it is read.
  mutating func fail(_ problem: String) throws(Failure)
}

/// What travels or is saved as one JSON object.
package protocol CodedRecord: FieldValue {
  /// What an error calls the record: `a room`.
  static var meaning: String { get }

  /// What a reader fills.
  static var blank: Self { get }

  /// Describes the members, in the order in which they are written. Keys are ours and need no escape.
  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure)
}

extension CodedRecord {
  package static var expected: String { "\(meaning), in {}" }

  package static func read(_ value: JSONValue) throws(CodingError) -> Self? {
    if value.members == nil { return nil }
    var reader = try RecordReader(value, meaning)
    var record = blank
    try record.code(&reader)
    return record
  }

  /// With every member, as the control socket and files have it.
  package var json: JSONValue {
    var (record, builder) = (self, RecordBuilder())
    record.code(&builder)
    return builder.value
  }

  package func write(to writer: inout RecordWriter) {
    var record = self
    let outer = writer.beginObject()
    record.code(&writer)
    writer.endObject(outer)
  }
}

/// Why a record could not be read: one sentence for a person. It names the key and what belongs there, never the value, which may
/// be a password.
package struct CodingError: Error, Equatable, Sendable, CustomStringConvertible {
  package var problem: String
  /// Where the record begins, from 1; 0 where it has no lines.
  package var line: Int

  package init(_ problem: String, line: Int = 0) {
    self.problem = problem
    self.line = line
  }

  package var description: String { problem }
}

package import JSON

/// Reads or writes the members of one JSON object. A record describes its members once, in `CodedRecord.code(_:)`, and
/// every coder follows that description: `RecordReader`, `RecordWriter` (bytes) and `RecordBuilder` (a `JSONValue`).
package protocol RecordCoder {
  /// `CodingError` for a reader, `Never` for a writer.
  associatedtype Failure: Error

  /// A member that is always present.
  mutating func field<Value: FieldValue>(_ key: StaticString, _ value: inout Value) throws(Failure)

  /// A member that is always present, and null for nil.
  mutating func nullable<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(Failure)

  /// A member that is omitted for nil; null if every member is written.
  mutating func optional<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(Failure)

  /// A member that is omitted for nil, even if every member is written.
  mutating func ifPresent<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(Failure)

  /// A member that is omitted for false, unless every member is written.
  mutating func flag(_ key: StaticString, _ value: inout Bool) throws(Failure)

  /// A member that is always the same word, which needs no escape. Not checked when it is read.
  mutating func constant(_ key: StaticString, _ word: StaticString) throws(Failure)

  /// The members up to `end` belong to an object in this member.
  mutating func begin(_ key: StaticString) throws(Failure)

  mutating func end()

  /// Throws a sentence about the record, when it is read.
  mutating func fail(_ problem: String) throws(Failure)
}

/// A value that is sent or saved as one JSON object.
package protocol CodedRecord: FieldValue {
  /// The word for the record in errors: `a room`.
  static var meaning: String { get }

  /// An empty value that a reader fills.
  static var blank: Self { get }

  /// Describes the members, in the order in which they are written. Keys need no escape.
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

  /// With every member, as on the control socket and in files.
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

/// Why a record could not be read: one sentence for a person. It names the key and what is expected, never the value,
/// which may be a password.
package struct CodingError: Error, Equatable, Sendable, CustomStringConvertible {
  package var problem: String
  /// The line where the record begins, from 1; 0 if it has no lines.
  package var line: Int

  package init(_ problem: String, line: Int = 0) {
    self.problem = problem
    self.line = line
  }

  package var description: String { problem }
}

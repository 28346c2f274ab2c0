package import JSON

/// Reads a record from a JSON object. Members that the record does not describe are ignored.
package struct RecordReader: RecordCoder {
  package typealias Failure = CodingError

  private let members: [JSONMember]
  private let meaning: String
  private let line: Int
  /// The reader of the object around this one; empty for none.
  private var outer: [RecordReader] = []

  /// `meaning` is the word for the object in errors: `a room`.
  package init(_ value: JSONValue, _ meaning: String) throws(CodingError) {
    guard let members = value.members else {
      throw CodingError("\(meaning) must be a JSON object, in {}", line: value.line)
    }
    self.members = members
    self.meaning = meaning
    line = value.line
  }

  /// The value of a member; nil if it is missing or null.
  package subscript(key: String) -> JSONValue? {
    guard let value = members.first(where: { $0.name == key })?.value, !value.isNull else { return nil }
    return value
  }

  package func has(_ key: String) -> Bool { self[key] != nil }

  package mutating func field<Value: FieldValue>(_ key: StaticString, _ value: inout Value) throws(CodingError) {
    guard let read: Value = try read(key) else {
      throw error("\(meaning) lacks \"\(key)\": \(Value.expected)")
    }
    value = read
  }

  package mutating func nullable<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(CodingError) {
    value = try read(key)
  }

  package mutating func optional<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(CodingError) {
    value = try read(key)
  }

  package mutating func ifPresent<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) throws(CodingError) {
    value = try read(key)
  }

  package mutating func begin(_ key: StaticString) throws(CodingError) {
    guard let value = self[key.description] else { throw error("\(meaning) lacks \"\(key)\": an object, in {}") }
    var inner = try RecordReader(value, "\"\(key)\"")
    inner.outer = [self]
    self = inner
  }

  package mutating func end() {
    if let reader = outer.first { self = reader }
  }

  package mutating func flag(_ key: StaticString, _ value: inout Bool) throws(CodingError) {
    value = try read(key) ?? false
  }

  package func constant(_ key: StaticString, _ word: StaticString) {}

  package func fail(_ problem: String) throws(CodingError) { throw error(problem) }

  private func read<Value: FieldValue>(_ key: StaticString) throws(CodingError) -> Value? {
    guard let value = self[key.description] else { return nil }
    guard let read = try Value.read(value) else {
      throw error("\"\(key)\" of \(meaning) must be \(Value.expected)")
    }
    return read
  }

  private func error(_ problem: String) -> CodingError { CodingError(problem, line: line) }
}

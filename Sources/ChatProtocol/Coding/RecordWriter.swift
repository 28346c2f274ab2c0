package import JSON

/// Writes a record straight into bytes, on one line. A message to a busy room is written here once for all its members,
/// so nothing here makes a `JSONValue`.
package struct RecordWriter: RecordCoder {
  package typealias Failure = Never

  package var bytes: [UInt8]
  /// Whether members are written that are omitted on the wire: false flags, and null for nil.
  private let writesAll: Bool
  private var isFirst = true

  package init(_ bytes: consuming [UInt8] = [], writesAll: Bool = false) {
    self.bytes = bytes
    self.writesAll = writesAll
  }

  /// Appends a record to bytes, without a line end.
  package static func append(_ record: some CodedRecord, to bytes: inout [UInt8], writesAll: Bool = false) {
    // The bytes move into the writer and back, so that they are not copied.
    var writer = RecordWriter(writesAll: writesAll)
    swap(&writer.bytes, &bytes)
    record.write(to: &writer)
    swap(&writer.bytes, &bytes)
  }

  /// For `endObject`: what the object is within.
  package mutating func beginObject() -> Bool {
    bytes.append(UInt8(ascii: "{"))
    defer { isFirst = true }
    return isFirst
  }

  package mutating func endObject(_ outer: Bool) {
    bytes.append(UInt8(ascii: "}"))
    isFirst = outer
  }

  private mutating func append(key: StaticString) {
    let isFirst = isFirst
    self.isFirst = false
    bytes.append(addingCapacity: key.utf8CodeUnitCount + 4) { (output: inout OutputSpan<UInt8>) in
      if !isFirst { output.append(UInt8(ascii: ",")) }
      output.append(quoted: key)
      output.append(UInt8(ascii: ":"))
    }
  }

  package mutating func field<Value: FieldValue>(_ key: StaticString, _ value: inout Value) {
    append(key: key)
    value.write(to: &self)
  }

  package mutating func nullable<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) {
    append(key: key)
    if let value { value.write(to: &self) } else { bytes.append("null") }
  }

  package mutating func optional<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) {
    if value != nil || writesAll { nullable(key, &value) }
  }

  package mutating func ifPresent<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) {
    if value != nil { nullable(key, &value) }
  }

  package mutating func begin(_ key: StaticString) {
    append(key: key)
    _ = beginObject()
  }

  package mutating func end() { endObject(false) }

  package mutating func flag(_ key: StaticString, _ value: inout Bool) {
    if value || writesAll { field(key, &value) }
  }

  package mutating func constant(_ key: StaticString, _ word: StaticString) {
    append(key: key)
    bytes.append(addingCapacity: word.utf8CodeUnitCount + 2) { (output: inout OutputSpan<UInt8>) in
      output.append(quoted: word)
    }
  }

  package func fail(_ problem: String) {}

  /// A text that needs no escape.
  mutating func appendQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: text.utf8)
    bytes.append(UInt8(ascii: "\""))
  }
}

/// Makes a `JSONValue` from a record, with every member. In an existing object, the members that the record does not
/// describe stay.
package struct RecordBuilder: RecordCoder {
  package typealias Failure = Never

  package private(set) var value: JSONValue
  /// The objects around this one, each with the key of the next.
  private var outer: [(JSONValue, String)] = []

  package init(_ value: JSONValue = .object([])) { self.value = value }

  package mutating func field<Value: FieldValue>(_ key: StaticString, _ value: inout Value) {
    self.value[key.description] = value.json
  }

  package mutating func nullable<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) {
    self.value[key.description] = value?.json ?? .null
  }

  package mutating func optional<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) {
    nullable(key, &value)
  }

  package mutating func ifPresent<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) {
    if value != nil { nullable(key, &value) }
  }

  package mutating func begin(_ key: StaticString) {
    outer.append((value, key.description))
    value = .object([])
  }

  package mutating func end() {
    guard let (object, key) = outer.popLast() else { return }
    let inner = value
    value = object
    value[key] = inner
  }

  package mutating func flag(_ key: StaticString, _ value: inout Bool) { field(key, &value) }

  package mutating func constant(_ key: StaticString, _ word: StaticString) {
    value[key.description] = .string(word.description)
  }

  package func fail(_ problem: String) {}
}

extension OutputSpan<UInt8> {
  /// A fixed word, which needs no escape.
  fileprivate mutating func append(quoted word: StaticString) {
    append(UInt8(ascii: "\""))
    // Each index is within the word's own count.
    for index in 0..<word.utf8CodeUnitCount { append(unsafe word.utf8Start[index]) }
    append(UInt8(ascii: "\""))
  }
}

extension [UInt8] {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }
}

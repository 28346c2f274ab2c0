package import JSON

/// A type that a member of a record can have.
package protocol FieldValue {
  /// The expected value, for errors: `a name`.
  static var expected: String { get }

  /// nil for a value that is not as expected. Throws for a record with a member that is not.
  static func read(_ value: JSONValue) throws(CodingError) -> Self?

  var json: JSONValue { get }

  func write(to writer: inout RecordWriter)
}

extension FieldValue {
  package func write(to writer: inout RecordWriter) { writer.bytes.appendJSON(json) }
}

extension String: FieldValue {
  package static var expected: String { "a string" }
  package static func read(_ value: JSONValue) -> String? { value.string }
  package var json: JSONValue { .string(self) }
  package func write(to writer: inout RecordWriter) { writer.bytes.appendJSON(string: self) }
}

extension Bool: FieldValue {
  package static var expected: String { "true or false" }
  package static func read(_ value: JSONValue) -> Bool? { value.bool }
  package var json: JSONValue { .bool(self) }
  package func write(to writer: inout RecordWriter) { writer.bytes.append(self ? "true" : "false") }
}

/// A count, a size or an id.
extension FieldValue where Self: FixedWidthInteger {
  package static var expected: String {
    Self.self == UInt32.self ? "a whole number from 0 to \(UInt32.max)" : "a whole number from 0"
  }

  package static func read(_ value: JSONValue) -> Self? {
    guard case .number(let digits) = value.content, let number = Self(digits), number >= 0 else { return nil }
    return number
  }

  package var json: JSONValue { .int(self) }

  package func write(to writer: inout RecordWriter) {
    if self < 0 { writer.bytes.append(UInt8(ascii: "-")) }
    writer.bytes.append(decimal: UInt64(magnitude))
  }
}

extension Int: FieldValue {}
extension Int64: FieldValue {}
extension UInt64: FieldValue {}
extension UInt32: FieldValue {}

extension Name: FieldValue {
  package static var expected: String { "a name (\(rule))" }
  package static func read(_ value: JSONValue) -> Name? { value.string.flatMap { Name($0) } }
  package var json: JSONValue { .string(text) }
  package func write(to writer: inout RecordWriter) { writer.appendQuoted(text) }
}

extension Timestamp: FieldValue {
  package static var expected: String { "a time as 2026-11-20T20:11:02.123Z" }
  package static func read(_ value: JSONValue) -> Timestamp? { value.string.flatMap { Timestamp($0) } }
  package var json: JSONValue { .string(description) }

  package func write(to writer: inout RecordWriter) {
    writer.bytes.append(UInt8(ascii: "\""))
    writer.bytes.append(timestamp: self)
    writer.bytes.append(UInt8(ascii: "\""))
  }
}

extension Secret: FieldValue {
  package static var expected: String { "a string" }
  package static func read(_ value: JSONValue) -> Secret? { value.string.map { Secret($0) } }
  package var json: JSONValue { .string(exposed) }
  package func write(to writer: inout RecordWriter) { exposed.write(to: &writer) }
}

extension EmailAddress: FieldValue {
  package static var expected: String { "an e-mail address (\(rule))" }
  package static func read(_ value: JSONValue) -> EmailAddress? { value.string.flatMap { EmailAddress($0) } }
  package var json: JSONValue { .string(description) }
}

/// One of a few words.
extension FieldValue where Self: RawRepresentable<String> & CaseIterable {
  package static var expected: String { "one of \(allCases.map(\.rawValue).joined(separator: ", "))" }
  package static func read(_ value: JSONValue) -> Self? { value.string.flatMap { Self(rawValue: $0) } }
  package var json: JSONValue { .string(rawValue) }
  package func write(to writer: inout RecordWriter) { writer.appendQuoted(rawValue) }
}

extension Dialect: FieldValue {}
extension ErrorCode: FieldValue {}
extension RoomRole: FieldValue {}

extension Array: FieldValue where Element: FieldValue {
  package static var expected: String { "a list, each element \(Element.expected)" }

  package static func read(_ value: JSONValue) throws(CodingError) -> [Element]? {
    guard let values = value.array else { return nil }
    var elements: [Element] = []
    elements.reserveCapacity(values.count)
    for value in values {
      guard let element = try Element.read(value) else { return nil }
      elements.append(element)
    }
    return elements
  }

  package var json: JSONValue { .array(map(\.json)) }

  package func write(to writer: inout RecordWriter) {
    writer.bytes.append(UInt8(ascii: "["))
    for (index, element) in enumerated() {
      if index > 0 { writer.bytes.append(UInt8(ascii: ",")) }
      element.write(to: &writer)
    }
    writer.bytes.append(UInt8(ascii: "]"))
  }
}

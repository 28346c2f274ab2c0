import JSON

/// Why a line of the control socket could not be read: one sentence for a person.
package struct ControlDecodingError: Error, Equatable, Sendable {
  package var problem: String

  package init(_ problem: String) { self.problem = problem }
}

/// A JSON object being read by its keys. Where a value is not what is expected, the error names the key and what belongs there,
/// never the value: it might be a password.
struct ControlObject {
  let members: [JSONMember]
  /// What the object stands for, for the errors: `a room`.
  let meaning: String

  init(_ value: JSONValue, _ meaning: String) throws(ControlDecodingError) {
    guard let members = value.members else { throw ControlDecodingError("\(meaning) is a JSON object, in {}") }
    self.members = members
    self.meaning = meaning
  }

  /// The value of a key; nil where it is missing or null.
  subscript(key: String) -> JSONValue? {
    guard let value = members.first(where: { $0.name == key })?.value, !value.isNull else { return nil }
    return value
  }

  func string(_ key: String) throws(ControlDecodingError) -> String {
    try value(key, "a string") { $0.string }
  }

  func optionalString(_ key: String) throws(ControlDecodingError) -> String? {
    try optional(key, "a string") { $0.string }
  }

  func bool(_ key: String) throws(ControlDecodingError) -> Bool {
    try value(key, "true or false") { $0.bool }
  }

  func int(_ key: String) throws(ControlDecodingError) -> Int {
    try value(key, "a whole number") { $0.int }
  }

  func unsigned(_ key: String) throws(ControlDecodingError) -> UInt64 {
    try value(key, "a whole number from 0") { value in
      if case .number(let text) = value.content { UInt64(text) } else { nil }
    }
  }

  func name(_ key: String) throws(ControlDecodingError) -> Name {
    try value(key, "a name (\(Name.rule))") { $0.string.flatMap { Name($0) } }
  }

  func optionalName(_ key: String) throws(ControlDecodingError) -> Name? {
    try optional(key, "a name (\(Name.rule))") { $0.string.flatMap { Name($0) } }
  }

  func names(_ key: String) throws(ControlDecodingError) -> [Name] {
    try array(key) { value throws(ControlDecodingError) in try name(value, of: key) }
  }

  func optionalNames(_ key: String) throws(ControlDecodingError) -> [Name]? {
    self[key] == nil ? nil : try names(key)
  }

  func strings(_ key: String) throws(ControlDecodingError) -> [String] {
    try array(key) { value throws(ControlDecodingError) in
      guard let text = value.string else {
        throw ControlDecodingError("\"\(key)\" of \(meaning) is to hold strings")
      }
      return text
    }
  }

  func timestamp(_ key: String) throws(ControlDecodingError) -> Timestamp {
    try value(key, "a time as 2026-11-20T20:11:02.123Z") { $0.string.flatMap { Timestamp($0) } }
  }

  func optionalTimestamp(_ key: String) throws(ControlDecodingError) -> Timestamp? {
    self[key] == nil ? nil : try timestamp(key)
  }

  func array<Element>(
    _ key: String, of element: (JSONValue) throws(ControlDecodingError) -> Element
  ) throws(ControlDecodingError) -> [Element] {
    let values = try value(key, "an array, in []") { $0.array }
    var elements: [Element] = []
    elements.reserveCapacity(values.count)
    for value in values { elements.append(try element(value)) }
    return elements
  }

  /// The value of a key that must be there.
  func present(_ key: String) throws(ControlDecodingError) -> JSONValue { try value(key, "a value") { $0 } }

  func value<Value>(
    _ key: String, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(ControlDecodingError) -> Value {
    guard let value = try optional(key, expected, read) else {
      throw ControlDecodingError("\(meaning) lacks \"\(key)\": \(expected)")
    }
    return value
  }

  func optional<Value>(
    _ key: String, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(ControlDecodingError) -> Value? {
    guard let value = self[key] else { return nil }
    guard let read = read(value) else {
      throw ControlDecodingError("\"\(key)\" of \(meaning) is to be \(expected)")
    }
    return read
  }

  private func name(_ value: JSONValue, of key: String) throws(ControlDecodingError) -> Name {
    guard let name = value.string.flatMap({ Name($0) }) else {
      throw ControlDecodingError("\"\(key)\" of \(meaning) is to hold names (\(Name.rule))")
    }
    return name
  }
}

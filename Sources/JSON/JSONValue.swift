/// A JSON value (RFC 8259) as it is in a file: an object's members keep their order, numbers keep their source text,
/// and every value has its line, so that errors in hand-edited files can name it.
package struct JSONValue: Equatable, Sendable {
  /// A number is its source text, so that any number survives unchanged.
  package enum Content: Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])
  }

  package var content: Content

  /// The line where the value begins, from 1; 0 for a value made in memory.
  package var line: Int

  package init(_ content: Content, line: Int = 0) {
    self.content = content
    self.line = line
  }

  /// Lines do not count, the order of members does.
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    left.content == right.content
  }
}

/// A name and its value in an object.
package struct JSONMember: Equatable, Sendable {
  package var name: String
  package var value: JSONValue

  /// The line of the name, from 1; 0 for a member made in memory.
  package var line: Int

  package init(name: String, value: JSONValue, line: Int = 0) {
    self.name = name
    self.value = value
    self.line = line
  }

  /// Lines do not count.
  package static func == (left: JSONMember, right: JSONMember) -> Bool {
    isSameText(left.name, right.name) && left.value == right.value
  }
}

extension JSONValue.Content: Equatable {
  package static func == (left: JSONValue.Content, right: JSONValue.Content) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): isSameText(left, right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }
}

/// Compares bytes. Swift's == calls "é" in one scalar and in two equal, but an edit that turns one into the other is an
/// edit.
func isSameText(_ left: String, _ right: String) -> Bool {
  left.utf8.elementsEqual(right.utf8)
}

// MARK: Making

extension JSONValue {
  package static let null = JSONValue(.null)

  package static func string(_ text: String) -> JSONValue { JSONValue(.string(text)) }
  package static func int(_ number: some BinaryInteger) -> JSONValue { JSONValue(.number(String(number))) }
  package static func bool(_ flag: Bool) -> JSONValue { JSONValue(.bool(flag)) }
  package static func array(_ elements: [JSONValue]) -> JSONValue { JSONValue(.array(elements)) }
  package static func object(_ members: [JSONMember]) -> JSONValue { JSONValue(.object(members)) }
}

extension JSONValue: ExpressibleByStringLiteral {
  package init(stringLiteral text: String) { self.init(.string(text)) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
  package init(integerLiteral number: Int) { self = .int(number) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
  package init(booleanLiteral flag: Bool) { self.init(.bool(flag)) }
}

extension JSONValue: ExpressibleByNilLiteral {
  package init(nilLiteral: ()) { self.init(.null) }
}

extension JSONValue: ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: JSONValue...) { self.init(.array(elements)) }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  /// Members keep their order. Each name must be unique.
  package init(dictionaryLiteral members: (String, JSONValue)...) {
    for (index, member) in members.enumerated() {
      precondition(!members[..<index].contains { $0.0 == member.0 }, "the key \(member.0) is twice in a literal")
    }
    self.init(.object(members.map { JSONMember(name: $0.0, value: $0.1) }))
  }
}

// MARK: Reading

extension JSONValue {
  /// The text of a string; nil for anything else.
  package var string: String? {
    if case .string(let text) = content { text } else { nil }
  }

  /// An integer of 64 bits; nil for anything else, a number with a fraction or an exponent included.
  package var int: Int? {
    if case .number(let text) = content { Int(text) } else { nil }
  }

  /// The nearest double to a number; nil for anything else and for a number beyond the range of doubles.
  package var double: Double? {
    guard case .number(let text) = content, let number = Double(text), number.isFinite else { return nil }
    return number
  }

  package var bool: Bool? {
    if case .bool(let flag) = content { flag } else { nil }
  }

  package var array: [JSONValue]? {
    if case .array(let elements) = content { elements } else { nil }
  }

  /// The members of an object in their order; nil for anything else.
  package var members: [JSONMember]? {
    if case .object(let members) = content { members } else { nil }
  }

  package var isNull: Bool {
    if case .null = content { true } else { false }
  }

  /// The member of this name; nil if there is none or this is no object. Setting replaces in place, appends a new
  /// member at the end, and removes with nil; only objects can be set. The search is linear.
  package subscript(name: String) -> JSONValue? {
    get {
      guard case .object(let members) = content else { return nil }
      return members.first { isSameText($0.name, name) }?.value
    }
    set {
      guard case .object(var members) = content else { preconditionFailure("only an object has members to set") }
      // A second reference from `content` would make every change copy the array.
      content = .null
      let index = members.firstIndex { isSameText($0.name, name) }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(JSONMember(name: name, value: value))
      case (nil, nil): break
      }
      content = .object(members)
    }
  }
}

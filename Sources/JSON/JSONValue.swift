/// A JSON value (RFC 8259) as a person wrote it: an object's members keep their order, numbers keep their source
/// text, and every value knows the line where it begins, so that a fault in a hand-edited file can be named.
package struct JSONValue: Equatable, Sendable {
  /// What a value is. A number is its source text, so that one which nobody here understands survives unchanged.
  package enum Content: Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])
  }

  package var content: Content

  /// The line where the value begins, counted from 1; 0 for a value made in memory.
  package var line: Int

  package init(_ content: Content, line: Int = 0) {
    self.content = content
    self.line = line
  }

  /// Two values are equal when they say the same, wherever they stand: lines do not count, the order of members does.
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    left.content == right.content
  }
}

/// A name and its value in an object.
package struct JSONMember: Equatable, Sendable {
  package var name: String
  package var value: JSONValue

  /// The line of the name, counted from 1; 0 for a member made in memory.
  package var line: Int

  package init(name: String, value: JSONValue, line: Int = 0) {
    self.name = name
    self.value = value
    self.line = line
  }

  /// As with values, lines do not count.
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

/// Swift calls "é" in one scalar and in two equal. In a file they are different bytes, and an edit that turns one into
/// the other is an edit, so values compare by their bytes.
func isSameText(_ left: String, _ right: String) -> Bool {
  left.utf8.elementsEqual(right.utf8)
}

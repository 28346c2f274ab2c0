extension JSONValue {
  /// The value on one line, without a space or a line end.
  package var compact: [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendJSON(self)
    return bytes
  }

  /// The value as a file that people edit and `diff`: two spaces of indentation, one member or element a line,
  /// `"key": value`, empty brackets closed at once, and a line end.
  package var pretty: [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendPrettyJSON(self, depth: 0)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}

extension [UInt8] {
  /// Appends a value on one line, without a space.
  package mutating func appendJSON(_ value: JSONValue) {
    switch value.content {
    case .array(let elements):
      append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { append(UInt8(ascii: ",")) }
        appendJSON(element)
      }
      append(UInt8(ascii: "]"))
    case .object(let members):
      append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { append(UInt8(ascii: ",")) }
        appendJSON(string: member.name)
        append(UInt8(ascii: ":"))
        appendJSON(member.value)
      }
      append(UInt8(ascii: "}"))
    case let scalar:
      appendJSON(scalar: scalar)
    }
  }

  fileprivate mutating func appendPrettyJSON(_ value: JSONValue, depth: Int) {
    switch value.content {
    case .array(let elements) where !elements.isEmpty:
      append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        appendLineStart(depth: depth + 1, afterComma: index > 0)
        appendPrettyJSON(element, depth: depth + 1)
      }
      appendLineStart(depth: depth, afterComma: false)
      append(UInt8(ascii: "]"))
    case .object(let members) where !members.isEmpty:
      append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        appendLineStart(depth: depth + 1, afterComma: index > 0)
        appendJSON(string: member.name)
        append(UInt8(ascii: ":"))
        append(UInt8(ascii: " "))
        appendPrettyJSON(member.value, depth: depth + 1)
      }
      appendLineStart(depth: depth, afterComma: false)
      append(UInt8(ascii: "}"))
    default:
      appendJSON(value)
    }
  }

  private mutating func appendLineStart(depth: Int, afterComma: Bool) {
    if afterComma { append(UInt8(ascii: ",")) }
    append(UInt8(ascii: "\n"))
    for _ in 0..<depth * 2 { append(UInt8(ascii: " ")) }
  }

  private mutating func appendJSON(scalar: JSONValue.Content) {
    switch scalar {
    case .null: append(contentsOf: "null".utf8)
    case .bool(let flag): append(contentsOf: (flag ? "true" : "false").utf8)
    case .number(let text): append(contentsOf: text.utf8)
    case .string(let text): appendJSON(string: text)
    case .array, .object: preconditionFailure("brackets are written by appendJSON(_:)")
    }
  }
}

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

  /// The members of an object in the order they stand in; nil for anything else.
  package var members: [JSONMember]? {
    if case .object(let members) = content { members } else { nil }
  }

  package var isNull: Bool {
    if case .null = content { true } else { false }
  }

  /// The member of this name; nil where there is none or this is no object. Setting replaces in place, appends a new
  /// member at the end, and removes with nil. Setting in anything but an object is a bug of ours. The search is linear:
  /// whoever looks up many names in a large object goes through `members` once.
  package subscript(name: String) -> JSONValue? {
    get {
      guard case .object(let members) = content else { return nil }
      return members.first { isSameText($0.name, name) }?.value
    }
    set {
      guard case .object(var members) = content else { preconditionFailure("only an object has members to set") }
      // While `content` holds the array too, changing it would copy it.
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

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
  /// An object whose members stand in the order written. A name written twice is a bug of ours.
  package init(dictionaryLiteral members: (String, JSONValue)...) {
    for (index, member) in members.enumerated() {
      precondition(!members[..<index].contains { $0.0 == member.0 }, "the key \(member.0) stands twice in a literal")
    }
    self.init(.object(members.map { JSONMember(name: $0.0, value: $0.1) }))
  }
}

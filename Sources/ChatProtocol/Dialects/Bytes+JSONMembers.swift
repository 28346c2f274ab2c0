import JSON

/// Members of an object after its first one: each begins with its comma. Their names are ours and need no escape.
extension [UInt8] {
  mutating func appendName(_ name: String) {
    append(#",""#)
    append(name)
    append(#"":"#)
  }

  mutating func appendMember(_ name: String, _ text: String) {
    appendName(name)
    appendJSON(string: text)
  }

  /// A name needs no escape; an absent one is null.
  mutating func appendMember(_ name: String, _ value: Name?) {
    appendName(name)
    if let value { appendQuoted(value) } else { append("null") }
  }

  mutating func appendMember(_ name: String, _ number: UInt64) {
    appendName(name)
    append(decimal: number)
  }

  mutating func appendMember(_ name: String, _ flag: Bool) {
    appendName(name)
    append(flag ? "true" : "false")
  }

  mutating func appendMember(_ name: String, _ names: [Name]) {
    appendName(name)
    append(UInt8(ascii: "["))
    for (index, name) in names.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      appendQuoted(name)
    }
    append(UInt8(ascii: "]"))
  }

  /// An array of objects whose members `appendMembers` writes, the first without its comma.
  mutating func appendMember<Object>(
    _ name: String, objects: [Object], appendMembers: (inout [UInt8], Object) -> Void
  ) {
    appendName(name)
    append(UInt8(ascii: "["))
    for (index, object) in objects.enumerated() {
      append(index > 0 ? ",{" : "{")
      appendMembers(&self, object)
      append(UInt8(ascii: "}"))
    }
    append(UInt8(ascii: "]"))
  }

  mutating func appendQuoted(_ name: Name) {
    append(UInt8(ascii: "\""))
    append(name.text)
    append(UInt8(ascii: "\""))
  }

  mutating func appendQuoted(_ time: Timestamp) {
    append(UInt8(ascii: "\""))
    append(timestamp: time)
    append(UInt8(ascii: "\""))
  }
}

import JSON

/// The members of an object on the wire, each read as the type that it must have. Names and ids that break their rules
/// are faults: a client shows and sends them as names, so nothing else may pass for one.
struct EventMembers {
  private let value: JSONValue

  /// Of what is no object, every member is missing.
  init(of value: JSONValue) { self.value = value }

  /// The member, where it is there and not null.
  subscript(key: String) -> JSONValue? {
    guard let member = value[key], !member.isNull else { return nil }
    return member
  }

  func text(_ key: String) throws(EventError) -> String {
    try required(key, "a text", optionalText(key))
  }

  func optionalText(_ key: String) throws(EventError) -> String? {
    try converted(key, "a text", \.string)
  }

  func texts(_ key: String) throws(EventError) -> [String] {
    let texts: [String]? = try converted(key, "a list of texts") { list in
      guard let elements = list.array else { return nil }
      let texts = elements.compactMap(\.string)
      return texts.count == elements.count ? texts : nil
    }
    return try required(key, "a list of texts", texts)
  }

  func name(_ key: String) throws(EventError) -> Name {
    try required(key, "a name", optionalName(key))
  }

  func optionalName(_ key: String) throws(EventError) -> Name? {
    try converted(key, "a name") { $0.string.flatMap { Name($0) } }
  }

  func timestamp(_ key: String) throws(EventError) -> Timestamp {
    try required(key, "a time", optionalTimestamp(key))
  }

  func optionalTimestamp(_ key: String) throws(EventError) -> Timestamp? {
    try converted(key, "a time") { $0.string.flatMap { Timestamp($0) } }
  }

  func count(_ key: String) throws(EventError) -> Int {
    try required(key, "a count", converted(key, "a count") { $0.int.flatMap { $0 >= 0 ? $0 : nil } })
  }

  /// Ids and sizes take all 64 bits.
  func number(_ key: String) throws(EventError) -> UInt64 {
    let number: UInt64? = try converted(key, "a number") {
      if case .number(let digits) = $0.content { UInt64(digits) } else { nil }
    }
    return try required(key, "a number", number)
  }

  func flag(_ key: String) throws(EventError) -> Bool {
    try required(key, "true or false", converted(key, "true or false", \.bool))
  }

  /// A flag that stands only where it is true.
  func optionalFlag(_ key: String) throws(EventError) -> Bool {
    try converted(key, "true or false", \.bool) ?? false
  }

  func names(_ key: String) throws(EventError) -> [Name] {
    try required(key, "a list of names", optionalNames(key))
  }

  func optionalNames(_ key: String) throws(EventError) -> [Name]? {
    try converted(key, "a list of names") { list in
      guard let elements = list.array else { return nil }
      let names = elements.compactMap { $0.string.flatMap { Name($0) } }
      return names.count == elements.count ? names : nil
    }
  }

  func list<Element>(
    _ key: String, _ element: (EventMembers) throws(EventError) -> Element
  ) throws(EventError) -> [Element] {
    let values = try required(key, "a list", converted(key, "a list", \.array))
    var elements: [Element] = []
    elements.reserveCapacity(values.count)
    for value in values { elements.append(try element(EventMembers(of: value))) }
    return elements
  }

  private func required<Value>(_ key: String, _ kind: String, _ value: Value?) throws(EventError) -> Value {
    guard let value else { throw EventError("\(key) is missing: \(kind) belongs there") }
    return value
  }

  private func converted<Value>(
    _ key: String, _ kind: String, _ convert: (JSONValue) -> Value?
  ) throws(EventError) -> Value? {
    guard let member = self[key] else { return nil }
    guard let value = convert(member) else {
      throw EventError("\(key) is \(String(decoding: member.compact, as: UTF8.self).prefix(60)): \(kind) belongs there")
    }
    return value
  }
}

package import JSON

/// How long a ban or mute is to last, and why.
package struct ControlTerms: Equatable, Sendable {
  /// nil: until it is lifted.
  package var span: TimeSpan?
  /// Shown to the users concerned.
  package var reason: String?

  package init(span: TimeSpan? = nil, reason: String? = nil) {
    self.span = span
    self.reason = reason
  }
}

/// A ban or mute that the operator has set or lifted.
package struct ControlRestricted: Equatable, Sendable {
  package var restriction: Restriction
  /// How many sessions were closed or, for a mute, notified.
  package var sessions: Int
  /// Whether the name is an account's; nil for addresses.
  package var isAccount: Bool?

  package init(_ restriction: Restriction, sessions: Int, isAccount: Bool?) {
    self.restriction = restriction
    self.sessions = sessions
    self.isAccount = isAccount
  }
}

extension ControlRestricted: CodedRecord {
  package static let meaning = "a ban"
  package static let blank = of(.ban)

  static func of(_ kind: Restriction.Kind) -> ControlRestricted {
    ControlRestricted(Restriction(.init(kind, .user(.lobby))), sessions: 0, isAccount: nil)
  }

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try restriction.code(&coder)
    try coder.nullable("account", &isAccount)
    try coder.field("sessions", &sessions)
  }
}

extension Restriction: CodedRecord {
  package static let meaning = "a ban"
  package static let blank = Restriction(.init(.ban, .user(.lobby)))

  /// `user` is null for addresses, and `address` for a name.
  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("kind", &key.kind)
    try key.subject.code(&coder)
    try coder.nullable("since", &since)
    try coder.nullable("until", &until)
    try coder.field("by", &by)
    try coder.field("reason", &reason)
  }
}

extension Restriction.Kind: FieldValue {}

extension Restriction.Subject {
  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var user: Name? = if case .user(let name) = self { name } else { nil }
    var block: AddressBlock? = if case .addresses(let block) = self { block } else { nil }
    try coder.optional("user", &user)
    try coder.optional("address", &block)
    switch (user, block) {
    case (let name?, nil): self = .user(name)
    case (nil, let block?): self = .addresses(block)
    default: try coder.fail("a ban needs one of \"user\" and \"address\"")
    }
  }
}

extension TimeSpan: FieldValue {
  package static var expected: String { "a whole number from 1 to \(secondsMax)" }
  package static func read(_ value: JSONValue) -> TimeSpan? { value.int.flatMap { TimeSpan(seconds: Int64($0)) } }
  package var json: JSONValue { .int(seconds) }
}

extension AddressBlock: FieldValue {
  package static var expected: String { "an address, or ADDRESS/BITS" }
  package static func read(_ value: JSONValue) -> AddressBlock? { value.string.flatMap { AddressBlock($0) } }
  package var json: JSONValue { .string(description) }
}

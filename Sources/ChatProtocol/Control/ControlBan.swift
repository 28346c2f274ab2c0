import JSON

/// How long a ban or a mute is to last, and why.
package struct ControlTerms: Equatable, Sendable {
  /// nil: until it is lifted.
  package var span: TimeSpan?
  /// What those are told whom it hits.
  package var reason: String?

  package init(span: TimeSpan? = nil, reason: String? = nil) {
    self.span = span
    self.reason = reason
  }
}

/// A ban or a mute that the operator has put on somebody or lifted.
package struct ControlRestricted: Equatable, Sendable {
  package var restriction: Restriction
  /// Those that were closed or, of a mute, told.
  package var sessions: Int
  /// Whether the name is an account's; nil for addresses.
  package var isAccount: Bool?

  package init(_ restriction: Restriction, sessions: Int, isAccount: Bool?) {
    self.restriction = restriction
    self.sessions = sessions
    self.isAccount = isAccount
  }
}

extension ControlTerms {
  init(_ object: ControlObject) throws(ControlDecodingError) {
    span = try object.optional("for_seconds", "a whole number from 1 to \(TimeSpan.secondsMax)") { value in
      value.int.flatMap { TimeSpan(seconds: Int64($0)) }
    }
    reason = try ControlRequest.reason(object)
  }
}

extension Restriction.Subject {
  /// `user` or `address` of a request, or of a ban or mute.
  init(_ object: ControlObject) throws(ControlDecodingError) {
    let block = try object.optional("address", "an address, or ADDRESS/BITS") { $0.string.flatMap { AddressBlock($0) } }
    switch (try object.optionalName("user"), block) {
    case (let name?, nil): self = .user(name)
    case (nil, let block?): self = .addresses(block)
    default: throw ControlDecodingError("\(object.meaning) is about one of \"user\" and \"address\"")
    }
  }
}

extension JSONValue {
  mutating func append(_ subject: Restriction.Subject) {
    switch subject {
    case .user(let name): self["user"] = .string(name.text)
    case .addresses(let block): self["address"] = .string(block.description)
    }
  }

  mutating func append(_ subject: Restriction.Subject, _ terms: ControlTerms) {
    append(subject)
    self["for_seconds"] = terms.span.map { .int($0.seconds) }
    self["reason"] = terms.reason.map { .string($0) }
  }
}

extension Restriction {
  /// `user` is null for addresses, and `address` for a name.
  var json: JSONValue {
    var object: JSONValue = ["kind": .string(kind.rawValue), "user": nil, "address": nil]
    object.append(subject)
    object["since"] = .orNull(since)
    object["until"] = .orNull(until)
    object["by"] = .string(by)
    object["reason"] = .string(reason)
    return object
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    try self.init(try ControlObject(json, "a ban"))
  }

  fileprivate init(_ ban: ControlObject) throws(ControlDecodingError) {
    let kind = try ban.value("kind", "ban or mute") { $0.string.flatMap { Kind(rawValue: $0) } }
    self.init(
      Key(kind, try Subject(ban)), since: try ban.optionalTimestamp("since"), until: try ban.optionalTimestamp("until"),
      by: try ban.string("by"), reason: try ban.string("reason"))
  }
}

extension ControlRestricted {
  var json: JSONValue {
    var object = restriction.json
    object["account"] = isAccount.map { .bool($0) } ?? .null
    object["sessions"] = .int(sessions)
    return object
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let object = try ControlObject(json, "a ban")
    restriction = try Restriction(object)
    isAccount = object["account"] == nil ? nil : try object.bool("account")
    sessions = try object.int("sessions")
  }
}

import JSON

extension ControlNewUser {
  init(_ object: ControlObject) throws(ControlDecodingError) {
    name = try object.name("user")
    email = try object.optionalEmail()
    isOperator = try object.optionalRole() ?? false
    password = try object.optionalPassword()
  }
}

extension ControlUserChange {
  init(_ object: ControlObject) throws(ControlDecodingError) {
    let hasNone = try object.optional("no_email", "true or false") { $0.bool } ?? false
    let address = try object.optionalEmail()
    guard address == nil || !hasNone else {
      throw ControlDecodingError("an account has an e-mail address or none; give \"email\" or \"no_email\"")
    }
    email = hasNone ? .removed : address.map { .address($0) }
    isOperator = try object.optionalRole()
    guard email != nil || isOperator != nil else {
      throw ControlDecodingError("users set is to set something; give \"email\", \"no_email\" or \"role\"")
    }
  }
}

extension ControlObject {
  func optionalEmail() throws(ControlDecodingError) -> EmailAddress? {
    try optional("email", "an e-mail address (\(EmailAddress.rule))") { $0.string.flatMap { EmailAddress($0) } }
  }

  /// Whether it is an operator's.
  func optionalRole() throws(ControlDecodingError) -> Bool? {
    try optional("role", "user or operator") { ["user": false, "operator": true][$0.string ?? ""] }
  }

  /// A password that is being set.
  func optionalPassword() throws(ControlDecodingError) -> Secret? {
    guard let text = try optionalString("password") else { return nil }
    guard let password = Secret(choosing: text) else { throw ControlDecodingError("a password has \(Secret.rule)") }
    return password
  }
}

extension JSONValue {
  mutating func append(_ user: ControlNewUser) {
    self["user"] = .string(user.name.text)
    self["email"] = user.email.map { .string($0.text) }
    if user.isOperator { self["role"] = "operator" }
    self["password"] = user.password.map { .string($0.exposed) }
  }

  mutating func append(_ change: ControlUserChange) {
    switch change.email {
    case .address(let email): self["email"] = .string(email.text)
    case .removed: self["no_email"] = true
    case nil: break
    }
    self["role"] = change.isOperator.map { $0 ? "operator" : "user" }
  }
}

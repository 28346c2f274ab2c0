/// An account that the operator makes.
package struct ControlNewUser: Equatable, Sendable {
  package var name: Name
  package var email: EmailAddress?
  package var isOperator: Bool
  /// nil for one that the server makes up.
  package var password: Secret?

  package init(name: Name, email: EmailAddress? = nil, isOperator: Bool = false, password: Secret? = nil) {
    self.name = name
    self.email = email
    self.isOperator = isOperator
    self.password = password
  }
}

/// What is to become different about an account; what is nil stays.
package struct ControlUserChange: Equatable, Sendable {
  package enum Email: Equatable, Sendable {
    case address(EmailAddress)
    case removed
  }

  package var email: Email?
  package var isOperator: Bool?

  package init(email: Email? = nil, isOperator: Bool? = nil) {
    self.email = email
    self.isOperator = isOperator
  }
}

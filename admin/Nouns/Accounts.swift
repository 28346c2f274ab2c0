import ChatProtocol
import Terminal

// What an operator does with accounts, and how it reads.

extension AdminVerb {
  static let addingAccounts = [
    AdminVerb(
      "users add", "NAME [--email ADDRESS] [--role user|operator] [--generate]", summary: "Make an account.",
      explanation: """
        Its password is asked for twice without being shown, or read from standard
        input where that is no terminal; with --generate one is made up and printed.
        A guest who has the name is closed.
        """,
      options: [.email, .role, .generate],
      example: """
        $ chat-admin users add dave --email dave@example.org --generate
        added user dave; the password, shown only now: k7fw-2m9x-qd4h-t6ne
        """
    ) { (arguments) throws(AdminError) in
      let user = ControlNewUser(
        name: try arguments.user(), email: try arguments.email(), isOperator: try arguments.role() ?? false)
      return arguments.flag(.generate) ? .request(.usersAdd(user)) : .requestWithPassword(.addUser(user))
    },
    AdminVerb(
      "users passwd", "USER [--generate]", summary: "Give an account another password.",
      explanation: """
        It is asked for twice without being shown, or read from standard input where
        that is no terminal; with --generate one is made up and printed. It never
        stands on the command line, nor in the log. Sessions that are open stay so;
        'users kick' closes them.
        """,
      options: [.generate],
      example: """
        $ chat-admin users passwd bob --generate
        changed the password of bob; it is, shown only now: pkq6-8hy2-j3is-aptp
        """
    ) { (arguments) throws(AdminError) in
      let user = try arguments.user()
      return arguments.flag(.generate) ? .request(.usersPasswd(user, nil)) : .requestWithPassword(.changePassword(user))
    },
  ]

  static let changingAccounts = [
    AdminVerb(
      "users set", "USER [--email ADDRESS | --no-email] [--role user|operator]",
      summary: "Change an account's e-mail or role.",
      explanation: "An operator has the owner's rights in every room. It counts at once, also for who is here.",
      options: [.email, .noEmail, .role],
      example: """
        $ chat-admin users set bob --role operator --email bob@example.org
        changed bob: role, email
        """
    ) { (arguments) throws(AdminError) in
      let user = try arguments.user()
      let address = try arguments.email()
      if address != nil, arguments.flag(.noEmail) {
        throw AdminError(.usage, "an account has an e-mail address or none: give --email or --no-email")
      }
      let email: ControlUserChange.Email? = arguments.flag(.noEmail) ? .removed : address.map { .address($0) }
      let change = ControlUserChange(email: email, isOperator: try arguments.role())
      guard change != ControlUserChange() else {
        throw AdminError(.usage, "say what to set: --email ADDRESS, --no-email or --role user|operator")
      }
      return .request(.usersSet(user, change))
    },
    AdminVerb(
      "users disable", "USER [--reason TEXT]", summary: "Let nobody log in to an account, and close its sessions.",
      explanation: "Its rooms and messages stay; 'users enable' undoes it.",
      options: [.reason],
      example: """
        $ chat-admin users disable bob --reason "call the office"
        disabled bob; 1 session was closed
        """
    ) { (arguments) throws(AdminError) in
      .request(.usersDisable(try arguments.user(), reason: arguments.text(.reason)))
    },
    AdminVerb(
      "users enable", "USER", summary: "Let its user log in to an account again.",
      example: """
        $ chat-admin users enable bob
        enabled bob
        """
    ) { (arguments) throws(AdminError) in .request(.usersEnable(try arguments.user())) },
    AdminVerb(
      "users delete", "USER", summary: "Delete an account, and everything that is kept for it.",
      explanation: """
        Its sessions are closed. Rooms that it owned have no owner any more, so that
        operators rule them; unread messages and memberships are gone. Whoever has the
        name next gets nothing of it. What it said stays in the log, and a room that
        banned the name keeps doing so.
        """,
      example: """
        $ chat-admin users delete bob
        deleted user bob: 1 session was closed, 2 unread messages are gone, ops has no owner now
        """
    ) { (arguments) throws(AdminError) in .request(.usersDelete(try arguments.user())) },
  ]
}

extension AdminText {
  func userAdded(_ user: Name, password: Secret?) -> String {
    guard let password else { return "added user \(user) with that password" }
    return "added user \(user); the password, shown only now: \(password.exposed)"
  }

  func userChanged(
    _ user: Name, fields: [String], sessions: Int, password: Secret?, by request: ControlRequest
  ) -> String {
    switch request {
    case .usersPasswd:
      guard let password else { return "changed the password of \(user)" }
      return "changed the password of \(user); it is, shown only now: \(password.exposed)"
    case .usersDisable: return fields.isEmpty ? "\(user) is disabled already" : "disabled \(user); \(closed(sessions))"
    case .usersEnable: return fields.isEmpty ? "\(user) is enabled already" : "enabled \(user)"
    default:
      return fields.isEmpty
        ? "\(user) is so already; nothing was changed" : "changed \(user): \(fields.joined(separator: ", "))"
    }
  }

  func userDeleted(_ deleted: ControlDeletedUser) -> String {
    var parts = deleted.hadAccount ? [closed(deleted.sessions)] : ["its row in users.csv was gone already"]
    if deleted.unread > 0 {
      parts.append("\(counted(deleted.unread, "unread message")) \(deleted.unread == 1 ? "is" : "are") gone")
    }
    if !deleted.rooms.owned.isEmpty {
      parts.append("\(names(deleted.rooms.owned)) \(deleted.rooms.owned.count == 1 ? "has" : "have") no owner now")
    }
    if !deleted.rooms.moderated.isEmpty {
      parts.append("\(names(deleted.rooms.moderated)) lost a moderator")
    }
    return "deleted user \(deleted.name): \(parts.joined(separator: ", "))"
  }

  func closed(_ sessions: Int) -> String {
    sessions == 1 ? "1 session was closed" : "\(sessions) sessions were closed"
  }
}

import ChatProtocol
import Terminal

// What an operator does with users, and how they are shown.

extension AdminVerb {
  static let users = [
    AdminVerb(
      "users list", summary: "List all accounts, and the guests that are here.",
      example: """
        $ chat-admin users list
        USER     ROLE      STATUS  SESSIONS  UNREAD  LAST SEEN (CET)   CREATED (CET)     EMAIL              ROOMS
        alice    operator  active         1       0  now               2026-11-20 20:11  alice@example.org  lobby, ops
        visitor  guest     active         1       0  now               -                 -                  lobby
        """
    ) { (_) throws(AdminError) in .request(.usersList) },
    AdminVerb(
      "users info", "USER", summary: "Show one account, or a guest that is here.",
      example: """
        $ chat-admin users info alice
        user       alice
        role       operator
        status     active
        e-mail     alice@example.org
        created    2026-11-20 20:11 CET
        last seen  now, in 1 session
        rooms      lobby, ops
        owns       ops
        moderates  -
        unread     0 private messages
        files      12.3 MiB of 256.0 MiB, 1 not complete
        """
    ) { (arguments) throws(AdminError) in .request(.usersInfo(try arguments.user())) },
  ]

  static let accounts =
    addingAccounts + changingAccounts + [
      AdminVerb(
        "users kick", "USER [--reason TEXT]", summary: "Close all sessions of a user, with the reason.",
        explanation: "The user may come back; the account and its rooms stay as they are.",
        options: [.reason],
        example: """
          $ chat-admin users kick bob --reason "enough for today"
          kicked bob; 1 session was closed
          """
      ) { (arguments) throws(AdminError) in
        .request(.usersKick(try arguments.user(), reason: arguments.text(.reason)))
      }
    ]
}

extension AdminText {
  private static let roomsShown = 4

  func users(_ users: [ControlUser]) -> Table {
    let columns: [Table.Column] = [
      .whole("USER"), .whole("ROLE").droppable(5), .whole("STATUS"), .number("SESSIONS").droppable(4),
      .number("UNREAD").droppable(3), times("LAST SEEN").droppable(6), times("CREATED").droppable(1),
      .text("EMAIL").droppable(2), .text("ROOMS"),
    ]
    let rows = users.map { user in
      return [
        user.name.text, user.isGuest ? "guest" : user.isOperator ? "operator" : "user",
        status(of: user), "\(user.sessions)", "\(user.unread)",
        user.sessions > 0 ? "now" : time(user.lastSeen), time(user.created), orDash(user.email), rooms(of: user),
      ]
    }
    return Table(columns, rows: rows)
  }

  func user(_ user: ControlUser) -> [String] {
    var facts = [
      ("user", user.name.text), ("role", user.isGuest ? "guest" : user.isOperator ? "operator" : "user"),
      ("status", user.isDisabled ? "disabled" : user.away.map { "away: \($0)" } ?? "active"),
    ]
    if let ban = user.ban { facts.append(("banned", terms(of: ban))) }
    if let mute = user.mute { facts.append(("muted", terms(of: mute))) }
    if !user.isGuest { facts += [("e-mail", orDash(user.email)), ("created", timeWithZone(user.created))] }
    facts += [
      ("last seen", user.sessions > 0 ? "now, in \(counted(user.sessions, "session"))" : timeWithZone(user.lastSeen)),
      ("rooms", names(user.rooms)),
    ]
    if !user.isGuest, let steers = user.steers {
      facts += [("owns", names(steers.owned)), ("moderates", names(steers.moderated))]
    }
    if !user.isGuest { facts.append(("unread", counted(user.unread, "private message"))) }
    if let files = user.files { facts.append(("files", self.files(files))) }
    return fields(facts.map { (label: $0.0, value: $0.1) })
  }

  private func status(of user: ControlUser) -> String {
    if user.isDisabled { return "disabled" }
    if let ban = user.ban { return standing(under: ban) }
    if let mute = user.mute { return standing(under: mute) }
    return user.away == nil ? "active" : "away"
  }

  /// One user in a thousand rooms does not push everybody else's line off the screen.
  private func rooms(of user: ControlUser) -> String {
    guard user.rooms.count > Self.roomsShown else { return orDash(user.rooms.map(\.text).joined(separator: ", ")) }
    return user.rooms.prefix(Self.roomsShown - 1).map(\.text).joined(separator: ", ")
      + " and \(user.rooms.count - Self.roomsShown + 1) more"
  }

  func userKicked(_ user: Name, sessions: Int) -> String {
    "kicked \(user); \(closed(sessions))"
  }
}

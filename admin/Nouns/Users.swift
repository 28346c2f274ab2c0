import ChatProtocol
import Terminal

// What an operator does with users, and how they are shown.

extension AdminVerb {
  static let users = [
    AdminVerb(
      "users list", summary: "List all accounts, and the guests that are here.",
      example: """
        $ chat-admin users list
        USER     ROLE      STATUS  SESSIONS  UNREAD  LAST SEEN         CREATED           EMAIL              ROOMS
        alice    operator  active         1       0  now               2026-11-20 20:11  alice@example.org  lobby, ops
        visitor  guest     active         1       0  now               -                 -                  lobby
        """
    ) { (_) throws(AdminFailure) in .request(.usersList) },
    AdminVerb(
      "users kick", "USER [--reason TEXT]", summary: "Close all sessions of a user, with the reason.",
      explanation: "The user may come back; the account and its rooms stay as they are.",
      options: [.reason],
      example: """
        $ chat-admin users kick bob --reason "enough for today"
        kicked bob; 1 session was closed
        """
    ) { (arguments) throws(AdminFailure) in
      .request(.usersKick(try arguments.user(), reason: arguments.text(.reason)))
    },
  ]
}

extension AdminText {
  private static let roomsShown = 4

  func users(_ users: [ControlUser]) -> Table {
    let columns: [Table.Column] = [
      .whole("USER"), .whole("ROLE"), .whole("STATUS"), .number("SESSIONS"), .number("UNREAD"), .whole("LAST SEEN"),
      .whole("CREATED"), .text("EMAIL"), .text("ROOMS"),
    ]
    let rows = users.map { user in
      return [
        user.name.text, user.isGuest ? "guest" : user.isOperator ? "operator" : "user",
        user.isDisabled ? "disabled" : user.away == nil ? "active" : "away", "\(user.sessions)", "\(user.unread)",
        user.sessions > 0 ? "now" : time(user.lastSeen), time(user.created), orDash(user.email), rooms(of: user),
      ]
    }
    return Table(columns, rows: rows)
  }

  /// One user in a thousand rooms does not push everybody else's line off the screen.
  private func rooms(of user: ControlUser) -> String {
    guard user.rooms.count > Self.roomsShown else { return orDash(user.rooms.map(\.text).joined(separator: ", ")) }
    return user.rooms.prefix(Self.roomsShown - 1).map(\.text).joined(separator: ", ")
      + " and \(user.rooms.count - Self.roomsShown + 1) more"
  }

  func userKicked(_ user: Name, sessions: Int) -> String {
    sessions == 1 ? "kicked \(user); 1 session was closed" : "kicked \(user); \(sessions) sessions were closed"
  }
}

import ChatProtocol
import Terminal

extension AdminVerb {
  static let users = [
    AdminVerb(
      "users list", summary: "List all accounts and connected guests.",
      example: """
        $ chat-admin users list
        USER     ROLE      STATUS  SESSIONS  UNREAD  LAST SEEN (CET)   CREATED (CET)     EMAIL              ROOMS
        alice    operator  active         1       0  now               2026-11-20 20:11  alice@example.org  lobby, ops
        visitor  guest     active         1       0  now               -                 -                  lobby
        """
    ) { (_) throws(AdminError) in .request(.usersList) },
    AdminVerb(
      "users info", [.user], summary: "Show an account or a connected guest.",
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
        files      12.3 MiB of 256.0 MiB, 1 unfinished
        """
    ) { (arguments) throws(AdminError) in .request(.usersInfo(try arguments.user())) },
    AdminVerb(
      "users add", [.init(name: "NAME")], options: [[.email], [.role], [.generate]], summary: "Create an account.",
      details: """
        On a terminal, the password is asked for twice; otherwise it is read from
        standard input. With --generate, a password is generated and printed once.
        A guest who uses the name is disconnected.
        """,
      example: """
        $ chat-admin users add dave --email dave@example.org --generate
        added user dave; password (shown once): k7fw-2m9x-qd4h-t6ne
        """
    ) { (arguments) throws(AdminError) in
      let add = ControlRequest.usersAdd(
        ControlNewUser(
          name: try arguments.user(), email: try arguments.email(), isOperator: try arguments.role() ?? false))
      return arguments.flag(.generate) ? .request(add) : .requestWithPassword(add)
    },
    AdminVerb(
      "users passwd", [.user], options: [[.generate]], summary: "Change an account's password.",
      details: """
        On a terminal, the password is asked for twice; otherwise it is read from
        standard input. With --generate, a password is generated and printed once.
        It never appears on the command line or in the log. Open sessions stay
        connected; 'users kick' closes them.
        """,
      example: """
        $ chat-admin users passwd bob --generate
        changed the password of bob; password (shown once): pkq6-8hy2-j3is-aptp
        """
    ) { (arguments) throws(AdminError) in
      let change = ControlRequest.usersPasswd(try arguments.user(), nil)
      return arguments.flag(.generate) ? .request(change) : .requestWithPassword(change)
    },
    AdminVerb(
      "users set", [.user], options: [[.email, .noEmail], [.role]],
      summary: "Change an account's e-mail address or role.",
      details: """
        An operator has the owner's rights in every room. The change takes effect at
        once, also for connected users.
        """,
      example: """
        $ chat-admin users set bob --role operator --email bob@example.org
        changed bob: role, email
        """
    ) { (arguments) throws(AdminError) in
      let user = try arguments.user()
      let change = ControlUserChange(
        email: arguments.flag(.noEmail) ? .removed : try arguments.email().map { .address($0) },
        isOperator: try arguments.role())
      guard change != ControlUserChange() else {
        throw AdminError(.usage, "nothing to set: give --email ADDRESS, --no-email or --role user|operator")
      }
      return .request(.usersSet(user, change))
    },
    AdminVerb(
      "users disable", [.user], options: [[.reason]], summary: "Disable an account and close its sessions.",
      details: "Logging in to it fails. Its rooms and messages stay. 'users enable' reverses this.",
      example: """
        $ chat-admin users disable bob --reason "call the office"
        disabled bob; 1 session closed
        """
    ) { (arguments) throws(AdminError) in
      .request(.usersDisable(try arguments.user(), reason: arguments.text(.reason)))
    },
    AdminVerb(
      "users enable", [.user], summary: "Enable a disabled account.",
      example: """
        $ chat-admin users enable bob
        enabled bob
        """
    ) { (arguments) throws(AdminError) in .request(.usersEnable(try arguments.user())) },
    AdminVerb(
      "users delete", [.user], summary: "Delete an account and its data.",
      details: """
        Closes its sessions and deletes its unread messages and memberships. The rooms
        that it owned have no owner; operators manage them. A later account of the same
        name gets nothing of it. Its messages stay in the log, and rooms that banned the
        name keep that ban.
        """,
      example: """
        $ chat-admin users delete bob
        deleted user bob: 1 session closed, 2 unread messages deleted, no owner left in: ops
        """
    ) { (arguments) throws(AdminError) in .request(.usersDelete(try arguments.user())) },
    AdminVerb(
      "users kick", [.user], options: [[.reason]], summary: "Close all sessions of a user.",
      details: "The user can log in again. The account and its rooms do not change.",
      example: """
        $ chat-admin users kick bob --reason "enough for today"
        kicked bob; 1 session closed
        """
    ) { (arguments) throws(AdminError) in
      .request(.usersKick(try arguments.user(), reason: arguments.text(.reason)))
    },
    AdminVerb(
      "users ban", [.user], options: [[.duration], [.reason]], summary: "Ban a user from the server.",
      details: """
        Closes the user's sessions. Until the ban ends, the name cannot log in, join as a
        guest or be registered. The ban is on the name, with or without an account, and
        'users delete' does not remove it. A guest may come back under another name:
        'sessions list' shows the address for 'bans add'. A second ban replaces the time
        and the reason. The same as 'bans add USER'.
        """,
      example: """
        $ chat-admin users ban mallory --for 7d --reason "spam"
        banned mallory until 2026-11-27 20:11 CET (7 d left); 1 session closed
        """
    ) { (arguments) throws(AdminError) in .request(.usersBan(try arguments.user(), try arguments.terms())) },
    AdminVerb(
      "users unban", [banned], summary: "Lift the ban of a user.",
      example: """
        $ chat-admin users unban mallory
        unbanned mallory
        """
    ) { (arguments) throws(AdminError) in .request(.usersUnban(try arguments.user())) },
    AdminVerb(
      "users mute", [.user], options: [[.duration], [.reason]], summary: "Mute a user on the whole server.",
      details: """
        A muted user can log in, join, read and leave, but sends nothing that others see:
        no messages, topics, reasons, away texts or new rooms. Like a ban, a mute is on
        the name.
        """,
      example: """
        $ chat-admin users mute bob --for 2h --reason "calm down"
        muted bob until 2026-11-20 22:11 CET (2 h left); 1 session notified
        """
    ) { (arguments) throws(AdminError) in .request(.usersMute(try arguments.user(), try arguments.terms())) },
    AdminVerb(
      "users unmute", [muted], summary: "Lift the mute of a user.",
      example: """
        $ chat-admin users unmute bob
        unmuted bob; 1 session notified
        """
    ) { (arguments) throws(AdminError) in .request(.usersUnmute(try arguments.user())) },
  ]

  private static let banned = Operand(name: "USER", candidates: .restricted(.ban, namesOnly: true))
  private static let muted = Operand(name: "USER", candidates: .restricted(.mute, namesOnly: true))
}

extension ReplyText {
  func users(_ users: [ControlUser]) -> Table {
    let columns: [Table.Column] = [
      .whole("USER"), .whole("ROLE").droppable(5), .whole("STATUS"), .number("SESSIONS").droppable(4),
      .number("UNREAD").droppable(3), times("LAST SEEN").droppable(6), times("CREATED").droppable(1),
      .text("EMAIL").droppable(2), .text("ROOMS"),
    ]
    let rows = users.map { user in
      [
        user.name.text, role(of: user), status(of: user), "\(user.sessions)", "\(user.unread)",
        user.sessions > 0 ? "now" : time(user.lastSeen), time(user.created), orDash(user.email), rooms(of: user),
      ]
    }
    return Table(columns, rows: rows)
  }

  func user(_ user: ControlUser) -> [String] {
    var facts = [
      ("user", user.name.text), ("role", role(of: user)),
      ("status", user.isDisabled ? "disabled" : user.away.map { "away: \($0)" } ?? "active"),
    ]
    if let ban = user.ban { facts.append(("banned", terms(of: ban))) }
    if let mute = user.mute { facts.append(("muted", terms(of: mute))) }
    if !user.isGuest { facts += [("e-mail", orDash(user.email)), ("created", timeWithZone(user.created))] }
    facts += [
      ("last seen", user.sessions > 0 ? "now, in \(counted(user.sessions, "session"))" : timeWithZone(user.lastSeen)),
      ("rooms", names(user.rooms)),
    ]
    if !user.isGuest, let rooms = user.roomRoles {
      facts += [("owns", names(rooms.owned)), ("moderates", names(rooms.moderated))]
    }
    if !user.isGuest {
      let rooms = (user.unreadRooms ?? []).map { "\($0.unread) in \($0.room)" }
      facts.append(("unread", ([counted(user.unread, "private message")] + rooms).joined(separator: ", ")))
    }
    if let files = user.files {
      facts.append(("files", bytes(files.bytes, of: files.bytesMax) + unfinished(files.unfinished)))
    }
    return fields(facts.map { (label: $0.0, value: $0.1) })
  }

  private func role(of user: ControlUser) -> String { user.isGuest ? "guest" : user.isOperator ? "operator" : "user" }

  private func status(of user: ControlUser) -> String {
    if user.isDisabled { return "disabled" }
    if let restriction = user.ban ?? user.mute { return short(restriction) }
    return user.away == nil ? "active" : "away"
  }

  /// At most four, so that one user in a thousand rooms does not push the other lines off the screen.
  private func rooms(of user: ControlUser) -> String {
    let shown = user.rooms.count > 4 ? 3 : user.rooms.count
    let names = list(user.rooms.prefix(shown).map(\.text))
    return shown == user.rooms.count ? orDash(names) : "\(names) and \(user.rooms.count - shown) more"
  }

  func userChanged(
    _ user: Name, _ fields: [String], _ sessions: Int, _ password: Secret?, by request: ControlRequest, isDryRun: Bool
  ) -> String {
    if isDryRun, !fields.isEmpty { return "would disable \(user) and \(close(sessions))" }
    switch request {
    case .usersPasswd: return "changed the password of \(user)\(shown(password) ?? "")"
    case .usersEnable: return fields.isEmpty ? "\(user) is already enabled" : "enabled \(user)"
    case _ where isDryRun: return "\(user) is already disabled"
    case .usersDisable: return fields.isEmpty ? "\(user) is already disabled" : "disabled \(user); \(closed(sessions))"
    default: return changed(user.text, fields, nil)
    }
  }

  func userDeleted(_ deleted: ControlDeletedUser, isDryRun: Bool) -> String {
    var parts = [
      deleted.hadAccount
        ? isDryRun ? close(deleted.sessions) : closed(deleted.sessions)
        : "its row in users.csv was already removed"
    ]
    if deleted.unread > 0 {
      let unread = counted(deleted.unread, "unread message")
      parts.append(isDryRun ? "delete \(unread)" : "\(unread) deleted")
    }
    if !deleted.rooms.owned.isEmpty {
      parts.append("\(isDryRun ? "leave no owner" : "no owner left") in: \(names(deleted.rooms.owned))")
    }
    if !deleted.rooms.moderated.isEmpty {
      parts.append("\(isDryRun ? "remove a moderator" : "moderator removed") from: \(names(deleted.rooms.moderated))")
    }
    return "\(isDryRun ? "would delete" : "deleted") user \(deleted.name): \(list(parts))"
  }
}

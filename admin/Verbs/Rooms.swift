import ChatProtocol
import Terminal

extension AdminVerb {
  static let rooms = [
    AdminVerb(
      "rooms list", summary: "List all rooms.",
      example: """
        $ chat-admin rooms list
        ROOM   MEMBERS  ACCESS  OWNER  CREATED (CET)     TOPIC
        lobby        2  open    -      2026-11-20 20:11  Good evening
        ops          1  locked  alice  2026-11-20 20:14  Who is on call?
        """
    ) { (_) throws(AdminError) in .request(.roomsList) },
    AdminVerb(
      "rooms info", [.room], summary: "Show a room and its connected members.",
      example: """
        $ chat-admin rooms info ops
        room        ops
        topic       Who is on call?
        owner       alice
        access      locked
        created     2026-11-20 20:14 CET
        moderators  bob
        banned      -
        muted       -
        members     1

        MEMBER  ROLE   MUTED  AWAY
        alice   owner  no     -
        """
    ) { (arguments) throws(AdminError) in .request(.roomsInfo(try arguments.room())) },
    AdminVerb(
      "rooms create", [.room], options: [[.open, .passwordFromStandardInput]], summary: "Create a room.",
      details: """
        The room has no owner; operators manage it. By default it is locked with a
        generated password, which is printed once. Use --open for a room without a
        password, or --password-stdin to set your own.
        """,
      example: """
        $ chat-admin rooms create ops
        created room ops (locked); password (shown once): k7fw-2m9x-qd4h-t6ne
        """
    ) { (arguments) throws(AdminError) in
      let create = ControlRequest.roomsCreate(
        try arguments.room(), arguments.flag(.open) ? .open : .generatedPassword)
      return arguments.flag(.passwordFromStandardInput) ? .requestWithPassword(create) : .request(create)
    },
    AdminVerb(
      "rooms delete", [.room], summary: "Delete a room and move its members to lobby.",
      example: """
        $ chat-admin rooms delete ops
        deleted room ops; 3 members moved to lobby
        """
    ) { (arguments) throws(AdminError) in .request(.roomsDelete(try arguments.room())) },
    AdminVerb(
      "rooms set", [.room],
      options: [
        [.topic, .noTopic], [.owner, .noOwner], [.open, .passwordFromStandardInput, .generatePassword],
      ],
      summary: "Change a room's topic, owner or password.",
      details: """
        The room's members are notified. Operators manage a room without an owner.
        --password-stdin reads the password from standard input, or asks for it twice
        on a terminal. Users who are in the room stay there.
        """,
      example: """
        $ chat-admin rooms set ops --topic "Who is on call?" --owner alice
        changed room ops: topic, owner
        """
    ) { (arguments) throws(AdminError) in
      let room = try arguments.room()
      let change = ControlRoomChange(
        topic: arguments.flag(.noTopic) ? "" : arguments.value(.topic),
        owner: arguments.flag(.noOwner) ? .removed : try arguments.name(.owner, of: "user").map { .account($0) },
        access: arguments.flag(.open) ? .open : arguments.flag(.generatePassword) ? .generatedPassword : nil)
      if arguments.flag(.passwordFromStandardInput) { return .requestWithPassword(.roomsSet(room, change)) }
      guard change != ControlRoomChange() else {
        throw AdminError(
          .usage, "nothing to set: give a topic, an owner or a password; see chat-admin rooms set --help")
      }
      return .request(.roomsSet(room, change))
    },
    AdminVerb(
      "rooms members", [.room], summary: "List the connected members of a room.",
      example: """
        $ chat-admin rooms members ops
        MEMBER   ROLE   MUTED  AWAY
        alice    owner  no     -
        visitor  guest  yes    lunch
        """
    ) { (arguments) throws(AdminError) in .request(.roomsMembers(try arguments.room())) },
    AdminVerb(
      "rooms kick", [.room, .user], options: [[.reason]], summary: "Remove a user from a room.",
      details: """
        The user can join again, with the password if the room has one. This also
        removes a member who is not connected. To keep a user out of the room, its owner
        or a moderator uses /ban.
        """,
      example: """
        $ chat-admin rooms kick ops bob --reason "not your shift"
        kicked bob from ops
        """
    ) { (arguments) throws(AdminError) in
      .request(.roomsKick(try arguments.room(), user: try arguments.user(), reason: arguments.text(.reason)))
    },
  ]
}

extension ReplyText {
  func rooms(_ rooms: [ControlRoom]) -> Table {
    let columns: [Table.Column] = [
      .whole("ROOM"), .number("MEMBERS"), .whole("ACCESS").droppable(2), .whole("OWNER").droppable(3),
      times("CREATED").droppable(1), .text("TOPIC"),
    ]
    let rows = rooms.map { room in
      let summary = room.info.summary
      return [
        summary.name.text, "\(summary.members)", summary.entry, orDash(summary.owner),
        time(room.info.created), orDash(summary.topic),
      ]
    }
    return Table(columns, rows: rows)
  }

  func room(_ room: ControlRoom) -> [String] {
    let summary = room.info.summary
    let facts = fields([
      ("room", summary.name.text), ("topic", orDash(summary.topic)), ("owner", orDash(summary.owner)),
      ("access", summary.entry), ("created", timeWithZone(room.info.created)),
      ("moderators", names(room.info.moderators)), ("banned", names(room.info.banned ?? [])),
      ("muted", names(room.info.muted ?? [])), ("members", "\(summary.members)"),
    ])
    guard let members = room.members else { return facts }
    return facts + [""] + lines(.members(members), to: .roomsMembers(summary.name))
  }

  func members(_ members: [RoomMember]) -> Table {
    let columns: [Table.Column] = [.whole("MEMBER"), .whole("ROLE"), .whole("MUTED"), .text("AWAY")]
    let rows = members.map { member in
      let role = member.isGuest ? "guest" : member.role.rawValue
      return [member.name.text, role, member.isMuted ? "yes" : "no", orDash(member.away)]
    }
    return Table(columns, rows: rows)
  }

  func roomCreated(_ room: Name, password: Secret?, by request: ControlRequest) -> String {
    if let shown = shown(password) { return "created room \(room) (locked)\(shown)" }
    if case .roomsCreate(_, .open) = request { return "created room \(room) (open)" }
    return "created room \(room) (locked with your password)"
  }

  func roomDeleted(_ room: Name, members: Int, isDryRun: Bool) -> String {
    let moved = counted(members, "member")
    return isDryRun
      ? "would delete room \(room) and move \(moved) to lobby" : "deleted room \(room); \(moved) moved to lobby"
  }

  func roomKicked(_ room: Name, user: Name, sessions: Int, isDryRun: Bool) -> String {
    if isDryRun { return "would kick \(user) from \(room)" }
    return "kicked \(user) from \(room)" + (sessions > 0 ? "" : " (\(user) is not connected)")
  }
}

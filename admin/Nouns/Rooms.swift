import ChatProtocol
import Terminal

// What an operator does with rooms, and how rooms are shown.

extension AdminVerb {
  static let rooms = makingRooms + moderatedRooms

  private static let makingRooms = [
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
      "rooms info", "ROOM", summary: "Show one room and who is in it.",
      example: """
        $ chat-admin rooms info ops
        room        ops
        topic       Who is on call?
        owner       alice
        access      locked with a password
        created     2026-11-20 20:14 CET
        moderators  bob
        banned      -
        muted       -
        members     1

        MEMBER  STANDING  MUTED  AWAY
        alice   owner     no     -
        """
    ) { (arguments) throws(AdminError) in .request(.roomsInfo(try arguments.room())) },
    AdminVerb(
      "rooms create", "ROOM [--open | --password-stdin]", summary: "Create a room.",
      explanation: """
        The room has no owner: the server's operators rule it. It is locked with a
        password that is made up and printed, this once, unless it is to be open or
        takes a password of yours.
        """,
      options: [.open, .passwordFromStandardInput],
      example: """
        $ chat-admin rooms create ops
        created room ops, locked; its password, shown only now: k7fw-2m9x-qd4h-t6ne
        """
    ) { (arguments) throws(AdminError) in
      let room = try arguments.room()
      switch (arguments.flag(.open), arguments.flag(.passwordFromStandardInput)) {
      case (true, true): throw AdminError(.usage, "a room is open or has a password: give --open or --password-stdin")
      case (true, false): return .request(.roomsCreate(room, .open))
      case (false, true): return .requestWithPassword(.createRoom(room))
      case (false, false): return .request(.roomsCreate(room, .generatedPassword))
      }
    },
    AdminVerb(
      "rooms delete", "ROOM", summary: "Delete a room; its members are told and moved to lobby.",
      example: """
        $ chat-admin rooms delete ops
        deleted room ops; 3 members were told and moved to lobby
        """
    ) { (arguments) throws(AdminError) in .request(.roomsDelete(try arguments.room())) },
  ]
}

extension AdminText {
  func rooms(_ rooms: [ControlRoom]) -> Table {
    let columns: [Table.Column] = [
      .whole("ROOM"), .number("MEMBERS"), .whole("ACCESS").droppable(2), .whole("OWNER").droppable(3),
      times("CREATED").droppable(1), .text("TOPIC"),
    ]
    let rows = rooms.map { room in
      let summary = room.info.summary
      return [
        summary.name.text, "\(summary.members)", summary.isLocked ? "locked" : "open", orDash(summary.owner),
        time(room.info.created), orDash(summary.topic),
      ]
    }
    return Table(columns, rows: rows)
  }

  func room(_ room: ControlRoom) -> [String] {
    let summary = room.info.summary
    let facts = fields([
      ("room", summary.name.text), ("topic", orDash(summary.topic)), ("owner", orDash(summary.owner)),
      ("access", summary.isLocked ? "locked with a password" : "open to everybody"),
      ("created", timeWithZone(room.info.created)), ("moderators", names(room.info.moderators)),
      ("banned", names(room.info.banned ?? [])), ("muted", names(room.info.muted ?? [])),
      ("members", "\(summary.members)"),
    ])
    guard let members = room.members else { return facts }
    return facts + [""] + list(self.members(members), orSay: "nobody is in it now")
  }

  func members(_ members: [RoomMember]) -> Table {
    let columns: [Table.Column] = [.whole("MEMBER"), .whole("STANDING"), .whole("MUTED"), .text("AWAY")]
    let rows = members.map { member in
      let standing = member.isGuest ? "guest" : member.role.rawValue
      return [member.name.text, standing, member.isMuted ? "yes" : "no", orDash(member.away)]
    }
    return Table(columns, rows: rows)
  }

  func roomCreated(_ room: Name, access: RoomAccess, password: Secret?) -> String {
    if let password { return "created room \(room), locked; its password, shown only now: \(password.exposed)" }
    return access == .open
      ? "created room \(room), open to everybody" : "created room \(room), locked with that password"
  }

  func roomDeleted(_ room: Name, members: Int) -> String {
    switch members {
    case 0: "deleted room \(room); nobody was in it"
    case 1: "deleted room \(room); 1 member was told and moved to lobby"
    default: "deleted room \(room); \(members) members were told and moved to lobby"
    }
  }
}

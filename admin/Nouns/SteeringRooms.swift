import ChatProtocol
import Terminal

// What an operator changes about a room, and who is in it.

extension AdminVerb {
  static let moderatedRooms = [
    AdminVerb(
      "rooms set",
      "ROOM [--topic TEXT | --no-topic] [--owner USER | --no-owner] [--open | --password-stdin | --generate-password]",
      summary: "Change a room's topic, owner or password.",
      explanation: """
        Its members are told. A room without an owner is ruled by the operators. A
        password is read from standard input, one line, or asked for twice on a
        terminal; who is in the room already stays.
        """,
      options: [.topic, .noTopic, .owner, .noOwner, .open, .passwordFromStandardInput, .generatePassword],
      example: """
        $ chat-admin rooms set ops --topic "Who is on call?" --owner alice
        changed room ops: topic, owner
        """
    ) { (arguments) throws(AdminError) in
      let room = try arguments.room()
      let topic = arguments.given(.topic)
      let owner = try arguments.name(.owner, of: "user")
      if topic != nil, arguments.flag(.noTopic) {
        throw AdminError(.usage, "a room has a topic or none: give --topic or --no-topic")
      }
      if owner != nil, arguments.flag(.noOwner) {
        throw AdminError(.usage, "a room has an owner or none: give --owner or --no-owner")
      }
      let locks = [Option.open, .passwordFromStandardInput, .generatePassword].filter { arguments.flag($0) }
      guard locks.count <= 1 else {
        throw AdminError(
          .usage, "a room is open or has one password: give --open, --password-stdin or --generate-password")
      }
      let change = ControlRoomChange(
        topic: arguments.flag(.noTopic) ? "" : topic,
        owner: arguments.flag(.noOwner) ? .removed : owner.map { .account($0) },
        access: locks == [.open] ? .open : locks == [.generatePassword] ? .generatedPassword : nil)
      if locks == [.passwordFromStandardInput] { return .requestWithPassword(.lockRoom(room, change)) }
      guard change != ControlRoomChange() else {
        throw AdminError(
          .usage, "say what to set: a topic, an owner or a password; 'chat-admin rooms set --help' tells more")
      }
      return .request(.roomsSet(room, change))
    },
    AdminVerb(
      "rooms members", "ROOM", summary: "List who is in a room now.",
      example: """
        $ chat-admin rooms members ops
        MEMBER   STANDING  MUTED  AWAY
        alice    owner     no     -
        visitor  guest     yes    lunch
        """
    ) { (arguments) throws(AdminError) in .request(.roomsMembers(try arguments.room())) },
    AdminVerb(
      "rooms kick", "ROOM USER [--reason TEXT]", summary: "Put a user out of a room.",
      explanation: """
        The user may join again, with the password if the room has one. A member who
        is not here does not come back into the room. The room's owner and moderators
        keep somebody out for good with /ban.
        """,
      options: [.reason],
      example: """
        $ chat-admin rooms kick ops bob --reason "not your shift"
        kicked bob out of ops
        """
    ) { (arguments) throws(AdminError) in
      .request(
        .roomsKick(try arguments.room(), user: try arguments.user(), reason: arguments.text(.reason)))
    },
  ]
}

extension AdminText {
  func roomChanged(_ room: Name, fields: [String], password: Secret?, by request: ControlRequest) -> String {
    guard !fields.isEmpty else { return "room \(room) is so already; nothing was changed" }
    let shown = password.map { "; its password, shown only now: \($0.exposed)" } ?? ""
    return "changed room \(room): \(fields.joined(separator: ", "))\(shown)"
  }

  func roomKicked(_ room: Name, user: Name, sessions: Int) -> String {
    sessions > 0 ? "kicked \(user) out of \(room)" : "\(user), who is not here, is no longer a member of \(room)"
  }
}

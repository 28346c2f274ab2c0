extension CommandTable {
  /// Going from room to room.
  static let rooms: [CommandDefinition] = [
    CommandDefinition(
      "create", "ROOM [PASSWORD | --open]", "make a room of your own and enter it",
      explanation: """
        /create ROOM makes up a password and shows it once, /create ROOM PASSWORD
        takes yours, /create ROOM --open lets everybody in.
        """
    ) { arguments throws(CommandError) in
      let room = try arguments.room()
      if arguments.skip("--open") { return .create(room, .open) }
      return try .create(room, arguments.optionalNewPassword().map(RoomAccess.password) ?? .generatedPassword)
    },
    CommandDefinition(
      "join", "ROOM [PASSWORD]", "enter a room and make it your current one",
      explanation: """
        What you type goes to your current room. You may be in several rooms;
        /switch changes between them.
        """
    ) { arguments throws(CommandError) in
      try .join(arguments.room(), arguments.optionalPassword())
    },
    CommandDefinition(
      "leave", aliases: ["exit", "part"], "[ROOM]", "leave a room; alone, the current one"
    ) { arguments throws(CommandError) in
      try .leave(arguments.optionalRoom())
    },
    CommandDefinition(
      "switch", "ROOM", "make a room you are in the current one"
    ) { arguments throws(CommandError) in
      try .switchRoom(arguments.room())
    },
  ]
}

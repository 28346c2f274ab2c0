extension CommandTable {
  /// What reaches other people; a line without a slash goes to the current room.
  static let talking: [CommandDefinition] = [
    CommandDefinition(
      "say", "ROOM TEXT", "write to a room without switching to it", answeredAs: messageCommand
    ) { arguments throws(CommandError) in
      try .say(room: arguments.room(), arguments.rest())
    },
    CommandDefinition(
      "me", "TEXT", "tell what you do: /me waves", answeredAs: messageCommand
    ) { arguments throws(CommandError) in
      try .action(arguments.rest())
    },
    CommandDefinition(
      "msg", "USER TEXT", "write to one person alone",
      explanation: "Whoever has an account and is not here gets it at the next login."
    ) { arguments throws(CommandError) in
      try .privateMessage(to: arguments.user(), arguments.rest())
    },
    CommandDefinition(
      "read", "ID", "mark private messages up to ID as read",
      explanation: "For programs: what is not marked comes again at the next login."
    ) { arguments throws(CommandError) in
      try .read(arguments.messageID())
    },
    CommandDefinition(
      "away", "[TEXT]", "say you are away; alone, you are back"
    ) { arguments in
      .away(arguments.optionalRest())
    },
    CommandDefinition("ignore", "USER", "see nothing more of somebody") { arguments throws(CommandError) in
      try .ignore(arguments.user())
    },
    CommandDefinition("unignore", "USER", "see somebody again") { arguments throws(CommandError) in
      try .unignore(arguments.user())
    },
  ]
}

extension CommandTable {
  /// What a room's owner and moderators do there.
  static let moderation: [CommandDefinition] = [
    CommandDefinition(
      "delete", "ROOM", "delete a room; its members go to lobby"
    ) { arguments throws(CommandError) in
      try .delete(arguments.room())
    },
    CommandDefinition(
      "topic", "[TOPIC]", "tell or set the current room's topic", explanation: "/topic - takes the topic away."
    ) { arguments in
      let topic = arguments.optionalRest()
      return .topic(topic == "-" ? "" : topic)
    },
    CommandDefinition(
      "kick", "USER [REASON]", "put somebody out of the current room"
    ) { arguments throws(CommandError) in
      try .kick(arguments.user(), reason: arguments.optionalRest())
    },
    CommandDefinition(
      "ban", "USER", "bar somebody from the current room"
    ) { arguments throws(CommandError) in
      try .ban(arguments.user())
    },
    CommandDefinition("unban", "USER", "lift a ban") { arguments throws(CommandError) in
      try .unban(arguments.user())
    },
    CommandDefinition(
      "mute", "USER", "let somebody read but not write here"
    ) { arguments throws(CommandError) in
      try .mute(arguments.user())
    },
    CommandDefinition("unmute", "USER", "let somebody write again") { arguments throws(CommandError) in
      try .unmute(arguments.user())
    },
    CommandDefinition(
      "op", "USER", "make somebody a moderator here"
    ) { arguments throws(CommandError) in
      try .op(arguments.user())
    },
    CommandDefinition("deop", "USER", "make a moderator a member again") { arguments throws(CommandError) in
      try .deop(arguments.user())
    },
    CommandDefinition(
      "lock", "[PASSWORD]", "let in only who knows a password",
      explanation: "Without a password it makes one up and shows it once."
    ) { arguments throws(CommandError) in
      try .lock(arguments.optionalNewPassword())
    },
    CommandDefinition("unlock", "", "open the current room to everybody") { _ in .unlock },
  ]
}

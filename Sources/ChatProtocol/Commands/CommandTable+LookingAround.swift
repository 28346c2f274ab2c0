extension CommandTable {
  /// What asks and changes nothing.
  static let lookingAround: [CommandDefinition] = [
    CommandDefinition("rooms", "", "list the rooms") { _ in .rooms },
    CommandDefinition(
      "info", "[ROOM]", "tell a room's topic, owner and moderators"
    ) { arguments throws(CommandError) in
      try .info(room: arguments.optionalRoom())
    },
    CommandDefinition(
      "who", "[ROOM]", "list who is in a room"
    ) { arguments throws(CommandError) in
      try .who(room: arguments.optionalRoom())
    },
    CommandDefinition(
      "history", "[ROOM] [N] | ROOM since ID", "show what was said in a room",
      explanation: """
        /history shows the last messages of the current room, /history 20 the
        last 20, /history ROOM 20 those of another room you are in.
        /history ROOM since ID shows what came after the message of that number,
        /history ROOM before ID what came before it.
        """
    ) { arguments throws(CommandError) in
      try history(&arguments)
    },
    CommandDefinition(
      "search", "TEXT", "find a text in the current room's past",
      explanation: """
        It is found wherever it stands in a message, in upper or lower case. The
        last messages that hold it are shown, the newest at the end. With
        before #1042 in front of it, only messages with lower numbers are looked at.
        """
    ) { arguments throws(CommandError) in
      let before = arguments.optionalBefore()
      return try .search(arguments.rest(), before: before)
    },
  ]

  private static func history(_ arguments: inout ArgumentReader) throws(CommandError) -> Command {
    if arguments.isAtEnd { return .history(room: nil, count: nil) }
    // A lone number is a count, though a room may be called so too: `/history 20 10` tells the room 20.
    var ahead = arguments
    if try ahead.word().utf8.allSatisfy(\.isASCIIDigit), ahead.isAtEnd {
      return try .history(room: nil, count: arguments.count())
    }
    let room = try arguments.room()
    if arguments.isAtEnd { return .history(room: room, count: nil) }
    if arguments.skip("since") { return try .historyFrom(room: room, .since(arguments.messageID())) }
    if arguments.skip("before") { return try .historyFrom(room: room, .before(arguments.messageID())) }
    return try .history(room: room, count: arguments.count())
  }
}

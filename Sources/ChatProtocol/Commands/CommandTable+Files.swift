extension CommandTable {
  /// Files, whose bytes travel on connections of their own.
  static let files: [CommandDefinition] = [
    CommandDefinition(
      "offer", "SIZE CKSUM NAME", "share a file with the current room",
      explanation: """
        SIZE is in bytes, and CKSUM what cksum tells: `cksum plan.pdf` prints both,
        CKSUM first. The reply says how to send the bytes. What broke off goes on
        where it stopped when the same is offered again.
        """
    ) { arguments throws(CommandError) in
      try .offer(size: arguments.byteCount(), cksum: arguments.cksum(), arguments.fileName())
    },
    CommandDefinition(
      "files", "[ROOM]", "list the files shared in a room",
      explanation: """
        What you have offered, and not sent to its end, is listed for you alone.
        /files ROOM before ID lists the files with lower numbers.
        """
    ) { arguments throws(CommandError) in
      let room = try arguments.optionalRoom()
      return try .files(room: room, before: arguments.skip("before") ? arguments.messageID() : nil)
    },
    CommandDefinition(
      "get", "ID [OFFSET]", "get a file that somebody shares",
      explanation: """
        The reply says how to fetch the bytes. With an OFFSET, which is in bytes,
        they come from there on.
        """
    ) { arguments throws(CommandError) in
      try .get(arguments.messageID(), offset: arguments.isAtEnd ? 0 : arguments.byteCount())
    },
    CommandDefinition(
      "unsend", "ID", "take back a file",
      explanation: "Whoever shared it may, and the room's owner and moderators."
    ) { arguments throws(CommandError) in
      try .unsend(arguments.messageID())
    },
    CommandDefinition(
      "put", "TICKET", "send the bytes of an offered file",
      explanation: """
        On a new connection, with the ticket that /offer gave: the bytes follow
        the line, and one reply says whether the file stands. A ticket serves
        once, within a minute.
        """
    ) { arguments throws(CommandError) in
      try .put(ticket: arguments.ticket())
    },
    CommandDefinition(
      "take", "TICKET", "receive the bytes of a file",
      explanation: """
        On a new connection, with the ticket that /get gave: the bytes follow the
        reply, then the connection is closed. A ticket serves once, within a
        minute.
        """
    ) { arguments throws(CommandError) in
      try .take(ticket: arguments.ticket())
    },
  ]
}

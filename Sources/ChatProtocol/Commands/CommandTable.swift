// A new command is a case of `Command`, a row here and a place in the list, its rule in ChatCore, a scenario and a line
// in this module's README.
//
// Aliases are what users of IRC clients type. Where clients differ, irssi and WeeChat decide: there `/w` is `/who`, and
// `/q` is `/query`, so a `/q` meant to quit ends no connection.

extension CommandTable {
  /// Every command, in the order of `/help`.
  package static let definitions: [CommandDefinition] = [
    .register, .login, .guest, .nick, .resume, .passwd, .logout,
    .rooms, .info, .who, .history, .search,
    .create, .join, .leave, .switch,
    .delete, .topic, .kick, .ban, .unban, .mute, .unmute, .op, .deop, .lock, .unlock,
    .invite, .uninvite, .hide, .unhide,
    .say, .me, .msg, .read, .away, .ignore, .unignore,
    .offer, .files, .get, .unsend, .put, .take,
    .format, .ping, .help, .quit,
  ]
}

extension CommandDefinition {
  /// A line without a slash: not in the list, because its name is not typed.
  static let message = CommandDefinition(
    "message", "TEXT", "write to the current room", in: .messages, [.records, .isPublic]
  ) { arguments throws(CommandError) in
    try .message(arguments.rest())
  }

  // MARK: Accounts and login

  static let register = CommandDefinition(
    "register", "NAME PASSWORD [EMAIL]", "create an account and log in",
    explanation: """
      A password has \(Secret.bytesMin) to \(Secret.bytesMax) bytes and no spaces.
      With an e-mail address you can log in by that too.
      """, in: .account, [.records, .touchesRows], secrets: ["PASSWORD"]
  ) { arguments throws(CommandError) in
    try .register(arguments.user(), arguments.newPassword(), arguments.optionalEmail())
  }

  static let login = CommandDefinition(
    "login", "NAME-or-EMAIL PASSWORD", "log in to your account",
    explanation: """
      You are back in your rooms, and get the private messages that arrived while
      you were away.
      """, in: .account, [.records, .touchesRows],
    exempt: { if case .login(.name, _) = $0 { .touchesRows } else { [] } }, secrets: ["PASSWORD"]
  ) { arguments throws(CommandError) in
    try .login(arguments.loginName(), arguments.password())
  }

  static let guest = CommandDefinition(
    "guest", "NAME", "log in as a guest, without an account",
    explanation: """
      A guest can chat, and join and create rooms. A guest moderates a room that
      he or she made while in it. Nothing of a guest is saved: a guest's room is
      deleted when its last member leaves.
      """, in: .account, [.records]
  ) { arguments throws(CommandError) in
    try .guest(arguments.user())
  }

  static let nick = CommandDefinition(
    "nick", "NAME", "change your name as a guest",
    explanation: """
      Your rooms are told. Users who ignore you still do so afterwards. With
      /register, a guest gets an account and stays in all rooms.
      """, in: .account, [.records, .isPublic]
  ) { arguments throws(CommandError) in
    try .nick(arguments.user())
  }

  static let resume = CommandDefinition(
    "resume", "TOKEN", "resume the session of a lost connection",
    explanation: """
      For programs, after a login. TOKEN is the `resume` of the lost session's
      login. That session ends. Its rooms and its current room become yours,
      and the others see nobody leave or join.
      """, in: .account, [.records, .forPrograms], secrets: ["TOKEN"]
  ) { arguments throws(CommandError) in
    try .resume(token: Secret(arguments.word()))
  }

  static let passwd = CommandDefinition(
    "passwd", "OLD NEW", "change your password", in: .account, [.records, .touchesRows], secrets: ["OLD", "NEW"]
  ) { arguments throws(CommandError) in
    try .changePassword(old: arguments.password(), new: arguments.newPassword())
  }

  static let logout = CommandDefinition(
    "logout", "", "log out but keep the connection", in: .account, []
  ) { _ in .logout }

  // MARK: Queries

  static let rooms = CommandDefinition(
    "rooms", aliases: ["list"], "", "list the rooms", in: .queries, []
  ) { _ in .rooms }

  static let info = CommandDefinition(
    "info", "[ROOM]", "show a room's topic, owner and moderators", in: .queries, []
  ) { arguments throws(CommandError) in
    try .info(room: arguments.optionalRoom())
  }

  static let who = CommandDefinition(
    "who", aliases: ["w", "whois", "names"], "[ROOM-or-USER]", "list the members of a room, or show one",
    explanation: """
      Without ROOM, those of your current room. With USER, that member of your
      current room or, if the user is not there, of another of your rooms.
      """, in: .queries, []
  ) { arguments throws(CommandError) in
    try .who(arguments.optionalRoom())
  }

  static let history = CommandDefinition(
    "history", "[ROOM|@USER] [N|since #ID]", "show past messages of a room",
    explanation: """
      /history shows the last messages of the current room, /history 20 the
      last 20, and /history ROOM 20 those of another of your rooms.
      /history ROOM since ID shows the messages after the one with that number,
      before ID those before it, around ID some of both. A TIME such as
      2026-11-20T20:15, in UTC, can take the place of ID. /history @USER does the
      same for your private messages with a user.
      """, in: .queries, []
  ) { arguments throws(CommandError) in
    if arguments.isAtEnd { return .history(room: nil, count: nil) }
    // A lone number is a count, though it can also be a room's name: `/history 20 10` asks for the room 20.
    var ahead = arguments
    if try ahead.word().utf8.allSatisfy(\.isASCIIDigit), ahead.isAtEnd {
      return try .history(room: nil, count: arguments.count("N"))
    }
    if let user = arguments.optionalMentioned() {
      if arguments.isAtEnd { return .conversation(with: user, .last(nil)) }
      if let place = try arguments.optionalPlace() { return .conversation(with: user, .from(place)) }
      return try .conversation(with: user, .last(arguments.count("N")))
    }
    let room = try arguments.room()
    if arguments.isAtEnd { return .history(room: room, count: nil) }
    if let place = try arguments.optionalPlace() { return .historyFrom(room: room, place) }
    return try .history(room: room, count: arguments.count("N"))
  }

  static let search = CommandDefinition(
    "search", "[@USER] TEXT", "search the current room's messages",
    explanation: """
      TEXT is found anywhere in a message, in upper or lower case. The last
      messages with it are shown, the newest at the end. /search before #1042
      TEXT searches only the messages with lower numbers. /search @USER TEXT
      searches your private messages with a user.
      """, in: .queries, []
  ) { arguments throws(CommandError) in
    var ahead = arguments
    if let user = ahead.optionalMentioned(), !ahead.isAtEnd {
      arguments = ahead
      let before = arguments.optionalBefore()
      return try .conversation(with: user, .found(arguments.rest(), before: before))
    }
    let before = arguments.optionalBefore()
    return try .search(arguments.rest(), before: before)
  }

  // MARK: Rooms

  static let create = CommandDefinition(
    "create", "ROOM [PASSWORD | --open]", "create a room and join it",
    explanation: """
      /create ROOM generates a password and shows it once, /create ROOM PASSWORD
      sets yours, and /create ROOM --open lets everyone join.
      """, in: .rooms, [.records, .touchesRows, .isPublic], secrets: ["PASSWORD"]
  ) { arguments throws(CommandError) in
    let room = try arguments.room()
    if arguments.skip("--open") { return .create(room, .open) }
    return try .create(room, arguments.optionalNewPassword().map(RoomAccess.password) ?? .generatedPassword)
  }

  static let join = CommandDefinition(
    "join", aliases: ["j"], "ROOM [PASSWORD]", "join a room and make it your current one",
    explanation: """
      The messages that you type go to your current room. You can be in several
      rooms; /switch changes between them.
      """, in: .rooms, [.records], secrets: ["PASSWORD"]
  ) { arguments throws(CommandError) in
    try .join(arguments.room(), arguments.optionalPassword())
  }

  static let leave = CommandDefinition(
    "leave", aliases: ["exit", "part"], "[ROOM]", "leave a room, or the current one", in: .rooms, [.records]
  ) { arguments throws(CommandError) in
    try .leave(arguments.optionalRoom())
  }

  static let `switch` = CommandDefinition(
    "switch", "ROOM", "make another of your rooms current", in: .rooms, []
  ) { arguments throws(CommandError) in
    try .switchRoom(arguments.room())
  }

  // MARK: Moderation

  static let delete = CommandDefinition(
    "delete", "ROOM", "delete a room; its members move to lobby", in: .moderation, [.records, .touchesRows]
  ) { arguments throws(CommandError) in
    try .delete(arguments.room())
  }

  static let topic = CommandDefinition(
    "topic", "[TOPIC]", "show or set the current room's topic", explanation: "/topic - clears the topic.",
    in: .moderation, [.records, .touchesRows, .isPublic],
    exempt: { $0 == .topic(nil) ? [.records, .touchesRows, .isPublic] : [] }
  ) { arguments in
    let topic = arguments.optionalRest()
    return .topic(topic == "-" ? "" : topic)
  }

  static let kick = CommandDefinition(
    "kick", "USER [REASON]", "remove a user from the current room", in: .moderation, [.records, .isPublic],
    exempt: { if case .kick(_, nil) = $0 { .isPublic } else { [] } }
  ) { arguments throws(CommandError) in
    try .kick(arguments.user(), reason: arguments.optionalRest())
  }

  static let ban = CommandDefinition(
    "ban", "USER", "ban a user from the current room", in: .moderation, [.records, .touchesRows]
  ) { arguments throws(CommandError) in
    try .ban(arguments.user())
  }

  static let unban = CommandDefinition(
    "unban", "USER", "lift a ban from the current room", in: .moderation, [.records, .touchesRows]
  ) { arguments throws(CommandError) in
    try .unban(arguments.user())
  }

  static let mute = CommandDefinition(
    "mute", "USER", "mute a user in the current room",
    explanation: "A muted user can read the room but not write to it.",
    in: .moderation, [.records, .touchesRows]
  ) { arguments throws(CommandError) in
    try .mute(arguments.user())
  }

  static let unmute = CommandDefinition(
    "unmute", "USER", "unmute a user in the current room", in: .moderation, [.records, .touchesRows]
  ) { arguments throws(CommandError) in
    try .unmute(arguments.user())
  }

  static let op = CommandDefinition(
    "op", "USER", "make a user a moderator of this room", in: .moderation, [.records, .touchesRows]
  ) { arguments throws(CommandError) in
    try .op(arguments.user())
  }

  static let deop = CommandDefinition(
    "deop", "USER", "make a moderator an ordinary member", in: .moderation, [.records, .touchesRows]
  ) { arguments throws(CommandError) in
    try .deop(arguments.user())
  }

  static let lock = CommandDefinition(
    "lock", "[PASSWORD]", "require a password to join this room",
    explanation: "Without PASSWORD, the server generates one and shows it once.",
    in: .moderation, [.records, .touchesRows], secrets: ["PASSWORD"]
  ) { arguments throws(CommandError) in
    try .lock(arguments.optionalNewPassword())
  }

  static let unlock = CommandDefinition(
    "unlock", "", "let everyone join the current room", in: .moderation, [.records, .touchesRows]
  ) { _ in .unlock }

  static let invite = CommandDefinition(
    "invite", "USER", "let an account join without a password",
    explanation: "An invitation lasts 7 days, until USER joins the room or /uninvite USER.",
    in: .moderation, [.records, .touchesRows, .isPublic]
  ) { arguments throws(CommandError) in
    try .invite(arguments.user())
  }

  static let uninvite = CommandDefinition(
    "uninvite", "USER", "withdraw an invitation", in: .moderation, [.records, .touchesRows]
  ) { arguments throws(CommandError) in
    try .uninvite(arguments.user())
  }

  static let hide = CommandDefinition(
    "hide", "", "hide the current room from all others",
    explanation: """
      For others the room does not exist, even with its password. Only users who
      are invited can join it.
      """, in: .moderation, [.records, .touchesRows]
  ) { _ in .hide }

  static let unhide = CommandDefinition(
    "unhide", "", "show the current room to everyone again", in: .moderation, [.records, .touchesRows]
  ) { _ in .unhide }

  // MARK: Messages

  static let say = CommandDefinition(
    "say", "ROOM TEXT", "write to a room without switching to it", in: .messages, [.records, .isPublic],
    answeredAs: message.answeredAs
  ) { arguments throws(CommandError) in
    try .say(room: arguments.room(), arguments.rest())
  }

  static let me = CommandDefinition(
    "me", "TEXT", "describe what you do: /me waves", in: .messages, [.records, .isPublic],
    answeredAs: message.answeredAs
  ) { arguments throws(CommandError) in
    try .action(arguments.rest())
  }

  static let msg = CommandDefinition(
    "msg", aliases: ["query", "q"], "USER TEXT", "send a private message",
    explanation: "A user who is not logged in gets it at the next login.", in: .messages, [.records, .isPublic]
  ) { arguments throws(CommandError) in
    try .privateMessage(to: arguments.user(), arguments.rest())
  }

  static let read = CommandDefinition(
    "read", "[ROOM] ID", "mark messages up to ID as read",
    explanation: """
      For programs. Without ROOM: private messages, which are sent again at the
      next login until they are read. With ROOM: your read mark in it; a login
      then says how many messages are new. A mark never goes back.
      """,
    in: .messages, [.records, .forPrograms]
  ) { arguments throws(CommandError) in
    if let room = try arguments.roomBeforeID() { return try .readRoom(room, arguments.messageID()) }
    return try .read(arguments.messageID())
  }

  static let away = CommandDefinition(
    "away", "[TEXT]", "set your away message; alone, clear it",
    explanation: """
      Your rooms see TEXT. If you write something, you stay away, and are told so
      once.
      """,
    in: .messages, [.records, .isPublic],
    exempt: { $0 == .away(nil) ? .isPublic : [] }
  ) { arguments in
    .away(arguments.optionalRest())
  }

  static let ignore = CommandDefinition(
    "ignore", "[USER]", "hide a user's messages; alone, list those", in: .messages, [.records],
    exempt: { $0 == .ignore(nil) ? .records : [] }
  ) { arguments throws(CommandError) in
    try .ignore(arguments.isAtEnd ? nil : arguments.user())
  }

  static let unignore = CommandDefinition(
    "unignore", "USER", "show a user's messages again", in: .messages, [.records]
  ) { arguments throws(CommandError) in
    try .unignore(arguments.user())
  }

  // MARK: Files, whose bytes are transferred on separate connections

  static let offer = CommandDefinition(
    "offer", "SIZE CKSUM NAME", "share a file with the current room",
    explanation: """
      SIZE is in bytes. `cksum plan.pdf` prints CKSUM, then SIZE. The reply says
      how to send the bytes. To resume an interrupted upload, offer the same file
      again.
      """, in: .files, [.records, .isPublic, .forPrograms]
  ) { arguments throws(CommandError) in
    try .offer(size: arguments.byteCount(), cksum: arguments.cksum(), arguments.fileName())
  }

  static let files = CommandDefinition(
    "files", "[ROOM]", "list the files shared in a room",
    explanation: """
      Only you see the files that you have offered but not yet sent in full.
      /files ROOM before ID lists the files with lower numbers.
      """, in: .files, []
  ) { arguments throws(CommandError) in
    let room = try arguments.optionalRoom()
    return try .files(room: room, before: arguments.skip("before") ? arguments.messageID() : nil)
  }

  static let get = CommandDefinition(
    "get", "ID [OFFSET]", "download a shared file",
    explanation: """
      The reply says how to fetch the bytes. With OFFSET, which is in bytes, the
      download starts there.
      """, in: .files, []
  ) { arguments throws(CommandError) in
    try .get(arguments.messageID(), offset: arguments.isAtEnd ? 0 : arguments.byteCount())
  }

  static let unsend = CommandDefinition(
    "unsend", "ID", "stop sharing a file",
    explanation: "The user who shared it can do this, and the room's owner and moderators.", in: .files, [.records]
  ) { arguments throws(CommandError) in
    try .unsend(arguments.messageID())
  }

  static let put = CommandDefinition(
    "put", "TICKET", "upload the bytes of an offered file",
    explanation: """
      On a new connection, with the ticket that /offer gave. The bytes follow the
      line, and the reply says whether the file is complete. A ticket can be used
      once, within a minute.
      """, in: .files, [.records, .forPrograms], secrets: ["TICKET"]
  ) { arguments throws(CommandError) in
    try .put(ticket: arguments.ticket())
  }

  static let take = CommandDefinition(
    "take", "TICKET", "download the bytes of a file",
    explanation: """
      On a new connection, with the ticket that /get gave. The bytes follow the
      reply, then the server closes the connection. A ticket can be used once,
      within a minute.
      """, in: .files, [.forPrograms], secrets: ["TICKET"]
  ) { arguments throws(CommandError) in
    try .take(ticket: arguments.ticket())
  }

  // MARK: The connection

  static let format = CommandDefinition(
    "format", "text|json", "choose the format of the server's lines",
    explanation: """
      text is for people. json, one object a line, is for programs. Commands are
      the same in both.
      """, in: .connection, [.forPrograms]
  ) { arguments throws(CommandError) in
    guard let dialect = Dialect(rawValue: try arguments.word().lowercased()) else {
      throw arguments.error(.badFormat, "There are two formats: /format text and /format json.")
    }
    return .format(dialect)
  }

  static let ping = CommandDefinition(
    "ping", "[TOKEN]", "get a reply that repeats TOKEN", in: .connection, [.forPrograms]
  ) { arguments in
    .ping(arguments.optionalWord())
  }

  static let help = CommandDefinition(
    "help", "[COMMAND]", "list the commands, or explain one", in: .connection, []
  ) { arguments throws(CommandError) in
    guard let typed = arguments.optionalWord() else { return .help(nil) }
    let word = typed.hasPrefix("/") ? String(typed.dropFirst()) : typed
    guard let usage = CommandTable.usage(of: word) else {
      throw arguments.error(.unknownCommand, CommandTable.message(forUnknown: word))
    }
    // By its name, so that the core finds the row of an alias.
    return .help(usage.name)
  }

  static let quit = CommandDefinition("quit", "", "close the connection", in: .connection, []) { _ in .quit }
}

import ChatProtocol
import POSIX
import Terminal
import Text

// Replies: a sentence, and a list below it.
extension TerminalDisplay {
  /// Nil if the reply needs no words.
  func sentence(of reply: Reply, for context: UserContext) -> String? {
    switch reply.result {
    case .done: Self.done[reply.command] ?? "Done."
    case .entered(let user, let isOperator, let room, let rooms, _, let unread):
      entered(user, isOperator: isOperator, room: room, rooms: rooms, unread: unread)
    case .rooms(let rooms, let more):
      rooms.isEmpty ? "There are no rooms." : "\(counted(UInt64(rooms.count), "room"))\(andMore(more)):"
    case .info(let info): "About \(info.summary.name):"
    case .who(let room, let users, let more):
      "\(counted(UInt64(users.count), "member")) in \(room)\(andMore(more)):"
    case .room(let room, let password):
      "\(room) \(Self.roomChanges[reply.command] ?? "was changed")."
        + (password.map { " Its password (shown once): \($0.exposed)" } ?? "")
    case .moved(let room, let current):
      room == current ? "You are now in \(room)." : "You left \(room) and are now in \(current)."
    case .topic(let room, let text): text.isEmpty ? "\(room) has no topic." : "The topic of \(room): \(text)"
    case .user(let user) where reply.command == "ignore":
      "You no longer see messages from \(user), private ones included; /unignore \(user) undoes that."
    case .user(let user) where reply.command == "nick": "You are now \(user)."
    case .user(let user) where reply.command == "unignore": "You see messages from \(user) again."
    case .user(let user):
      if let (change, preposition) = Self.userChanges[reply.command] {
        "\(user) \(change)\(context.room.map { " \(preposition) \($0)" } ?? "")."
      } else {
        "\(user): done."
      }
    case .away(let text): text.map { "You are away: \($0.asSentence)" } ?? "You are back."
    case .sent(_, let away): away.map { "Sent; the user is away: \($0)" }
    case .read(let id): "Read up to #\(id)."
    case .roomRead(let room, let id, _): "Read \(room) up to #\(id)."
    case .history(let room, let messages, let more, let ends):
      reply.command == "search"
        ? found(in: room.text, messages.count, more)
        : history("in", room.text, messages.count, more, ends)
    case .conversation(let user, let messages, let more, let ends):
      reply.command == "search"
        ? found(in: "@\(user)", messages.count, more)
        : history("with", "@\(user)", messages.count, more, ends)
    case .ignored(let names):
      names.isEmpty ? "You ignore no users." : "You ignore \(names.map(\.text).joined(separator: ", "))."
    case .offered(let offer): "\(offer.name) can be sent as #\(offer.id)."
    case .files(let room, let files, let more):
      "\(counted(UInt64(files.count), "file")) in \(room)\(older(in: room, more))\(files.isEmpty ? "." : ":")"
    case .fetch(let file): "\(file.name) (\(ByteCount.words(file.size))) can be fetched."
    case .file(let id): "#\(id) \(reply.command == "put" ? "was shared" : "is no longer shared")."
    case .taken(let id, let bytes): "#\(id): \(counted(bytes, "byte"))."
    case .format(let dialect): "The server speaks \(dialect.rawValue)."
    case .pong(let token): token.map { "Pong: \($0)" } ?? "Pong."
    case .help(let usages): usages.count == 1 ? usages[0].line : "Commands (/help COMMAND explains one):"
    }
  }

  private static let done = [
    "logout": "You are logged out.", "passwd": "Your password is changed.", "quit": "Goodbye.",
  ]

  /// What happened to a room.
  private static let roomChanges = [
    "create": "was created; you are in it now", "delete": "was deleted", "lock": "is locked",
    "unlock": "is open to everyone", "hide": "is hidden: only invited users can join it",
    "unhide": "is no longer hidden",
  ]

  /// What happened to a user, and the preposition before the room.
  private static let userChanges = [
    "kick": ("was kicked", "from"), "ban": ("is banned", "from"), "unban": ("is no longer banned", "from"),
    "invite": ("is invited", "to"), "uninvite": ("is no longer invited", "to"),
    "mute": ("is muted", "in"), "unmute": ("is no longer muted", "in"), "op": ("is a moderator", "in"),
    "deop": ("is no longer a moderator", "in"),
  ]

  private func entered(_ user: Name, isOperator: Bool, room: Name, rooms: [Name], unread: Int) -> String {
    var sentence = "You are \(user)\(isOperator ? " (operator)" : "") in \(room)"
    let others = rooms.filter { $0 != room }.map(\.text)
    if !others.isEmpty { sentence += ", also in \(others.joined(separator: ", "))" }
    sentence += ". /help lists the commands."
    if unread > 0 { sentence += " \(counted(UInt64(unread), "unread private message")):" }
    return sentence
  }

  private func andMore(_ more: Bool) -> String { more ? ", and there are more" : "" }

  private func older(in room: Name, _ more: Continuation?) -> String {
    if case .before(let id) = more { "; /files \(room) before \(id) lists older ones" } else { "" }
  }

  private func found(in room: String, _ count: Int, _ more: Continuation?) -> String {
    let matches = count == 0 ? "No messages found" : "Found \(counted(UInt64(count), "message"))"
    guard case .before(let id) = more else { return "\(matches) in \(room)\(count == 0 ? "." : ":")" }
    let searched = count == 0 ? " since #\(id)" : ""
    return
      "\(matches) in \(room)\(searched); /search \(room.hasPrefix("@") ? "\(room) " : "")before #\(id) TEXT searches older ones\(count == 0 ? "." : ":")"
  }

  private func history(_ word: String, _ room: String, _ count: Int, _ more: Continuation?, _ ends: PastEnds) -> String
  {
    let (range, rest) =
      switch more {
      case nil: ("", "")
      case .before(let id): (" since #\(id)", "; /history \(room) before \(id) shows older ones")
      case .since(let id): (" up to #\(id)", "; /history \(room) since \(id) shows newer ones")
      case .both(let older, let newer):
        ("", "; /history \(room) before \(older) and /history \(room) since \(newer) show others")
      }
    if count == 0 { return "No messages \(word) \(room)\(range)\(rest)." }
    let place = ends == .beginning ? ", at its beginning" : ends == .end ? ", at its end" : ""
    return "\(counted(UInt64(count), "message")) \(word) \(room)\(place)\(rest):"
  }

  // MARK: Lists

  func list(of reply: Reply, at time: Timestamp) -> [String] {
    switch reply.result {
    case .rooms(let rooms, _) where !rooms.isEmpty: lines(of: table(of: rooms))
    case .info(let info): rows(of: info)
    case .who(_, let users, _) where !users.isEmpty: lines(of: table(of: users))
    case .conversation(_, let messages, _, _): messages.flatMap { wrapped(line(of: $0, now: localTime(time))) }
    case .history(_, let messages, _, _): messages.flatMap { wrapped(line(of: $0, now: localTime(time))) }
    case .files(_, let files, _) where !files.isEmpty: lines(of: table(of: files))
    case .help(let usages) where usages.count == 1: explanation(of: usages[0])
    case .help(let usages): overview(of: usages)
    default: []
    }
  }

  private func table(of rooms: [RoomSummary]) -> Table {
    Table(
      [.whole("ROOM"), .number("MEMBERS"), .whole("ENTRY"), .whole("OWNER"), .text("TOPIC")],
      rows: rooms.map {
        [$0.name.text, "\($0.members)", $0.entry, $0.owner?.text ?? "-", $0.topic]
      })
  }

  private func table(of users: [RoomMember]) -> Table {
    Table(
      [.whole("USER"), .whole("ROLE"), .text("")],
      rows: users.map { user in
        let marks = [user.isGuest ? "guest" : nil, user.isMuted ? "muted" : nil, user.away.map { "away: \($0)" }]
        return [user.name.text, user.role.rawValue, marks.compactMap { $0 }.joined(separator: ", ")]
      })
  }

  private func table(of files: [ListedFile]) -> Table {
    Table(
      [.whole("ID"), .whole("SHARED"), .number("SIZE"), .whole("BY"), .text("NAME")],
      rows: files.map {
        let time = localTime($0.time)
        return [
          "#\($0.file.id)", $0.isUnfinished ? "unfinished" : day(time) + minute(time), ByteCount.words($0.file.size),
          $0.file.from.text, $0.file.name,
        ]
      })
  }

  private func lines(of table: Table) -> [String] {
    table.lines(columnsMax: columns.map { max(0, $0 - 2) }).map { "  \($0)" }
  }

  private func rows(of info: RoomInfo) -> [String] {
    func listed(_ names: [Name]) -> String { names.isEmpty ? "none" : names.map(\.text).joined(separator: ", ") }
    let created = info.created.map(localTime)
    let rows: [(String, String?)] = [
      ("topic", info.summary.topic.isEmpty ? "none" : info.summary.topic),
      ("owner", info.summary.owner?.text ?? "none"), ("entry", info.summary.entry),
      ("members", "\(info.summary.members)"), ("created", created.map { day($0) + minute($0) }),
      ("moderators", listed(info.moderators)), ("banned", info.banned.map(listed)), ("muted", info.muted.map(listed)),
    ]
    return rows.flatMap { label, value in
      value.map { wrapped("  \(label.padded(toColumns: 10))  \(cleaned($0))", indent: 14) } ?? []
    }
  }

  /// `  20:11 alice: hello`, with the day if that is not today.
  private func line(of past: PastMessage, now: LocalTime) -> String {
    let time = localTime(past.time)
    let when = (time.isSameDay(as: now) ? "" : day(time)) + minute(time)
    return "  \(dimmed(when)) \(line(of: past.message, in: past.message.room))"
  }

  private func line(of past: PastPrivateMessage, now: LocalTime) -> String {
    let time = localTime(past.time)
    let when = (time.isSameDay(as: now) ? "" : day(time)) + minute(time)
    return "  \(dimmed(when)) \(name(past.message.from)): \(cleaned(past.message.text))"
  }

  // MARK: Help

  /// The sections of `/help`, most wanted first.
  private static let sections: [(heading: String, section: CommandSection)] = [
    ("talk", .messages), ("rooms", .rooms), ("look", .queries), ("files", .files), ("moderate", .moderation),
    ("account", .account), ("chat", .connection),
  ]
  private static let headingColumns = 11

  /// All commands on less than a screen.
  private func overview(of usages: [CommandUsage]) -> [String] {
    let known = Self.sections.flatMap { heading, section in
      rows(of: usages.filter { ClientCommands.section(of: $0) == section }, under: heading)
    }
    // A newer server may have more.
    return known + rows(of: usages.filter { ClientCommands.section(of: $0) == nil }, under: "more")
  }

  /// `  rooms    /join ROOM [PASSWORD]   /leave [ROOM]`, as many in a row as fit.
  private func rows(of usages: [CommandUsage], under heading: String) -> [String] {
    var rows: [String] = []
    var row = "  " + heading.padded(toColumns: Self.headingColumns)
    let indent = row.displayWidth
    var isEmpty = true
    for usage in usages {
      let text = cleaned(usage.line)
      if !isEmpty, row.displayWidth + 3 + text.displayWidth >= columns ?? 80 {
        rows.append(row)
        (row, isEmpty) = (String(repeating: " ", count: indent), true)
      }
      row += isEmpty ? text : "   " + text
      isEmpty = false
    }
    return usages.isEmpty ? [] : (rows + [row]).flatMap { wrapped($0, indent: indent) }
  }

  private func explanation(of usage: CommandUsage) -> [String] {
    var lines = [usage.summary]
    if !usage.aliases.isEmpty { lines.append("also \(usage.aliases.map { "/\($0)" }.joined(separator: ", "))") }
    if let explanation = CommandTable.definition(of: usage.name)?.explanation {
      lines += explanation.split(separator: "\n").map(String.init)
    }
    return lines.flatMap { wrapped("  \(cleaned($0))", indent: 2) }
  }
}

/// For a person with `nc`.
///
/// No user can forge a line of another or of the server: a message begins with `[` and its sender, a line of the server with `* `,
/// `ok`, `error` or two spaces, and cleaned text cannot begin a line.
enum TextDialect {
  static func encode(_ event: Event, at time: Timestamp, into bytes: inout [UInt8]) {
    switch event {
    case .message(let message):
      // The sender typed it on the same screen.
      if !message.isOwn { append(message, to: &bytes) }
    case .privateMessage(let message):
      let written = message.hasWaited ? " (\(time.words) UTC)" : ""
      bytes.append("[private] \(message.from) -> \(message.to)\(written): \(message.text)\n")
    case .ok(let reply):
      append(reply, to: &bytes)
    case .error(let fault):
      bytes.append("error \(fault.code.rawValue): \(fault.message)\n")
    default:
      for line in event.lines { bytes.append("* \(line)\n") }
    }
  }

  private static func append(_ message: RoomMessage, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    bytes.append(message.room.text)
    bytes.append(message.isAction ? "] * " : "] ")
    bytes.append(message.from.text)
    bytes.append(message.isAction ? " " : ": ")
    bytes.append(message.text)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// `1 member`, `2 members`.
  static func counted(_ number: some BinaryInteger, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
  }
}

// MARK: Replies

extension TextDialect {
  /// `ok COMMAND` and the result; the lines of a list follow, indented by two spaces.
  private static func append(_ reply: Reply, to bytes: inout [UInt8]) {
    bytes.append("ok \(reply.command)")
    let words = words(for: reply.result)
    if !words.isEmpty { bytes.append(" \(words)") }
    bytes.append(UInt8(ascii: "\n"))
    appendList(of: reply.result, to: &bytes)
  }

  private static func words(for result: Reply.Result) -> String {
    switch result {
    case .done: ""
    case .entered(let user, let isOperator, let room, let rooms, _, let unread):
      entered(user, isOperator: isOperator, room: room, rooms: rooms, unread: unread)
    case .rooms(let rooms, let more): counted(rooms.count, "room") + andMore(more)
    case .info(let info): info.summary.name.text
    case .who(let room, let users, let more): "\(counted(users.count, "member")) in \(room)\(andMore(more))"
    case .room(let room, let password?): "\(room); password (shown once): \(password.exposed)"
    case .room(let room, nil): room.text
    case .moved(let room, let current):
      room == current ? "\(room), now your current room" : "\(room); your current room is \(current)"
    case .topic(let room, let text): text.isEmpty ? "\(room) has no topic" : "\(room): \(text)"
    case .user(let user): user.text
    case .away(let text): text.map { "you are away: \($0)" } ?? "you are back"
    case .sent(let id, let away): "#\(id)" + (away.map { "; away: \($0)" } ?? "")
    case .read(let id): "up to #\(id)"
    case .roomRead(let room, let id, let unread): "\(room) up to #\(id); \(counted(unread, "new message")) behind it"
    case .history(let room, let messages, let more, let ends):
      "\(counted(messages.count, "message")) in \(room)\(messages.isEmpty && ends == [.beginning, .end] ? "" : at(ends))\(andMore(more))"
    case .ignored(let names): names.isEmpty ? "you ignore no users" : "you ignore \(listed(names))"
    case .conversation(let user, let messages, let more, let ends):
      "\(counted(messages.count, "message")) with \(user)"
        + "\(messages.isEmpty && ends == [.beginning, .end] ? "" : at(ends))\(andMore(more))"
    case .offered(let offer): words(for: offer)
    case .files(let room, let files, let more): "\(counted(files.count, "file")) in \(room)\(andMore(more))"
    case .fetch(let file): words(for: file)
    case .file(let id): "#\(id)"
    case .taken(let id, let bytes): "#\(id): \(counted(bytes, "byte"))"
    case .format(let dialect): dialect.rawValue
    case .pong(let token): token ?? ""
    case .help(let usages):
      usages.count == 1 ? usages[0].line : "\(counted(usages.count, "command")); /help COMMAND explains one"
    }
  }

  private static func entered(
    _ user: Name, isOperator: Bool, room: Name, rooms: [Name], unread: Int
  ) -> String {
    var words = "you are \(user)\(isOperator ? ", an operator" : ""); your current room is \(room)"
    let others = rooms.filter { $0 != room }
    if !others.isEmpty { words += "; you are in \(listed(others)) too" }
    if unread > 0 { words += "; \(counted(unread, "unread private message")) \(unread == 1 ? "follows" : "follow")" }
    return words
  }

  private static func andMore(_ more: Bool) -> String { more ? ", and there are more" : "" }

  private static func andMore(_ more: Continuation?) -> String {
    switch more {
    case nil: ""
    case .before(let id): "\(andMore(true)) before #\(id)"
    case .since(let id): "\(andMore(true)) since #\(id)"
    case .both(let older, let newer): "\(andMore(true)) before #\(older) and since #\(newer)"
    }
  }

  private static func at(_ ends: PastEnds) -> String {
    switch ends {
    case [.beginning, .end]: ", at its beginning and end"
    case .beginning: ", at its beginning"
    case .end: ", at its end"
    default: ""
    }
  }

  private static func appendList(of result: Reply.Result, to bytes: inout [UInt8]) {
    switch result {
    case .rooms(let rooms, _):
      bytes.append(table: [["ROOM", "MEMBERS", "ENTRY", "OWNER", "TOPIC"]] + rooms.map(cells), rightAligned: 1)
    case .info(let info): bytes.append(table: rows(of: info))
    case .who(_, let users, _): bytes.append(table: users.map(cells))
    case .history(_, let messages, _, _): for past in messages { bytes.append(line(of: past)) }
    case .conversation(_, let messages, _, _): for past in messages { bytes.append(line(of: past)) }
    case .files(_, let files, _): bytes.append(table: files.map(cells), rightAligned: 2)
    case .offered(let offer): bytes.append("  \(commandLine(for: offer))\n")
    case .fetch(let file): bytes.append("  \(commandLine(for: file))\n")
    case .help(let usages) where usages.count == 1: bytes.append(explanation(of: usages[0]))
    case .help(let usages): bytes.append(table: usages.map { [$0.line, $0.summary] })
    default: break
    }
  }

  private static func cells(of room: RoomSummary) -> [String] {
    [room.name.text, "\(room.members)", room.entry, room.owner?.text ?? "-", room.topic]
  }

  private static func cells(of member: RoomMember) -> [String] {
    let marks = [member.isGuest ? "guest" : nil, member.isMuted ? "muted" : nil, member.away.map { "away: \($0)" }]
    return [member.name.text, member.role.rawValue, marks.compactMap { $0 }.joined(separator: ", ")]
  }

  private static func rows(of info: RoomInfo) -> [[String]] {
    var rows = [
      ["topic", info.summary.topic.isEmpty ? "none" : info.summary.topic],
      ["owner", info.summary.owner?.text ?? "none"],
      ["entry", info.summary.entry],
      ["members", "\(info.summary.members)"],
    ]
    if let created = info.created { rows.append(["created", "\(created.words) UTC"]) }
    rows.append(["moderators", listed(info.moderators)])
    if let banned = info.banned { rows.append(["banned", listed(banned)]) }
    if let muted = info.muted { rows.append(["muted", listed(muted)]) }
    return rows
  }

  /// `  #1042 2026-11-20 20:11:02 alice: hello`
  private static func line(of past: PastMessage) -> String {
    let message = past.message
    let said = message.isAction ? "* \(message.from) \(message.text)" : "\(message.from): \(message.text)"
    return "  #\(message.id) \(past.time.words) \(said)\n"
  }

  private static func line(of past: PastPrivateMessage) -> String {
    "  #\(past.message.id) \(past.time.words) \(past.message.from): \(past.message.text)\n"
  }

  private static func explanation(of usage: CommandUsage) -> String {
    var text = "  \(usage.summary)\n"
    if !usage.aliases.isEmpty { text += "  also \(usage.aliases.map { "/\($0)" }.joined(separator: ", "))\n" }
    let explanation = CommandTable.definition(of: usage.name)?.explanation ?? ""
    return text + explanation.split(separator: "\n").map { "  \($0)\n" }.joined()
  }

  private static func listed(_ names: [Name]) -> String {
    names.isEmpty ? "none" : names.map(\.text).joined(separator: ", ")
  }
}

extension [UInt8] {
  /// Rows with the same number of cells, in columns two spaces apart, indented by two. Columns are counted in bytes, so only the last
  /// cell may be other than ASCII.
  fileprivate mutating func append(table rows: [[String]], rightAligned: Int? = nil) {
    guard let columns = rows.first?.indices else { return }
    let widths = columns.map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
    let space = UInt8(ascii: " ")
    for row in rows {
      append(space)
      for (column, cell) in row.enumerated() {
        let padding = repeatElement(space, count: widths[column] - cell.utf8.count)
        append(space)
        if column == rightAligned { append(contentsOf: padding) }
        append(cell)
        if column != rightAligned { append(contentsOf: padding) }
        append(space)
      }
      while last == space { removeLast() }
      append(UInt8(ascii: "\n"))
    }
  }
}

// MARK: Files

// Shell commands that send and fetch a file with common tools. Any file name is quoted for the shell.
extension TextDialect {
  private static func words(for offer: OfferedFile) -> String {
    let start = offer.offset == 0 ? "" : " from byte \(offer.offset) on"
    return "#\(offer.id)\(start); to send it, run within 60 seconds:"
  }

  private static func words(for file: FetchedFile) -> String {
    "#\(file.id) \(file.name), \(counted(file.size, "byte")), cksum \(file.cksum); to fetch it, run within 60 seconds:"
  }

  /// The server closes the connection when it has the bytes, so nc(1) needs no option for that.
  private static func commandLine(for offer: OfferedFile) -> String {
    let path = FileName.shellWord(of: offer.name) == offer.name ? offer.name : "FILE"
    let bytes = offer.offset == 0 ? "cat \(path)" : "tail -c +\(min(offer.offset, .max - 1) + 1) \(path)"
    return "(echo /put \(offer.ticket.exposed); \(bytes)) | \(offer.connectCommand ?? "nc HOST PORT")"
  }

  /// `tail` skips the lines before the bytes. The id keeps the file from replacing another one; a second run, whose ticket is used up,
  /// does not overwrite the result of the first.
  private static func commandLine(for file: FetchedFile) -> String {
    let path = "\(file.id)-\(FileName.shellWord(of: file.name))"
    let count = file.size - min(file.offset, file.size)
    let fetched = "echo /take \(file.ticket.exposed) | \(file.connectCommand ?? "nc HOST PORT") | tail -c \(count)"
    let command =
      file.offset == 0
      ? "(set -C; \(fetched) > \(path))" : "[ $(wc -c < \(path)) -eq \(file.offset) ] && \(fetched) >> \(path)"
    return "\(command); cksum \(path)"
  }

  private static func cells(of listed: ListedFile) -> [String] {
    let file = listed.file
    let time = listed.isUnfinished ? "unfinished" : listed.time.words
    return ["#\(file.id)", time, "\(file.size)", file.from.text, file.name]
  }
}

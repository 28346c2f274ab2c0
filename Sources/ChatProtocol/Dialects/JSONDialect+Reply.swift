import JSON

extension JSONDialect {
  /// The command's own result, after `command`.
  static func appendMembers(of result: Reply.Result, to bytes: inout [UInt8]) {
    switch result {
    case .done: break
    case .entered(let user, let isOperator, let room, let rooms, let resume, let unread):
      bytes.appendMember("user", user)
      if isOperator { bytes.appendMember("operator", true) }
      bytes.appendMember("room", room)
      bytes.appendMember("rooms", rooms)
      if let resume { bytes.appendMember("resume", resume.exposed) }
      bytes.appendMember("unread", UInt64(unread))
    case .rooms(let rooms, let more):
      bytes.appendMember("rooms", objects: rooms) { $0.appendMembers(of: $1) }
      bytes.appendMember("more", more)
    case .info(let info):
      appendMembers(of: info, to: &bytes)
    case .who(let room, let users, let more):
      bytes.appendMember("room", room)
      bytes.appendMember("users", objects: users) { $0.appendMembers(of: $1) }
      bytes.appendMember("more", more)
    case .room(let room, let password):
      bytes.appendMember("room", room)
      if let password { bytes.appendMember("password", password.exposed) }
    case .moved(let room, let current):
      bytes.appendMember("room", room)
      bytes.appendMember("current", current)
    case .topic(let room, let text):
      bytes.appendMember("room", room)
      bytes.appendMember("topic", text)
    case .user(let user):
      bytes.appendMember("user", user)
    case .away(let text):
      if let text { bytes.appendMember("away", text) }
    case .sent(let id, let away):
      bytes.appendMember("id", id)
      if let away { bytes.appendMember("away", away) }
    case .read(let id):
      bytes.appendMember("id", id)
    case .history(let room, let messages, let more):
      bytes.appendMember("room", room)
      bytes.appendMember("messages", objects: messages) { $0.appendMembers(of: $1) }
      bytes.appendMembers(of: more)
    case .offered(let offer):
      bytes.appendMember("id", offer.id)
      bytes.appendMember("name", offer.name)
      bytes.appendMember("ticket", offer.ticket.exposed)
      bytes.appendMember("offset", offer.offset)
    case .files(let room, let files, let more):
      bytes.appendMember("room", room)
      bytes.appendMember("files", objects: files) { bytes, listed in
        bytes.appendMembers(of: listed.file)
        bytes.appendMember("cksum", UInt64(listed.cksum))
        bytes.appendName("time")
        bytes.appendQuoted(listed.time)
        if listed.isUnfinished { bytes.appendMember("unfinished", true) }
      }
      bytes.appendMembers(of: more)
    case .fetch(let file):
      bytes.appendMember("id", file.id)
      bytes.appendMember("name", file.name)
      bytes.appendMember("size", file.size)
      bytes.appendMember("cksum", UInt64(file.cksum))
      bytes.appendMember("ticket", file.ticket.exposed)
      bytes.appendMember("offset", file.offset)
    case .file(let id):
      bytes.appendMember("id", id)
    case .taken(let id, let count):
      bytes.appendMember("id", id)
      bytes.appendMember("bytes", count)
    case .format(let dialect):
      bytes.appendMember("format", dialect.rawValue)
    case .pong(let token):
      if let token { bytes.appendMember("token", token) }
    case .help(let usages):
      bytes.appendMember("commands", objects: usages) { $0.appendMembers(of: $1) }
    }
  }

  /// A room's summary with what `/info` adds; the room's name is `room` here, as in every reply about one.
  private static func appendMembers(of info: RoomInfo, to bytes: inout [UInt8]) {
    bytes.appendMember("room", info.summary.name)
    bytes.append(UInt8(ascii: ","))
    bytes.appendMembers(of: info.summary, withoutName: true)
    bytes.appendName("created")
    if let created = info.created { bytes.appendQuoted(created) } else { bytes.append("null") }
    bytes.appendMember("moderators", info.moderators)
    if let banned = info.banned { bytes.appendMember("banned", banned) }
    if let muted = info.muted { bytes.appendMember("muted", muted) }
  }
}

extension [UInt8] {
  /// Name, topic, owner, locked and members, without a comma before them.
  mutating func appendMembers(of summary: RoomSummary, withoutName: Bool = false) {
    if !withoutName {
      append(#""name":""#)
      append(summary.name.text)
      append(#"","#)
    }
    append(#""topic":"#)
    appendJSON(string: summary.topic)
    appendMember("owner", summary.owner)
    appendMember("locked", summary.isLocked)
    appendMember("members", UInt64(summary.members))
  }

  /// Without a comma before them.
  mutating func appendMembers(of file: SharedFile) {
    append(#""id":"#)
    append(decimal: file.id)
    appendMember("room", file.room)
    appendMember("from", file.from)
    appendMember("name", file.name)
    appendMember("size", file.size)
  }

  fileprivate mutating func appendMembers(of member: RoomMember) {
    append(#""name":""#)
    append(member.name.text)
    append(UInt8(ascii: "\""))
    if member.isGuest { appendMember("guest", true) }
    if member.isMuted { appendMember("muted", true) }
    appendMember("standing", member.standing.rawValue)
    if let away = member.away { appendMember("away", away) }
  }

  fileprivate mutating func appendMembers(of more: Continuation?) {
    appendMember("more", more != nil)
    switch more {
    case nil: break
    case .before(let id): appendMember("before", id)
    case .since(let id): appendMember("since", id)
    }
  }

  fileprivate mutating func appendMembers(of past: PastMessage) {
    append(#""id":"#)
    append(decimal: past.message.id)
    appendName("time")
    appendQuoted(past.time)
    appendMember("room", past.message.room)
    appendMember("from", past.message.from)
    appendMember("text", past.message.text)
    if past.message.isAction { appendMember("action", true) }
  }

  fileprivate mutating func appendMembers(of usage: CommandUsage) {
    append(#""name":"#)
    appendJSON(string: usage.name)
    appendName("aliases")
    append(UInt8(ascii: "["))
    for (index, alias) in usage.aliases.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      appendJSON(string: alias)
    }
    append(UInt8(ascii: "]"))
    appendMember("arguments", usage.arguments)
    appendMember("summary", usage.summary)
  }
}

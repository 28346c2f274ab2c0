import JSON

extension Reply {
  /// An `ok`. What it carries is told by its members; the command decides only where two results look the same. A reply
  /// with none of the members known here is `.done`: that much is sure.
  init(decoding members: EventMembers) throws(EventError) {
    let command = try members.text("command")
    self.init(command, try Result(decoding: members, of: command))
  }
}

extension Reply.Result {
  fileprivate init(decoding members: EventMembers, of command: String) throws(EventError) {
    switch command {
    case "ping": self = .pong(token: try members.optionalText("token"))
    case "read": self = .read(upTo: try members.number("id"))
    case "away": self = .away(try members.optionalText("away"))
    case "msg": self = .sent(id: try members.number("id"), away: try members.optionalText("away"))
    case "offer", "files", "get", "put", "unsend", "take": self = try Reply.Result.aboutFiles(in: members, of: command)
    case "format": self = .format(try members.dialect("format"))
    default:
      if let list = try Reply.Result.list(in: members) {
        self = list
      } else {
        self = try Reply.Result.fact(in: members) ?? .done
      }
    }
  }

  /// The results that list something.
  private static func list(in members: EventMembers) throws(EventError) -> Self? {
    if members["user"] != nil, members["rooms"] != nil {
      return .entered(
        user: try members.name("user"), isOperator: try members.optionalFlag("operator"),
        room: try members.name("room"), rooms: try members.names("rooms"),
        resume: try members.optionalText("resume").map { Secret($0) }, unread: try members.count("unread"))
    }
    if members["rooms"] != nil {
      return .rooms(
        try members.list("rooms") { (room) throws(EventError) in try RoomSummary(decoding: room, named: "name") },
        more: try members.optionalFlag("more"))
    }
    if members["moderators"] != nil {
      return .info(
        RoomInfo(
          summary: try RoomSummary(decoding: members, named: "room"), created: try members.optionalTimestamp("created"),
          moderators: try members.names("moderators"), banned: try members.optionalNames("banned"),
          muted: try members.optionalNames("muted")))
    }
    if members["users"] != nil {
      return .who(
        room: try members.name("room"),
        users: try members.list("users") { (user) throws(EventError) in try RoomMember(decoding: user) },
        more: try members.optionalFlag("more"))
    }
    // A list of messages that are of no one room is the result of something that is not known here.
    if members["messages"] != nil, members["room"] != nil {
      let messages = try members.list("messages") { (message) throws(EventError) in try PastMessage(decoding: message) }
      return .history(
        room: try members.name("room"), messages: messages,
        more: try members.continuation(otherwise: messages.last.map { .since($0.message.id) }))
    }
    if members["commands"] != nil {
      return .help(
        try members.list("commands") { (usage) throws(EventError) in try CommandUsage(decoding: usage) })
    }
    return nil
  }

  /// The results that tell one thing.
  private static func fact(in members: EventMembers) throws(EventError) -> Self? {
    if members["current"] != nil {
      return .moved(room: try members.name("room"), current: try members.name("current"))
    }
    if members["topic"] != nil {
      return .topic(room: try members.name("room"), text: try members.text("topic"))
    }
    if members["room"] != nil {
      return .room(try members.name("room"), password: try members.optionalText("password").map { Secret($0) })
    }
    if members["user"] != nil { return .user(try members.name("user")) }
    return nil
  }
}

extension EventMembers {
  /// `otherwise`: where an older server says only that there are more.
  func continuation(otherwise: Continuation?) throws(EventError) -> Continuation? {
    guard try flag("more") else { return nil }
    if self["before"] != nil { return .before(try number("before")) }
    if self["since"] != nil { return .since(try number("since")) }
    return otherwise
  }

  fileprivate func dialect(_ key: String) throws(EventError) -> Dialect {
    let text = try text(key)
    guard let dialect = Dialect(rawValue: text) else { throw EventError("\(key) is none of the dialects known here") }
    return dialect
  }
}

extension RoomMember {
  /// A standing that is not known here counts as a member's, which promises nothing.
  fileprivate init(decoding members: EventMembers) throws(EventError) {
    self.init(
      name: try members.name("name"), isGuest: try members.optionalFlag("guest"),
      isMuted: try members.optionalFlag("muted"),
      standing: try members.optionalText("standing").flatMap { Standing(rawValue: $0) } ?? .member,
      away: try members.optionalText("away"))
  }
}

extension PastMessage {
  fileprivate init(decoding members: EventMembers) throws(EventError) {
    self.init(time: try members.timestamp("time"), message: try RoomMessage(decoding: members))
  }
}

extension CommandUsage {
  fileprivate init(decoding members: EventMembers) throws(EventError) {
    self.init(
      name: try members.text("name"), aliases: try members.texts("aliases"), arguments: try members.text("arguments"),
      summary: try members.text("summary"))
  }
}

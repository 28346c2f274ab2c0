extension ReceivedEvent {
  /// What an event of this name says, from the members that DESIGN 3.3 gives it.
  static func content(of members: EventMembers, named name: String) throws(EventError) -> Content {
    switch name {
    case "ok":
      return .event(.ok(try Reply(decoding: members)))
    case "error":
      let command = try members.text("command")
      let code = try members.text("code")
      let message = try members.text("message")
      guard let known = ErrorCode(rawValue: code) else {
        return .unfamiliarError(command: command, code: code, message: message)
      }
      return .event(.error(CommandError(command: command, code: known, message: message)))
    default:
      guard let event = try Event(telling: members, named: name) else { return .unfamiliar(name: name) }
      return .event(event)
    }
  }
}

extension Event {
  /// The events that are no replies; nil for a name that is none of them.
  fileprivate init?(telling members: EventMembers, named name: String) throws(EventError) {
    switch name {
    case "welcome":
      self = .welcome(server: try members.text("server"), version: try members.text("version"))
    case "message":
      self = .message(try RoomMessage(decoding: members))
    case "private":
      self = .privateMessage(try PrivateMessage(decoding: members))
    case "joined":
      self = .joined(room: try members.name("room"), user: try members.name("user"))
    case "left":
      self = .left(
        room: try members.name("room"), user: try members.name("user"), reason: try members.text("reason"))
    case "topic":
      self = .topic(room: try members.name("room"), text: try members.text("text"), by: try members.text("by"))
    case "room":
      self = .room(try RoomSummary(decoding: members, named: "name"))
    case "away":
      self = .away(user: try members.name("user"))
    case "back":
      self = .back(user: try members.name("user"))
    case "file":
      self = .file(try SharedFile(decoding: members))
    case "unsent":
      self = .unsent(
        room: try members.name("room"), id: try members.number("id"), name: try members.text("name"),
        by: try members.text("by"))
    case "kicked":
      self = .kicked(
        room: try members.optionalName("room"), by: try members.text("by"), reason: try members.text("reason"))
    case "deleted":
      self = .deleted(room: try members.name("room"), by: try members.text("by"))
    case "notice":
      self = .notice(text: try members.text("text"))
    case "closing":
      self = .closing(reason: try members.text("reason"))
    default:
      return nil
    }
  }
}

extension RoomMessage {
  init(decoding members: EventMembers) throws(EventError) {
    self.init(
      id: try members.number("id"), room: try members.name("room"), from: try members.name("from"),
      text: try members.text("text"), isAction: try members.optionalFlag("action"),
      isOwn: try members.optionalFlag("own"))
  }
}

extension PrivateMessage {
  fileprivate init(decoding members: EventMembers) throws(EventError) {
    self.init(
      id: try members.number("id"), from: try members.name("from"), to: try members.name("to"),
      text: try members.text("text"))
  }
}

extension SharedFile {
  init(decoding members: EventMembers) throws(EventError) {
    self.init(
      id: try members.number("id"), room: try members.name("room"), from: try members.name("from"),
      name: try members.text("name"), size: try members.number("size"))
  }
}

extension RoomSummary {
  /// The room's own name stands under `key`: `name` in a list of rooms, `room` where other things stand beside it.
  init(decoding members: EventMembers, named key: String) throws(EventError) {
    self.init(
      name: try members.name(key), topic: try members.text("topic"), owner: try members.optionalName("owner"),
      isLocked: try members.flag("locked"), members: try members.count("members"))
  }
}

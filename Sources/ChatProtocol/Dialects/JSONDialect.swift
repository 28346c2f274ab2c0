import JSON

/// One JSON object a line, `event` and `time` first: for `chat` and for bots.
///
/// Everything is appended straight to the output; a message to a busy room is encoded here once for all its members.
enum JSONDialect {
  static func encode(_ event: Event, at time: Timestamp, into bytes: inout [UInt8]) {
    bytes.append(#"{"event":""#)
    bytes.append(name(of: event))
    bytes.append(#"","time":""#)
    bytes.append(timestamp: time)
    bytes.append(UInt8(ascii: "\""))
    appendMembers(of: event, to: &bytes)
    bytes.append("}\n")
  }

  private static func name(of event: Event) -> String {
    switch event {
    case .welcome: "welcome"
    case .ok: "ok"
    case .error: "error"
    case .message: "message"
    case .privateMessage: "private"
    case .joined: "joined"
    case .left: "left"
    case .topic: "topic"
    case .room: "room"
    case .away: "away"
    case .back: "back"
    case .file: "file"
    case .unsent: "unsent"
    case .kicked: "kicked"
    case .deleted: "deleted"
    case .notice: "notice"
    case .closing: "closing"
    }
  }

  private static func appendMembers(of event: Event, to bytes: inout [UInt8]) {
    switch event {
    case .welcome(let server, let version):
      bytes.appendMember("server", server)
      bytes.appendMember("version", version)
    case .ok(let reply):
      bytes.appendMember("command", reply.command)
      appendMembers(of: reply.result, to: &bytes)
    case .error(let fault):
      bytes.appendMember("command", fault.command)
      bytes.appendMember("code", fault.code.rawValue)
      bytes.appendMember("message", fault.message)
    case .message(let message):
      bytes.append(#","id":"#)
      bytes.append(decimal: message.id)
      bytes.append(#","room":""#)
      bytes.append(message.room.text)
      bytes.append(#"","from":""#)
      bytes.append(message.from.text)
      bytes.append(#"","text":"#)
      bytes.appendJSON(string: message.text)
      if message.isAction { bytes.append(#","action":true"#) }
      if message.isOwn { bytes.append(#","own":true"#) }
    case .privateMessage(let message):
      bytes.appendMember("id", message.id)
      bytes.appendMember("from", message.from)
      bytes.appendMember("to", message.to)
      bytes.appendMember("text", message.text)
    case .joined(let room, let user):
      bytes.appendMember("room", room)
      bytes.appendMember("user", user)
    case .left(let room, let user, let reason):
      bytes.appendMember("room", room)
      bytes.appendMember("user", user)
      bytes.appendMember("reason", reason)
    case .topic(let room, let text, let by):
      bytes.appendMember("room", room)
      bytes.appendMember("text", text)
      bytes.appendMember("by", by)
    case .room(let summary):
      bytes.append(UInt8(ascii: ","))
      bytes.appendMembers(of: summary)
    case .away(let user), .back(let user):
      bytes.appendMember("user", user)
    case .file(let file):
      bytes.append(UInt8(ascii: ","))
      bytes.appendMembers(of: file)
    case .unsent(let room, let id, let name, let by):
      bytes.appendMember("id", id)
      bytes.appendMember("room", room)
      bytes.appendMember("name", name)
      bytes.appendMember("by", by)
    case .kicked(let room, let by, let reason):
      bytes.appendMember("room", room)
      bytes.appendMember("by", by)
      bytes.appendMember("reason", reason)
    case .deleted(let room, let by):
      bytes.appendMember("room", room)
      bytes.appendMember("by", by)
    case .notice(let text):
      bytes.appendMember("text", text)
    case .closing(let reason):
      bytes.appendMember("reason", reason)
    }
  }
}

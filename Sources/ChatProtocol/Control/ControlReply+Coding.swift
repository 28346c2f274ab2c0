package import JSON

extension ControlReply {
  /// What stands under `ok` on the wire, and what `chat-admin --json` prints. Every key is always there, null where there is
  /// nothing to say. A password is in it only where the server made it up for this request.
  package var json: JSONValue {
    switch self {
    case .rooms(let rooms): ["rooms": .array(rooms.map(\.json))]
    case .room(let room): ["room": room.json]
    case .roomCreated(let room, let password):
      ["created": ["room": .string(room.text), "password": password.map { .string($0.exposed) } ?? nil]]
    case .roomDeleted(let room, let members): ["deleted": ["room": .string(room.text), "members": .int(members)]]
    case .roomChanged(let room, let fields, let password):
      [
        "changed": [
          "room": .string(room.text), "fields": .strings(fields),
          "password": password.map { .string($0.exposed) } ?? nil,
        ]
      ]
    case .members(let members): ["members": .array(members.map(\.controlJSON))]
    case .roomKicked(let room, let user, let sessions):
      ["kicked": ["room": .string(room.text), "user": .string(user.text), "sessions": .int(sessions)]]
    case .users(let users): ["users": .array(users.map(\.json))]
    case .user(let user): ["user": user.json]
    case .userAdded(let user, let password):
      ["added": ["user": .string(user.text), "password": password.map { .string($0.exposed) } ?? nil]]
    case .userChanged(let user, let fields, let sessions, let password):
      [
        "changed": [
          "user": .string(user.text), "fields": .strings(fields), "sessions": .int(sessions),
          "password": password.map { .string($0.exposed) } ?? nil,
        ]
      ]
    case .userDeleted(let deleted): ["removed": deleted.json]
    case .userKicked(let user, let sessions): ["kicked": ["user": .string(user.text), "sessions": .int(sessions)]]
    case .bans(let bans): ["bans": .array(bans.map(\.json))]
    case .restricted(let restricted):
      .object([JSONMember(name: restricted.restriction.kind.done, value: restricted.json)])
    case .lifted(let lifted): .object([JSONMember(name: lifted.restriction.kind.undone, value: lifted.json)])
    case .sessions(let sessions): ["sessions": .array(sessions.map(\.json))]
    case .sessionClosed(let session, let user): ["closed": ["session": .int(session), "user": .orNull(user)]]
    case .files(let files): ["files": .array(files.map(\.json))]
    case .filesDeleted(let files): ["unshared": .array(files.map(\.json))]
    case .said(let audience, let sessions): ["said": ControlReply.said(audience, sessions)]
    case .messages(let messages): ["messages": .array(messages.map(\.controlJSON))]
    case .lines(let lines): ["lines": .strings(lines)]
    case .events(let events): ["events": .array(events.map(\.json))]
    case .settings(let settings): ["settings": .array(settings.map(\.json))]
    case .status(let status): ["status": status.json]
    case .top(let top): ["top": top.json]
    case .saved(let files): ["saved": ["files": .strings(files)]]
    case .backup(let bytes): ["backup": ["bytes": .int(bytes)]]
    case .reloaded(let reload): ["reloaded": reload.json]
    case .checked(let faults): ["checked": ["faults": .strings(faults)]]
    case .wouldBe(let reply): JSONValue.object([JSONMember(name: "dry_run", value: true)] + (reply.json.members ?? []))
    case .stopping: ["stopping": true]
    }
  }

  /// The first key that is known says what the reply is.
  init(json: JSONValue) throws(ControlDecodingError) {
    let object = try ControlObject(json, "\"ok\"")
    for member in object.members {
      if let reply = try ControlReply(kind: member.name, member.value, in: object) {
        self = object["dry_run"]?.bool == true ? .wouldBe(reply) : reply
        return
      }
    }
    throw ControlDecodingError("the answer is of a kind that this version does not know")
  }

  private init?(kind: String, _ value: JSONValue, in object: ControlObject) throws(ControlDecodingError) {
    switch kind {
    case "rooms": self = .rooms(try object.array(kind, of: ControlRoom.init(json:)))
    case "room": self = .room(try ControlRoom(json: value))
    case "created":
      let created = try ControlObject(value, "\"created\"")
      self = .roomCreated(try created.name("room"), password: try created.optionalString("password").map { Secret($0) })
    case "deleted":
      let deleted = try ControlObject(value, "\"deleted\"")
      self = .roomDeleted(try deleted.name("room"), members: try deleted.int("members"))
    case "users": self = .users(try object.array(kind, of: ControlUser.init(json:)))
    case "user": self = .user(try ControlUser(json: value))
    case "added":
      let added = try ControlObject(value, "\"added\"")
      self = .userAdded(try added.name("user"), password: try added.optionalString("password").map { Secret($0) })
    case "changed": self = try ControlReply.changed(try ControlObject(value, "\"changed\""))
    case "members": self = .members(try object.array(kind, of: RoomMember.init(controlJSON:)))
    case "removed": self = .userDeleted(try ControlDeletedUser(json: value))
    case "kicked":
      let kicked = try ControlObject(value, "\"kicked\"")
      let (user, sessions) = (try kicked.name("user"), try kicked.int("sessions"))
      self =
        try kicked.optionalName("room").map { .roomKicked($0, user: user, sessions: sessions) }
        ?? .userKicked(user, sessions: sessions)
    case "bans": self = .bans(try object.array(kind, of: Restriction.init(json:)))
    case "banned", "muted": self = .restricted(try ControlRestricted(json: value))
    case "unbanned", "unmuted": self = .lifted(try ControlRestricted(json: value))
    case "sessions": self = .sessions(try object.array(kind, of: ControlSession.init(json:)))
    case "closed":
      let closed = try ControlObject(value, "\"closed\"")
      self = .sessionClosed(try closed.unsigned("session"), user: try closed.optionalName("user"))
    case "files": self = .files(try object.array(kind, of: ControlFile.init(json:)))
    case "unshared": self = .filesDeleted(try object.array(kind, of: ControlFile.init(json:)))
    case "said":
      let said = try ControlObject(value, "\"said\"")
      let (room, user) = (try said.optionalName("room"), try said.optionalName("user"))
      let audience = room.map { ControlAudience.room($0) } ?? user.map { .user($0) } ?? .all
      self = .said(audience, sessions: try said.int("sessions"))
    case "messages": self = .messages(try object.array(kind, of: PastMessage.init(controlJSON:)))
    case "lines": self = .lines(try object.strings(kind))
    case "events": self = .events(try object.array(kind, of: ControlLogEvent.init(json:)))
    case "settings": self = .settings(try object.array(kind, of: ControlSetting.init(json:)))
    case "status": self = .status(try ControlStatus(json: value))
    case "top": self = .top(try ControlTop(json: value))
    case "saved": self = .saved(files: try ControlObject(value, "\"saved\"").strings("files"))
    case "backup": self = .backup(bytes: Int64(try ControlObject(value, "\"backup\"").int("bytes")))
    case "reloaded": self = .reloaded(try ControlReload(json: value))
    case "checked": self = .checked(faults: try ControlObject(value, "\"checked\"").strings("faults"))
    case "stopping": self = .stopping
    default: return nil
    }
  }

  /// A room or a user, by what it names.
  private static func changed(_ changed: ControlObject) throws(ControlDecodingError) -> ControlReply {
    let fields = try changed.strings("fields")
    let password = try changed.optionalString("password").map { Secret($0) }
    if let room = try changed.optionalName("room") { return .roomChanged(room, fields: fields, password: password) }
    return .userChanged(
      try changed.name("user"), fields: fields, sessions: try changed.int("sessions"), password: password)
  }

  private static func said(_ audience: ControlAudience, _ sessions: Int) -> JSONValue {
    var said: JSONValue = ["room": nil, "user": nil, "sessions": .int(sessions)]
    switch audience {
    case .room(let room): said["room"] = .string(room.text)
    case .user(let user): said["user"] = .string(user.text)
    case .all: break
    }
    return said
  }
}

extension Restriction.Kind {
  fileprivate var done: String { self == .ban ? "banned" : "muted" }
  fileprivate var undone: String { "un\(done)" }
}

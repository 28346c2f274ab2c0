import JSON

extension ControlRoom {
  var json: JSONValue {
    var object: JSONValue = [
      "name": .string(info.summary.name.text),
      "topic": .string(info.summary.topic),
      "owner": .orNull(info.summary.owner),
      "locked": .bool(info.summary.isLocked),
      "members": .int(info.summary.members),
      "created": .orNull(info.created),
      "moderators": .names(info.moderators),
      "banned": info.banned.map { .names($0) } ?? nil,
      "muted": info.muted.map { .names($0) } ?? nil,
    ]
    object["members_present"] = members.map { .array($0.map(\.controlJSON)) }
    return object
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let room = try ControlObject(json, "a room")
    let summary = RoomSummary(
      name: try room.name("name"), topic: try room.string("topic"), owner: try room.optionalName("owner"),
      isLocked: try room.bool("locked"), members: try room.int("members"))
    info = RoomInfo(
      summary: summary, created: try room.optionalTimestamp("created"), moderators: try room.names("moderators"),
      banned: try room.optionalNames("banned"), muted: try room.optionalNames("muted"))
    members =
      room["members_present"] == nil ? nil : try room.array("members_present", of: RoomMember.init(controlJSON:))
  }
}

extension RoomMember {
  var controlJSON: JSONValue {
    [
      "name": .string(name.text),
      "guest": .bool(isGuest),
      "muted": .bool(isMuted),
      "standing": .string(role.rawValue),
      "away": .orNull(away),
    ]
  }

  init(controlJSON: JSONValue) throws(ControlDecodingError) {
    let member = try ControlObject(controlJSON, "a member")
    name = try member.name("name")
    isGuest = try member.bool("guest")
    isMuted = try member.bool("muted")
    role = try member.value("standing", "owner, moderator, operator or member") {
      $0.string.flatMap { RoomRole(rawValue: $0) }
    }
    away = try member.optionalString("away")
  }
}

extension JSONValue {
  static func names(_ names: [Name]) -> JSONValue { .array(names.map { .string($0.text) }) }

  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

  static func orNull(_ text: (some CustomStringConvertible)?) -> JSONValue {
    text.map { .string($0.description) } ?? nil
  }
}

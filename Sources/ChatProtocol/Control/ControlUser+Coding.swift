import JSON

extension ControlUser {
  /// `role` and `status` say it in the words of users.csv.
  var json: JSONValue {
    var object: JSONValue = [
      "name": .string(name.text),
      "guest": .bool(isGuest),
      "role": .string(isOperator ? "operator" : "user"),
      "status": .string(isDisabled ? "disabled" : "active"),
      "email": .orNull(email),
      "created": .orNull(created),
      "last_seen": .orNull(lastSeen),
      "sessions": .int(sessions),
      "rooms": .names(rooms),
      "away": .orNull(away),
      "unread": .int(unread),
      "ban": ban?.json ?? nil,
      "mute": mute?.json ?? nil,
    ]
    if let steers { object.append(steers) }
    if let files { object["files"] = files.json }
    return object
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let user = try ControlObject(json, "a user")
    name = try user.name("name")
    isGuest = try user.bool("guest")
    isOperator = try user.value("role", "user or operator") { ["user": false, "operator": true][$0.string ?? ""] }
    isDisabled = try user.value("status", "active or disabled") {
      ["active": false, "disabled": true][$0.string ?? ""]
    }
    email = try user.optional("email", "an e-mail address") { $0.string.flatMap { EmailAddress($0) } }
    created = try user.optionalTimestamp("created")
    lastSeen = try user.optionalTimestamp("last_seen")
    sessions = try user.int("sessions")
    rooms = try user.names("rooms")
    away = try user.optionalString("away")
    unread = try user.int("unread")
    ban = try user.optionalRestriction("ban")
    mute = try user.optionalRestriction("mute")
    steers = user["owns"] == nil ? nil : try ControlModeratedRooms(user)
    files = try user["files"].map(ControlUserFiles.init(json:))
  }
}

extension ControlUserFiles {
  fileprivate var json: JSONValue {
    ["unfinished": .int(unfinished), "bytes": .int(bytes), "bytes_max": bytesMax.map { .int($0) } ?? .null]
  }

  fileprivate init(json: JSONValue) throws(ControlDecodingError) {
    let files = try ControlObject(json, "the files of a user")
    unfinished = try files.int("unfinished")
    bytes = try files.unsigned("bytes")
    bytesMax = files["bytes_max"] == nil ? nil : try files.unsigned("bytes_max")
  }
}

extension ControlObject {
  fileprivate func optionalRestriction(_ key: String) throws(ControlDecodingError) -> Restriction? {
    guard let value = self[key] else { return nil }
    return try Restriction(json: value)
  }
}

extension ControlDeletedUser {
  var json: JSONValue {
    var object: JSONValue = ["user": .string(name.text), "account": .bool(hadAccount), "sessions": .int(sessions)]
    object.append(rooms)
    object["unread"] = .int(unread)
    return object
  }

  init(json: JSONValue) throws(ControlDecodingError) {
    let removed = try ControlObject(json, "\"removed\"")
    name = try removed.name("user")
    hadAccount = try removed.bool("account")
    sessions = try removed.int("sessions")
    rooms = try ControlModeratedRooms(removed)
    unread = try removed.int("unread")
  }
}

extension ControlModeratedRooms {
  fileprivate init(_ object: ControlObject) throws(ControlDecodingError) {
    owned = try object.names("owns")
    moderated = try object.names("moderates")
  }
}

extension JSONValue {
  fileprivate mutating func append(_ rooms: ControlModeratedRooms) {
    self["owns"] = .names(rooms.owned)
    self["moderates"] = .names(rooms.moderated)
  }
}

import JSON

extension ControlUser {
  /// `role` and `status` say it in the words of users.csv.
  var json: JSONValue {
    [
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
    ]
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
  }
}

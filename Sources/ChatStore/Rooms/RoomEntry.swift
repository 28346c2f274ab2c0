import ChatCore
import ChatProtocol
import JSON

/// A room's entry in `rooms.json`: JSON to record and back.
enum RoomEntry {
  /// The record, or nil with faults.
  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (RoomRecord?, [Fault]) {
    var reader = EntryReader(entry, kind: "room", file: file, linesBefore: linesBefore)
    let name = reader.requiredName("name")
    let topic = reader.cleanText("topic") ?? ""
    let owner = reader.name("owner")
    let password = reader.string("password")
    if let password, let problem = PasswordRule.problem(password) {
      reader.fault(password.isEmpty ? "the password is empty; write null for an open room" : problem)
    }
    let created = reader.time("created")
    let moderators = reader.names("moderators")
    let banned = reader.names("banned")
    let muted = reader.names("muted")
    if name == .lobby {
      let used = [
        ("owner", owner == nil), ("password", password == nil), ("moderators", moderators.isEmpty),
        ("banned", banned.isEmpty),
      ]
      for (key, isUnused) in used where !isUnused {
        reader.fault("the lobby takes everybody and is nobody's; remove \"\(key)\" from it")
      }
    }
    guard reader.faults.isEmpty, let name else { return (nil, reader.faults) }
    let room = RoomRecord(
      name: name, topic: topic, owner: owner, password: password, created: created, moderators: moderators,
      banned: banned, muted: muted)
    return (room, [])
  }

  /// Puts what the record says into the entry; a key that says the same already stays as it is.
  static func write(_ room: RoomRecord, into entry: inout JSONValue, isNew: Bool) {
    let old = isNew ? nil : read(entry, file: "", linesBefore: 0).0
    func set(_ key: String, _ value: JSONValue, ifChanged isSame: Bool) {
      if !isSame { entry[key] = value }
    }
    set("name", .string(room.name.text), ifChanged: old?.name.text == room.name.text)
    set("topic", .string(room.topic), ifChanged: old?.topic == room.topic)
    set("owner", .name(room.owner), ifChanged: old != nil && old?.owner?.text == room.owner?.text)
    set("password", .text(room.password), ifChanged: old != nil && old?.password == room.password)
    set("created", .text(room.created?.description), ifChanged: old != nil && old?.created == room.created)
    set("moderators", .names(room.moderators), ifChanged: old?.moderators.texts == room.moderators.texts)
    set("banned", .names(room.banned), ifChanged: old?.banned.texts == room.banned.texts)
    set("muted", .names(room.muted), ifChanged: old?.muted.texts == room.muted.texts)
  }
}

extension JSONValue {
  static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
  static func name(_ name: Name?) -> JSONValue { .text(name?.text) }
  static func names(_ names: [Name]) -> JSONValue { .array(names.map { .string($0.text) }) }
}

extension [Name] {
  /// Names are equal without regard to case; what stands in a file has a case.
  var texts: [String] { map(\.text) }
}

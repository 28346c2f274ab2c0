import ChatCore
import ChatProtocol
import JSON

/// A room's entry in `rooms.json`: JSON to record and back.
extension RoomRecord: NamedEntry {
  static var kind: String { "room" }
  static let keys = ["name", "topic", "owner", "password", "created", "first_id", "moderators", "banned", "muted"]
  static let documentKeys = ["version", "rooms"]

  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (RoomRecord?, [Fault]) {
    var reader = EntryReader(entry, kind: kind, file: file, linesBefore: linesBefore)
    let name = reader.requiredName("name")
    let topic = reader.cleanText("topic") ?? ""
    let owner = reader.name("owner")
    let password = reader.string("password")
    if let password, let problem = PasswordRule.problem(password) {
      reader.fault(password.isEmpty ? "the password is empty; write null for an open room" : problem)
    }
    let created = reader.time("created")
    let firstID = reader.optionalMessageID("first_id")
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
      name: name, topic: topic, owner: owner, password: password, created: created, firstID: firstID,
      moderators: moderators, banned: banned, muted: muted)
    return (room, [])
  }

  func write(into entry: inout JSONValue, isNew: Bool) {
    let old = isNew ? nil : RoomRecord.read(entry, file: "", linesBefore: 0).0
    func set(_ key: String, _ value: JSONValue, ifChanged isSame: Bool) {
      if !isSame { entry[key] = value }
    }
    set("name", .string(name.text), ifChanged: old?.name.text == name.text)
    set("topic", .string(topic), ifChanged: old?.topic == topic)
    set("owner", .name(owner), ifChanged: old != nil && old?.owner?.text == owner?.text)
    set("password", .text(password), ifChanged: old != nil && old?.password == password)
    set("created", .text(created?.description), ifChanged: old != nil && old?.created == created)
    set("first_id", firstID.map { .int($0) } ?? .null, ifChanged: old?.firstID == firstID)
    set("moderators", .names(moderators), ifChanged: old?.moderators.texts == moderators.texts)
    set("banned", .names(banned), ifChanged: old?.banned.texts == banned.texts)
    set("muted", .names(muted), ifChanged: old?.muted.texts == muted.texts)
  }
}

extension JSONValue {
  static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
  static func name(_ name: Name?) -> JSONValue { .text(name?.text) }
  /// A number that can be an id.
  var messageID: MessageID? {
    int.flatMap { $0 > 0 && $0 <= MessageID.greatest ? MessageID($0) : nil }
  }
  static func names(_ names: [Name]) -> JSONValue { .array(names.map { .string($0.text) }) }
}

extension [Name] {
  /// Names are equal without regard to case; what stands in a file has a case.
  var texts: [String] { map(\.text) }
}

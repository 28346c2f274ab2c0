import ChatCore
import ChatProtocol
import JSON

/// A user's entry in `state.json`: JSON to records and back.
struct StateEntry: NamedEntry {
  var user: UserState
  /// Unread private messages, oldest first.
  var mail: [Mail] = []

  static var kind: String { "user" }
  static let keys = ["name", "last_seen", "rooms", "away", "ignores", "unread"]
  static let documentKeys = ["version", "saved", "clean", "clock", "bans", "mutes", "id", "users"]
  var name: Name { user.name }

  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (StateEntry?, [Fault]) {
    var reader = EntryReader(entry, kind: kind, file: file, linesBefore: linesBefore)
    let name = reader.requiredName("name")
    let lastSeen = reader.time("last_seen")
    let rooms = reader.names("rooms")
    let away = reader.cleanText("away")
    let ignores = reader.names("ignores")
    var mail: [Mail] = []
    var faults: [Fault] = []
    // The line of each id: two messages with the same could not be told apart.
    var lines: [MessageID: Int] = [:]
    if let unread = entry["unread"], !unread.isNull {
      if unread.array == nil { reader.fault("\"unread\" is no list; write messages between [ and ]") }
      for element in unread.array ?? [] {
        let (message, problems) = readMail(element, to: name, lines: &lines, file: file, linesBefore: linesBefore)
        faults += problems
        if let message { mail.append(message) }
      }
    }
    faults = reader.faults + faults
    guard faults.isEmpty, let name else { return (nil, faults) }
    let user = UserState(name: name, lastSeen: lastSeen, rooms: rooms, away: away, ignores: ignores)
    return (StateEntry(user: user, mail: mail), [])
  }

  private static func readMail(
    _ element: JSONValue, to name: Name?, lines: inout [MessageID: Int], file: String, linesBefore: Int
  ) -> (Mail?, [Fault]) {
    var reader = EntryReader(element, kind: "message", file: file, linesBefore: linesBefore)
    guard reader.faults.isEmpty else { return (nil, reader.faults) }
    let id = reader.messageID("id")
    let from = reader.requiredName("from")
    let text = reader.cleanText("text") ?? ""
    let time = reader.time("time") ?? Timestamp(milliseconds: 0)
    if let id, let line = lines.updateValue(reader.line, forKey: id) {
      reader.fault("the \"id\" \(id) stands in line \(line) already; remove one of the two")
    }
    guard reader.faults.isEmpty, let id, let from, let name else { return (nil, reader.faults) }
    return (Mail(time: time, message: PrivateMessage(id: id, from: from, to: name, text: text)), [])
  }

  func write(into entry: inout JSONValue, isNew: Bool) {
    let old = isNew ? nil : StateEntry.read(entry, file: "", linesBefore: 0).0
    func set(_ key: String, _ value: JSONValue, ifChanged isSame: Bool) {
      if !isSame { entry[key] = value }
    }
    let before = old?.user
    set("name", .string(user.name.text), ifChanged: before?.name.text == user.name.text)
    set("last_seen", .text(user.lastSeen?.description), ifChanged: before != nil && before?.lastSeen == user.lastSeen)
    set("rooms", .names(user.rooms), ifChanged: before?.rooms.texts == user.rooms.texts)
    set("away", .text(user.away), ifChanged: before != nil && before?.away == user.away)
    set("ignores", .names(user.ignores), ifChanged: before?.ignores.texts == user.ignores.texts)
    set("unread", unread(replacing: entry["unread"]), ifChanged: old?.mail == mail)
  }

  /// A message that stands there already keeps the keys that nobody here understands.
  private func unread(replacing old: JSONValue?) -> JSONValue {
    var known: [MessageID: JSONValue] = [:]
    for element in old?.array ?? [] {
      if let id = element["id"]?.int { known[MessageID(clamping: id)] = element }
    }
    return .array(
      mail.map { mail in
        known[mail.message.id] ?? [
          "id": .int(mail.message.id), "time": .string(mail.time.description), "from": .name(mail.message.from),
          "text": .string(mail.message.text),
        ]
      })
  }
}

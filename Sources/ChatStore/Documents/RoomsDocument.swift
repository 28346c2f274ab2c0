import ChatCore
import ChatProtocol
import JSON

/// `rooms.json`: entries and keys in their order, unknown ones included.
struct RoomsDocument: EditedDocument, EntriesDocument {
  static let appliesEdits = true

  var entries: NamedEntries<RoomRecord>
  var bases = BaseVersions()

  private static let list = "rooms"

  init() { entries = NamedEntries(list: Self.list) }

  /// The document, its rooms and its errors; with errors the other two are invalid.
  static func read(_ bytes: [UInt8], file: String) -> (RoomsDocument, [RoomRecord], [FileError]) {
    var document = RoomsDocument()
    var rooms: [RoomRecord] = []
    let (entries, errors) = NamedEntries<RoomRecord>.read(bytes, list: list, file: file) { rooms.append($0) }
    document.entries = entries
    return (document, rooms, errors.inOrder)
  }

  /// The line of a room's entry when the file was read.
  func line(of name: Name) -> Int? { entries.line(of: name) }

  mutating func set(_ room: RoomRecord) {
    bases.save(room.name.key, entries.text(of: room.name.key))
    entries.set(room)
  }

  mutating func remove(_ name: Name) {
    if entries.contains(name) { bases.save(name.key, entries.text(of: name.key)) }
    entries.remove(name)
  }

  mutating func didWrite(change: UInt64, at nowNanoseconds: Int64) {
    entries.didWrite()
    bases.didWrite(change: change, at: nowNanoseconds)
  }

  // MARK: Rows

  var keys: [String] { entries.keys }

  var count: Int { entries.count }

  func revised(by bytes: [UInt8], file: String) -> RevisedFile<RoomsDocument> { revisedWhole(by: bytes, file: file) }

  func row(of key: String) -> RoomRecord? { entries.entry(of: key) }

  func row(reading text: [UInt8]) -> RoomRecord? {
    (try? JSONValue(parsing: text)).flatMap { RoomRecord.read($0, file: "", linesBefore: 0).0 }
  }

  func text(of key: String) -> ArraySlice<UInt8>? { entries.text(of: key) }

  func file(of keys: [String]) -> [UInt8] {
    let texts = keys.compactMap { text(of: $0).map { Array($0) } }
    return Array("{\"version\": 1, \"rooms\": [\n".utf8) + texts.joined(separator: Array(",\n".utf8))
      + Array("\n]}\n".utf8)
  }

  func readsRows(like other: RoomsDocument) -> Bool { true }
}

/// A room's entry in `rooms.json`.
extension RoomRecord: NamedEntry {
  static var kind: String { "room" }
  static let keys = ["name", "topic", "owner", "password", "created", "first_id", "moderators", "banned", "muted"]
  static let documentKeys = ["version", "rooms"]

  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (RoomRecord?, [FileError]) {
    var reader = EntryReader(entry, kind: kind, file: file, linesBefore: linesBefore)
    let name = reader.requiredName("name")
    let topic = reader.cleanText("topic") ?? ""
    let owner = reader.name("owner")
    let password = reader.string("password")
    if let password, let problem = PasswordRule.problem(password) {
      reader.addError(password.isEmpty ? "the password is empty; write null for an open room" : problem)
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
        reader.addError("the lobby is open to all and has no owner; remove \"\(key)\" from it")
      }
    }
    guard reader.errors.isEmpty, let name else { return (nil, reader.errors) }
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
  /// A valid message id.
  var messageID: MessageID? {
    int.flatMap { $0 > 0 && $0 <= MessageID.greatest ? MessageID($0) : nil }
  }
  static func names(_ names: [Name]) -> JSONValue { .array(names.map { .string($0.text) }) }
}

extension [Name] {
  /// As written: names are equal without regard to case.
  var texts: [String] { map(\.text) }
}

import ChatCore
import ChatProtocol
import JSON

/// A user's entry in `state.json`.
struct StateEntry: NamedEntry {
  var user: UserState
  /// Unread private messages, oldest first.
  var mail: [Mail] = []

  static var kind: String { "user" }
  static let keys = ["name", "last_seen", "rooms", "away", "ignores", "unread"]
  static let documentKeys = ["version", "saved", "clean", "clock", "bans", "mutes", "id", "users"]
  var name: Name { user.name }

  static func read(_ entry: JSONValue, file: String, linesBefore: Int) -> (StateEntry?, [FileError]) {
    var reader = EntryReader(entry, kind: kind, file: file, linesBefore: linesBefore)
    let name = reader.requiredName("name")
    let lastSeen = reader.time("last_seen")
    let rooms = reader.names("rooms")
    let away = reader.cleanText("away")
    let ignores = reader.names("ignores")
    var mail: [Mail] = []
    var errors: [FileError] = []
    // The line of each id, to find duplicates.
    var lines: [MessageID: Int] = [:]
    if let unread = entry["unread"], !unread.isNull {
      if unread.array == nil { reader.addError("\"unread\" must be a list; write messages between [ and ]") }
      for element in unread.array ?? [] {
        let (message, problems) = readMail(element, to: name, lines: &lines, file: file, linesBefore: linesBefore)
        errors += problems
        if let message { mail.append(message) }
      }
    }
    errors = reader.errors + errors
    guard errors.isEmpty, let name else { return (nil, errors) }
    let user = UserState(name: name, lastSeen: lastSeen, rooms: rooms, away: away, ignores: ignores)
    return (StateEntry(user: user, mail: mail), [])
  }

  private static func readMail(
    _ element: JSONValue, to name: Name?, lines: inout [MessageID: Int], file: String, linesBefore: Int
  ) -> (Mail?, [FileError]) {
    var reader = EntryReader(element, kind: "message", file: file, linesBefore: linesBefore)
    guard reader.errors.isEmpty else { return (nil, reader.errors) }
    let id = reader.messageID("id")
    let from = reader.requiredName("from")
    let text = reader.cleanText("text") ?? ""
    let time = reader.time("time") ?? Timestamp(milliseconds: 0)
    if let id, let line = lines.updateValue(reader.line, forKey: id) {
      reader.addError("the \"id\" \(id) is in line \(line) already; remove one of the two")
    }
    guard reader.errors.isEmpty, let id, let from, let name else { return (nil, reader.errors) }
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

  /// Messages that were there before keep their unknown keys.
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

// Reads an entry that the server wrote, without building JSON values: a start reads a million of them.
extension StateEntry {
  /// nil for an entry with other keys, another order, escapes, characters beyond ASCII or unread messages.
  static func readFast(_ text: Span<UInt8>) -> StateEntry? {
    var reader = FastEntryReader()
    guard reader.passes("{", in: text), reader.passes("\"name\"", ":", in: text),
      let name = reader.text(in: text).flatMap({ Name($0) }),
      reader.passes(",", "\"last_seen\"", ":", in: text), let lastSeen = reader.time(in: text),
      reader.passes(",", "\"rooms\"", ":", in: text), let rooms = reader.names(in: text),
      reader.passes(",", "\"away\"", ":", in: text), let away = reader.textOrNull(in: text),
      reader.passes(",", "\"ignores\"", ":", in: text), let ignores = reader.names(in: text),
      reader.passes(",", "\"unread\"", ":", in: text), reader.passes("[", "]", "}", in: text),
      reader.position == text.count
    else { return nil }
    return StateEntry(user: UserState(name: name, lastSeen: lastSeen, rooms: rooms, away: away, ignores: ignores))
  }
}

private struct FastEntryReader {
  private(set) var position = 0

  mutating func passes(_ tokens: String..., in bytes: Span<UInt8>) -> Bool {
    for token in tokens where !passes(token, in: bytes) { return false }
    return true
  }

  /// Skips a token and the white space before it.
  mutating func passes(_ token: String, in bytes: Span<UInt8>) -> Bool {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\n") {
      position += 1
    }
    guard bytes.count - position >= token.utf8.count else { return false }
    var index = position
    for byte in token.utf8 {
      if bytes[index] != byte { return false }
      index += 1
    }
    position = index
    return true
  }

  /// The range of a string without escapes.
  mutating func range(in bytes: Span<UInt8>) -> Range<Int>? {
    guard passes("\"", in: bytes) else { return nil }
    let start = position
    while position < bytes.count, bytes[position] >= 0x20, bytes[position] < 0x7F, bytes[position] != UInt8(ascii: "\\")
    {
      position += 1
      if bytes[position - 1] == UInt8(ascii: "\"") { return start..<position - 1 }
    }
    return nil
  }

  mutating func text(in bytes: Span<UInt8>) -> String? {
    guard let range = range(in: bytes), let text = try? UTF8Span(validating: bytes.extracting(range)) else {
      return nil
    }
    return String(copying: text)
  }

  mutating func textOrNull(in bytes: Span<UInt8>) -> String?? {
    if passes("null", in: bytes) { return .some(nil) }
    return text(in: bytes).map { .some($0) }
  }

  mutating func time(in bytes: Span<UInt8>) -> Timestamp?? {
    if passes("null", in: bytes) { return .some(nil) }
    guard let range = range(in: bytes) else { return nil }
    return Timestamp(utf8: bytes.extracting(range)).map { .some($0) }
  }

  mutating func names(in bytes: Span<UInt8>) -> [Name]? {
    guard passes("[", in: bytes) else { return nil }
    if passes("]", in: bytes) { return [] }
    var names: [Name] = []
    var known: Set<Name> = []
    repeat {
      guard let name = text(in: bytes).flatMap({ Name($0) }), known.insert(name).inserted else { return nil }
      names.append(name)
    } while passes(",", in: bytes)
    return passes("]", in: bytes) ? names : nil
  }
}

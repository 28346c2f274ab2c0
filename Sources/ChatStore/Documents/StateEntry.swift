import ChatCore
import ChatProtocol
import JSON

/// A user's entry in `state.json`.
struct StateEntry: NamedEntry {
  var user: UserState
  /// Unread private messages, oldest first.
  var mail: [Mail] = []

  static let kind = "user"
  static let blank = StateEntry(user: UserState(name: .lobby, marks: [.blank]))
  static let documentKeys =
    ["version", "saved", "clean", "clock", "counts", "bans", "mutes", "id", "first_ids", "users"]
  var name: Name { user.name }

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    user.code(&coder)
    coder.unread("unread", &mail, of: user.name)
  }

  func write(into entry: inout JSONValue, isNew: Bool) {
    let before = entry["unread"]
    entry.write(json, over: isNew ? nil : Self(reading: entry)?.json)
    if entry["unread"] != before { entry["unread"] = unread(replacing: before) }
  }

  /// Messages that were there before keep their unknown keys.
  private func unread(replacing old: JSONValue?) -> JSONValue {
    var known: [MessageID: JSONValue] = [:]
    for element in old?.array ?? [] {
      if let id = element["id"]?.int { known[MessageID(clamping: id)] = element }
    }
    return .array(mail.map { known[$0.message.id] ?? StoredMail(mail: $0).json })
  }
}

/// All but the unread messages; a row of the journal.
extension UserState: StoredRecord {
  static let kind = "user"
  static let blank = UserState(name: .lobby)

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("name", &name)
    codeState(&coder)
  }

  /// All but the name.
  mutating func codeState<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.nullable("last_seen", &lastSeen)
    coder.field("rooms", &rooms)
    coder.text("away", &away)
    coder.field("ignores", &ignores)
    // Left out where there are none, so that digests of journals before this member stay valid.
    coder.marks("read", &marks)
  }
}

/// A read mark in `read` of `state.json`, or in the journal.
extension ReadMark: StoredRecord {
  static let kind = "read mark"
  static let blank = ReadMark(room: .lobby, id: 1, messages: 0)

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("room", &room)
    coder.number("id", &id, upTo: .greatest)
    coder.number("messages", &messages, upTo: .greatest)
  }
}

/// A message in `unread` of `state.json`, or in the journal, where it names its recipient.
struct StoredMail: StoredRecord {
  var mail: Mail
  var namesRecipient = false

  static let kind = "message"
  static let blank = StoredMail(mail: Mail(time: Timestamp(milliseconds: 0), message: .blank))

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("id", &mail.message.id)
    coder.field("time", &mail.time)
    coder.field("from", &mail.message.from)
    if namesRecipient { coder.field("to", &mail.message.to) }
    coder.text("text", &mail.message.text)
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
      let marks = reader.marks(in: text),
      reader.passes(",", "\"unread\"", ":", in: text), reader.passes("[", "]", "}", in: text),
      reader.position == text.count
    else { return nil }
    return StateEntry(
      user: UserState(name: name, lastSeen: lastSeen, rooms: rooms, away: away, ignores: ignores, marks: marks))
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

  mutating func number(in bytes: Span<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    _ = passes("", in: bytes)
    let start = position
    while position < bytes.count, position < start + 16, bytes[position].isASCIIDigit {
      number = number * 10 + UInt64(bytes[position] - UInt8(ascii: "0"))
      position += 1
    }
    let hasLeadingZero = position > start + 1 && bytes[start] == UInt8(ascii: "0")
    return position > start && !hasLeadingZero && number <= MessageID.greatest ? number : nil
  }

  /// Empty where the member is not there.
  mutating func marks(in bytes: Span<UInt8>) -> [ReadMark]? {
    let start = position
    guard passes(",", "\"read\"", ":", "[", in: bytes) else {
      position = start
      return []
    }
    var marks: [ReadMark] = []
    repeat {
      guard passes("{", "\"room\"", ":", in: bytes), let room = text(in: bytes).flatMap({ Name($0) }),
        passes(",", "\"id\"", ":", in: bytes), let id = number(in: bytes),
        passes(",", "\"messages\"", ":", in: bytes), let messages = number(in: bytes), passes("}", in: bytes),
        !marks.contains(where: { $0.room == room })
      else { return nil }
      marks.append(ReadMark(room: room, id: id, messages: messages))
    } while passes(",", in: bytes)
    return passes("]", in: bytes) ? marks : nil
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

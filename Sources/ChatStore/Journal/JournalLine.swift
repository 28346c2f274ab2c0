import ChatCore
import ChatProtocol
import JSON
import POSIX
import Text

/// A line of `journal.jsonl`, without its number.
enum JournalLine: Equatable, Sendable {
  /// A row changed, or was removed (`row` is nil). `was` is the digest of the row before; nil for a new row.
  case change(file: JournaledFile, key: JournalKey, was: Digest?, row: JournalRow?)
  /// A room with long lists changed: only the difference. `became` is the digest of the row afterwards.
  case roomChange(RoomChange, was: Digest, became: Digest)
  /// A user's entry in `state.json` changed. Applying it twice is harmless.
  case user(UserChange)
  /// A user's entry in `state.json` was removed.
  case userRemoved(Name)
  /// An unread private message.
  case mail(Mail)
  /// A user has read all private messages up to this id.
  case read(by: Name, upTo: MessageID)
  /// Counts of messages have changed.
  case counts(MessageCounts)
  /// The private history of a name begins at this id.
  case past(of: Name, from: MessageID)
  /// The wall clock was set. `saved` is the wall time of the entry.
  case clock(ClockEntry, saved: Timestamp)
  /// Every id below this one may have been issued.
  case lease(MessageID)
  /// Each file shows all changes up to its number.
  case covered([JournaledFile: UInt64])
  /// See `Coverage.settled`.
  case settled(UInt64)

  /// The greatest number of a line.
  static let numberMax = UInt64(Int64.max)

  init(_ record: Record) {
    switch record {
    case .account(let account, let was): self = .changed(.account(account), was.map { .account($0) })
    case .accountRemoved(let was): self = .removed(.account(was))
    case .room(let room, let was):
      if let was, let change = RoomChange(from: was, to: room) {
        self = .roomChange(change, was: JournalRow.room(was).digest, became: JournalRow.room(room).digest)
      } else {
        self = .changed(.room(room), was.map { .room($0) })
      }
    case .roomRemoved(let was): self = .removed(.room(was))
    case .user(let change): self = .user(change)
    case .userRemoved(let name): self = .userRemoved(name)
    case .mail(let mail): self = .mail(mail)
    case .mailRead(let name, let id): self = .read(by: name, upTo: id)
    case .counts(let counts): self = .counts(counts)
    case .pastBegins(let name, let id): self = .past(of: name, from: id)
    case .restriction(let restriction, let was):
      self = .changed(.restriction(restriction), was.map { .restriction($0) })
    case .restrictionRemoved(let was): self = .removed(.restriction(was))
    case .file(let file, let was): self = .changed(.file(file), was.map { .file($0) })
    case .fileRemoved(let was): self = .removed(.file(was))
    case .clock(let steps, let time):
      self = .clock(
        ClockEntry(boot: SystemClock.bootID, uptime: time.steady, steps: steps), saved: time.wall)
    case .edited: preconditionFailure("an edit is in its file and needs no line")
    }
  }

  private static func changed(_ row: JournalRow, _ was: JournalRow?) -> JournalLine {
    let before = was ?? .absent(row.key, in: row.file)
    return .change(file: row.file, key: row.key, was: before?.digest, row: row)
  }

  private static func removed(_ was: JournalRow) -> JournalLine {
    .change(file: was.file, key: was.key, was: was.digest, row: nil)
  }

  /// Appends the line with its number and line end.
  func append(number: UInt64, to bytes: inout [UInt8]) {
    bytes += #"{"n":"#.utf8
    bytes += String(number).utf8
    switch self {
    case .change(let file, let key, let was, let row):
      bytes.append(member: "file", file.rawValue)
      bytes.append(member: "key", key.text)
      bytes.append(member: "was", was?.hexadecimal)
      bytes.append(key: "row")
      if let row { row.append(to: &bytes) } else { bytes += "null".utf8 }
    case .roomChange(let change, let was, let became):
      bytes.append(member: "file", JournaledFile.rooms.rawValue)
      bytes.append(member: "key", change.name.key)
      bytes.append(member: "was", was.hexadecimal)
      bytes.append(member: "became", became.hexadecimal)
      bytes.append(key: "change")
      change.append(to: &bytes)
    case .user(let change):
      bytes.append(state: "user")
      change.append(to: &bytes)
    case .userRemoved(let name):
      bytes.append(state: "user_removed")
      bytes.appendJSON(string: name.text)
    case .mail(let mail):
      bytes.append(state: "mail")
      StoredMail(mail: mail, namesRecipient: true).append(to: &bytes)
    case .read(let name, let id):
      bytes.append(state: "read")
      bytes += #"{"user":"#.utf8
      bytes.appendJSON(string: name.text)
      bytes += #","up_to":\#(id)}"#.utf8
    case .counts(let counts):
      bytes.append(state: "counts")
      counts.append(to: &bytes)
    case .past(let name, let id):
      bytes.append(state: "past")
      bytes += #"{"user":"#.utf8
      bytes.appendJSON(string: name.text)
      bytes += #","first_id":\#(id)}"#.utf8
    case .clock(let clock, let saved):
      bytes.append(member: "file", JournaledFile.state.rawValue)
      bytes.append(member: "saved", saved.description)
      bytes.append(key: "clock")
      bytes += clock.json.compact
    case .lease(let id): bytes += #","lease":\#(id)"#.utf8
    case .settled(let number): bytes += #","settled":\#(number)"#.utf8
    case .covered(let numbers):
      let members = JournaledFile.allCases.compactMap { file in numbers[file].map { #""\#(file.rawValue)":\#($0)"# } }
      bytes += #","covered":{\#(members.joined(separator: ","))}"#.utf8
    }
    bytes += "}\n".utf8
  }
}

extension [UInt8] {
  /// Begins a change of `state.json` that is no row.
  fileprivate mutating func append(state key: StaticString) {
    append(member: "file", JournaledFile.state.rawValue)
    append(key: key)
  }
}

extension JournalLine {
  /// Reads a line without its line end; nil for one that no server writes.
  static func read(_ bytes: [UInt8]) -> (number: UInt64, line: JournalLine)? {
    guard let value = try? JSONValue(parsing: bytes), let number = value["n"]?.number, let line = read(value) else {
      return nil
    }
    return (number, line)
  }

  private static func read(_ value: JSONValue) -> JournalLine? {
    if let lease = value["lease"] {
      return lease.int.flatMap { $0 > 0 && $0 - 1 <= MessageID.greatest ? .lease(MessageID($0)) : nil }
    }
    if let covered = value["covered"] { return readCovered(covered) }
    if let settled = value["settled"] { return settled.number.map { .settled($0) } }
    guard let file = value["file"]?.string.flatMap(JournaledFile.init) else { return nil }
    if let mail = value["mail"], file == .state {
      var reader = EntryReader(mail, kind: StoredMail.kind, file: "", linesBefore: 0)
      return reader.record(StoredMail(mail: StoredMail.blank.mail, namesRecipient: true)).map { .mail($0.mail) }
    }
    if let clock = value["clock"], file == .state {
      guard let clock = ClockEntry.read(clock), let saved = value["saved"]?.string.flatMap({ Timestamp($0) }) else {
        return nil
      }
      return .clock(clock, saved: saved)
    }
    if let counts = value["counts"], file == .state { return MessageCounts(reading: counts).map { .counts($0) } }
    if let read = value["read"], file == .state {
      guard let name = read["user"]?.string.flatMap({ Name($0) }), let id = read["up_to"]?.number else { return nil }
      return .read(by: name, upTo: id)
    }
    if let past = value["past"], file == .state {
      guard let name = past["user"]?.string.flatMap({ Name($0) }), let id = past["first_id"]?.number,
        (1...UInt64(MessageID.greatest) + 1).contains(id)
      else { return nil }
      return .past(of: name, from: id)
    }
    if let user = value["user"], file == .state { return UserChange(reading: user).map { .user($0) } }
    if let removed = value["user_removed"], file == .state {
      return removed.string.flatMap { Name($0) }.map { .userRemoved($0) }
    }
    if let change = value["change"], file == .rooms { return readRoomChange(change, value) }
    guard let key = value["key"]?.string.flatMap({ JournalKey($0, in: file) }), let was = value["was"],
      let entry = value["row"]
    else {
      return nil
    }
    let digest = was.string.flatMap { Digest(hexadecimal: $0) }
    guard was.isNull || digest != nil else { return nil }
    if entry.isNull { return .change(file: file, key: key, was: digest, row: nil) }
    guard let row = JournalRow(reading: entry, of: file, key), row.key == key else { return nil }
    return .change(file: file, key: row.key, was: digest, row: row)
  }

  private static func readRoomChange(_ change: JSONValue, _ line: JSONValue) -> JournalLine? {
    guard let change = RoomChange(reading: change), change.name == line["key"]?.string.flatMap({ Name($0) }),
      let was = line["was"]?.string.flatMap({ Digest(hexadecimal: $0) }),
      let became = line["became"]?.string.flatMap({ Digest(hexadecimal: $0) })
    else { return nil }
    return .roomChange(change, was: was, became: became)
  }

  private static func readCovered(_ value: JSONValue) -> JournalLine? {
    guard let members = value.members else { return nil }
    var numbers: [JournaledFile: UInt64] = [:]
    for member in members {
      guard let file = JournaledFile(rawValue: member.name), let number = member.value.number else { return nil }
      numbers[file] = number
    }
    return .covered(numbers)
  }
}

extension JournalRow {
  /// nil for an invalid row.
  init?(reading entry: JSONValue, of file: JournaledFile, _ key: JournalKey) {
    if case .restriction(let key) = key {
      guard let restriction = RestrictionEntry.read(entry, key.kind).0 else { return nil }
      self = .restriction(restriction)
      return
    }
    let row: JournalRow? =
      switch file {
      case .users: Account(reading: entry).map { .account($0) }
      case .rooms: RoomRecord(reading: entry).map { .room($0) }
      case .state: StateEntry(reading: entry).map { .user($0.user) }
      case .files: FileEntry(reading: entry).map { .file($0.record) }
      }
    guard let row else { return nil }
    self = row
  }
}

/// A row of `users.csv` in the journal.
extension Account: StoredRecord {
  static let kind = "user"
  static let blank = Account(name: .lobby, password: "")

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("name", &name)
    coder.field("password", &password)
    coder.word("role", &role)
    coder.word("status", &status)
    var email = email?.text
    coder.nullable("email", &email)
    coder.nullable("created", &created)
    if !coder.isReading { return }
    self.email = email.flatMap { EmailAddress($0) }
    if PasswordRule.problem(password) != nil || self.email?.text != email { coder.fail("the row is invalid") }
  }
}

extension JSONValue {
  fileprivate var number: UInt64? { int.flatMap { UInt64(exactly: $0) } }
}

import ChatCore
import ChatProtocol
import JSON
import Text

extension JournalLine {
  /// Reads a line without its line end, and its number; nil for one that was not written so.
  static func read(_ bytes: [UInt8]) -> (number: UInt64, line: JournalLine)? {
    guard let value = try? JSONValue(parsing: bytes), let number = value["n"]?.number, let line = read(value) else {
      return nil
    }
    return (number, line)
  }

  private static func read(_ value: JSONValue) -> JournalLine? {
    if let lease = value["lease"] {
      // What may be given out is below it.
      return lease.int.flatMap { $0 > 0 && $0 - 1 <= MessageID.greatest ? .lease(MessageID($0)) : nil }
    }
    if let covered = value["covered"] { return readCovered(covered) }
    if let settled = value["settled"] { return settled.number.map { .settled($0) } }
    guard let file = value["file"]?.string.flatMap(JournaledFile.init) else { return nil }
    if let mail = value["mail"], file == .state { return readMail(mail) }
    if let clock = value["clock"], file == .state {
      guard let clock = ClockEntry.read(clock), let saved = value["saved"]?.string.flatMap({ Timestamp($0) }) else {
        return nil
      }
      return .clock(clock, saved: saved)
    }
    if let read = value["read"], file == .state {
      guard let name = read["user"]?.string.flatMap({ Name($0) }), let id = read["up_to"]?.number else { return nil }
      return .read(by: name, upTo: id)
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
    guard let name = line["key"]?.string.flatMap({ Name($0) }), let change = RoomChange(reading: change, of: name),
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

  private static func readMail(_ value: JSONValue) -> JournalLine? {
    guard let id = value["id"]?.messageID, let time = value["time"]?.string.flatMap({ Timestamp($0) }),
      let from = value["from"]?.string.flatMap({ Name($0) }), let to = value["to"]?.string.flatMap({ Name($0) }),
      let text = value["text"]?.string
    else { return nil }
    let message = PrivateMessage(id: id, from: from, to: to, text: CleanText.string(from: text))
    return .mail(Mail(time: time, message: message))
  }
}

extension JournalRow {
  /// nil for what is no row of that file.
  init?(reading entry: JSONValue, of file: JournaledFile, _ key: JournalKey) {
    if case .restriction(let key) = key {
      guard let restriction = Restriction.read(entry, key.kind, file: "", linesBefore: 0).0 else { return nil }
      self = .restriction(restriction)
      return
    }
    switch file {
    case .users:
      guard let account = Account(reading: entry) else { return nil }
      self = .account(account)
    case .rooms:
      guard let room = RoomRecord.read(entry, file: "", linesBefore: 0).0 else { return nil }
      self = .room(room)
    case .state:
      guard let state = StateEntry.read(entry, file: "", linesBefore: 0).0 else { return nil }
      self = .user(state.user)
    case .files:
      guard let file = FileEntry.read(entry, file: "", linesBefore: 0).0 else { return nil }
      self = .file(file.record)
    }
  }
}

extension Account {
  fileprivate init?(reading entry: JSONValue) {
    var reader = EntryReader(entry, kind: "user", file: "", linesBefore: 0)
    let name = reader.requiredName("name")
    let email = reader.string("email")
    let created = reader.time("created")
    guard let name, let password = reader.string("password"), PasswordRule.problem(password) == nil,
      let role = reader.string("role").flatMap(Role.init), let status = reader.string("status").flatMap(Status.init),
      reader.faults.isEmpty
    else { return nil }
    self.init(name: name, password: password, role: role, status: status, created: created)
    guard let email else { return }
    self.email = EmailAddress(email)
    if self.email == nil { return nil }
  }
}

extension JSONValue {
  fileprivate var number: UInt64? { int.flatMap { UInt64(exactly: $0) } }
}

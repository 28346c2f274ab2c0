import ChatCore
import ChatProtocol
import JSON

/// A file whose changes are in the journal until the file shows them.
enum JournaledFile: String, CaseIterable, Sendable {
  case users = "users.csv"
  case rooms = "rooms.json"
  case state = "state.json"
  case files = "files.json"
}

/// A row of one of these files as the journal writes it. The bytes do not depend on the row's form in its file (quotes, order of
/// keys, an empty cell for a default), so that two rows with the same content have the same digest.
enum JournalRow: Equatable, Sendable {
  case account(Account)
  case room(RoomRecord)
  case user(UserState)
  case restriction(Restriction)
  case file(FileRecord)

  var file: JournaledFile {
    switch self {
    case .account: .users
    case .room: .rooms
    case .user, .restriction: .state
    case .file: .files
    }
  }

  var key: JournalKey {
    switch self {
    case .account(let account): .name(account.name)
    case .room(let room): .name(room.name)
    case .user(let user): .name(user.name)
    case .restriction(let restriction): .restriction(restriction.key)
    case .file(let record): .name(FileEntry(record: record).name)
    }
  }

  /// The row that a file without such a row implies; nil for none.
  static func absent(_ key: JournalKey, in file: JournaledFile) -> JournalRow? {
    guard case .name(let name) = key else { return nil }
    return switch file {
    case .users, .files: nil
    case .rooms: RoomRecord.implied(name).map { .room($0) }
    case .state: .user(UserState(name: name))
    }
  }

  var digest: Digest {
    guard case .user(var user) = self else {
      var bytes: [UInt8] = []
      append(to: &bytes)
      return Digest(of: bytes)
    }
    // The case of the name belongs to the account: a change of it is no change of the state.
    var writer = RecordWriter([UInt8(ascii: ",")])
    user.codeState(&writer)
    return Digest(of: writer.bytes)
  }

  /// Appends the row as one JSON object.
  func append(to bytes: inout [UInt8]) {
    switch self {
    case .account(let account): account.append(to: &bytes)
    case .room(let room): room.append(to: &bytes)
    case .user(let user): user.append(to: &bytes)
    case .restriction(let restriction): RestrictionEntry(restriction: restriction).append(to: &bytes)
    case .file(let record): FileEntry(record: record).append(to: &bytes)
    }
  }
}

extension [UInt8] {
  mutating func append(key: StaticString) {
    self += #",""#.utf8
    self += "\(key)".utf8
    self += #"":"#.utf8
  }

  mutating func append(member key: StaticString, _ text: String?) {
    append(key: key)
    if let text { appendJSON(string: text) } else { self += "null".utf8 }
  }
}

/// The key of a row: a name, or a ban or mute.
enum JournalKey: Hashable, Sendable {
  case name(Name)
  case restriction(Restriction.Key)

  /// Names contain no space.
  var text: String {
    switch self {
    case .name(let name): name.key
    case .restriction(let key):
      switch key.subject {
      case .user(let name): "\(key.kind.rawValue) user \(name.key)"
      case .addresses(let block): "\(key.kind.rawValue) address \(block)"
      }
    }
  }

  /// Parses `text`; nil for what is no key of that file.
  init?(_ text: String, in file: JournaledFile) {
    if let name = Name(text) {
      self = .name(name)
      return
    }
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard file == .state, words.count == 3, let kind = Restriction.Kind(rawValue: words[0]) else { return nil }
    let subject: Restriction.Subject? =
      switch words[1] {
      case "user": Name(words[2]).map { .user($0) }
      case "address" where kind == .ban: AddressBlock(words[2]).map { .addresses($0) }
      default: nil
      }
    guard let subject else { return nil }
    self = .restriction(Restriction.Key(kind, subject))
  }
}

/// FNV-1a of 64 bits, to compare rows. It need not be cryptographic: who can write the journal can write the files too.
struct Digest: Equatable, Sendable {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  init(of bytes: [UInt8]) {
    for byte in bytes { add(byte) }
  }

  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

  /// Parses `hexadecimal`.
  init?(hexadecimal text: String) {
    guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else { return nil }
    self.value = value
  }

  /// 16 digits.
  var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

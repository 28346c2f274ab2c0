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
    (try? JSONValue(parsing: text)).flatMap { RoomRecord(reading: $0) }
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
  static let kind = "room"
  static let blank = RoomRecord(
    name: .lobby, firstID: 1, isHidden: true, invitations: [Invitation(user: .lobby, until: .first)])
  static let documentKeys = ["version", "rooms"]

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    codeHead(&coder)
    coder.field("moderators", &moderators)
    coder.field("banned", &banned)
    coder.field("muted", &muted)
  }

  /// All but the lists.
  mutating func codeHead<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("name", &name)
    coder.text("topic", &topic)
    coder.nullable("owner", &owner)
    coder.nullable("password", &password)
    if coder.isReading, let password, let problem = PasswordRule.problem(password) {
      coder.fail(password.isEmpty ? "the password is empty; write null for an open room" : problem)
    }
    coder.nullable("created", &created)
    // Left out where it is nil, so that digests of journals before this field stay valid.
    coder.ifPresent("first_id", &firstID)
    // Left out by default, as digests of journals before these fields expect.
    var hidden: Bool? = isHidden ? true : nil
    coder.ifPresent("hidden", &hidden)
    if coder.isReading { isHidden = hidden ?? false }
    var invited: InvitationList? = invitations.isEmpty ? nil : InvitationList(invitations: invitations)
    coder.ifPresent("invited", &invited)
    if coder.isReading { invitations = invited?.invitations ?? [] }
  }

  func check(in reader: inout EntryReader) {
    // A missing name is an error of its own.
    guard Self.name(of: reader.entry) == .lobby else { return }
    let used = [
      ("owner", owner != nil), ("password", password != nil), ("moderators", !moderators.isEmpty),
      ("banned", !banned.isEmpty), ("hidden", isHidden), ("invited", !invitations.isEmpty),
    ]
    for (key, isUsed) in used where isUsed {
      reader.fail("the lobby is open to all and has no owner; remove \"\(key)\" from it")
    }
  }
}

/// An element of `invited`.
struct InvitationEntry: StoredRecord {
  var invitation: Invitation

  static let kind = "invitation"
  static let blank = InvitationEntry(invitation: Invitation(user: .lobby, until: .first))

  mutating func code<Coder: EntryCoder>(_ coder: inout Coder) {
    coder.field("user", &invitation.user)
    coder.field("until", &invitation.until)
  }
}

/// The value of `invited`.
struct InvitationList: EntryValue {
  var invitations: [Invitation]

  static var expected: String { "a list of invitations" }

  static func read(_ value: JSONValue) -> InvitationList? {
    guard let elements = value.array else { return nil }
    let entries = elements.compactMap { InvitationEntry(reading: $0) }
    return entries.count == elements.count ? InvitationList(invitations: entries.map(\.invitation)) : nil
  }

  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> InvitationList? {
    guard let elements = value.array else {
      reader.fail("\"\(key)\" must be a list: write invitations between [ and ]")
      return nil
    }
    var list = InvitationList(invitations: [])
    for element in elements {
      guard let entry = InvitationEntry.read(element, of: key, in: &reader) else { continue }
      // Of two for one user, the later one.
      list.invitations.removeAll { $0.user == entry.invitation.user }
      list.invitations.append(entry.invitation)
    }
    return list
  }

  var json: JSONValue { .array(invitations.map { InvitationEntry(invitation: $0).json }) }
}

extension Bool: EntryValue {
  static func read(_ value: JSONValue, of key: StaticString, in reader: inout EntryReader) -> Bool? {
    if let isOn = value.bool { return isOn }
    reader.fail("\"\(key)\" must be true or false")
    return nil
  }
}

extension JSONValue {
  static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
  /// A valid message id.
  var messageID: MessageID? {
    int.flatMap { $0 > 0 && $0 <= MessageID.greatest ? MessageID($0) : nil }
  }
}

extension [Name] {
  /// As written: names are equal without regard to case.
  var texts: [String] { map(\.text) }
}

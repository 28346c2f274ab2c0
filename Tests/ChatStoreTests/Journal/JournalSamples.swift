import ChatCore
import ChatProtocol

@testable import ChatStore

let none = UserState(name: Name("alice")!)

extension Record {
  static func user(_ user: UserState, was: UserState) -> Record { .user(UserChange(from: was, to: user)) }
}

extension Account {
  init(_ name: String, _ password: String = "*", email: String? = nil) {
    self.init(name: Name(name)!, password: password, email: email.flatMap { EmailAddress($0) })
  }
}

extension Mail {
  init(_ id: MessageID, to: String, _ text: String = "psst") {
    self.init(time: noon, message: PrivateMessage(id: id, from: Name("bob")!, to: Name(to)!, text: text))
  }
}

/// A record of every kind, with texts that are hard to encode.
let everyRecord: [Record] = [
  .account(Account("alice"), was: nil),
  .account(Account("Alice", "plain:a,b\"c\\d;", email: "Alice@example.org"), was: Account("alice")),
  .accountRemoved(was: Account("alice")),
  .restriction(
    Restriction(.init(.ban, .user(Name("Mallory")!)), since: noon, by: "root", reason: "a \"b\" \\"), was: nil),
  .restriction(
    Restriction(.init(.ban, .addresses(AddressBlock("2001:db8::/32")!)), until: noon),
    was: Restriction(.init(.ban, .addresses(AddressBlock("2001:db8::/32")!)))),
  .restrictionRemoved(was: Restriction(.init(.mute, .user(Name("bob")!)))),
  .room(RoomRecord(name: .lobby, topic: "\"\\ \u{2028}\u{7F}{}[],\n"), was: nil),
  .room(
    RoomRecord(
      name: Name("den")!, topic: "tea", owner: Name("alice")!, password: "*", created: noon,
      moderators: [Name("bob")!, Name("carol")!], banned: [Name("dave")!], muted: [Name("erin")!]),
    was: RoomRecord(name: Name("den")!)),
  .room(longLists(topic: "tea \"\\", banned: 1..<21), was: longLists(topic: "", banned: 0..<20)),
  .roomRemoved(was: RoomRecord(name: Name("den")!, created: noon)),
  .user(
    UserState(
      name: Name("alice")!, lastSeen: noon, rooms: [.lobby], away: "a\\b", ignores: [Name("x")!],
      marks: [ReadMark(room: .lobby, id: 9, messages: 3)]), was: none),
  .userRemoved(none.name),
  .mail(Mail(7, to: "alice", "\"quoted\" ümläut 🐟 \\ }")),
  .mailRead(by: Name("alice")!, upTo: 7),
  .counts(
    MessageCounts(
      upTo: 9, rooms: [.init(room: .lobby, messages: 3, last: 9), .init(room: Name("Den")!, messages: 0, last: nil)],
      removed: [Name("gone")!])),
  .file(sharedFile(shared: nil), was: nil),
  .file(sharedFile(shared: noon), was: sharedFile(shared: nil)),
  .fileRemoved(was: sharedFile(shared: noon)),
]

/// A room with lists that are too long to be written for each change.
func longLists(topic: String, banned: Range<Int>) -> RoomRecord {
  RoomRecord(
    name: Name("den")!, topic: topic, owner: Name("alice")!, password: "*", created: noon,
    firstID: 7, moderators: (0..<1000).map { Name("Moderator\($0)")! }, banned: banned.map { Name("banned\($0)")! })
}

func sharedFile(_ id: MessageID = 9, shared: Timestamp?) -> FileRecord {
  FileRecord(
    id: id, room: .lobby, from: Name("alice")!, name: FileName("a \"b\", \\ ü 🐟 }")!, size: 1 << 40, cksum: .max,
    offered: noon, shared: shared)
}

/// The journal of a server that appends these records, numbered from 1.
func journal(_ records: [Record]) -> [UInt8] {
  var bytes: [UInt8] = []
  for (index, record) in records.enumerated() { JournalLine(record).append(number: UInt64(index + 1), to: &bytes) }
  return bytes
}

func line(_ line: JournalLine, _ number: UInt64) -> [UInt8] {
  var bytes: [UInt8] = []
  line.append(number: number, to: &bytes)
  return bytes
}

import ChatProtocol
import TestSupport
import Testing

@testable import ChatCore
@testable import ChatStore

@Suite struct `Counts of messages` {
  private static let den = Name("den")!

  private static func message(_ id: MessageID, _ room: String) -> String {
    "2026-11-20T20:11:02.123Z message id=\(id) room=\(room) from=alice text=\"room=lobby\"\n"
  }

  private static let rooms = """
    {"version": 1, "rooms": [{"name": "den", "first_id": 12}]}

    """

  private func open(_ state: String, _ log: String, journal: [UInt8] = []) throws -> LoadedData {
    let folder = try TemporaryFolder()
    try folder.write("rooms.json", Self.rooms)
    try folder.write("state.json", state)
    try folder.write("journal.jsonl", journal)
    try folder.write("chat.log", log)
    let (store, loaded) = try Store.open(folder.folder, report: { _ in })
    store.abandon()
    return loaded
  }

  private static let log =
    [message(9, "lobby"), message(10, "Lobby"), message(11, "den"), message(12, "den"), message(13, "lobby")].joined()
    + "2026-11-20T20:11:02.123Z private id=14 from=alice to=bob\n" + message(15, "lobby")

  @Test func `go on from the log behind the last save`() throws {
    let state =
      #"{"id": 10, "counts": {"up_to": 10, "rooms": [{"room": "lobby", "messages": 7, "last": 10}]}, "users": []}"#
    let loaded = try open(state, Self.log)
    #expect(
      loaded.counts
        == MessageCounts(
          upTo: 10,
          rooms: [.init(room: .lobby, messages: 9, last: 15), .init(room: Self.den, messages: 1, last: 12)]))
    #expect(
      loaded.recent == [
        RecentMessages(room: .lobby, ids: [9, 10, 13, 15]), RecentMessages(room: Self.den, ids: [12]),
      ])
  }

  @Test func `go on from the journal, which is later than the file`() throws {
    let state =
      #"{"id": 10, "counts": {"up_to": 9, "rooms": [{"room": "lobby", "messages": 6, "last": 9}]}, "users": []}"#
    let counts = MessageCounts(upTo: 13, rooms: [.init(room: .lobby, messages: 8, last: 13)])
    let loaded = try open(state, Self.log, journal: journal([.counts(counts)]))
    #expect(loaded.counts == MessageCounts(upTo: 13, rooms: [.init(room: .lobby, messages: 9, last: 15)]))
  }

  @Test func `are not made where no mark was ever set`() throws {
    let loaded = try open(#"{"users": []}"#, Self.log)
    #expect(loaded.counts == nil)
    #expect(loaded.recent == [])
  }

  @Test func `are in the file after a save, with the marks`() throws {
    let folder = try TemporaryFolder()
    let user = UserState(
      name: Name("alice")!, rooms: [.lobby], marks: [ReadMark(room: .lobby, id: 3, messages: 2)])
    let counts = MessageCounts(upTo: 3, rooms: [.init(room: .lobby, messages: 2, last: 3)])
    try save([.counts(counts), .user(UserChange(from: UserState(name: user.name), to: user))], in: folder)
    let (store, loaded) = try Store.open(folder.folder, report: { _ in })
    store.abandon()
    #expect(loaded.counts == counts)
    #expect(Array(loaded.users) == [user])
    #expect(try folder.bytes("journal.jsonl") == [])
  }

  private func save(_ records: [Record], in folder: TemporaryFolder) throws {
    let (store, _) = try Store.open(folder.folder, report: { _ in })
    for record in records { store.append(record) }
    try store.commit()
    _ = try store.finish(isClean: true)
  }
}

import ChatCore
import ChatProtocol
import POSIX
import Synchronization
import Testing

@testable import ChatStore

/// The notices that the store's thread reported, in order.
final class Reported: Sendable {
  private let notices = Mutex<[StoreNotice]>([])

  var all: [StoreNotice] { notices.withLock { $0 } }

  func add(_ notice: StoreNotice) { notices.withLock { $0.append(notice) } }
}

let noon = Timestamp("2026-11-20T12:00:00.000Z")!

func open(_ folder: TemporaryFolder, _ reported: Reported = Reported()) throws -> (Store, Loaded) {
  try Store.open(folder.folder, clock: { noon }, report: { reported.add($0) })
}

@Test func `a new folder is made usable and read again`() throws {
  let folder = try TemporaryFolder()
  let alice = Account(
    name: Name("Alice")!, password: "$y$j9T$salt$hash", role: .operator, email: EmailAddress("alice@example.org"),
    created: noon)
  let den = RoomRecord(name: Name("den")!, topic: "a \"quiet\" place", owner: alice.name, created: noon)
  let state = UserState(name: alice.name, lastSeen: noon, rooms: [.lobby, den.name], away: "tea")
  let mail = Mail(time: noon, message: PrivateMessage(id: 8, from: Name("bob")!, to: alice.name, text: "psst"))
  do {
    let (store, loaded) = try open(folder)
    #expect(loaded.nextID == 1)
    #expect(loaded.notices == [])
    for record in [Record.account(alice), .room(den), .user(state), .mail(mail)] { store.append(record) }
    store.append(.message(RoomMessage(id: 7, room: .lobby, from: alice.name, text: "hello")), at: noon)
    try store.commit()
    #expect(try store.finish(isClean: true).written == ["users.csv", "rooms.json", "state.json"])
  }
  let (_, loaded) = try open(folder)
  #expect(loaded.accounts == [alice])
  #expect(loaded.rooms == [den])
  #expect(loaded.users == [state])
  #expect(loaded.mail == [mail])
  #expect(loaded.nextID == 9)
  #expect(loaded.notices == [])
  #expect(
    try folder.text("users.csv") == """
      name,password,role,status,email,created
      Alice,$y$j9T$salt$hash,operator,active,alice@example.org,2026-11-20T12:00:00.000Z

      """)
  #expect(
    try folder.text("chat.log") == "2026-11-20T12:00:00.000Z message id=7 room=lobby from=Alice text=\"hello\"\n")
}

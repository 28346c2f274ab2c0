import ChatProtocol
import Testing

@testable import ChatCore

@Suite struct `An invitation` {
  private static let den = Name("den")!
  private static let weekMilliseconds: Int64 = 7 * 24 * 3600 * 1000

  private static func fixture() -> (chat: CoreFixture, alice: SessionID, bob: SessionID) {
    let room = RoomRecord(name: den, owner: Name("alice")!, password: "hash")
    let file = FileRecord(
      id: 7, room: den, from: Name("alice")!, name: FileName("a")!, size: 1, cksum: 1, offered: .first, shared: .first)
    var chat = CoreFixture(
      accounts: [Account("alice"), Account("bob"), Account("root", role: .operator)], rooms: [room], files: [file],
      nextID: 8)
    let (alice, bob) = (chat.login("alice"), chat.login("bob"))
    _ = chat.send("/join den", from: alice)
    return (chat, alice, bob)
  }

  @Test(arguments: [true, false])
  func `holds for seven days`(isLate: Bool) {
    var (chat, alice, bob) = Self.fixture()
    _ = chat.send("/invite bob", from: alice)
    chat.now = chat.now.adding(milliseconds: Self.weekMilliseconds - (isLate ? 0 : 1))
    #expect(chat.send("/join den", from: bob).errors(to: bob) == (isLate ? [.roomLocked] : []))
    #expect(chat.send("/uninvite bob", from: alice).errors(to: alice) == [.nothingToDo])
    // The next one takes its place, in the file too.
    _ = chat.send("/leave den", from: bob)
    let records = chat.send("/invite bob", from: alice).records
    guard case .room(let room, _)? = records.first else {
      Issue.record("no record: \(records)")
      return
    }
    #expect(room.invitations.map(\.until) == [chat.now.adding(milliseconds: Self.weekMilliseconds)])
  }

  @Test func `is of the account, not of the next one with its name`() {
    var (chat, alice, bob) = Self.fixture()
    _ = chat.send("/invite bob", from: alice)
    _ = chat.apply(.disconnected(bob, reason: "gone"))
    _ = chat.control(.usersDelete(Name("bob")!))
    #expect(chat.core.rooms[chat.core.rooms.slot(of: Self.den)!].invitations.isEmpty)
    #expect(chat.core.rooms.invitingRooms.isEmpty)
  }

  @Test func `of a hidden room shows neither its files nor its messages before the join`() {
    var (chat, alice, bob) = Self.fixture()
    _ = chat.send("/unlock", from: alice)
    #expect(chat.send("/get 7", from: bob).errors(to: bob) == [])
    _ = chat.apply(.fileChecked(bob, .bytes(1)))
    _ = chat.send("/hide", from: alice)
    #expect(chat.send("/get 7", from: bob).errors(to: bob) == [.noSuchFile])
    #expect(chat.send("/history den", from: bob).errors(to: bob) == [.noSuchRoom])
    _ = chat.send("/invite bob", from: alice)
    for line in ["/get 7", "/history den", "/who den", "/files den"] {
      #expect(chat.send(line, from: bob).errors(to: bob).count == 1, "\(line)")
    }
    #expect(chat.send("/join den", from: bob).errors(to: bob) == [])
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `of nobody: an operator sees a hidden room that a banned user does not`() {
    var (chat, alice, bob) = Self.fixture()
    _ = chat.send("/ban bob", from: alice)
    _ = chat.send("/hide", from: alice)
    #expect(chat.send("/join den", from: bob).errors(to: bob) == [.noSuchRoom])
    let root = chat.login("root")
    #expect(chat.send("/info den", from: root).errors(to: root) == [])
  }
}

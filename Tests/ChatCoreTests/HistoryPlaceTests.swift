import ChatProtocol
import Testing

@testable import ChatCore

@Suite struct `A page of history` {
  private let den = Name("den")!

  @Test func `of an old room makes its past begin at an id, once`() {
    var room = RoomRecord(name: den, created: Timestamp("2026-11-20T20:00:00Z"))
    var chat = CoreFixture(accounts: [Account("alice")], rooms: [room], nextID: 50)
    let alice = chat.login("alice")
    _ = chat.send("/history den", from: alice)
    let was = room
    room.firstID = 7
    let read = chat.apply(.historyRead(alice, .messages([], firstID: 7)))
    #expect(read.records == [.room(room, was: was)])
    guard case .start(_, .readHistory(let query))? = chat.send("/history den", from: alice).last else {
      Issue.record("nothing was asked")
      return
    }
    #expect(query.firstID == 7)
    #expect(chat.apply(.historyRead(alice, .messages([], firstID: 9))).records == [])
  }

  @Test(
    arguments: [
      ("/history", nil, [.beginning, .end]), ("/history", .before(4), .end),
      ("/history lobby before 9", nil, .beginning), ("/history lobby before 9", .before(4), []),
      ("/history lobby before 2026-11-20", nil, .beginning),
      ("/history lobby since 3", nil, .end), ("/history lobby since 3", .since(8), []),
      ("/history lobby around 3", .since(8), .beginning), ("/history lobby around 3", .before(1), .end),
      ("/history lobby around 3", .both(before: 1, since: 8), []), ("/search x", nil, []),
    ] as [(String, Continuation?, PastEnds)])
  func `says which end it is at`(line: String, more: Continuation?, ends: PastEnds) {
    var chat = CoreFixture(accounts: [Account("alice")], nextID: 50)
    let alice = chat.login("alice")
    _ = chat.send(line, from: alice)
    let events = chat.apply(.historyRead(alice, .messages([], more: more))).events(to: alice)
    guard case .ok(let reply)? = events.last, case .history(_, _, more, let told) = reply.result else {
      Issue.record("no page")
      return
    }
    #expect(told == ends)
  }

  @Test func `is not called the beginning where older messages cannot be read`() {
    var chat = CoreFixture(accounts: [Account("alice")], nextID: 50)
    let alice = chat.login("alice")
    _ = chat.send("/history", from: alice)
    let events = chat.apply(.historyRead(alice, .messages([], olderCompressed: true))).events(to: alice)
    #expect(events.last == .ok(Reply("history", .history(room: .lobby, messages: [], ends: .end))))
  }
}

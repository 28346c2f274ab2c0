import ChatProtocol
import Testing

@testable import chat

private let alice = Name("alice")!

/// A client with a screen, logged in with its account.
private func screen(_ unread: [UnreadRoom] = [], token: Secret? = Secret("token")) -> Conversation {
  var client = Conversation(hasOverview: true)
  _ = client.logsIn()
  // With the number of members, the client asks no more for it.
  _ = client.receives(.room(RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 2)))
  while client.session.pending.first != nil { _ = client.receives(ok: "info") }
  _ = client.types("/login alice correct-horse")
  _ = client.receives(
    ok: "login",
    .entered(user: alice, isOperator: false, room: .lobby, rooms: [.lobby], resume: token, unread: 0))
  if !unread.isEmpty { _ = client.receives(.unread(unread)) }
  while client.session.pending.first != nil { _ = client.receives(ok: "info") }
  return client
}

private func marks(_ outputs: [ClientOutput]) -> [String] {
  outputs.compactMap { if case .send(let line) = $0, line.hasPrefix("/read ") { line } else { nil } }
}

private func message(_ id: MessageID) -> RoomMessage {
  RoomMessage(id: id, room: .lobby, from: Name("bob")!, text: "hello")
}

@Suite struct `With a screen, what was shown` {
  @Test func `is marked as read at the next tick, once`() {
    var client = screen()
    #expect(marks(client.receives(.message(message(7))) + client.receives(.message(message(9)))) == [])
    #expect(marks(client.session.apply(.tick)) == ["/read lobby 9"])
    _ = client.receives(ok: "read", .roomRead(room: .lobby, upTo: 9, unread: 0))
    #expect(marks(client.session.apply(.tick)) == [])
  }

  @Test func `is not marked while earlier messages were not looked at`() {
    var client = screen([UnreadRoom(room: .lobby, unread: 3, first: 5)])
    _ = client.receives(.message(message(9)))
    #expect(marks(client.session.apply(.tick)) == [])
    _ = client.types("/history lobby since 4")
    let page = [6, 7, 9].map { PastMessage(time: .first, message: message($0)) }
    _ = client.receives(ok: "history", .history(room: .lobby, messages: page))
    #expect(marks(client.session.apply(.tick)) == ["/read lobby 9"])
  }

  @Test func `is not marked for a guest, nor on a server without marks`() {
    var guest = screen(token: nil)
    _ = guest.receives(.message(message(7)))
    #expect(marks(guest.session.apply(.tick)) == [])
    var old = screen()
    _ = old.receives(.message(message(7)))
    #expect(marks(old.session.apply(.tick)) == ["/read lobby 7"])
    _ = old.receives(error: .badNumber, to: "read")
    _ = old.receives(.message(message(8)))
    #expect(marks(old.session.apply(.tick)) == [])
  }
}

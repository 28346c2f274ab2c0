import Testing

@testable import ChatProtocol

@Test func `a secret is never printed, even inside other values`() throws {
  let secret = Secret("hunter2.secret")
  let alice = try #require(Name("alice"))
  let reply = Reply(
    "login", .entered(user: alice, isOperator: false, room: .lobby, rooms: [], resume: secret, unread: 0))
  let packed: [Any] = [
    secret, [secret], Optional(secret) as Any, RoomAccess.password(secret), Command.login(.name(alice), secret),
    Command.changePassword(old: secret, new: secret), Event.ok(reply), Reply.Result.room(alice, password: secret),
  ]
  for value in packed {
    var dumped = ""
    dump(value, to: &dumped)
    for text in ["\(value)", String(reflecting: value), String(describing: value), dumped] {
      #expect(!text.contains("hunter2"))
    }
  }
  #expect(secret.exposed == "hunter2.secret")
}

import ChatProtocol
import Testing

@testable import ChatCore

/// A room removed from its file while the server was down.
@Suite struct `A room removed from its file` {
  @Test func `loses its members, so that a new locked room with its name is closed to them`() {
    let (alice, ops) = (Name("alice")!, Name("ops")!)
    var core = Core(
      InitialState(
        accounts: [Account("alice"), Account("bob")],
        users: [UserState(name: alice, rooms: [.lobby, ops])], decoyHash: "decoy"))
    var effects: [Effect] = []
    core.apply(
      .started, at: TurnTime(wall: Timestamp(milliseconds: 0), steady: SteadyTime(milliseconds: 0)), into: &effects)
    #expect(
      effects.records == [
        .user(
          UserChange(
            from: UserState(name: alice, rooms: [.lobby, ops]), to: UserState(name: alice, rooms: [.lobby])))
      ])
  }
}

@Test func `an account that was in a guest's room is not a member at its next login`() {
  var chat = CoreFixture(accounts: [Account("bob")])
  let guest = chat.guest("visitor")
  _ = chat.send("/create den --open", from: guest)
  let id = chat.login("bob")
  _ = chat.send("/join den", from: id)
  _ = chat.apply(.disconnected(id, reason: "connection lost"))
  let back = chat.login("bob")
  #expect(chat.send("/switch den", from: back).errors(to: back) == [.notInRoom])
  #expect(chat.core.inconsistencies.isEmpty)
}

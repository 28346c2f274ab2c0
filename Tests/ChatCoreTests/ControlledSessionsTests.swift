import ChatProtocol
import Testing

@testable import ChatCore

/// Requests of the operator about sessions, and announcements.
@Suite struct `Sessions managed by the operator` {
  @Test func `one session is closed with the reason, and the user's others stay`() {
    var chat = CoreFixture(accounts: [Account("bob")])
    // Each has the same number here, but for the last.
    let number: UInt64 = 7
    let id = SessionID(slot: 90, generation: UInt32(number))
    _ = chat.apply(.connected(id, address: "192.0.2.1"))
    _ = chat.send("/login bob whatever-it-is", from: id)
    _ = chat.apply(.passwordVerified(id, true))
    let other = chat.login("bob")
    let effects = chat.control(.sessionsClose(number, reason: "seen twice"))
    #expect(effects.replies == [.success(.sessionClosed(number, user: Name("bob")!))])
    #expect(effects.events(to: id) == [.closing(reason: "This session was closed by root: seen twice.")])
    #expect(effects.events(to: other).isEmpty)
    #expect(
      effects.logged("admin") == ["action=sessions close session=7 user=bob by=root uid=0 pid=1 text=seen twice"])
    #expect(chat.control(.sessionsClose(number, reason: nil)).faultCodes == [.noSuchSession])
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `an announcement reaches its recipients, and its text is logged unless it is for one user`() {
    var chat = CoreFixture(rooms: [RoomRecord(name: Name("ops")!)])
    let alice = chat.guest("alice")
    let bob = chat.guest("bob")
    let idle = chat.connect()
    _ = chat.send("/join ops", from: bob)

    let toRoom = chat.control(.say(.room(Name("OPS")!), "tea"))
    #expect(toRoom.events(to: bob) == [.notice(text: "The operator says in ops: tea")])
    #expect(toRoom.events(to: alice).isEmpty)
    #expect(toRoom.replies == [.success(.said(.room(Name("ops")!), sessions: 1))])
    #expect(toRoom.logged("admin") == ["action=say room=ops by=root uid=0 pid=1 text=tea"])

    let toUser = chat.control(.say(.user(Name("Alice")!), "tea"))
    #expect(toUser.events(to: alice) == [.notice(text: "The operator says to you: tea")])
    #expect(toUser.events(to: bob).isEmpty)
    #expect(toUser.logged("admin") == ["action=say user=alice by=root uid=0 pid=1"])

    let toAll = chat.control(.say(.all, "tea"))
    for id in [alice, bob, idle] { #expect(toAll.events(to: id) == [.notice(text: "The operator says to all: tea")]) }
    #expect(toAll.replies == [.success(.said(.all, sessions: 3))])
    #expect(toAll.logged("admin") == ["action=say all=yes by=root uid=0 pid=1 text=tea"])
  }

  @Test func `an impossible announcement is rejected with the reason`() {
    var chat = CoreFixture(accounts: [Account("bob")])
    #expect(chat.control(.say(.room(Name("ops")!), "tea")).faultCodes == [.noSuchRoom])
    #expect(chat.control(.say(.user(Name("bob")!), "tea")).faultCodes == [.notHere])
    #expect(chat.control(.say(.user(Name("nobody")!), "tea")).faultCodes == [.noSuchUser])
    #expect(chat.control(.say(.all, String(repeating: "x", count: 4097))).faultCodes == [.tooMany])
  }
}

import ChatProtocol
import Testing

@testable import ChatCore

private let dave = Name("dave")!
private let den = RoomRecord(name: Name("den")!, topic: "tea", owner: Name("alice")!)

extension CoreFixture {
  fileprivate mutating func edit(_ was: RoomRecord?, _ now: RoomRecord?) -> [Effect] {
    apply(.edited(Edit(number: 7, rooms: [.init(name: (now ?? was)!.name, was: was, now: now)])))
  }

  /// Alice owns the den, and Dave is in it.
  fileprivate static func den() -> (CoreFixture, alice: SessionID, dave: SessionID) {
    var chat = CoreFixture(accounts: [Account("alice"), Account("dave")], rooms: [ChatCoreTests.den])
    let (alice, dave) = (chat.login("alice"), chat.login("dave"))
    for id in [alice, dave] { _ = chat.send("/join den", from: id) }
    return (chat, alice, dave)
  }
}

@Suite struct `An edit of rooms.json` {
  @Test func `adds a room that can be joined at once`() {
    var chat = CoreFixture()
    let effects = chat.edit(nil, den)
    #expect(effects.logged("edited") == ["file=rooms.json room=den change=added"])
    #expect(effects.records == [.edited(7)])
    let id = chat.guest("dave")
    #expect(chat.send("/join den", from: id).oks(to: id) == ["join"])
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `deletes a room and moves its members to lobby`() {
    var (chat, alice, _) = CoreFixture.den()
    let effects = chat.edit(den, nil)
    #expect(effects.events(to: alice).contains(.deleted(room: den.name, by: "the operator")))
    #expect(chat.core.rooms.slotsByName[den.name] == nil)
    #expect(chat.core.rooms[chat.core.sessions[alice].current].isLobby)
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `tells the members of a new topic`() {
    var (chat, alice, _) = CoreFixture.den()
    var now = den
    now.topic = "coffee"
    let effects = chat.edit(den, now)
    #expect(effects.events(to: alice) == [.topic(room: den.name, text: "coffee", by: "the operator")])
    #expect(effects.logged("edited") == ["file=rooms.json room=den change=changed fields=topic"])
  }

  @Test func `warns of an owner without an account`() {
    var chat = CoreFixture()
    var room = den
    room.owner = Name("nobody")
    let effects = chat.edit(nil, room)
    #expect(effects.logged("warning").count == 1)
    var now = room
    now.topic = "tea"
    #expect(chat.edit(room, now).logged("warning") == [])
  }

  @Test func `that is rejected is reported only to operators who are logged in`() {
    var account = Account(name: Name("oscar")!, password: "$hash$")
    account.role = .operator
    var chat = CoreFixture(accounts: [account, Account(name: Name("alice")!, password: "$hash$")])
    let (oscar, alice, guest) = (chat.login("oscar"), chat.login("alice"), chat.guest("dave"))
    _ = chat.connect()
    let effects = chat.apply(.editRejected(reasons: ["data/users.csv:3: no"]))
    let text = "An edit of the server's files is not applied. data/users.csv:3: no"
    #expect(effects.events(to: oscar) == [.notice(text: text)])
    #expect(effects.events(to: alice).isEmpty && effects.events(to: guest).isEmpty)
  }

  @Test func `tells the members of a lock`() {
    var (chat, alice, _) = CoreFixture.den()
    var now = den
    now.password = "$hash$"
    let effects = chat.edit(den, now)
    guard case .room(let summary) = effects.events(to: alice).first else {
      Issue.record("nothing was told")
      return
    }
    #expect(summary.isLocked)
  }

  @Test func `removes a banned member, online or not`() {
    var (chat, alice, id) = CoreFixture.den()
    var now = den
    now.banned = [dave]
    let effects = chat.edit(den, now)
    #expect(effects.events(to: id).contains(.kicked(room: den.name, by: "the operator", reason: "banned")))
    #expect(chat.core.inconsistencies == [])
    _ = chat.apply(.disconnected(alice, reason: "gone"))
    var next = now
    next.owner = nil
    next.banned = [dave, Name("alice")!]
    _ = chat.edit(now, next)
    #expect(!chat.core.rooms.isAbsentMember(Name("alice")!, of: den.name))
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `keeps the server's changes in other keys, and wins in the same key`() {
    var (chat, alice, _) = CoreFixture.den()
    _ = chat.send("/topic cake", from: alice)
    _ = chat.send("/mute dave", from: alice)
    var now = den
    now.topic = "coffee"
    now.moderators = [dave]
    let effects = chat.edit(den, now)
    var merged = now
    merged.muted = [dave]
    #expect(chat.core.rooms[chat.core.rooms.slotsByName[den.name]!].record == merged)
    var server = den
    server.topic = "cake"
    server.muted = [dave]
    #expect(effects.records == [.room(now, was: server), .room(merged, was: now), .edited(7)])
    #expect(
      effects.logged("edited")
        == ["file=rooms.json room=den change=changed fields=topic,moderators gave_way=topic"])
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `restores a room that was deleted meanwhile, and logs that`() {
    var (chat, alice, _) = CoreFixture.den()
    _ = chat.send("/delete den", from: alice)
    var now = den
    now.topic = "coffee"
    let effects = chat.edit(den, now)
    #expect(effects.logged("edited") == ["file=rooms.json room=den change=added gave_way=removal"])
    #expect(effects.records == [.room(now, was: nil), .edited(7)])
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `makes a guest's room permanent`() {
    var chat = CoreFixture()
    let id = chat.guest("dave")
    _ = chat.send("/create den --open", from: id)
    _ = chat.edit(nil, den)
    _ = chat.send("/leave", from: id)
    #expect(chat.core.rooms.slotsByName[den.name] != nil)
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `cannot remove lobby, only its entry in the file`() {
    let lobby = RoomRecord(name: .lobby, topic: "hello")
    var chat = CoreFixture(rooms: [lobby])
    let effects = chat.edit(lobby, nil)
    #expect(chat.core.rooms[chat.core.rooms.slotsByName[.lobby]!].topic == "")
    #expect(effects.records == [.edited(7)])
  }
}

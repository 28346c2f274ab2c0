import ChatProtocol
import Testing

@testable import ChatCore

/// Requests of the operator about rooms and their members.
@Suite struct `Rooms managed by the operator` {
  private let ops = Name("ops")!
  private let bob = Name("bob")!

  @Test func `owner, topic and password of a room change in one record`() {
    let was = RoomRecord(name: ops, owner: Name("alice")!, moderators: [bob], banned: [Name("eve")!])
    var chat = CoreFixture(accounts: [Account("alice"), Account("bob")], rooms: [was])
    let alice = chat.login("alice")
    _ = chat.send("/join ops", from: alice)
    let change = ControlRoomChange(topic: "tea", owner: .account(bob), access: .password(Secret("sesame-open")))
    #expect(chat.control(.roomsSet(ops, change)).controlSecrets == ["sesame-open"])
    let effects = chat.apply(.controlPasswordHashed(ControlID(1), hash: "$hash$"))
    let now = RoomRecord(name: ops, topic: "tea", owner: bob, password: "$hash$", banned: [Name("eve")!])
    #expect(effects.records == [.room(now, was: was)])
    let fields = ["topic", "owner", "password", "moderators"]
    #expect(effects.replies == [.success(.roomChanged(ops, fields: fields, password: nil))])
    #expect(
      effects.events(to: alice) == [
        .topic(room: ops, text: "tea", by: "root"),
        .room(RoomSummary(name: ops, topic: "tea", owner: bob, isLocked: true, members: 1)),
        .notice(text: "You no longer own ops."),
      ])
    #expect(
      effects.logged("admin") == [
        "action=rooms set room=ops fields=topic,owner,password,moderators owner=bob locked=yes by=root uid=0 pid=1 text=tea"
      ])
    #expect(chat.core.inconsistencies.isEmpty)
    let again = chat.control(.roomsSet(ops, ControlRoomChange(topic: "tea")))
    #expect(again.replies == [.success(.roomChanged(ops, fields: [], password: nil))])
    #expect(again.records.isEmpty && again.logged("admin").isEmpty)
    let open = chat.control(.roomsSet(ops, ControlRoomChange(owner: .removed, access: .open)))
    #expect(open.replies == [.success(.roomChanged(ops, fields: ["owner", "password"], password: nil))])
    #expect(chat.core.rooms.ownershipCounts.isEmpty)
  }

  @Test func `an impossible change of a room is rejected with the reason`() {
    var chat = CoreFixture(accounts: [Account("bob")], rooms: [RoomRecord(name: ops)])
    let guest = chat.guest("visitor")
    _ = chat.send("/create den", from: guest)
    _ = chat.apply(.passwordHashed(guest, hash: "$hash$"))
    let owned = ControlRoomChange(owner: .account(bob))
    #expect(chat.control(.roomsSet(Name("attic")!, owned)).faultCodes == [.noSuchRoom])
    #expect(chat.control(.roomsSet(.lobby, owned)).faultCodes == [.notPermitted])
    #expect(
      chat.control(.roomsSet(.lobby, ControlRoomChange(access: .generatedPassword))).faultCodes == [.notPermitted])
    #expect(chat.control(.roomsSet(Name("den")!, owned)).faultCodes == [.notPermitted])
    for name in [Name("nobody")!, Name("visitor")!] {
      #expect(chat.control(.roomsSet(ops, ControlRoomChange(owner: .account(name)))).faultCodes == [.noSuchUser])
    }
    let long = ControlRoomChange(topic: String(repeating: "x", count: 4097))
    #expect(chat.control(.roomsSet(ops, long)).faultCodes == [.tooMany])
    #expect(chat.control(.roomsSet(.lobby, ControlRoomChange(topic: "hello"))).records.count == 1)
    #expect(chat.control(.roomsSet(Name("den")!, ControlRoomChange(topic: "hello"))).records.isEmpty)
    #expect(chat.core.rooms[chat.core.rooms.slotsByName[Name("den")!]!].isTemporary)
    _ = chat.apply(.recording(false, reason: "no space"))
    #expect(chat.control(.roomsSet(ops, owned)).faultCodes == [.cannotRecord])
    #expect(chat.control(.roomsKick(ops, user: bob, reason: nil)).faultCodes == [.cannotRecord])
  }

  @Test func `a member is removed from a room, online or not`() {
    var chat = CoreFixture(accounts: [Account("bob")], rooms: [RoomRecord(name: ops)])
    let id = chat.login("bob")
    _ = chat.send("/join ops", from: id)
    let effects = chat.control(.roomsKick(ops, user: bob, reason: "not your shift"))
    #expect(effects.replies == [.success(.roomKicked(ops, user: bob, sessions: 1))])
    #expect(effects.events(to: id).first == .kicked(room: ops, by: "root", reason: "not your shift"))
    #expect(
      effects.logged("admin") == ["action=rooms kick room=ops user=bob by=root uid=0 pid=1 text=not your shift"])
    #expect(chat.control(.roomsKick(ops, user: bob, reason: nil)).faultCodes == [.notHere])
    #expect(chat.control(.roomsKick(ops, user: Name("nobody")!, reason: nil)).faultCodes == [.noSuchUser])
    #expect(chat.control(.roomsKick(.lobby, user: bob, reason: nil)).faultCodes == [.notPermitted])
    _ = chat.send("/join ops", from: id)
    _ = chat.apply(.disconnected(id, reason: "connection lost"))
    let absent = chat.control(.roomsKick(ops, user: bob, reason: nil))
    #expect(absent.replies == [.success(.roomKicked(ops, user: bob, sessions: 0))])
    let back = chat.login("bob")
    #expect(chat.send("/switch ops", from: back).errors(to: back) == [.notInRoom])
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `members are listed by name, in parts if there are many`() throws {
    var chat = CoreFixture(accounts: [Account("bob")], rooms: [RoomRecord(name: ops, moderators: [bob])])
    for name in ["carol", "alice"] { _ = chat.guest(name) }
    let id = chat.login("bob")
    _ = chat.login("bob")
    let lobby = chat.control(.roomsMembers(.lobby)).replies
    let names = lobby.compactMap {
      if case .success(.members(let members)) = $0 { members.map(\.name.text) } else { nil }
    }
    #expect(names == [["alice", "bob", "carol"]])
    _ = chat.send("/join ops", from: id)
    let bobInOps = RoomMember(name: bob, isGuest: false, isMuted: false, role: .moderator, away: nil)
    #expect(chat.control(.roomsMembers(ops)).replies == [.success(.members([bobInOps]))])
    #expect(chat.control(.roomsMembers(Name("attic")!)).faultCodes == [.noSuchRoom])

    let count = Listing.gatheredMax + 1
    for number in 0..<count { _ = chat.guest("guest\(number)") }
    var found: [String] = []
    var effects = chat.control(.roomsMembers(.lobby))
    var turns = 1
    while effects.replies.isEmpty {
      found += effects.memberParts
      effects = chat.apply(.controlReady(ControlID(1)))
      turns += 1
    }
    guard case .success(.members(let last)) = try #require(effects.replies.first) else {
      Issue.record("no members")
      return
    }
    found += last.map(\.name.text)
    #expect(found.count == count + 3 && Set(found).count == found.count)
    #expect(turns > count / Listing.rowsMax)
  }
}

extension [Effect] {
  fileprivate var memberParts: [String] {
    flatMap { effect -> [String] in
      if case .replyPart(_, .members(let members)) = effect { members.map(\.name.text) } else { [] }
    }
  }
}

import ChatProtocol
import Testing

@testable import ChatCore

/// The cost of commands in a large chat.
@Suite struct CostTests {
  private static let alice = Name("alice")!

  private static func rooms(_ count: Int, member: Bool) -> (rooms: [RoomRecord], state: UserState) {
    let rooms = (0..<count).map { RoomRecord(name: Name("room\($0)")!) }
    return (rooms, UserState(name: alice, rooms: [.lobby] + (member ? rooms.map(\.name) : [])))
  }

  /// A chat in which alice is a member of a thousand rooms.
  private static func thousand() -> CoreFixture {
    let (rooms, state) = Self.rooms(1000, member: true)
    return CoreFixture(accounts: [Account("alice"), Account("bob")], rooms: rooms, users: [state])
  }

  @Test func `a list of rooms reads no more rooms than it shows`() {
    var chat = CoreFixture(rooms: Self.rooms(50_000, member: false).rooms)
    let guest = chat.guest("guest")
    _ = chat.send("/join room49999", from: guest)
    let before = chat.core.work
    let effects = chat.send("/rooms", from: guest)
    #expect(chat.core.work - before < 1000)
    guard case .ok(let reply)? = effects.events(to: guest).first, case .rooms(let rooms, let more) = reply.result else {
      Issue.record("no rooms: \(effects)")
      return
    }
    #expect(more && rooms.count > 1000)
    #expect(Set(rooms.filter { $0.members > 0 }.map(\.name)) == [.lobby, Name("room49999")!])
    #expect(rooms.map(\.name) == rooms.map(\.name).sorted())
  }

  @Test func `a change of a user in a thousand rooms records only the change`() {
    var chat = Self.thousand()
    let id = chat.login("alice")
    #expect(chat.core.users[chat.core.sessions[id].user!].rooms.count == 1001)
    var away = UserChange(Self.alice)
    away.away = .away("tea")
    #expect(chat.send("/away tea", from: id).records == [.user(away)])
    #expect(chat.send("/away tea", from: id).records == [])
    var back = UserChange(Self.alice)
    back.away = .back
    #expect(chat.send("/away", from: id).records == [.user(back)])
    var left = UserChange(Self.alice)
    left.left = [Name("room7")!]
    #expect(chat.send("/leave room7", from: id).records == [.user(left)])
    var ignored = UserChange(Self.alice)
    ignored.ignored = [Name("bob")!]
    #expect(chat.send("/ignore bob", from: id).records == [.user(ignored)])
    #expect(
      chat.apply(.disconnected(id, reason: "gone")).records == [.user(UserChange(Self.alice, lastSeen: chat.now))])
    #expect(chat.core.inconsistencies.isEmpty)

    // After the next login she is in all rooms but that one.
    let again = chat.connect()
    _ = chat.send("/login alice whatever-it-is", from: again)
    #expect(
      chat.apply(.passwordVerified(again, true)).records == [.user(UserChange(Self.alice, lastSeen: chat.now))])
    #expect(chat.core.users[chat.core.sessions[again].user!].rooms.count == 1000)
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `an absent member of a deleted room is not in a new room with its name`() {
    var chat = Self.thousand()
    _ = chat.control(.roomsDelete(Name("room7")!))
    _ = chat.control(.roomsCreate(Name("room7")!, .open))
    let id = chat.connect()
    _ = chat.send("/login alice whatever-it-is", from: id)
    _ = chat.apply(.passwordVerified(id, true))
    let person = chat.core.users[chat.core.sessions[id].user!]
    #expect(person.rooms.count == 1000 && !person.rooms.contains(chat.core.rooms.slotsByName[Name("room7")!]!))
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `a user who shares many rooms with another gets one event about the other's /away`() {
    var chat = Self.thousand()
    let bob = chat.login("bob")
    for number in 0..<900 { _ = chat.send("/join room\(number)", from: bob) }
    let alice = chat.login("alice")
    let before = chat.core.work
    #expect(chat.send("/away", from: alice).events(to: bob) == [])
    #expect(chat.send("/away tea", from: alice).events(to: bob) == [.away(user: Self.alice, text: "tea")])
    #expect(chat.core.work - before >= 900, "the address pays for each room that was looked at")
  }

  @Test func `the limit on rooms of guests applies to each address separately`() {
    var settings = Settings()
    settings.guestRoomsPerAddress = 3
    var chat = CoreFixture(settings: settings, accounts: [Account("alice")])
    let guest = chat.guest("guest")
    let other = chat.guest("other")
    for number in 0..<3 { #expect(chat.send("/create g\(number) --open", from: guest).errors(to: guest) == []) }
    #expect(chat.send("/create g3 --open", from: other).errors(to: other) == [.tooManyRooms])
    let elsewhere = chat.connect(address: "192.0.2.9")
    _ = chat.send("/guest elsewhere", from: elsewhere)
    #expect(chat.send("/create g3 --open", from: elsewhere).errors(to: elsewhere) == [])
    let alice = chat.login("alice")
    #expect(chat.send("/create mine --open", from: alice).errors(to: alice) == [])
    // A deleted room allows another.
    _ = chat.send("/leave g0", from: guest)
    #expect(chat.send("/create g4 --open", from: other).errors(to: other) == [])
    #expect(chat.core.inconsistencies.isEmpty)
    _ = chat.apply(.disconnected(guest, reason: "gone"))
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `very many sessions are closed a bounded number per turn`() {
    var chat = CoreFixture(accounts: [Account("alice")])
    let sessions = (0..<40).map { _ in chat.login("alice") }
    let effects = chat.control(.usersKick(Self.alice, reason: nil))
    let departing = effects.compactMap { effect in
      if case .closeLater(let id, let reason, _) = effect { (id: id, reason: reason) } else { nil }
    }
    #expect(effects.closed.count == 16 && departing.count == 24)
    #expect(Set(effects.closed + departing.map(\.id)) == Set(sessions))
    for session in sessions {
      #expect(effects.events(to: session).first == .kicked(room: nil, by: "root", reason: ""))
    }
    for (id, reason) in departing { _ = chat.apply(.disconnected(id, reason: reason)) }
    #expect(chat.core.users.count == 0)
    #expect(chat.core.inconsistencies.isEmpty)
  }
}

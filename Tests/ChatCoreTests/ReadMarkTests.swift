import ChatProtocol
import Testing

@testable import ChatCore

private let alice = Name("alice")!
private let den = Name("den")!

@Suite struct `Read marks` {
  private static func core(_ counts: MessageCounts? = nil, _ marks: [ReadMark] = []) -> CoreFixture {
    CoreFixture(
      accounts: [Account("alice"), Account("bob")], rooms: [RoomRecord(name: den)],
      users: [UserState(name: alice, rooms: [.lobby, den], marks: marks)], nextID: 100, counts: counts)
  }

  private func unread(_ effects: [Effect], to id: SessionID) -> [UnreadRoom] {
    effects.events(to: id).flatMap { event in
      guard case .unread(let rooms) = event else { return [UnreadRoom]() }
      return rooms
    }
  }

  private func login(_ core: inout CoreFixture) -> [UnreadRoom] {
    let id = core.connect()
    _ = core.send("/login alice whatever-it-is", from: id)
    return unread(core.apply(.passwordVerified(id, true)), to: id)
  }

  @Test func `cost a message no record, and the first one begins the counts`() {
    var core = Self.core()
    let id = core.login("alice")
    #expect(core.send("hello", from: id).records == [])
    let read = core.send("/read lobby 100", from: id)
    var change = UserChange(alice)
    change.marks = [ReadMark(room: .lobby, id: 100, messages: 1)]
    let counts = MessageCounts(upTo: 100, rooms: [.init(room: .lobby, messages: 1, last: 100)])
    #expect(read.records == [.counts(counts), .user(change)])
    #expect(core.send("/read lobby 100", from: id).records == [])
    #expect(core.send("/read lobby 7", from: id).records == [])
    #expect(core.send("again", from: id).records == [])
  }

  @Test func `count what is new, without gaps in what is known of a room`() {
    let marks = [ReadMark(room: .lobby, id: 40, messages: 3), ReadMark(room: den, id: 50, messages: 9)]
    var core = Self.core(
      MessageCounts(
        upTo: 90,
        rooms: [.init(room: .lobby, messages: 5, last: 80), .init(room: den, messages: 9, last: 50)]), marks)
    #expect(login(&core) == [UnreadRoom(room: .lobby, unread: 2, first: 41)])
  }

  @Test func `are never beyond the end of a room whose log lost messages`() {
    let mark = ReadMark(room: .lobby, id: 80, messages: 7)
    var core = Self.core(MessageCounts(upTo: 60, rooms: [.init(room: .lobby, messages: 5, last: 60)]), [mark])
    let start = core.apply(.started)
    var change = UserChange(alice)
    change.marks = [ReadMark(room: .lobby, id: 80, messages: 5)]
    #expect(start.records == [.user(change)])
    let bob = core.login("bob")
    _ = core.send("new", from: bob)
    #expect(login(&core) == [UnreadRoom(room: .lobby, unread: 1, first: 100)])
  }

  @Test func `of rooms that are gone go at the start, with their counts`() {
    let gone = Name("gone")!
    var core = Self.core(
      MessageCounts(upTo: 90, rooms: [.init(room: gone, messages: 5, last: 80)]),
      [ReadMark(room: gone, id: 80, messages: 5)])
    #expect(core.apply(.started).records.contains(.counts(MessageCounts(upTo: 99, removed: [gone]))))
    #expect(core.core.offline[alice]?.marks == [])
  }

  @Test func `end with a deleted room, and its count begins anew`() {
    var core = Self.core(MessageCounts(upTo: 99, rooms: [.init(room: den, messages: 5, last: 80)]))
    let records = core.control(.roomsDelete(den)).records
    #expect(records.contains(.counts(MessageCounts(upTo: 99, removed: [den]))))
  }

  @Test func `are shown to the operator as numbers of new messages`() {
    var core = Self.core(
      MessageCounts(upTo: 99, rooms: [.init(room: den, messages: 5, last: 80)]),
      [ReadMark(room: den, id: 70, messages: 2)])
    func shown() -> [UnreadRoom]? {
      guard case .success(.user(let user)) = core.control(.usersInfo(alice)).replies.first else { return nil }
      return user.unreadRooms
    }
    let unread = [UnreadRoom(room: den, unread: 3, first: 71)]
    #expect(shown() == unread)
    let id = core.login("alice")
    #expect(shown() == unread)
    _ = core.send("/read den 80", from: id)
    #expect(shown() == nil)
    _ = core.send("/quit", from: id)
    #expect(shown() == nil)
  }

  @Test func `counts are recorded after many messages, and at a stop`() {
    var core = Self.core(MessageCounts(upTo: 99))
    let id = core.login("alice")
    for _ in 1..<CountKeeping.messagesMax { _ = core.send("x", from: id) }
    #expect(core.apply(.tick).records == [])
    _ = core.send("x", from: id)
    let last = 99 + MessageID(CountKeeping.messagesMax)
    let counts = MessageCounts(
      upTo: last, rooms: [.init(room: .lobby, messages: UInt64(CountKeeping.messagesMax), last: last)])
    #expect(core.apply(.tick).records == [.counts(counts)])
    #expect(core.apply(.tick).records == [])
    _ = core.send("y", from: id)
    #expect(core.apply(.stop(reason: "end")).records.contains { if case .counts = $0 { true } else { false } })
  }

  @Test func `a count that the log advanced is recorded with the next`() {
    var core = Self.core(
      MessageCounts(
        upTo: 60,
        rooms: [.init(room: .lobby, messages: 5, last: 70), .init(room: den, messages: 2, last: 9)]))
    let counts = MessageCounts(upTo: 99, rooms: [.init(room: .lobby, messages: 5, last: 70)])
    #expect(core.apply(.stop(reason: "end")).records == [.counts(counts)])
  }
}

@Suite struct `The ordinals of a room` {
  @Test func `are exact for the latest messages, and lower for old ones`() {
    var ordinals = RoomOrdinals(count: 10, last: 500)
    for id in 501...3000 as ClosedRange<MessageID> { ordinals.add(id) }
    #expect(ordinals.count == 2510)
    for id in 2900...3000 as ClosedRange<MessageID> {
      #expect(ordinals.messages(upTo: id) == 10 + id - 500)
      #expect(ordinals.id(of: 10 + id - 500) == id)
    }
    var before: UInt64 = 0
    for id in 1...3000 as ClosedRange<MessageID> {
      let messages = ordinals.messages(upTo: id)
      #expect(messages >= before && messages <= (id < 500 ? 0 : 10 + id - 500))
      before = messages
    }
    #expect(ordinals.messages(upTo: .greatest) == 2510)
  }

  @Test func `begin with the latest ids of the log`() {
    let ordinals = RoomOrdinals(count: 5, last: 9, recent: [3, 7, 9])
    #expect(ordinals.messages(upTo: 2) == 0)
    #expect([3, 6, 7, 9].map { ordinals.messages(upTo: $0) } == [3, 3, 4, 5])
    #expect(ordinals.id(of: 4) == 7)
    #expect(RoomOrdinals(count: 1, last: 9, recent: [3, 7, 9]).messages(upTo: 9) == 1)
  }
}

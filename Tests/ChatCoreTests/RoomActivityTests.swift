import ChatProtocol
import TestSupport
import Testing

@testable import ChatCore

/// The busiest rooms, found without reading idle rooms.
@Suite struct BusyRoomsTests {
  /// The busiest rooms in the reply to `top`.
  private func busiest(_ chat: inout CoreFixture) -> [ControlBusyRoom] {
    for effect in chat.control(.top) { if case .replyTop(_, _, let busiest) = effect { return busiest } }
    return []
  }

  private func pass(_ seconds: Int64, _ chat: inout CoreFixture) {
    for _ in 0..<seconds {
      chat.now = chat.now.adding(milliseconds: 1000)
      _ = chat.apply(.tick)
    }
  }

  private func names(_ count: Int) -> [Name] { (0..<count).map { Name("room\($0)")! } }

  @Test func `a room with a steady rate per second is listed with sixty times that per minute`() {
    var chat = CoreFixture()
    let alice = chat.guest("alice")
    #expect(busiest(&chat) == [])
    for _ in 0..<1000 {
      for _ in 0..<3 { _ = chat.send("hello", from: alice) }
      pass(1, &chat)
    }
    #expect(busiest(&chat) == [ControlBusyRoom(room: .lobby, members: 1, messagesPerMinute: 180)])
    pass(60, &chat)
    // Messages of a minute ago count about a third.
    #expect(busiest(&chat).map(\.messagesPerMinute) == [66])
    pass(1, &chat)
    // A room without messages for longer than a minute is not busy.
    #expect(busiest(&chat) == [])
  }

  @Test func `the ten busiest of many rooms are the same as by a full scan`() {
    let rooms = names(200)
    var settings = Settings()
    settings.roomsPerUser = 0
    var chat = CoreFixture(settings: settings, rooms: rooms.map { RoomRecord(name: $0) })
    let alice = chat.guest("alice")
    for room in rooms { _ = chat.send("/join \(room)", from: alice) }
    // A tick and each `top` add the new messages at full weight.
    var (paces, said): ([Name: Double], [Name: Double]) = ([:], [:])
    func reckon() {
      paces.merge(said, uniquingKeysWith: +)
      said = [:]
    }
    var random = SeededRandom(seed: 7)
    for round in 0..<120 {
      for _ in 0..<100 {
        // In each quarter of the run other rooms are busy.
        let room = rooms[
          (Int.random(in: 0..<50, using: &random) * Int.random(in: 1...2, using: &random) + round / 30 * 50) % 200]
        _ = chat.send("/say \(room) hello", from: alice)
        said[room, default: 0] += 1
      }
      if round % 7 == 0 {
        let told = busiest(&chat)
        reckon()
        let all = paces.values.sorted(by: >).prefix(ControlTop.rowsMax)
        #expect(told.count == all.count)
        for (told, pace) in zip(told, all) { #expect(abs(Double(told.messagesPerMinute) - pace) < 1, "round \(round)") }
      }
      pass(1, &chat)
      for room in paces.keys { paces[room]! *= 59.0 / 60.0 }
      reckon()
    }
  }

  @Test func `a deleted room is not listed, and its slot starts at zero`() {
    var chat = CoreFixture(rooms: [RoomRecord(name: Name("ops")!)])
    let alice = chat.guest("alice")
    _ = chat.send("/join ops", from: alice)
    for _ in 0..<5 { _ = chat.send("/say ops hello", from: alice) }
    _ = chat.control(.roomsDelete(Name("ops")!))
    #expect(busiest(&chat) == [])
    _ = chat.control(.roomsCreate(Name("tea")!, .open))
    _ = chat.send("/join tea", from: alice)
    #expect(busiest(&chat) == [])
    _ = chat.send("hello", from: alice)
    #expect(busiest(&chat) == [ControlBusyRoom(room: Name("tea")!, members: 1, messagesPerMinute: 1)])
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `few rooms are tracked, however many have messages between two ticks`() {
    var settings = Settings()
    settings.roomsPerUser = 0
    let rooms = names(RoomActivity.recentlyActiveMax + 100)
    var chat = CoreFixture(settings: settings, rooms: rooms.map { RoomRecord(name: $0) })
    let alice = chat.guest("alice")
    for room in rooms {
      _ = chat.send("/join \(room)", from: alice)
      _ = chat.send("hello", from: alice)
      #expect(chat.core.rooms.activity.recentlyActive.count <= RoomActivity.recentlyActiveMax)
    }
    #expect(busiest(&chat).count == ControlTop.rowsMax)
    #expect(
      chat.core.rooms.activity.busiest.count == RoomActivity.busiestMax
        && chat.core.rooms.activity.recentlyActive.isEmpty)
  }
}

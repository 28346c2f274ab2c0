import ChatProtocol
import Testing

@testable import ChatCore

private let request = ControlID(7)
private let peer = ControlPeer(user: "root", uid: 0, pid: 1)

/// Requests all parts of the list: the users, the number in each part, and the error if the list failed.
private func listUsers(
  _ chat: inout CoreFixture, between: (inout CoreFixture, Int) -> Void = { _, _ in }
) -> (users: [ControlUser], counts: [Int], fault: ControlError?) {
  var (users, counts): ([ControlUser], [Int]) = ([], [])
  var effects = chat.apply(.control(request, .usersList, from: peer))
  while true {
    for effect in effects {
      switch effect {
      case .replyPart(_, .users(let part)?), .reply(_, .success(.users(let part))):
        users += part
        counts.append(part.count)
        if case .reply = effect { return (users, counts, nil) }
      case .replyPart(_, nil): counts.append(0)
      case .reply(_, .failure(let fault)): return (users, counts, fault)
      default: break
      }
    }
    between(&chat, counts.count)
    effects = chat.apply(.controlReady(request))
    if effects.isEmpty { return (users, counts, nil) }
  }
}

private func accounts(_ count: Int) -> [Account] { (0..<count).map { Account("user\(($0 * 7919) % count)") } }

@Suite struct ListingTests {
  @Test func `a long list is sorted by name, and each turn handles a bounded part of it`() {
    let count = 2 * Listing.gatheredMax + 3
    var chat = CoreFixture(accounts: accounts(count))
    let list = listUsers(&chat)
    #expect(list.users.count == count)
    #expect(list.users.map(\.name) == list.users.map(\.name).sorted())
    #expect(list.counts.allSatisfy { $0 <= Listing.rowsMax })
    #expect(list.counts.prefix(2) == [0, 0])
    #expect(chat.core.admin.listings.isEmpty)
  }

  @Test func `a short list is one line`() {
    var chat = CoreFixture(accounts: accounts(3))
    _ = chat.guest("visitor")
    let list = listUsers(&chat)
    #expect(list.counts == [4])
    #expect(list.users.last?.isGuest == true)
  }

  @Test(arguments: 1...8) func `a user who stays is listed once, even if others are removed meanwhile`(moment: Int) {
    let count = Listing.gatheredMax + 1000
    var chat = CoreFixture(accounts: accounts(count))
    let gone = Set((0..<count).filter { $0 % 3 == 0 }.map { Name("user\($0)")! })
    let list = listUsers(&chat) { chat, lines in
      guard lines == moment else { return }
      let edit = Edit(number: 1, accounts: gone.sorted().map { Edit.Change(name: $0, was: Account($0.text), now: nil) })
      _ = chat.apply(.edited(edit))
      while chat.core.edits.active != nil { _ = chat.apply(.editContinues) }
    }
    let staying = list.users.map(\.name).filter { !gone.contains($0) }
    #expect(staying.count == count - gone.count)
    #expect(Set(list.users.map(\.name)).count == list.users.count)
  }

  @Test func `the list of a client that has gone is dropped`() {
    var chat = CoreFixture(accounts: accounts(Listing.gatheredMax + 1))
    _ = chat.apply(.control(request, .usersList, from: peer))
    #expect(chat.core.admin.listings.count == 1)
    _ = chat.apply(.controlGone(request))
    #expect(chat.core.admin.listings.isEmpty)
    #expect(chat.apply(.controlReady(request)).isEmpty)
  }

  @Test func `stopping the server ends a list with an error`() {
    var chat = CoreFixture(accounts: accounts(Listing.gatheredMax + 1))
    let list = listUsers(&chat) { chat, _ in _ = chat.apply(.stop(reason: "bye")) }
    #expect(list.fault?.code == .busy)
  }

  @Test func `a row with many names counts as several rows`() {
    let names = (0..<200).map { Name("b\($0)")! }
    let rooms = (0..<Listing.rowsMax).map { RoomRecord(name: Name("r\($0)")!, banned: names) }
    var chat = CoreFixture(rooms: rooms)
    let effects = chat.apply(.control(request, .roomsList, from: peer))
    guard case .replyPart(_, .rooms(let part)?)? = effects.last else {
      Issue.record("the list came in one line")
      return
    }
    #expect(part.count * names.count <= Listing.rowsMax * Listing.namesPerRow + names.count)
  }
}

@Suite struct `A list too long for one reply` {
  @Test func `of rooms has those with the most members, sorted by name`() throws {
    var chat = CoreFixture(rooms: (0..<3000).map { RoomRecord(name: Name("room\($0)")!) })
    let id = chat.guest("visitor")
    for room in [2999, 2998, 17] { _ = chat.send("/join room\(room)", from: id) }
    guard case .ok(let reply)? = chat.send("/rooms", from: id).events(to: id).first,
      case .rooms(let rooms, let more) = reply.result
    else {
      Issue.record("no rooms")
      return
    }
    #expect(more && rooms.count * 200 <= HistoryQuery.bytesMax)
    #expect(Set(rooms.filter { $0.members > 0 }.map(\.name.text)) == ["room17", "room2998", "room2999", "lobby"])
    #expect(rooms.map(\.name) == rooms.map(\.name).sorted())
  }
}

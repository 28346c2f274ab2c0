import ChatProtocol
import Testing

@testable import ChatCore

/// What cannot be undone may be asked about first.
@Suite struct `A dry run` {
  private static let bob = Name("bob")!
  private static let ops = Name("ops")!
  private static let file = FileRecord(
    id: 9, room: ops, from: bob, name: FileName("plan.pdf")!, size: 5, cksum: 7, offered: Timestamp(milliseconds: 0))
  private static let requests: [ControlRequest] = [
    .roomsDelete(ops), .roomsKick(ops, user: bob, reason: nil), .usersDisable(bob, reason: "so"), .usersDelete(bob),
    .usersKick(bob, reason: nil), .usersBan(bob, ControlTerms(reason: "so")),
    .bansAdd(.addresses(AddressBlock("192.0.2.0/24")!), ControlTerms()), .sessionsClose(1, reason: nil),
    .filesDelete([9]), .stop(reason: nil),
  ]

  private func chat() -> CoreFixture {
    var chat = CoreFixture(
      accounts: [Account("alice"), Account("bob")],
      rooms: [RoomRecord(name: Self.ops, owner: Self.bob), RoomRecord(name: Name("den")!, moderators: [Self.bob])],
      files: [Self.file], nextID: 10)
    let id = chat.login("bob")
    _ = chat.send("/join ops", from: id)
    return chat
  }

  @Test(arguments: requests)
  func `changes nothing, tells nobody, and answers as the deed then does`(request: ControlRequest) throws {
    var chat = chat()
    let dry = chat.control(.dryRun(request))
    #expect(dry.count == 1)
    guard case .success(.wouldBe(let told)) = try #require(dry.replies.first) else {
      Issue.record("\(dry)")
      return
    }
    #expect(chat.control(request).replies == [.success(told)])
  }

  @Test func `is there for every verb that destroys`() {
    #expect(Self.requests.map(\.verb.name) == ControlVerb.all.filter { $0.flags.contains(.destructive) }.map(\.name))
  }

  @Test(arguments: requests)
  func `is refused where the deed would be`(request: ControlRequest) throws {
    var chat = CoreFixture()
    switch request {
    // There is always a server to stop, and a name or an address may be banned before anybody comes.
    case .stop, .usersBan, .bansAdd: return
    default: break
    }
    let fault = try #require(chat.control(.dryRun(request)).faultCodes.first)
    #expect(chat.control(request).faultCodes == [fault])
  }
}

import ChatProtocol
import Testing

@testable import ChatCore

/// Actions that cannot be undone have a dry run.
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
  func `changes nothing, sends no event, and replies as the action then does`(request: ControlRequest) throws {
    var chat = chat()
    let dry = chat.control(.dryRun(request))
    #expect(dry.count == 1)
    guard case .success(.wouldBe(let told)) = try #require(dry.replies.first) else {
      Issue.record("\(dry)")
      return
    }
    #expect(chat.control(request).replies == [.success(told)])
  }

  @Test func `exists for every destructive verb`() {
    // The loop answers that of a certificate.
    let others = ControlVerb.all.filter { $0.flags.contains(.destructive) && $0.name != "tls generate" }
    #expect(Self.requests.map(\.verb.name) == others.map(\.name))
  }

  @Test(arguments: requests)
  func `is rejected if the action would be`(request: ControlRequest) throws {
    var chat = CoreFixture()
    switch request {
    // These always succeed: a running server can be stopped, and an unused name or address can be banned.
    case .stop, .usersBan, .bansAdd: return
    default: break
    }
    let fault = try #require(chat.control(.dryRun(request)).faultCodes.first)
    #expect(chat.control(request).faultCodes == [fault])
  }
}

import ChatProtocol
import Testing

@testable import ChatCore

private let bob = Name("bob")!
private let network = Restriction.Subject.addresses(AddressBlock("192.0.2.0/24")!)

/// Cases that a transcript cannot play: passing time, addresses of other machines, late results.
@Suite struct `Bans and mutes` {
  private static func terms(_ time: String, _ reason: String? = nil) -> ControlTerms {
    ControlTerms(span: TimeSpan(time)!, reason: reason)
  }

  private func chat() -> CoreFixture { CoreFixture(accounts: [Account("alice"), Account("bob")]) }

  @Test func `a ban of a name ends by itself at its time, tick or not`() {
    var chat = chat()
    _ = chat.control(.usersBan(bob, Self.terms("1m", "spam")))
    let id = chat.connect()
    func answer() -> [Effect] {
      _ = chat.send("/login bob whatever-it-is", from: id)
      return chat.apply(.passwordVerified(id, true))
    }
    chat.now = chat.now.adding(milliseconds: 59_999)
    #expect(answer().errors(to: id) == [.banned])
    chat.now = chat.now.adding(milliseconds: 1)
    #expect(answer().oks(to: id) == ["login"])
    let ended = chat.apply(.tick)
    #expect(ended.logged("ban-ended") == ["user=bob"])
    #expect(ended.records.count == 1)
    #expect(chat.apply(.tick).records.isEmpty)
  }

  @Test func `only a user with the password learns that the account is banned`() {
    var chat = chat()
    _ = chat.control(.usersBan(bob, ControlTerms(reason: "spam")))
    let id = chat.connect()
    let asked = chat.send("/login bob wrong-password", from: id)
    #expect(asked.verifications.map(\.hash) == ["$hash-of-bob$"])
    #expect(chat.apply(.passwordVerified(id, false)).errors(to: id) == [.wrongPassword])
    _ = chat.send("/login bob whatever-it-is", from: id)
    let refused = chat.apply(.passwordVerified(id, true))
    #expect(refused.errors(to: id) == [.banned])
    #expect(refused.logged("login-refused") == ["user=bob address=192.0.2.1 text=banned"])
    #expect(chat.send("/register bob correct-horse", from: id).errors(to: id) == [.nameTaken])
  }

  @Test func `a ban that is added while a password is checked applies`() {
    var chat = chat()
    let (login, register) = (chat.connect(), chat.connect())
    _ = chat.send("/login bob whatever-it-is", from: login)
    _ = chat.send("/register carol correct-horse", from: register)
    _ = chat.control(.usersBan(bob, ControlTerms()))
    _ = chat.control(.bansAdd(.user(Name("carol")!), ControlTerms()))
    #expect(chat.apply(.passwordVerified(login, true)).errors(to: login) == [.banned])
    #expect(chat.apply(.passwordHashed(register, hash: "h")).errors(to: register) == [.banned])
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `a ban of a network closes its connections, logged in or not, and rejects new ones`() {
    var chat = chat()
    let inside = chat.login("bob", address: "192.0.2.77")
    let outside = chat.connect(address: "192.0.2.78")
    let elsewhere = chat.connect(address: "198.51.100.1")
    let done = chat.control(.bansAdd(network, Self.terms("2h", "scanners")))
    let told = "Your address is banned from this server until 2026-11-20 22:11:00 UTC (2 h left): scanners"
    for id in [inside, outside] { #expect(done.events(to: id).contains(.closing(reason: told))) }
    #expect(done.events(to: elsewhere).isEmpty)
    guard case .success(.restricted(let restricted))? = done.replies.first else {
      Issue.record("\(done.replies)")
      return
    }
    #expect(restricted.sessions == 2 && restricted.isAccount == nil)
    #expect(chat.core.addressBan(for: "192.0.2.255", at: chat.time)?.message == told)
    #expect(chat.core.addressBan(for: "::ffff:192.0.2.1", at: chat.time)?.message == told)
    #expect(chat.core.addressBan(for: "192.0.3.1", at: chat.time) == nil)
    #expect(chat.core.addressBan(for: "", at: chat.time) == nil)
    chat.now = chat.now.adding(milliseconds: 7_200_000)
    #expect(chat.core.addressBan(for: "192.0.2.255", at: chat.time) == nil)
  }

  @Test func `of several bans of an address the longest is shown`() {
    var chat = chat()
    for (what, time) in [("192.0.2.7", "1m"), ("192.0.0.0/16", "1h"), ("192.0.2.0/24", "2m")] {
      _ = chat.control(.bansAdd(.addresses(AddressBlock(what)!), Self.terms(time)))
    }
    func ban() -> String? { chat.core.addressBan(for: "192.0.2.7", at: chat.time)?.ban.subject.description }
    #expect(ban() == "192.0.0.0/16")
    _ = chat.control(.bansRemove(.addresses(AddressBlock("192.0.0.0/16")!)))
    #expect(ban() == "192.0.2.0/24")
    chat.now = chat.now.adding(milliseconds: 120_000)
    #expect(ban() == nil)
  }

  @Test(arguments: [
    "hello", "/me waves", "/say lobby hello", "/msg alice hello", "/away gone", "/create den --open", "/create den",
    "/topic mine", "/kick alice you!", "/offer 5 123 bad-words.txt",
  ])
  func `a muted user sends nothing that others read`(line: String) {
    var chat = chat()
    let id = chat.login("bob")
    let told = chat.control(.usersMute(bob, Self.terms("1m", "calm down")))
    let notice = "You are muted: you can read but not write on this server until 2026-11-20 20:12:00 UTC "
    #expect(told.events(to: id) == [.notice(text: "\(notice)(1 min left): calm down")])
    let refused = chat.send(line, from: id)
    #expect(refused.errors(to: id) == [.muted])
    #expect(refused.records.isEmpty)
    #expect(chat.core.inconsistencies.isEmpty)
    // The mute ends exactly at its time, without a tick.
    chat.now = chat.now.adding(milliseconds: 60_000)
    #expect(!chat.send(line, from: id).errors(to: id).contains(.muted))
    #expect(chat.apply(.tick).events(to: id) == [.notice(text: "You are no longer muted on this server.")])
  }

  @Test(arguments: [
    "/away", "/join den", "/leave den", "/who", "/rooms", "/topic", "/ignore alice", "/passwd a-password b-password",
  ])
  func `a muted user may do everything else`(line: String) {
    var chat = CoreFixture(accounts: [Account("alice"), Account("bob")], rooms: [RoomRecord(name: Name("den")!)])
    let id = chat.login("bob")
    _ = chat.send("/join den", from: id)
    _ = chat.control(.usersMute(bob, ControlTerms()))
    #expect(!chat.send(line, from: id).errors(to: id).contains(.muted))
  }

  @Test func `a mute applies after the next login, and is lifted for all sessions at once`() {
    var chat = chat()
    _ = chat.control(.usersMute(bob, ControlTerms()))
    let (one, two) = (chat.login("bob"), chat.login("bob"))
    #expect(chat.send("hello", from: one).errors(to: one) == [.muted])
    let lifted = chat.control(.usersUnmute(bob))
    for id in [one, two] { #expect(lifted.events(to: id).count == 1) }
    #expect(chat.send("hello", from: two).errors(to: two).isEmpty)
  }

  @Test func `a ban or mute of a name applies to guests and new accounts alike`() {
    var chat = CoreFixture()
    let id = chat.guest("carol")
    _ = chat.control(.usersMute(Name("carol")!, ControlTerms()))
    #expect(chat.send("hello", from: id).errors(to: id) == [.muted])
    let banned = chat.control(.usersBan(Name("carol")!, ControlTerms()))
    #expect(
      banned.events(to: id) == [
        .kicked(room: nil, by: "root", reason: ""), .closing(reason: "You are banned from this server."),
      ])
    let again = chat.connect()
    #expect(chat.send("/guest CAROL", from: again).errors(to: again) == [.banned])
    #expect(chat.send("/register carol correct-horse", from: again).errors(to: again) == [.banned])
  }

  @Test func `deleting an account leaves the ban of its name`() {
    var chat = chat()
    _ = chat.control(.usersBan(bob, ControlTerms()))
    _ = chat.control(.usersDelete(bob))
    let id = chat.connect()
    #expect(chat.send("/guest bob", from: id).errors(to: id) == [.banned])
  }

  @Test func `a second ban replaces the first, and its record contains the first`() {
    var chat = chat()
    _ = chat.control(.usersBan(bob, ControlTerms()))
    let first = Restriction(.init(.ban, .user(bob)), since: chat.now, by: "root")
    chat.now = chat.now.adding(milliseconds: 1000)
    let again = chat.control(.usersBan(Name("BOB")!, Self.terms("1h")))
    var second = first
    (second.since, second.until) = (chat.now, chat.now.adding(milliseconds: 3_600_000))
    #expect(again.records == [.restriction(second, was: first)])
    #expect(chat.control(.bansList).replies == [.success(.bans([second]))])
  }

  @Test func `lifting an absent ban is an error, and the error for an address suggests the ban that covers it`() {
    var chat = chat()
    #expect(chat.control(.usersUnban(bob)).faultCodes == [.noSuchBan])
    #expect(chat.control(.usersUnmute(bob)).faultCodes == [.noSuchBan])
    _ = chat.control(.bansAdd(network, Self.terms("1m")))
    let one = chat.control(.bansRemove(.addresses(AddressBlock("192.0.2.7")!)))
    guard case .failure(let fault)? = one.replies.first else {
      Issue.record("\(one)")
      return
    }
    #expect(fault.message.hasSuffix("; the ban of 192.0.2.0/24 keeps it out"))
    chat.now = chat.now.adding(milliseconds: 60_000)
    #expect(chat.control(.bansRemove(network)).faultCodes == [.noSuchBan])
  }

  @Test func `the setting limits their number, and an existing one may still change`() {
    var settings = Settings()
    settings.bans = 1
    var chat = CoreFixture(settings: settings, accounts: [Account("bob")])
    _ = chat.control(.usersBan(bob, ControlTerms()))
    #expect(chat.control(.bansAdd(network, ControlTerms())).faultCodes == [.tooMany])
    #expect(chat.control(.usersMute(bob, ControlTerms())).faultCodes == [.tooMany])
    #expect(chat.control(.usersBan(bob, Self.terms("1m"))).faultCodes.isEmpty)
  }

  @Test func `bans do not change while nothing can be recorded`() {
    var chat = chat()
    _ = chat.control(.usersBan(bob, Self.terms("1m")))
    _ = chat.apply(.recording(false, reason: "No space left on device"))
    #expect(chat.control(.bansAdd(network, ControlTerms())).faultCodes == [.cannotRecord])
    #expect(chat.control(.usersUnban(bob)).faultCodes == [.cannotRecord])
    chat.now = chat.now.adding(milliseconds: 60_000)
    #expect(chat.apply(.tick).records.isEmpty)
    _ = chat.apply(.recording(true, reason: ""))
    #expect(chat.apply(.tick).records.count == 1)
  }

  @Test func `a restriction that ended while the server was down is removed at the start`() {
    let now = Timestamp("2026-11-20T20:11:00Z")!
    let over = Restriction(.init(.ban, network), until: now)
    let mute = Restriction(.init(.mute, .user(bob)), until: now.adding(milliseconds: 1))
    var chat = CoreFixture(restrictions: [over, mute])
    chat.now = now
    let effects = chat.apply(.started)
    #expect(effects.records == [.restrictionRemoved(was: over)])
    #expect(effects.logged("ban-ended") == ["address=192.0.2.0/24"])
  }

  @Test func `many bans are listed in parts, and a bounded number end per tick, in order`() {
    var chat = CoreFixture()
    for number in 0..<1000 {
      _ = chat.control(.bansAdd(.user(Name("u\(number)")!), Self.terms("\(1000 - number)s")))
    }
    let first = chat.control(.bansList)
    #expect(first.replies.isEmpty)
    guard case .replyPart(_, .bans(let rows)?)? = first.first else {
      Issue.record("no part")
      return
    }
    #expect(rows.count == Listing.rowsMax)
    chat.now = chat.now.adding(milliseconds: 1_000_000)
    var ended: [[String]] = []
    while ended.last?.isEmpty != true { ended.append(chat.apply(.tick).logged("ban-ended")) }
    #expect(ended.map(\.count) == [256, 256, 256, 232, 0])
    #expect(ended.joined().map(\.self) == (0..<1000).reversed().map { "user=u\($0)" })
  }

  @Test func `the log contains the operator and the end of the restriction`() {
    var chat = chat()
    let ban = chat.control(.bansAdd(network, Self.terms("2h", "scanners")))
    #expect(
      ban.logged("admin") == [
        "action=bans add address=192.0.2.0/24 until=2026-11-20T22:11:00.000Z by=root uid=0 pid=1 text=scanners"
      ])
    #expect(
      chat.control(.usersMute(bob, ControlTerms())).logged("admin")[0].hasPrefix(
        "action=users mute user=bob until=- by="))
    #expect(chat.control(.usersUnmute(bob)).logged("admin") == ["action=users unmute user=bob by=root uid=0 pid=1"])
  }
}

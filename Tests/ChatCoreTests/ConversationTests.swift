import ChatProtocol
import Testing

@testable import ChatCore

@Suite struct `A conversation` {
  private let accounts = [Account("alice"), Account("bob")]

  private func kept(_ effects: [Effect]) -> [PrivateMessage] {
    effects.compactMap { if case .logPrivate(let message) = $0 { message } else { nil } }
  }

  @Test func `is kept before it is acknowledged`() throws {
    var chat = CoreFixture(accounts: accounts)
    let alice = chat.login("alice")
    let effects = chat.send("/msg bob psst", from: alice)
    #expect(kept(effects).map(\.text) == ["psst"])
    let logged = try #require(effects.firstIndex { if case .logPrivate = $0 { true } else { false } })
    let told = try #require(effects.firstIndex { if case .send = $0 { true } else { false } })
    #expect(logged < told)
  }

  @Test func `is not kept where the setting says so, and then not read`() {
    var settings = Settings()
    settings.privateHistory = false
    var chat = CoreFixture(settings: settings, accounts: accounts)
    let alice = chat.login("alice")
    let effects = chat.send("/msg bob psst", from: alice)
    #expect(kept(effects).isEmpty && effects.records.count == 1)
    #expect(chat.send("/history @bob", from: alice).errors(to: alice) == [.historyUnavailable])
    #expect(chat.send("/search @bob psst", from: alice).errors(to: alice) == [.historyUnavailable])
  }

  @Test func `with a guest is not kept, on either side`() {
    var chat = CoreFixture(accounts: accounts)
    let (alice, gus) = (chat.login("alice"), chat.guest("gus"))
    #expect(kept(chat.send("/msg gus psst", from: alice)).isEmpty)
    #expect(kept(chat.send("/msg alice psst", from: gus)).isEmpty)
    #expect(chat.send("/history @alice", from: gus).errors(to: gus) == [.accountOnly])
    #expect(chat.send("/search @alice psst", from: gus).errors(to: gus) == [.accountOnly])
  }

  @Test func `is asked for in the caller's own name only`() {
    var chat = CoreFixture(accounts: accounts + [Account("eve", role: .operator)], nextID: 9)
    let eve = chat.login("eve")
    for line in ["/history @alice", "/history @alice since 0", "/history @alice around 4", "/search @alice psst"] {
      guard case .start(_, .readHistory(let query))? = chat.send(line, from: eve).last else {
        Issue.record("nothing was asked")
        continue
      }
      #expect(query.past == .conversation(of: Name("eve")!, with: Name("alice")!))
      _ = chat.apply(.historyRead(eve, .messages([])))
    }
  }

  @Test func `of a new account begins after the removal of the old one, however that was`() {
    var chat = CoreFixture(accounts: accounts, nextID: 9)
    let (alice, bob) = (chat.login("alice"), chat.login("bob"))
    _ = chat.send("/msg alice psst", from: bob)
    let removed = chat.control(.usersDelete(Name("bob")!))
    let begins = removed.records.compactMap { if case .pastBegins(let name, let id) = $0 { (name, id) } else { nil } }
    #expect(begins.map(\.0) == [Name("bob")!] && begins.map(\.1) == [10])
    let heir = chat.connect()
    _ = chat.send("/register bob correct-horse", from: heir)
    _ = chat.apply(.passwordHashed(heir, hash: "h"))
    guard case .start(_, .readHistory(let query))? = chat.send("/history @alice", from: heir).last,
      case .start(_, .readHistory(let other))? = chat.send("/history @bob", from: alice).last
    else {
      Issue.record("nothing was asked")
      return
    }
    #expect(query.firstID == 10)
    #expect(other.firstID == 1)
  }
}

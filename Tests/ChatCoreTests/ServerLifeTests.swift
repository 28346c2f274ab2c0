import ChatProtocol
import Testing

@testable import ChatCore

/// From the start of a server to its stop.
@Suite struct `A server's life` {
  @Test func `begins with hashing passwords typed into the files, one at a time`() {
    let ops = RoomRecord(name: Name("ops")!, password: "plain:sesame-open")
    let plain = Account("alice", password: "plain:correct-horse")
    var chat = CoreFixture(accounts: [plain, Account("bob")], rooms: [ops])
    #expect(chat.apply(.started).storedSecrets == [.account(Name("alice")!)])
    let first = chat.apply(
      .storedPasswordHashed(
        StoredSecret(owner: .account(Name("alice")!), secret: Secret("correct-horse")), hash: "$hash$"))
    #expect(first.records == [.account(Account("alice", password: "$hash$"), was: plain)])
    #expect(first.storedSecrets == [.room(Name("ops")!)])
    let second = chat.apply(
      .storedPasswordHashed(StoredSecret(owner: .room(Name("ops")!), secret: Secret("sesame-open")), hash: "$hash$"))
    #expect(second.records.count == 1)
    #expect(second.storedSecrets.isEmpty)
  }

  @Test func `keeps a password that was changed while the old one was being hashed`() {
    var chat = CoreFixture(accounts: [Account("alice", password: "plain:correct-horse")])
    _ = chat.apply(.started)
    let alice = chat.login("alice")
    _ = chat.send("/passwd correct-horse second-password", from: alice)
    _ = chat.apply(.passwordVerified(alice, true))
    _ = chat.apply(.passwordHashed(alice, hash: "$second$"))
    let late = chat.apply(
      .storedPasswordHashed(
        StoredSecret(owner: .account(Name("alice")!), secret: Secret("correct-horse")), hash: "$first$"))
    #expect(late.records.isEmpty)
    #expect(chat.core.accounts[Name("alice")!]?.password == "$second$")
  }

  @Test func `continues the ids of the previous server`() {
    var chat = CoreFixture(accounts: [Account("bob")], nextID: 1042)
    let alice = chat.guest("alice")
    let ids = ["one", "/msg bob two", "/me three"].flatMap { chat.send($0, from: alice).ids(to: alice) }
    #expect(ids == [1042, 1043, 1044])
  }

  @Test func `announces joins and leaves of a large room once a tick, and only if there were any`() {
    var settings = Settings()
    settings.announcedMembers = 1
    var chat = CoreFixture(settings: settings)
    let alice = chat.guest("alice")
    for name in ["bob", "carol", "dave"] {
      let id = chat.connect()
      #expect(chat.send("/guest \(name)", from: id).events(to: alice).isEmpty)
    }
    #expect(
      chat.apply(.tick).events(to: alice) == [
        .room(RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 4))
      ])
    #expect(chat.apply(.tick).events(to: alice).isEmpty)
  }

  @Test func `ends with a reason for every session and a record of memberships, and ignores later input`() {
    var chat = CoreFixture(accounts: [Account("alice")])
    let alice = chat.login("alice")
    let idle = chat.connect()
    let effects = chat.apply(.stop(reason: "The server is stopping."))
    for id in [alice, idle] { #expect(effects.events(to: id) == [.closing(reason: "The server is stopping.")]) }
    #expect(effects.closed == [alice, idle])
    #expect(effects.records == [.user(UserChange(Name("alice")!, lastSeen: chat.now))])
    guard case .stop = effects.last else {
      Issue.record("stopping is to come last")
      return
    }
    #expect(chat.send("hello", from: alice).isEmpty)
    #expect(chat.apply(.disconnected(alice, reason: "connection closed")).isEmpty)
    #expect(chat.apply(.stop(reason: "again")).isEmpty)
    #expect(chat.apply(.tick).isEmpty)
    let peer = ControlPeer(user: "root", uid: 0, pid: 1)
    for request in [ControlRequest.roomsInfo(.lobby), .usersKick(Name("alice")!, reason: nil), .sessionsList] {
      let late = chat.apply(.control(ControlID(1), request, from: peer))
      #expect(late.replies == [.failure(ControlError(.busy, "the server is stopping; start it again to do that"))])
    }
  }
}

extension [Effect] {
  fileprivate var storedSecrets: [StoredSecret.Owner] {
    compactMap { if case .hashStoredPassword(let stored) = $0 { stored.owner } else { nil } }
  }

  /// The ids of the messages acknowledged to `id`.
  fileprivate func ids(to id: SessionID) -> [MessageID] {
    events(to: id).compactMap { event in
      switch event {
      case .message(let message): message.id
      case .ok(let reply): if case .sent(let id, _) = reply.result { id } else { nil }
      default: nil
      }
    }
  }
}

@Test
func `a server without ids left rejects commands that need one, also after a restart`() {
  for next in [MessageID.greatest - 1, .greatest, .greatest + 1] {
    var chat = CoreFixture(accounts: [Account("alice")], nextID: next)
    _ = chat.apply(.started)
    let alice = chat.login("alice")
    var given: [MessageID] = []
    for _ in 0..<3 {
      let said = chat.send("hello", from: alice)
      given += said.compactMap { if case .message(let message, _, _) = $0 { message.id } else { nil } }
      #expect(
        said.errors(to: alice)
          == (said.contains { if case .message = $0 { true } else { false } } ? [] : [.cannotRecord]))
    }
    #expect(given == Array(next..<MessageID.greatest + 1))
    _ = chat.apply(.recording(true, reason: ""))
    #expect(chat.send("hello", from: alice).errors(to: alice) == [.cannotRecord])
    #expect(chat.apply(.logReopened(file: "chat.log")).logged("reopened") == ["file=chat.log"])
  }
}

import ChatProtocol
import Testing

@testable import ChatCore

/// Checking passwords and reading history take time, during which the state may change.
@Suite struct `A late result` {
  private static let accounts = [Account("alice"), Account("bob"), Account("carol", role: .operator)]

  @Test(arguments: ["/login alice whatever-it-is", "/register dave correct-horse"])
  func `is ignored when its session has gone`(line: String) {
    var chat = CoreFixture(accounts: Self.accounts)
    let gone = chat.connect()
    _ = chat.send(line, from: gone)
    _ = chat.apply(.disconnected(gone, reason: "connection lost"))
    #expect(chat.apply(.passwordVerified(gone, true)).isEmpty)
    #expect(chat.apply(.passwordHashed(gone, hash: "$hash$")).isEmpty)
    #expect(chat.apply(.passwordRefused(gone)).isEmpty)
    #expect(chat.core.users.slotsByName.isEmpty)
    #expect(!chat.core.accounts.contains(Name("dave")!))
  }

  @Test func `does not log in the session that has the slot now`() {
    var chat = CoreFixture(accounts: Self.accounts)
    let gone = chat.connect()
    _ = chat.send("/login alice whatever-it-is", from: gone)
    _ = chat.apply(.disconnected(gone, reason: "connection lost"))
    let next = SessionID(slot: gone.slot, generation: gone.generation + 1)
    _ = chat.apply(.connected(next, address: "192.0.2.2"))
    _ = chat.send("/login bob not-the-password", from: next)
    #expect(chat.apply(.passwordVerified(gone, true)).isEmpty)
    #expect(chat.core.sessions[next].user == nil)
    #expect(chat.apply(.passwordVerified(next, false)).errors(to: next) == [.wrongPassword])
  }

  @Test func `registers a name once, for the session whose hash is ready first`() {
    var chat = CoreFixture()
    let first = chat.connect()
    let second = chat.connect()
    _ = chat.send("/register dave correct-horse dave@example.org", from: first)
    _ = chat.send("/register DAVE battery-staple", from: second)
    #expect(chat.apply(.passwordHashed(second, hash: "$second$")).oks(to: second) == ["register"])
    #expect(chat.apply(.passwordHashed(first, hash: "$first$")).errors(to: first) == [.nameTaken])
    #expect(chat.core.accounts[Name("dave")!]?.password == "$second$")
  }

  @Test func `does not register a name that a guest took meanwhile`() {
    var chat = CoreFixture()
    let registering = chat.connect()
    _ = chat.send("/register dave correct-horse", from: registering)
    _ = chat.guest("dave")
    #expect(chat.apply(.passwordHashed(registering, hash: "$hash$")).errors(to: registering) == [.nameTaken])
  }

  @Test func `creates a room once`() {
    var chat = CoreFixture(accounts: Self.accounts)
    let alice = chat.login("alice")
    let bob = chat.login("bob")
    _ = chat.send("/create ops", from: alice)
    _ = chat.send("/create ops --open", from: bob)
    let effects = chat.apply(.passwordHashed(alice, hash: "$hash$"))
    #expect(effects.errors(to: alice) == [.roomTaken])
    #expect(effects.records.isEmpty)
    #expect(chat.core.rooms[chat.core.rooms.slotsByName[Name("ops")!]!].owner == Name("bob")!)
  }

  @Test func `does not join a room that was deleted or has banned the user meanwhile`() {
    let club = RoomRecord(name: Name("club")!, owner: Name("bob")!, password: "$club$")
    var chat = CoreFixture(accounts: Self.accounts, rooms: [club])
    let alice = chat.login("alice")
    let bob = chat.login("bob")
    _ = chat.send("/join club", from: bob)
    _ = chat.send("/join club sesame-open", from: alice)
    _ = chat.send("/ban alice", from: bob)
    #expect(chat.apply(.passwordVerified(alice, true)).errors(to: alice) == [.banned])
    _ = chat.send("/unban alice", from: bob)
    _ = chat.send("/join club sesame-open", from: alice)
    _ = chat.send("/delete club", from: bob)
    #expect(chat.apply(.passwordVerified(alice, true)).errors(to: alice) == [.noSuchRoom])
  }

  @Test(arguments: ["/deop alice", "/delete club"])
  func `does not lock a room that the user may no longer lock`(line: String) {
    let club = RoomRecord(name: Name("club")!, owner: Name("bob")!, moderators: [Name("alice")!])
    var chat = CoreFixture(accounts: Self.accounts, rooms: [club])
    let alice = chat.login("alice")
    let bob = chat.login("bob")
    _ = chat.send("/join club", from: alice)
    _ = chat.send("/join club", from: bob)
    _ = chat.send("/lock sesame-open", from: alice)
    _ = chat.send(line, from: bob)
    let effects = chat.apply(.passwordHashed(alice, hash: "$hash$"))
    #expect(effects.errors(to: alice) == [.notPermitted])
    #expect(effects.records.isEmpty)
  }

  @Test func `shows no history of a room that was locked meanwhile`() {
    let club = RoomRecord(name: Name("club")!, owner: Name("bob")!)
    var chat = CoreFixture(accounts: Self.accounts, rooms: [club])
    let alice = chat.login("alice")
    let bob = chat.login("bob")
    _ = chat.send("/join club", from: bob)
    _ = chat.send("/history club", from: alice)
    _ = chat.send("/lock sesame-open", from: bob)
    _ = chat.apply(.passwordHashed(bob, hash: "$hash$"))
    let past = PastMessage(
      time: chat.now, message: RoomMessage(id: 1, room: club.name, from: Name("bob")!, text: "behind closed doors"))
    let effects = chat.apply(.historyRead(alice, .messages([past])))
    #expect(effects.errors(to: alice) == [.roomLocked])
  }

  @Test func `for a log that cannot be read is an error with the reason`() {
    var chat = CoreFixture(accounts: Self.accounts)
    let alice = chat.login("alice")
    _ = chat.send("/history", from: alice)
    let effects = chat.apply(.historyRead(alice, .unavailable(reason: "input/output error")))
    #expect(effects.errors(to: alice) == [.historyUnavailable])
  }

  @Test func `for a room that the operator creates reports that the name was taken meanwhile`() {
    var chat = CoreFixture(accounts: Self.accounts)
    let alice = chat.login("alice")
    let peer = ControlPeer(user: "root", uid: 0, pid: 1)
    let request = ControlRequest.roomsCreate(Name("ops")!, .password(Secret("sesame-open")))
    #expect(chat.apply(.control(ControlID(1), request, from: peer)).replies.isEmpty)
    _ = chat.send("/create ops --open", from: alice)
    let late = chat.apply(.controlPasswordHashed(ControlID(1), hash: "$hash$"))
    #expect(late.replies.map { $0.fault } == [.roomTaken])
    #expect(chat.apply(.controlPasswordHashed(ControlID(1), hash: "$hash$")).isEmpty)
  }
}

extension Result<ControlReply, ControlError> {
  var fault: ControlError.Code? { if case .failure(let fault) = self { fault.code } else { nil } }
}

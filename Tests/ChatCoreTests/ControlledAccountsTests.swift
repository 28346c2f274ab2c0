import ChatProtocol
import Testing

@testable import ChatCore

/// Account requests of the operator: their records and events, and what a deleted account leaves.
@Suite struct `Accounts managed by the operator` {
  private let bob = Name("bob")!

  @Test func `an account is recorded as for a registration, and a guest with its name is disconnected`() {
    var chat = CoreFixture()
    let guest = chat.guest("Bob")
    let user = ControlNewUser(
      name: bob, email: EmailAddress("bob@example.org"), isOperator: true, password: Secret("correct-horse"))
    #expect(chat.control(.usersAdd(user)).controlSecrets == ["correct-horse"])
    let effects = chat.apply(.controlPasswordHashed(ControlID(1), hash: "$new$"))
    let account = Account(
      name: bob, password: "$new$", role: .operator, email: EmailAddress("bob@example.org"), created: chat.now)
    #expect(effects.records == [.account(account, was: nil)])
    #expect(effects.replies == [.success(.userAdded(bob, password: nil))])
    #expect(
      effects.events(to: guest) == [
        .closing(reason: "bob is an account now; log in with its password, or choose another name.")
      ])
    #expect(effects.logged("admin") == ["action=users add user=bob role=operator by=root uid=0 pid=1"])
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `a generated password is shown once and never logged`() throws {
    var chat = CoreFixture(accounts: [Account("bob")])
    let secret = try #require(chat.control(.usersPasswd(bob, nil)).controlSecrets.first)
    #expect(secret.wholeMatch(of: /[a-z2-9]{4}(-[a-z2-9]{4}){3}/) != nil)
    let effects = chat.apply(.controlPasswordHashed(ControlID(1), hash: "$new$"))
    #expect(effects.records == [.account(Account("bob", password: "$new$"), was: Account("bob"))])
    let reply = ControlReply.userChanged(bob, fields: ["password"], sessions: 0, password: Secret(secret))
    #expect(effects.replies == [.success(reply)])
    #expect(effects.logged("admin") == ["action=users passwd user=bob by=root uid=0 pid=1"])
  }

  @Test func `a login fails if the password changes while it is checked`() {
    for request in [ControlRequest.usersPasswd(bob, nil), .usersDelete(bob)] {
      var chat = CoreFixture(accounts: [Account("bob")])
      let id = chat.connect()
      _ = chat.send("/login bob the-old-one", from: id)
      _ = chat.control(request)
      _ = chat.apply(.controlPasswordHashed(ControlID(1), hash: "$new$"))
      #expect(chat.apply(.passwordVerified(id, true)).errors(to: id) == [.wrongPassword])
    }
  }

  @Test func `a role may change, and a demoted operator leaves rooms that banned them`() {
    let room = RoomRecord(name: Name("ops")!, banned: [bob])
    var chat = CoreFixture(accounts: [Account("bob", role: .operator)], rooms: [room])
    let id = chat.login("bob")
    #expect(chat.send("/join ops", from: id).oks(to: id) == ["join"])
    let change = ControlUserChange(email: .address(EmailAddress("b@x.org")!), isOperator: false)
    let effects = chat.control(.usersSet(bob, change))
    #expect(
      effects.replies == [.success(.userChanged(bob, fields: ["role", "email"], sessions: 0, password: nil))])
    #expect(effects.events(to: id).first == .kicked(room: Name("ops")!, by: "root", reason: "banned"))
    #expect(effects.logged("admin") == ["action=users set user=bob role=user email=b@x.org by=root uid=0 pid=1"])
    #expect(chat.core.inconsistencies.isEmpty)
    let again = chat.control(.usersSet(bob, change))
    #expect(again.replies == [.success(.userChanged(bob, fields: [], sessions: 0, password: nil))])
    #expect(again.records.isEmpty && again.logged("admin").isEmpty)
  }

  @Test func `an operator demoted by a hand edit also leaves rooms that banned them`() {
    let room = RoomRecord(name: Name("ops")!, banned: [bob])
    let was = Account("bob", role: .operator)
    var chat = CoreFixture(accounts: [was], rooms: [room])
    let id = chat.login("bob")
    _ = chat.send("/join ops", from: id)
    let effects = chat.apply(.edited(Edit(accounts: [.init(name: bob, was: was, now: Account("bob"))])))
    #expect(effects.events(to: id).contains(.kicked(room: Name("ops")!, by: "the operator", reason: "banned")))
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `disabling closes the sessions with the reason, and enabling allows login again`() {
    var chat = CoreFixture(accounts: [Account("bob")])
    let id = chat.login("bob")
    let effects = chat.control(.usersDisable(bob, reason: "call the office"))
    #expect(
      effects.replies == [.success(.userChanged(bob, fields: ["status"], sessions: 1, password: nil))])
    #expect(
      effects.events(to: id).last == .closing(reason: "The account bob was disabled by root: call the office."))
    #expect(
      effects.logged("admin") == [
        #"action=users disable user=bob status=disabled by=root uid=0 pid=1 text=call the office"#
      ])
    let late = chat.connect()
    _ = chat.send("/login bob whatever-it-is", from: late)
    #expect(chat.apply(.passwordVerified(late, true)).errors(to: late) == [.accountDisabled])
    _ = chat.control(.usersEnable(bob))
    #expect(chat.core.accounts[bob]?.status == .active)
  }

  @Test func `the next account with a deleted account's name inherits nothing`() {
    let alice = Name("alice")!
    var chat = CoreFixture(
      accounts: [Account("alice"), Account("bob")],
      rooms: [
        RoomRecord(name: Name("den")!, owner: alice, moderators: [bob]),
        RoomRecord(name: Name("ops")!, owner: bob, password: "$hash$"),
        RoomRecord(name: Name("both")!, owner: bob, moderators: [bob]),
      ])
    let other = chat.login("alice")
    let id = chat.login("bob")
    _ = chat.send("/join ops", from: id)
    _ = chat.send("/msg bob psst", from: other)
    let effects = chat.control(.usersDelete(bob))
    let deleted = ControlDeletedUser(
      name: bob, hadAccount: true, sessions: 1,
      rooms: ControlRoomRoles(owned: [Name("both")!, Name("ops")!], moderated: [Name("den")!]), unread: 1)
    #expect(effects.replies == [.success(.userDeleted(deleted))])
    #expect(effects.events(to: id).last == .closing(reason: "The account bob was removed by root."))
    #expect(effects.records.contains(.accountRemoved(was: Account("bob"))))
    #expect(
      effects.records.contains(
        .room(
          RoomRecord(name: Name("den")!, owner: alice),
          was: RoomRecord(name: Name("den")!, owner: alice, moderators: [bob]))))
    #expect(effects.records.contains { if case .userRemoved(bob) = $0 { true } else { false } })
    #expect(chat.core.inconsistencies.isEmpty)

    let next = chat.connect()
    _ = chat.send("/register bob battery-staple", from: next)
    let entered = chat.apply(.passwordHashed(next, hash: "$other$"))
    #expect(entered.oks(to: next) == ["register"])
    #expect(!entered.events(to: next).contains { if case .privateMessage = $0 { true } else { false } })
    #expect(chat.send("/join ops", from: next).errors(to: next) == [.roomLocked])
    #expect(chat.core.rooms[chat.core.rooms.slotsByName[Name("ops")!]!].absentMembers.isEmpty)
  }

  @Test func `deleting a name without an account ends its reservation`() {
    var chat = CoreFixture(rooms: [RoomRecord(name: Name("ops")!, owner: bob)])
    let refused = chat.control(.usersAdd(ControlNewUser(name: bob)))
    #expect(refused.faultCodes == [.userTaken])
    let deleted = ControlDeletedUser(
      name: bob, hadAccount: false, sessions: 0, rooms: ControlRoomRoles(owned: [Name("ops")!]), unread: 0)
    #expect(chat.control(.usersDelete(bob)).replies == [.success(.userDeleted(deleted))])
    #expect(chat.control(.usersDelete(bob)).faultCodes == [.noSuchUser])
    let guest = chat.connect()
    #expect(chat.send("/guest bob", from: guest).oks(to: guest) == ["guest"])
  }

  @Test func `a new account with the name of a row removed by hand is in none of its rooms`() {
    let locked = RoomRecord(name: Name("ops")!, password: "$hash$")
    var chat = CoreFixture(accounts: [Account("bob")], rooms: [locked])
    let id = chat.login("bob")
    _ = chat.send("/join ops sesame-open", from: id)
    _ = chat.apply(.passwordVerified(id, true))
    _ = chat.apply(.edited(Edit(accounts: [.init(name: bob, was: Account("bob"), now: nil)])))
    let next = chat.connect()
    _ = chat.send("/register bob battery-staple", from: next)
    _ = chat.apply(.passwordHashed(next, hash: "$other$"))
    #expect(chat.core.users[chat.core.users.slotsByName[bob]!].rooms == [chat.core.rooms.slotsByName[.lobby]!])
    #expect(chat.core.inconsistencies.isEmpty)
  }

  @Test func `an impossible request is rejected with the reason`() {
    var chat = CoreFixture(accounts: [Account("alice"), Account("bob")])
    _ = chat.control(
      .usersSet(Name("alice")!, ControlUserChange(email: .address(EmailAddress("a@x.org")!))))
    _ = chat.guest("visitor")
    let taken = ControlUserChange(email: .address(EmailAddress("A@X.org")!))
    #expect(chat.control(.usersSet(bob, taken)).faultCodes == [.emailTaken])
    #expect(chat.control(.usersAdd(ControlNewUser(name: bob))).faultCodes == [.userTaken])
    for name in [Name("nobody")!, Name("visitor")!] {
      for request in [
        ControlRequest.usersPasswd(name, nil), .usersSet(name, ControlUserChange(isOperator: true)),
        .usersDisable(name, reason: nil), .usersEnable(name), .usersDelete(name),
      ] {
        #expect(chat.control(request).faultCodes == [.noSuchUser], "\(request.verb.name) \(name)")
      }
    }
    _ = chat.apply(.recording(false, reason: "no space"))
    for request in [
      ControlRequest.usersAdd(ControlNewUser(name: Name("carol")!)), .usersPasswd(bob, nil),
      .usersSet(bob, ControlUserChange(isOperator: true)), .usersDisable(bob, reason: nil), .usersEnable(bob),
      .usersDelete(bob),
    ] {
      #expect(chat.control(request).faultCodes == [.cannotRecord], "\(request.verb.name)")
    }
  }
}

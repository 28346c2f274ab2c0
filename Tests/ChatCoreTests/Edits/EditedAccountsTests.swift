import ChatProtocol
import Testing

@testable import ChatCore

private let dave = Account("dave")

extension CoreFixture {
  /// Applies an edit of one row.
  mutating func edit(_ was: Account?, _ now: Account?) -> [Effect] {
    apply(.edited(Edit(number: 7, accounts: [.init(name: (now ?? was)!.name, was: was, now: now)])))
  }
}

extension [Effect] {
  func closes(_ id: SessionID) -> Bool {
    contains { if case .close(let closed) = $0 { closed == id } else { false } }
  }

  /// The records without those of users.
  var rowRecords: [Record] {
    records.filter {
      switch $0 {
      case .user, .edited: false
      default: true
      }
    }
  }
}

@Suite struct `An edit of users.csv` {
  @Test func `adds an account that can log in at once`() {
    var chat = CoreFixture()
    let effects = chat.edit(nil, dave)
    #expect(effects.logged("edited") == ["file=users.csv user=dave change=added"])
    #expect(effects.records == [.edited(7)])
    let id = chat.connect()
    #expect(chat.send("/login dave whatever-it-is", from: id).verifications.map(\.hash) == [dave.password])
  }

  @Test func `changes what it changed and leaves what the server changed meanwhile`() {
    var server = dave
    server.password = "$new$"
    var chat = CoreFixture(accounts: [server])
    var now = dave
    now.role = .operator
    let effects = chat.edit(dave, now)
    var merged = server
    merged.role = .operator
    #expect(chat.core.accounts[dave.name] == merged)
    // The file has the edited row, and the journal the server's change: records lead from both to the merged row.
    #expect(effects.records == [.account(now, was: server), .account(merged, was: now), .edited(7)])
    #expect(effects.logged("edited") == ["file=users.csv user=dave change=changed fields=role"])
  }

  @Test func `wins if both changed one cell, and the log names the overridden cell`() {
    var server = dave
    server.password = "$servers$"
    var chat = CoreFixture(accounts: [server])
    var now = dave
    now.password = "$persons$"
    let effects = chat.edit(dave, now)
    #expect(chat.core.accounts[dave.name]?.password == "$persons$")
    #expect(effects.rowRecords == [.account(now, was: server)])
    #expect(
      effects.logged("edited") == ["file=users.csv user=dave change=changed fields=password gave_way=password"])
  }

  @Test func `wins over a registration under the name that it adds`() {
    var registered = dave
    registered.email = EmailAddress("dave@example.org")
    var chat = CoreFixture(accounts: [registered])
    let effects = chat.edit(nil, Account("dave", password: "$persons$"))
    #expect(chat.core.accounts[dave.name] == Account("dave", password: "$persons$"))
    #expect(effects.rowRecords == [.account(Account("dave", password: "$persons$"), was: registered)])
    #expect(effects.logged("edited")[0].hasSuffix("fields=password,email gave_way=password,email"))
  }

  @Test func `may change the case of a name`() {
    var chat = CoreFixture(accounts: [dave])
    let effects = chat.edit(dave, Account("Dave", password: dave.password))
    #expect(chat.core.accounts[dave.name]?.name.text == "Dave")
    #expect(effects.logged("edited") == ["file=users.csv user=Dave change=changed fields=name"])
  }

  @Test(arguments: [true, false])
  func `closes the sessions of a disabled or removed user, with the reason`(isRemoved: Bool) {
    var chat = CoreFixture(accounts: [dave, Account("alice")])
    let sessions = [chat.login("dave"), chat.login("dave")]
    let alice = chat.login("alice")
    var now = dave
    now.status = .disabled
    let effects = chat.edit(dave, isRemoved ? nil : now)
    for id in sessions {
      #expect(effects.closes(id))
      guard case .closing(let reason) = effects.events(to: id).last else {
        Issue.record("no last word")
        continue
      }
      #expect(reason.contains(isRemoved ? "removed" : "disabled"))
    }
    #expect(!effects.closes(alice))
    #expect(chat.core.users.slotsByName[dave.name] == nil)
    #expect(chat.core.inconsistencies == [])
    #expect(chat.core.accounts.contains(dave.name) == !isRemoved)
    #expect(effects.rowRecords.isEmpty)
  }

  @Test func `that removes a row logs which of the server's changes are lost`() {
    var server = dave
    server.password = "$new$"
    var chat = CoreFixture(accounts: [server])
    let effects = chat.edit(dave, nil)
    #expect(effects.logged("edited") == ["file=users.csv user=dave change=removed gave_way=password"])
    #expect(effects.rowRecords == [.accountRemoved(was: server)])
    // The row is already gone.
    #expect(chat.edit(dave, nil).logged("edited").isEmpty)
  }

  @Test func `reserves the name of a removed room owner for the row that is added again`() {
    var chat = CoreFixture(accounts: [dave], rooms: [RoomRecord(name: Name("den")!, owner: dave.name)])
    _ = chat.edit(dave, nil)
    let guest = chat.connect()
    #expect(chat.send("/guest dave", from: guest).errors(to: guest) == [.nameTaken])
    _ = chat.edit(nil, dave)
    let id = chat.login("dave")
    _ = chat.send("/join den", from: id)
    #expect(chat.send("/topic mine", from: id).oks(to: id) == ["topic"])
  }

  @Test func `disconnects a guest whose name becomes an account`() {
    var chat = CoreFixture()
    let id = chat.guest("dave")
    let effects = chat.edit(nil, dave)
    #expect(effects.closes(id))
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `takes an address from an account that registered it meanwhile`() {
    var erin = Account("erin")
    erin.email = EmailAddress("us@example.org")
    var chat = CoreFixture(accounts: [dave, erin])
    var now = dave
    now.email = EmailAddress("us@example.org")
    let effects = chat.edit(dave, now)
    #expect(chat.core.accounts[EmailAddress("us@example.org")!]?.name == dave.name)
    #expect(effects.rowRecords == [.account(Account("erin"), was: erin)])
    #expect(effects.logged("edited").last == "file=users.csv user=erin change=changed gave_way=email")
  }

  @Test func `lets two accounts swap their addresses`() {
    let addresses = [EmailAddress("one@example.org"), EmailAddress("two@example.org")]
    func account(_ name: String, _ email: EmailAddress?) -> Account {
      var account = Account(name)
      account.email = email
      return account
    }
    let (a, b) = (account("a", addresses[0]), account("b", addresses[1]))
    let (newA, newB) = (account("a", addresses[1]), account("b", addresses[0]))
    var chat = CoreFixture(accounts: [a, b])
    let effects = chat.apply(
      .edited(
        Edit(number: 1, accounts: [.init(name: a.name, was: a, now: newA), .init(name: b.name, was: b, now: newB)])))
    #expect(chat.core.accounts[addresses[0]!]?.name == b.name)
    #expect(chat.core.accounts[addresses[1]!]?.name == a.name)
    #expect(effects.rowRecords.isEmpty)
    #expect(effects.logged("edited").allSatisfy { !$0.contains("gave_way") })
  }

  @Test func `has its plain passwords hashed, one at a time`() {
    var chat = CoreFixture()
    let typed = ["ann", "bob"].map { Account($0, password: "plain:some-secret") }
    let effects = chat.apply(
      .edited(Edit(number: 1, accounts: typed.map { .init(name: $0.name, was: nil, now: $0) })))
    func queued(_ effects: [Effect]) -> [StoredSecret] {
      effects.compactMap { if case .hashStoredPassword(let stored) = $0 { stored } else { nil } }
    }
    #expect(queued(effects).count == 1)
    let first = queued(effects)[0]
    let next = chat.apply(.storedPasswordHashed(first, hash: "$hash$"))
    #expect(next.rowRecords.count == 1)
    #expect(queued(next).count == 1)
    let last = chat.apply(.storedPasswordHashed(queued(next)[0], hash: "$hash$"))
    #expect(queued(last).isEmpty)
    #expect(chat.core.accounts.allSatisfy { $0.password == "$hash$" })
    // The next edit starts hashing again.
    let later = chat.edit(nil, Account("cat", password: "plain:some-secret"))
    #expect(queued(later).map(\.owner) == [.account(Name("cat")!)])
  }

  @Test func `replies to a reload with the changes and the errors`() {
    var chat = CoreFixture(accounts: [dave])
    let fault = "data/rooms.json:3: no"
    let effects = chat.apply(
      .edited(
        Edit(
          number: 1, accounts: [.init(name: dave.name, was: dave, now: nil)], askedBy: [ControlID(4)], faults: [fault]))
    )
    let change = ControlChange(file: "users.csv", user: dave.name, change: .removed)
    #expect(effects.replies == [.success(.reloaded(ControlReload(changes: [change], faults: [fault])))])
  }

  @Test func `a reload within ten seconds of an automatic one reports its edit`() {
    var chat = CoreFixture(accounts: [dave])
    let (ann, bea) = (Account("ann"), Account("bea"))
    _ = chat.apply(
      .edited(Edit(number: 1, accounts: [ann, bea].map { .init(name: $0.name, was: nil, now: $0) })))
    let recent = ControlRecentEdit(file: "users.csv", changes: 2, time: chat.now)
    func asked(_ number: UInt64, _ accounts: [Edit.Change<Account>] = []) -> [Result<ControlReply, ControlError>] {
      chat.apply(.edited(Edit(number: number, accounts: accounts, askedBy: [ControlID(number)]))).replies
    }
    chat.now = chat.now.adding(milliseconds: 9_999)
    #expect(asked(2) == [.success(.reloaded(ControlReload(changes: [], recent: [recent])))])
    // The edit applied now replaces the earlier one in later replies.
    let removal = ControlChange(file: "users.csv", user: dave.name, change: .removed)
    #expect(
      asked(3, [.init(name: dave.name, was: dave, now: nil)])
        == [.success(.reloaded(ControlReload(changes: [removal])))])
    chat.now = chat.now.adding(milliseconds: 1)
    #expect(asked(4) == [.success(.reloaded(ControlReload(changes: [])))])
  }

  @Test func `changes settings, and names those that need a restart`() {
    var chat = CoreFixture()
    var settings = Settings()
    settings.guests = false
    settings.rooms = 5
    settings.proxies = [AddressBlock("::1")!]
    let effects = chat.apply(.edited(Edit(number: 1, settings: settings, settingsForRestart: ["port"])))
    #expect(effects.records.isEmpty)
    #expect(effects.logged("edited") == ["file=settings.json change=changed fields=rooms,guests,proxies"])
    #expect(
      effects.logged("warning") == [
        "file=settings.json fields=port text=these settings take effect at the next start"
      ])
    let id = chat.connect()
    #expect(chat.send("/guest dave", from: id).errors(to: id) == [.guestsOff])
  }
}

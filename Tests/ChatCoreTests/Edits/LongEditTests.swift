import ChatProtocol
import Testing

@testable import ChatCore

private let count = 1000
private let request = ControlID(4)

private func row(_ number: Int, _ change: (inout Account) -> Void = { _ in }) -> Account {
  var account = Account("user\(number)")
  change(&account)
  return account
}

private func address(_ number: Int) -> EmailAddress { EmailAddress("box\(number % count)@example.org")! }

private func edit(
  number: UInt64 = 7, askedBy: [ControlID] = [], faults: [String] = [], was: (inout Account, Int) -> Void = { _, _ in },
  now: (inout Account, Int) -> Void
) -> Edit {
  Edit(
    number: number,
    accounts: (0..<count).map { number in
      Edit.Change(
        name: row(number).name, was: row(number) { was(&$0, number) }, now: row(number) { now(&$0, number) })
    }, askedBy: askedBy, faults: faults)
}

private let promotion = edit { account, _ in account.role = .operator }

extension CoreFixture {
  /// Applies the rest of an edit and the inputs that waited for it. Returns the effects of each turn.
  mutating func finishEdit() -> [[Effect]] {
    var turns: [[Effect]] = []
    while core.edits.active != nil || !core.edits.deferred.isEmpty { turns.append(apply(.editContinues)) }
    return turns
  }

  fileprivate static func long(_ change: (inout Account, Int) -> Void = { _, _ in }) -> CoreFixture {
    CoreFixture(accounts: (0..<count).map { number in row(number) { change(&$0, number) } })
  }

  fileprivate var operatorCount: Int { core.accounts.count { $0.role == .operator } }
}

extension [[Effect]] {
  fileprivate var all: [Effect] { flatMap { $0 } }
}

extension [Effect] {
  fileprivate var continuesEdit: Bool { contains { if case .continueEdit = $0 { true } else { false } } }
  fileprivate var appliedEdits: [UInt64] {
    compactMap { if case .editApplied(let number) = $0 { number } else { nil } }
  }
  fileprivate func holds(_ id: SessionID) -> Bool {
    contains { if case .hold(let held) = $0 { held == id } else { false } }
  }
  fileprivate func releases(_ id: SessionID) -> Bool {
    contains { if case .release(let released) = $0 { released == id } else { false } }
  }
  fileprivate var changes: [ControlChange] {
    flatMap { effect -> [ControlChange] in
      switch effect {
      case .replyPart(_, .reloaded(let reload)?), .reply(_, .success(.reloaded(let reload))): reload.changes
      default: []
      }
    }
  }
}

@Suite struct `An edit of many rows` {
  @Test func `is applied in bounded pieces per turn, and each row is reported`() {
    var chat = CoreFixture.long()
    let turns = [chat.apply(.edited(promotion))] + chat.finishEdit()
    #expect(turns.count > 3)
    #expect(turns.allSatisfy { $0.count <= ActiveEdit.workMax / ActiveEdit.effect })
    // Each turn requests the next one, except the last.
    #expect(turns.map { $0.continuesEdit } == turns.indices.map { $0 < turns.count - 1 })
    #expect(turns.map { $0.records } == turns.indices.map { $0 < turns.count - 1 ? [] : [.edited(7)] })
    #expect(turns.map { $0.appliedEdits } == turns.indices.map { $0 < turns.count - 1 ? [] : [7] })
    #expect(turns.all.logged("edited").count == count)
    #expect(chat.operatorCount == count)
  }

  @Test func `lets users chat, join, log in and leave meanwhile`() {
    var chat = CoreFixture.long()
    let (alice, bob) = (chat.guest("alice"), chat.guest("bob"))
    _ = chat.apply(.edited(promotion))
    #expect(chat.core.edits.active != nil)
    #expect(chat.send("hello", from: alice).events(to: bob).count == 1)
    #expect(chat.send("/leave", from: bob).errors(to: bob).count + chat.send("/who", from: bob).oks(to: bob).count == 2)
    let user = chat.login("user999")
    #expect(chat.core.users[chat.core.sessions[user].user!].name == row(999).name)
    _ = chat.apply(.disconnected(bob, reason: "gone"))
    #expect(chat.core.edits.active != nil)
    _ = chat.finishEdit()
    #expect(chat.core.inconsistencies == [])
  }

  @Test(arguments: [
    "/register erin correct-horse", "/create den --open", "/topic tea", "/login box1@example.org whatever-it-is",
  ])
  func `defers commands that change a row, in order`(line: String) {
    var chat = CoreFixture.long()
    let id = line.hasPrefix("/create") || line.hasPrefix("/topic") ? chat.login("user1") : chat.connect()
    _ = chat.apply(.edited(promotion))
    let effects = chat.send(line, from: id)
    #expect(effects.count == 1 && effects.holds(id))
    let turns = chat.finishEdit()
    let before = turns.firstIndex { !$0.appliedEdits.isEmpty }
    #expect(before != nil && before == turns.firstIndex { $0.releases(id) })
    let all = turns.all
    #expect(all.oks(to: id).count + all.errors(to: id).count + all.passwordsToHash.count + all.verifications.count == 1)
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `defers a result that changes a row, and its session with it`() {
    var chat = CoreFixture.long()
    let id = chat.connect()
    _ = chat.send("/register erin correct-horse", from: id)
    var now = promotion
    now.accounts.append(Edit.Change(name: Name("erin")!, was: nil, now: Account("erin", password: "$persons$")))
    _ = chat.apply(.edited(now))
    #expect(chat.apply(.passwordHashed(id, hash: "$mine$")).holds(id))
    let turns = chat.finishEdit()
    #expect(turns.all.releases(id))
    // The edit came first.
    #expect(turns.all.errors(to: id) == [.nameTaken])
    #expect(chat.core.accounts[Name("erin")!]?.password == "$persons$")
  }

  @Test func `defers the operator's changes, and answers queries`() {
    var chat = CoreFixture.long()
    _ = chat.apply(.edited(promotion))
    #expect(chat.control(.usersSet(row(5).name, ControlUserChange(isOperator: false))).isEmpty)
    #expect(chat.control(.usersInfo(row(5).name)).replies.count == 1)
    let effects = chat.finishEdit().all
    #expect(effects.replies == [.success(.userChanged(row(5).name, fields: ["role"], sessions: 0, password: nil))])
    #expect(chat.operatorCount == count - 1)
    var promoted = row(5)
    promoted.role = .operator
    #expect(effects.records == [.edited(7), .account(row(5), was: promoted)])
  }

  @Test(arguments: [ControlRequest.save, .backup])
  func `defers a save and a backup, which then contain all of it`(asked: ControlRequest) {
    func isDone(_ effects: [Effect]) -> Bool {
      effects.contains {
        switch $0 {
        case .save, .backup: true
        default: false
        }
      }
    }
    var chat = CoreFixture.long()
    _ = chat.apply(.edited(promotion))
    #expect(chat.control(asked).isEmpty)
    let turns = chat.finishEdit()
    #expect(turns.firstIndex(where: isDone) == turns.firstIndex { $0.records == [.edited(7)] })
  }

  @Test func `defers the next edit`() {
    var chat = CoreFixture.long()
    let first = chat.apply(.edited(promotion))
    let id = chat.connect()
    #expect(chat.apply(.edited(edit(number: 8, was: { account, _ in account.role = .operator }) { _, _ in })).isEmpty)
    _ = chat.send("/register erin correct-horse", from: id)
    let effects = first + chat.finishEdit().all
    #expect(effects.appliedEdits == [7, 8])
    #expect(effects.records == [.edited(7), .edited(8)])
    #expect(effects.logged("edited").count == 2 * count)
    #expect(chat.operatorCount == 0)
    #expect(effects.passwordsToHash == ["correct-horse"])
  }

  @Test func `drops the deferred inputs of a session that has gone`() {
    var chat = CoreFixture.long()
    let id = chat.login("user1")
    _ = chat.apply(.edited(promotion))
    _ = chat.send("/topic tea", from: id)
    _ = chat.apply(.disconnected(id, reason: "gone"))
    #expect(chat.finishEdit().all.events(to: id).isEmpty)
    #expect(chat.core.inconsistencies == [])
  }

  @Test func `that moves every address to the next row gives each its own`() {
    var chat = CoreFixture.long { account, number in account.email = address(number) }
    let shift = edit(was: { account, number in account.email = address(number) }) { account, number in
      account.email = address(number + 1)
      account.role = .operator
    }
    let effects = chat.apply(.edited(shift)) + chat.finishEdit().all
    #expect((0..<count).allSatisfy { chat.core.accounts[address($0 + 1)]?.name == row($0).name })
    #expect(chat.operatorCount == count)
    #expect(effects.records == [.edited(7)])
    #expect(effects.logged("edited").allSatisfy { !$0.contains("gave_way") })
  }

  @Test func `ends at once when the server stops, and waiting clients get an error`() {
    var chat = CoreFixture.long()
    _ = chat.guest("alice")
    var asked = promotion
    asked.askedBy = [request]
    let told = chat.apply(.edited(asked)).logged("edited").count
    _ = chat.control(.usersDelete(row(3).name))
    let effects = chat.apply(.stop(reason: "bye"))
    #expect(effects.faultCodes == [.busy, .busy])
    #expect(effects.logged("edited").count == 1)
    #expect(effects.logged("edited")[0].hasPrefix("file=users.csv rows=\(count - told) text="))
    #expect(chat.apply(.editContinues).isEmpty)
    #expect(chat.apply(.controlReady(request)).faultCodes == [.busy])
  }

  @Test func `is reported in parts to the client that requested it`() {
    var chat = CoreFixture.long()
    var effects = chat.apply(
      .edited(edit(askedBy: [request], faults: ["data/rooms.json:3: no"]) { account, _ in account.role = .operator }))
    var all = effects
    while effects.replies.isEmpty {
      effects = (chat.core.edits.active == nil ? [] : chat.apply(.editContinues)) + chat.apply(.controlReady(request))
      all += effects
    }
    #expect(all.changes.map(\.user) == (0..<count).map { row($0).name })
    guard case .success(.reloaded(let last))? = all.replies.first else {
      Issue.record("no answer")
      return
    }
    #expect(last.faults == ["data/rooms.json:3: no"] && last.changes.count <= ReloadReply.changesMax)
    #expect(chat.core.edits.reloads.isEmpty && chat.core.edits.active == nil)
  }

  @Test func `is not reported to a client that has gone`() {
    var chat = CoreFixture.long()
    _ = chat.apply(.edited(edit(askedBy: [request]) { account, _ in account.role = .operator }))
    _ = chat.apply(.controlGone(request))
    let effects = chat.finishEdit().all
    #expect(effects.changes.isEmpty && chat.core.edits.reloads.isEmpty)
    #expect(chat.operatorCount == count)
  }
}

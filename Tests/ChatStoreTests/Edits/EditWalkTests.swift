import ChatProtocol
import TestSupport
import Testing

@testable import ChatCore
@testable import ChatStore

/// Hand edits and requests of the operator change rows at random, with long edits that are applied in steps. The files
/// must agree with the core at every check. A failure names its seed.
@Suite struct `A random walk of edits and server changes` {
  @Test(arguments: 1...25 as ClosedRange<UInt64>)
  func `leaves files that agree with the core`(seed: UInt64) throws {
    var walk = try EditWalk(seed: seed)
    for round in 0..<4 {
      try walk.edit()
      #expect(try walk.isAgreed(), "seed \(seed), round \(round)")
    }
    try walk.edit(stopsInTheMiddle: true)
    #expect(try walk.isAgreed(), "seed \(seed), at the end")
  }
}

private struct EditWalk {
  private var random: SeededRandom
  private var fixture: EditFixture
  private var core: Core
  private var requests: UInt64 = 0

  private static let size = 300
  private static let header = "name,password,role,status,email"

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    let rows = (0..<Self.size).map { "user\($0),*,user,active,\($0 % 3 == 0 ? "box\($0)@x.org" : "")" }
    fixture = try EditFixture(
      users: ([Self.header] + rows).map { $0 + "\n" }.joined(), rooms: #"{"rooms": [{"name": "den"}]}"#)
    let (_, accounts, _) = UsersDocument.read(try fixture.folder.bytes("users.csv"), file: "")
    core = Core(
      InitialState(
        settings: Settings(), accounts: Accounts(accounts), rooms: [RoomRecord(name: Name("den")!)], decoyHash: "*"))
  }

  /// One edit until it is applied completely, with changes of the server before, during and after it.
  mutating func edit(stopsInTheMiddle: Bool = false) throws {
    changeSome()
    if Bool.random(using: &random) { fixture.write() }
    let text = try typed(over: fixture.folder.text("users.csv"))
    fixture.turn()
    changeSome()
    let looksBefore = fixture.scans.all.count
    try fixture.rename("users.csv", text)
    fixture.pass(milliseconds: 500)
    fixture.turn()
    changeSome()
    guard let scan = fixture.scans.all.dropFirst(looksBefore).last, scan.edit.changesRows else {
      Issue.record("no edit was found: \(fixture.scans.all.last?.errors ?? [])")
      return
    }
    apply(.edited(scan.edit))
    if stopsInTheMiddle {
      // Completes the edit without recording it, and drops the deferred inputs.
      core.edits.deferred = []
      while core.edits.active != nil {
        var effects: [Effect] = []
        core.apply(.editContinues, at: TurnTime(wall: noon, steady: SteadyTime(milliseconds: 0)), into: &effects)
      }
      _ = fixture.reader.settle(&fixture.writer.documents)
    }
    while core.edits.active != nil || !core.edits.deferred.isEmpty {
      changeSome()
      apply(.editContinues)
    }
  }

  /// Writes the files, and returns whether they agree with the core.
  mutating func isAgreed() throws -> Bool {
    fixture.write()
    let (_, rows, errors) = UsersDocument.read(try fixture.folder.bytes("users.csv"), file: "users.csv")
    fixture.turn()
    guard errors.isEmpty else {
      Issue.record("\(errors)")
      return false
    }
    func byName(_ accounts: some Sequence<Account>) -> [Account] { accounts.sorted { $0.name < $1.name } }
    return byName(rows) == byName(core.accounts)
  }

  private mutating func apply(_ input: Input) {
    var effects: [Effect] = []
    let time = TurnTime(wall: noon, steady: SteadyTime(milliseconds: 0))
    // Deferred inputs may need random bytes.
    while core.needsEntropy { core.apply(.entropy([UInt8](repeating: 7, count: 16)), at: time, into: &effects) }
    core.apply(input, at: time, into: &effects)
    fixture.writer.documents.apply(
      effects.compactMap { if case .record(let record) = $0 { record } else { nil } }, at: fixture.nowNanoseconds)
  }

  private mutating func changeSome() {
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      let name = Name("user\(Int.random(in: 0..<Self.size, using: &random))")!
      let request: ControlRequest =
        switch Int.random(in: 0..<7, using: &random) {
        case 0: .usersSet(name, ControlUserChange(isOperator: Bool.random(using: &random)))
        case 1: .usersDisable(name, reason: nil)
        case 2: .usersEnable(name)
        case 3: .usersDelete(name)
        case 4: .usersSet(name, ControlUserChange(email: .removed))
        default: .usersSet(name, ControlUserChange(email: .address(address())))
        }
      requests += 1
      apply(
        .control(
          ControlID(requests), request, from: ControlPeer(user: "root", uid: 0, pid: 1)))
    }
  }

  /// One of a few addresses, so that rows often conflict.
  private mutating func address() -> EmailAddress {
    EmailAddress("box\(Int.random(in: 0..<Self.size / 3, using: &random))@x.org")!
  }

  /// An edit of the file: rows changed, removed and added again; no address twice.
  private mutating func typed(over text: String) -> String {
    var rows = text.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    var taken = Set(rows.map { $0[4].lowercased() })
    let share = Int.random(in: 1...4, using: &random)
    for index in rows.indices where Int.random(in: 0..<4, using: &random) < share {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: rows[index][2] = Bool.random(using: &random) ? "operator" : "user"
      case 1: rows[index][3] = Bool.random(using: &random) ? "active" : "disabled"
      case 2:
        let other = rows.indices.randomElement(using: &random)!
        let email = rows[index][4]
        rows[index][4] = rows[other][4]
        rows[other][4] = email
      default:
        let email = address().text
        if taken.insert(email).inserted { rows[index][4] = email }
      }
    }
    for _ in 0..<Int.random(in: 0...20, using: &random) {
      taken.remove(rows.remove(at: Int.random(in: rows.indices, using: &random))[4])
    }
    let names = Set(rows.map { $0[0] })
    for number in 0..<Self.size where !names.contains("user\(number)") && Bool.random(using: &random) {
      rows.append(["user\(number)", "*", "user", "active", ""])
    }
    return ([Self.header] + rows.map { $0.joined(separator: ",") }).map { $0 + "\n" }.joined()
  }
}

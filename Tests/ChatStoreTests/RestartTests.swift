import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatCore
@testable import ChatStore

/// Reading and writing have the same limits. A failure names its seed.
@Suite struct `A folder that a start accepts` {
  @Test func `is accepted by the next start, after any changes`() throws {
    var accepted = 0
    for seed in 1...150 as ClosedRange<UInt64> {
      var walk = try StartWalk(seed: seed)
      guard try walk.start() else { continue }
      accepted += 1
      for round in 0..<3 {
        try walk.change()
        let errors = walk.folder.folder.check().filter { !$0.isWarning }.map(\.description)
        #expect(errors == [], "seed \(seed), round \(round)")
        guard errors == [] else { break }
        #expect(try walk.start(), "seed \(seed), round \(round)")
        #expect(walk.isAgreed, "seed \(seed), round \(round)")
      }
      walk.store?.abandon()
    }
    // Most generated values are at a limit, and some are beyond it.
    #expect((50...140).contains(accepted))
  }
}

private let hash = "$y$j9T$salt$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
private let names = ["alice", "Bob", "a-1.b_c", String(repeating: "x", count: 32)].map { Name($0)! }
private let rooms = ["lobby", "den", "Ops"].map { Name($0)! }

private struct StartWalk {
  private var random: SeededRandom
  let folder: TemporaryFolder
  private var time = TurnTime(wall: noon, steady: SteadyTime(milliseconds: 0))
  private(set) var store: Store?
  private var core = Core(InitialState(decoyHash: hash))
  /// The state of the core at the end, and the state that the next start loaded.
  private var known: Known?
  private var found: Known?
  private var requests: UInt64 = 0

  struct Known: Equatable {
    var accounts: [Account]
    var rooms: [RoomRecord]
    var files: [FileRecord]
    var mail: [MessageID]
    var bans: Set<Restriction.Subject>
  }

  init(seed: UInt64) throws {
    random = SeededRandom(seed: seed)
    folder = try TemporaryFolder()
    try writeFiles()
  }

  private mutating func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }
  private mutating func isLucky(_ chance: Double) -> Bool { Double.random(in: 0..<1, using: &random) < chance }

  // MARK: Files written by hand

  private mutating func writtenTime() -> String {
    if isLucky(0.02) {
      return pick(["0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-02-29", "10000-01-01"])
    }
    return pick([
      "0000-01-01", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59+01:00", "2026-11-20",
      "2026-11-20T20:15", "2026-11-20 12:00:00.123456Z", "1970-01-01T00:00:00.000Z",
    ])
  }

  private mutating func id(beyond: Double = 0.02) -> String {
    let greatest = MessageID.greatest
    if isLucky(beyond) { return pick(["0", "-1", "\(greatest + 1)", "18446744073709551615", "1e3"]) }
    return
      "\(pick([1, 2, 1 << 31, greatest - (1 << 32) - 1, greatest - (1 << 32), greatest - 4096, greatest - 1, greatest]))"
  }

  private mutating func password() -> String {
    isLucky(0.03) ? pick(["$y$j9T$salt$short", "x", "plain:short"]) : pick(["*", hash, "plain:correct-horse"])
  }

  private mutating func writeFiles() throws {
    var users = "name,password,role,status,email,created\n"
    for (number, name) in names.enumerated() where isLucky(0.7) {
      let email = isLucky(0.5) ? "box\(number)@example.org" : ""
      users += "\(name),\(password()),\(pick(["", "user", "operator"])),\(pick(["", "active", "disabled"])),\(email),"
      users += "\(isLucky(0.5) ? writtenTime() : "")\n"
    }
    try folder.write("users.csv", users)
    var entries: [String] = []
    for room in rooms where isLucky(0.7) {
      let first = isLucky(0.5) ? #","first_id":\#(id())"# : ""
      entries.append(
        #"{"name":"\#(room)","created":"\#(writtenTime())"\#(first),"topic":"\#(isLucky(0.5) ? "x" : "")"}"#)
    }
    try folder.write("rooms.json", #"{"version":1,"rooms":[\#(entries.joined(separator: ","))]}"#)
    try folder.write("state.json", state())
    if isLucky(0.5) {
      let size = isLucky(0.02) ? "-1" : pick(["0", "5", "\(1 << 40)"])
      try folder.write(
        "files.json",
        #"{"files":[{"id":\#(id()),"room":"lobby","from":"alice","name":"a","size":\#(size),"cksum":\#(UInt32.max),"#
          + #""offered":"\#(writtenTime())","shared":\#(pick(["null", "\"2026-11-20\""]))}]}"#)
    }
    if isLucky(0.5) { try folder.write("journal.jsonl", journal()) }
    let message = "2026-11-20T12:00:00.000Z message id=\(id()) room=lobby from=bob text=\"x\"\n"
    if isLucky(0.5) { try folder.write("chat.log", message) }
  }

  private mutating func state() -> String {
    var members = [#""saved":"\#(writtenTime())""#, #""id":\#(isLucky(0.2) ? "0" : id())"#]
    if isLucky(0.5) {
      let milliseconds = pick([Int64.min, -1, 0, 86_400_000, .max])
      members.append(
        #""clock":{"boot":"b","uptime":\#(pick([0, Int64.min, .max])),"set":\#(Int64.max),"#
          + #""steps":[{"before":\#(id(beyond: 0)),"milliseconds":\#(milliseconds)}]}"#)
    }
    if isLucky(0.7) {
      let (since, until) = (writtenTime(), writtenTime())
      members.append(#""bans":[{"user":"bob","since":"\#(since)","until":"\#(until)"},{"address":"192.0.2.0/24"}]"#)
      members.append(#""mutes":[{"user":"alice","until":"\#(until)"}]"#)
    }
    let mail = #"{"id":\#(id()),"time":"\#(writtenTime())","from":"bob","text":"psst"}"#
    members.append(
      #""users":[{"name":"alice","last_seen":"\#(writtenTime())","rooms":["den"],"unread":[\#(isLucky(0.5) ? mail : "")]}]"#
    )
    return "{\(members.joined(separator: ","))}"
  }

  private mutating func journal() -> String {
    let number = isLucky(0.05) ? "9223372036854775808" : pick(["1", "\(Int64.max - 1)", "\(Int64.max)"])
    let lease = isLucky(0.05) ? "\(MessageID.greatest + 2)" : pick(["5000", "\(MessageID.greatest + 1)"])
    let row =
      #"{"name":"carol","password":"\#(password())","role":"user","status":"active","email":null,"created":"\#(writtenTime())"}"#
    return #"{"n":\#(number),"lease":\#(lease)}"# + "\n"
      + #"{"n":\#(number),"file":"users.csv","key":"carol","was":null,"row":\#(row)}"# + "\n"
  }

  // MARK: A server

  /// Whether the folder is accepted.
  mutating func start() throws -> Bool {
    let wall = pick([Timestamp.first, .last, noon, noon.adding(milliseconds: 40 * 86_400_000)])
    let steady = SteadyTime(milliseconds: pick([0, 1000, .max - 1_000_000]))
    let (store, loaded): (Store, LoadedData)
    do {
      (store, loaded) = try Store.open(
        folder.folder, clock: { wall }, bootClock: BootClock(id: "b") { steady }, report: { _ in })
    } catch {
      guard case StoreError.malformed = error else { throw error }
      return false
    }
    self.store = store
    found = Known(
      accounts: loaded.accounts.sorted { $0.name < $1.name }, rooms: loaded.rooms.sorted { $0.name < $1.name },
      files: loaded.files, mail: loaded.mail.map(\.message.id), bans: Set(loaded.restrictions.map(\.subject)))
    core = Core(
      InitialState(
        settings: Settings(), accounts: loaded.accounts, rooms: loaded.rooms, users: loaded.users, mail: loaded.mail,
        restrictions: loaded.restrictions, files: loaded.files, nextID: loaded.nextID, clockSteps: loaded.clockSteps,
        clockStepMilliseconds: loaded.clockStepMilliseconds, decoyHash: hash))
    time = TurnTime(wall: wall, steady: steady)
    return true
  }

  /// Whether the start loaded the state of the core.
  var isAgreed: Bool { known == nil || known == found }

  /// Makes random changes and closes the store: with a save, without one, or as in a crash.
  mutating func change() throws {
    guard let store else { return }
    known = nil
    do {
      try apply(.started)
      for _ in 0..<Int.random(in: 0..<8, using: &random) { try changeSomething() }
      known = Known(
        accounts: core.accounts.sorted { $0.name < $1.name },
        rooms: core.rooms.slots.map { core.rooms[$0] }.filter {
          !$0.isTemporary && $0.record != RoomRecord(name: .lobby)
        }
        .map(\.record).sorted { $0.name < $1.name },
        files: core.files.ids.compactMap { core.files[$0] }.filter(\.isRecorded).map(\.record),
        mail: names.flatMap { core.offline.unread(of: $0) }.map(\.message.id).sorted(),
        bans: Set(core.restrictions.all(at: SteadyTime(milliseconds: .min)).map(\.subject)))
    } catch is Errno {
      // There is no number left for a change, so the turn is void.
      store.abandon()
      self.store = nil
      return
    }
    if isLucky(0.3) { store.abandon() } else { _ = try store.finish(isClean: Bool.random(using: &random)) }
    self.store = nil
  }

  private mutating func changeSomething() throws {
    let name = pick(names)
    if isLucky(0.2) {
      time.wall = pick([.first, .last, noon, time.wall.adding(milliseconds: 86_400_000)])
    }
    time.steady = time.steady.adding(milliseconds: 1000)
    switch Int.random(in: 0..<9, using: &random) {
    case 0: try control(.usersAdd(ControlNewUser(name: name, password: Secret("correct-horse"))))
    case 1: try control(.usersSet(name, ControlUserChange(isOperator: Bool.random(using: &random))))
    case 2: try control(.usersDelete(name))
    case 3: try control(.usersBan(name, ControlTerms(span: TimeSpan(pick(["1s", "36525d"])))))
    case 4: try control(.usersUnban(name))
    case 5: try control(.roomsCreate(pick(rooms), .open))
    case 6: try control(.roomsSet(pick(rooms), ControlRoomChange(topic: pick(["", "tea & talk"]))))
    case 7: try control(.roomsDelete(pick(rooms)))
    default: try converse(name)
    }
    try apply(.tick)
  }

  private mutating func control(_ request: ControlRequest) throws {
    requests += 1
    try apply(.control(ControlID(requests), request, from: ControlPeer(user: "root", uid: 0, pid: 1)))
  }

  private mutating func converse(_ name: Name) throws {
    requests += 1
    let id = SessionID(slot: Int32(requests), generation: 1)
    try apply(.connected(id, address: "198.51.100.1"))
    for line in [
      "/login \(name) correct-horse", "hello", "/msg \(pick(names)) psst", "/create club --open", "/offer 5 7 a",
      "/away tea", "/quit",
    ] {
      guard case .success(let command) = CommandParser.parse(Array(line.utf8).span) else { continue }
      try apply(.command(id, command))
    }
    try apply(.disconnected(id, reason: "gone"))
  }

  /// Applies each input in a turn of its own, with the results of the asynchronous work.
  private mutating func apply(_ input: Input) throws {
    var effects: [Effect] = []
    while core.needsEntropy {
      core.apply(.entropy((0..<16).map { _ in .random(in: 0...255, using: &random) }), at: time, into: &effects)
    }
    core.apply(input, at: time, into: &effects)
    var answers: [Input] = []
    for effect in effects {
      switch effect {
      case .record(let record): store!.append(record)
      case .log(let line): store!.append(line, at: time.wall)
      case .message(let message, _, _): store!.append(.message(message), at: time.wall)
      case .start(let id, .verifyPassword): answers.append(.completed(id, .passwordVerified(true)))
      case .hashControlPassword(let id, _): answers.append(.controlPasswordHashed(id, hash: hash))
      case .hashStoredPassword(let stored):
        answers.append(.storedPasswordHashed(stored, hash: hash))
      case .start(let id, .checkFile): answers.append(.completed(id, .fileChecked(.bytes(0))))
      default: break
      }
    }
    try store!.commit()
    for answer in answers { try apply(answer) }
  }
}

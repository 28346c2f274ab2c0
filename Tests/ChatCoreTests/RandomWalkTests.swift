import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatCore

/// Random inputs, many of them invalid, checked against invariants. A failure names its seed.
@Suite struct `A random walk` {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `leaves a consistent state, and one reply to each command`(seed: UInt64) {
    var walk = RandomWalk(seed: seed)
    for step in 0..<600 {
      walk.step()
      let faults = walk.core.inconsistencies
      #expect(faults.isEmpty, "seed \(seed), step \(step): \(faults)")
      if !faults.isEmpty { return }
    }
    walk.answerEverything()
    #expect(walk.repliesOwed.values.allSatisfy { $0 == 0 }, "seed \(seed): \(walk.repliesOwed)")
  }

  @Test(arguments: [7, 8, 9] as [UInt64])
  func `has the same effects twice`(seed: UInt64) {
    var first = RandomWalk(seed: seed)
    var second = RandomWalk(seed: seed)
    for _ in 0..<600 {
      first.step()
      second.step()
    }
    #expect(!first.trace.isEmpty)
    #expect(first.trace == second.trace, "seed \(seed)")
  }

  /// Hashes are seeded per process, so an effect that depends on the order of a set or dictionary would differ.
  @Test func `has the same effects in another process`() throws {
    let traces = (1...20 as ClosedRange<UInt64>).map { seed in
      var walk = RandomWalk(seed: seed)
      for _ in 0..<600 { walk.step() }
      return walk.trace
    }
    let text = traces.map { $0.joined(separator: "\n") }.joined(separator: "\u{0}")
    if let path = Environment.value("CHAT_TEST_TRACE") {
      try File.open(path, [.writeOnly, .create]).writeAll(text)
      return
    }
    let folder = try TemporaryFolder()
    let null = try File.open("/dev/null", .readWrite)
    let other = try ChildProcess(
      path: "/proc/self/exe",
      arguments: ["--testing-library", "swift-testing", "--filter", "has the same effects in another process"],
      environment: Environment.all + ["CHAT_TEST_TRACE=\(folder.path("trace"))"],
      ends: [null.rawValue, null.rawValue, null.rawValue])
    #expect(other.wait() == 0)
    let others = try folder.text("trace").split(separator: "\u{0}")
    #expect(others.count == traces.count)
    for (seed, (trace, other)) in zip(traces, others).enumerated() {
      let difference = zip(trace, other.split(separator: "\n")).first { $0 != $1 }
      #expect(difference == nil, "seed \(seed + 1)")
    }
  }
}

/// A few clients with few names and rooms, so that they interact often, and results that arrive late or never.
struct RandomWalk {
  var core: Core
  var trace: [String] = []
  /// Commands sent minus replies received, for each open session.
  var repliesOwed: [SessionID: Int] = [:]

  private var random: SeededRandom
  private var now = Timestamp(milliseconds: 1_700_000_000_000)
  private var steady = SteadyTime(milliseconds: 0)
  private var open: [SessionID] = []
  private var free: [Int32] = Array(0..<12)
  private var connections: UInt32 = 0
  /// Waiting sessions, with the possible results.
  private var waiting: [SessionID: [Input]] = [:]
  private var controls: UInt64 = 0
  private var lateAnswers: [Input] = []
  /// Issued tickets, valid or not, and connections with a running transfer.
  private var tickets: [Secret] = []
  private var transferring: [SessionID] = []

  private let names = ["ann", "Bob", "cy", "dee", "eve", "op"].map { Name($0)! }
  private let roomNames = ["lobby", "ops", "Den", "attic"].map { Name($0)! }

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    var settings = Settings()
    settings.announcedMembers = 4
    settings.members = 5
    settings.roomsPerUser = 3
    settings.inboxMessages = 3
    settings.rooms = 5
    settings.failedLoginsPerMinute = 6
    settings.filesBytesPerUser = 5 * 4096
    settings.filesBytes = 8 * 4096
    settings.transfers = 2
    let attic = Name("attic")!
    // These never log in, and all lose the room if it is deleted.
    let absent = (1...8).map { Account(name: Name("absent\($0)")!, password: "*") }
    core = Core(
      InitialState(
        settings: settings,
        accounts: Accounts(
          [
            Account(name: Name("op")!, password: "hash:password1", role: .operator),
            Account(name: Name("ann")!, password: "plain:password1"),
          ] + absent),
        rooms: [RoomRecord(name: attic, owner: Name("gone"), moderators: [Name("ann")!])],
        users: PackedTable(absent.map { UserState(name: $0.name, rooms: [attic]) }), decoyHash: "decoy"))
    apply(.started)
  }

  mutating func step() {
    let passedMilliseconds = Int64.random(in: 0...900, using: &random)
    (now, steady) = (now.adding(milliseconds: passedMilliseconds), steady.adding(milliseconds: passedMilliseconds))
    // A change of the wall clock.
    if Int.random(in: 0..<200, using: &random) == 0 {
      now = now.adding(milliseconds: Int64.random(in: -5_000_000_000...5_000_000_000, using: &random))
    }
    switch Int.random(in: 0..<23, using: &random) {
    case 21, 22: endTransfer()
    case 20: edit()
    case 0, 1: connect()
    case 2: disconnect()
    case 3: apply(.tick)
    case 4: control()
    case 5, 6, 7: answer()
    case 8: if let late = lateAnswers.randomElement(using: &random) { apply(late) }
    default: command()
    }
  }

  mutating func answerEverything() {
    while !transferring.isEmpty { endTransfer() }
    while let session = answerable.first { answer(session) }
  }

  private mutating func endTransfer() {
    guard let id = transferring.randomElement(using: &random) else { return }
    transferring.removeAll { $0 == id }
    let ends: [TransferResult] = [
      .done, .done, .wrongCksum, .interrupted(reason: "lost", bytes: 0), .interrupted(reason: "lost", bytes: 1),
    ]
    apply(.transferEnded(id, ends.randomElement(using: &random)!))
  }

  private mutating func connect() {
    guard let slot = free.popLast() else { return }
    connections += 1
    let id = SessionID(slot: slot, generation: connections)
    open.append(id)
    repliesOwed[id] = 0
    apply(.connected(id, address: "192.0.2.\(slot % 3)"))
  }

  private mutating func disconnect() {
    guard let id = open.randomElement(using: &random) else { return }
    apply(.disconnected(id, reason: "connection lost"))
    forget(id)
  }

  private mutating func forget(_ id: SessionID) {
    open.removeAll { $0 == id }
    repliesOwed[id] = nil
    // Results for the lost session arrive later all the same.
    lateAnswers += waiting.removeValue(forKey: id) ?? []
    free.append(id.slot)
  }

  private mutating func command() {
    guard let id = open.filter({ waiting[$0] == nil }).randomElement(using: &random) else { return }
    let command = randomCommand()
    repliesOwed[id]! += 1
    apply(.command(id, command))
  }

  private mutating func control() {
    controls += 1
    let room = roomNames.randomElement(using: &random)!
    let request: ControlRequest =
      switch Int.random(in: 0..<21, using: &random) {
      case 16:
        .usersBan(
          names.randomElement(using: &random)!,
          ControlTerms(span: TimeSpan(seconds: .random(in: 1...9, using: &random))))
      case 17: .usersUnban(names.randomElement(using: &random)!)
      case 18:
        .usersMute(
          names.randomElement(using: &random)!,
          ControlTerms(span: TimeSpan(seconds: .random(in: 1...9, using: &random))))
      case 19: .usersUnmute(names.randomElement(using: &random)!)
      case 20:
        .bansAdd(
          .addresses(AddressBlock("192.0.2.\(Int.random(in: 0..<3, using: &random))")!),
          ControlTerms(span: TimeSpan(seconds: .random(in: 1...9, using: &random))))
      case 12: .roomsSet(room, ControlRoomChange(topic: "tea", owner: .account(names.randomElement(using: &random)!)))
      case 13: .roomsSet(room, ControlRoomChange(owner: .removed, access: .generatedPassword))
      case 14: .roomsKick(room, user: names.randomElement(using: &random)!, reason: nil)
      case 15: .roomsMembers(room)
      case 6: .usersDelete(names.randomElement(using: &random)!)
      case 7: .usersAdd(ControlNewUser(name: names.randomElement(using: &random)!))
      case 8: .usersPasswd(names.randomElement(using: &random)!, nil)
      case 9:
        .usersSet(
          names.randomElement(using: &random)!, ControlUserChange(isOperator: Bool.random(using: &random)))
      case 10: .usersDisable(names.randomElement(using: &random)!, reason: nil)
      case 11: .usersEnable(names.randomElement(using: &random)!)
      case 0: .roomsCreate(room, .open)
      case 1: .roomsDelete(room)
      case 2: .usersKick(names.randomElement(using: &random)!, reason: "enough")
      case 3: .roomsInfo(room)
      case 4: .usersList
      default: .sessionsList
      }
    apply(.control(ControlID(controls), request, from: ControlPeer(user: "root", uid: 0, pid: 1)))
  }

  /// Sessions that wait for a result; others wait for their turn to start work.
  private var answerable: [SessionID] {
    waiting.filter { !$0.value.isEmpty }.keys.sorted { $0.slot < $1.slot }
  }

  /// A hand edit of a row, based on the present files or on an earlier version.
  private mutating func edit() {
    controls += 1
    let name = names.randomElement(using: &random)!
    let room = roomNames.randomElement(using: &random)!
    let account: Account? =
      Int.random(in: 0..<3, using: &random) == 0
      ? nil
      : Account(
        name: name, password: Bool.random(using: &random) ? "plain:password1" : "hash:password1",
        status: Bool.random(using: &random) ? .active : .disabled,
        email: EmailAddress("\(names.randomElement(using: &random)!.key)@x.org"))
    let record: RoomRecord? =
      Int.random(in: 0..<3, using: &random) == 0 || room == .lobby
      ? nil
      : RoomRecord(
        name: room, topic: "edited", owner: names.randomElement(using: &random)!,
        moderators: [names.randomElement(using: &random)!], banned: [names.randomElement(using: &random)!])
    let isFresh = Bool.random(using: &random)
    let oldRecord = core.rooms.slotsByName[room].map { core.rooms[$0] }.flatMap { $0.isTemporary ? nil : $0.record }
    apply(
      .edited(
        Edit(
          number: controls,
          accounts: [
            .init(name: name, was: isFresh ? core.accounts[name] : Account(name: name, password: "*"), now: account)
          ],
          rooms: [.init(name: room, was: isFresh ? oldRecord : RoomRecord(name: room), now: record)])))
  }

  private mutating func answer() {
    guard let id = answerable.randomElement(using: &random) else { return }
    answer(id)
  }

  private mutating func answer(_ id: SessionID) {
    guard let answers = waiting.removeValue(forKey: id) else { return }
    apply(answers.randomElement(using: &random)!)
  }

  private mutating func apply(_ input: Input) {
    var effects: [Effect] = []
    while core.needsEntropy {
      let bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
      core.apply(.entropy(bytes), at: TurnTime(wall: now, steady: steady), into: &effects)
    }
    core.apply(input, at: TurnTime(wall: now, steady: steady), into: &effects)
    for effect in effects {
      trace.append("\(effect)")
      perform(effect)
    }
  }

  private mutating func perform(_ effect: Effect) {
    switch effect {
    case .send(.ok, to: .session(let id)), .send(.error, to: .session(let id)), .message(_, from: let id, _):
      if repliesOwed[id] != nil { repliesOwed[id]! -= 1 }
    case .start(let id, .verifyPassword):
      waiting[id] = [.passwordVerified(id, true), .passwordVerified(id, false), .passwordRefused(id)]
    case .hold(let id): waiting[id] = []
    case .release(let id): waiting[id] = nil
    case .start(let id, .hashPassword):
      waiting[id] = [
        .passwordHashed(id, hash: "hash"), .passwordHashed(id, hash: "hash"), .passwordHashed(id, hash: nil),
        .passwordRefused(id),
      ]
    case .start(let id, .readHistory):
      waiting[id] = [
        .historyRead(id, .messages([])), .historyRead(id, .unavailable(reason: "damaged")), .passwordRefused(id),
      ]
    case .hashControlPassword(let id, _): lateAnswers.append(.controlPasswordHashed(id, hash: "h"))
    case .hashStoredPassword(let stored):
      lateAnswers.append(.storedPasswordHashed(stored, hash: "h"))
    case .start(let id, .checkFile):
      waiting[id] = [
        .fileChecked(id, .bytes(0)), .fileChecked(id, .bytes(1)), .fileChecked(id, .bytes(2)),
        .fileChecked(id, .missing), .fileChecked(id, .failed(reason: "full")), .passwordRefused(id),
      ]
    case .replyWithAddress(let reply, let id):
      if repliesOwed[id] != nil { repliesOwed[id]! -= 1 }
      switch reply.result {
      case .offered(let offered): tickets.append(offered.ticket)
      case .fetch(let fetched): tickets.append(fetched.ticket)
      default: break
      }
    case .beginTransfer(let id, _):
      open.removeAll { $0 == id }
      transferring.append(id)
    case .closeLater(let id, let reason, _):
      forget(id)
      lateAnswers.append(.disconnected(id, reason: reason))
    case .close(let id): forget(id)
    default: break
    }
  }

  private mutating func randomCommand() -> Command {
    let name = names.randomElement(using: &random)!
    let room = roomNames.randomElement(using: &random)!
    let secret = Secret("password1")
    switch Int.random(in: 0..<50, using: &random) {
    case 40, 41, 42:
      return .offer(size: UInt64.random(in: 1...2, using: &random), cksum: 7, FileName("\(name.key).pdf")!)
    case 43, 44: return .get(randomFile(), offset: 0)
    case 45: return .files(room: room)
    case 46: return .unsend(randomFile())
    case 47, 48: return .put(ticket: tickets.randomElement(using: &random) ?? secret)
    case 49: return .take(ticket: tickets.randomElement(using: &random) ?? secret)
    case 0, 1: return .register(name, secret, Bool.random(using: &random) ? EmailAddress("\(name.key)@x.org") : nil)
    case 2, 3, 4: return .login(.name(name), secret)
    case 5, 6, 7: return .guest(name)
    case 8: return .logout
    case 9: return .create(room, .open)
    case 10: return .create(room, .password(secret))
    case 11: return .create(room, .generatedPassword)
    case 12, 13, 14: return .join(room, Bool.random(using: &random) ? secret : nil)
    case 15: return .leave(nil)
    case 16: return .leave(room)
    case 17: return .switchRoom(room)
    case 18: return .delete(room)
    case 19: return .topic("talk")
    case 20: return .kick(name, reason: nil)
    case 21: return .ban(name)
    case 22: return .unban(name)
    case 23: return .mute(name)
    case 24: return .unmute(name)
    case 25: return .op(name)
    case 26: return .deop(name)
    case 27: return .lock(nil)
    case 28: return .unlock
    case 29: return .say(room: room, "hello")
    case 30: return .privateMessage(to: name, "psst")
    case 31: return .read(UInt64.random(in: 0..<200, using: &random))
    case 32: return .away(Bool.random(using: &random) ? "lunch" : nil)
    case 33: return .ignore(name)
    case 34: return .unignore(name)
    case 35: return .history(room: room, count: nil)
    case 36: return .who(room)
    case 37: return .changePassword(old: secret, new: secret)
    case 38: return .resume(token: core.sessions.byToken.keys.min { $0.exposed < $1.exposed } ?? secret)
    case 39: return .nick(name)
    default: return .message("hi")
    }
  }

  private mutating func randomFile() -> MessageID { core.files.ids.randomElement(using: &random) ?? 1 }
}

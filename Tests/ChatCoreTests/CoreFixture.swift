import ChatProtocol

@testable import ChatCore

/// A core whose asynchronous work the test completes: nothing is hashed or read until the test supplies the result.
struct CoreFixture {
  var core: Core
  /// The wall clock without `clockStepMilliseconds`. It advances with the steady clock.
  var now = Timestamp("2026-11-20T20:11:00Z")!
  var clockStepMilliseconds: Int64 = 0
  var time: TurnTime {
    TurnTime(
      wall: now.adding(milliseconds: clockStepMilliseconds),
      steady: SteadyTime(milliseconds: now.milliseconds - 1_790_000_000_000))
  }
  private var sessionsMade: Int32 = 0
  private var entropyDrawn = 0

  static let decoy = "$decoy$"

  init(
    settings: Settings = Settings(), accounts: [Account] = [], rooms: [RoomRecord] = [],
    users: [UserState] = [], mail: [Mail] = [],
    restrictions: [Restriction] = [], files: [FileRecord] = [], nextID: MessageID = 1,
    counts: MessageCounts? = nil, clockSteps: ClockSteps = ClockSteps(), clockStepMilliseconds: Int64 = 0
  ) {
    core = Core(
      InitialState(
        settings: settings, accounts: Accounts(accounts), rooms: rooms, users: PackedTable(users), mail: mail,
        restrictions: restrictions, files: files, nextID: nextID, counts: counts, clockSteps: clockSteps,
        clockStepMilliseconds: clockStepMilliseconds,
        decoyHash: CoreFixture.decoy))
  }

  /// Applies one input and returns its effects.
  mutating func apply(_ input: Input) -> [Effect] {
    var effects: [Effect] = []
    while core.needsEntropy {
      entropyDrawn += 1
      let bytes = (0..<16).map { UInt8(truncatingIfNeeded: entropyDrawn >> (8 * ($0 % 4)) + $0) }
      core.apply(.entropy(bytes), at: time, into: &effects)
    }
    core.apply(input, at: time, into: &effects)
    return effects
  }

  mutating func connect(address: String = "192.0.2.1") -> SessionID {
    defer { sessionsMade += 1 }
    let id = SessionID(slot: sessionsMade, generation: 1)
    _ = apply(.connected(id, address: address))
    return id
  }

  mutating func send(_ line: String, from id: SessionID) -> [Effect] {
    switch CommandParser.parse(Array(line.utf8).span) {
    case .success(let command):
      return apply(.command(id, command))
    case .failure(let error): return apply(.invalidCommand(id, error))
    }
  }

  /// A connection logged in as `name`, whose account must exist.
  mutating func login(_ name: String, address: String = "192.0.2.1") -> SessionID {
    let id = connect(address: address)
    _ = send("/login \(name) whatever-it-is", from: id)
    _ = apply(.passwordVerified(id, true))
    return id
  }

  /// Applies a request of the operator, with the id 1.
  mutating func control(_ request: ControlRequest) -> [Effect] {
    let peer = ControlPeer(user: "root", uid: 0, pid: 1)
    return apply(.control(ControlID(1), request, from: peer))
  }

  mutating func guest(_ name: String) -> SessionID {
    let id = connect()
    _ = send("/guest \(name)", from: id)
    return id
  }
}

/// The results of work, as inputs.
extension Input {
  static func passwordVerified(_ id: SessionID, _ matches: Bool) -> Input { .completed(id, .passwordVerified(matches)) }
  static func passwordHashed(_ id: SessionID, hash: String?) -> Input { .completed(id, .passwordHashed(hash)) }
  static func passwordRefused(_ id: SessionID) -> Input { .completed(id, .refused) }
  static func historyRead(_ id: SessionID, _ result: HistoryResult) -> Input { .completed(id, .historyRead(result)) }
  static func fileChecked(_ id: SessionID, _ result: FileCheckResult) -> Input { .completed(id, .fileChecked(result)) }
}

extension Account {
  init(_ name: String, role: Role = .user, password: String? = nil) {
    self.init(name: Name(name)!, password: password ?? "$hash-of-\(name)$", role: role)
  }
}

extension [Effect] {
  /// The events to one session, in order.
  func events(to id: SessionID) -> [Event] {
    compactMap { effect in
      if case .sendPast(let event, _, let session) = effect { return session == id ? event : nil }
      if case .message(let message, let sender, let audience) = effect {
        return id == sender ? .message(message.asOwn) : audience.contains(id) ? .message(message) : nil
      }
      guard case .send(let event, let audience) = effect else { return nil }
      switch audience {
      case .session(let session): return session == id ? event : nil
      case .sessions(let sessions, let except): return sessions.contains(id) && except != id ? event : nil
      }
    }
  }

  /// The codes of the errors to one session.
  func errors(to id: SessionID) -> [ErrorCode] {
    events(to: id).compactMap { if case .error(let fault) = $0 { fault.code } else { nil } }
  }

  /// The commands that were answered `ok`.
  func oks(to id: SessionID) -> [String] {
    events(to: id).compactMap { if case .ok(let reply) = $0 { reply.command } else { nil } }
  }

  var records: [Record] { compactMap { if case .record(let record) = $0 { record } else { nil } } }

  /// The password and the hash of each `verifyPassword`.
  var verifications: [(password: String, hash: String)] {
    compactMap { if case .start(_, .verifyPassword(let secret, let hash)) = $0 { (secret.exposed, hash) } else { nil } }
  }

  var passwordsToHash: [String] {
    compactMap { if case .start(_, .hashPassword(let secret)) = $0 { secret.exposed } else { nil } }
  }

  var controlSecrets: [String] {
    compactMap { if case .hashControlPassword(_, let secret) = $0 { secret.exposed } else { nil } }
  }

  /// The log's lines of one event: fields as `key=value`, then the text.
  func logged(_ event: String) -> [String] {
    compactMap { effect in
      guard case .log(.event(event, let fields, let text)) = effect else { return nil }
      return (fields.map { "\($0.key)=\($0.value)" } + (text.map { ["text=\($0)"] } ?? [])).joined(separator: " ")
    }
  }

  var faultCodes: [ControlError.Code] {
    replies.compactMap { if case .failure(let fault) = $0 { fault.code } else { nil } }
  }

  var replies: [Result<ControlReply, ControlError>] {
    compactMap { if case .reply(_, let result) = $0 { result } else { nil } }
  }
}

import ChatCore
import ChatProtocol

/// The core alone: no sockets, files, threads, clock or randomness.
///
/// Time moves by a fixed step with every input, and by a second when a participant waits for a line.
struct MemoryDriver: ScenarioDriver {
  private var core: Core
  private var records: MemoryRecords
  private var files = MemoryFiles()
  private var clients: [String: MemoryClient] = [:]
  private var namesBySession: [SessionID: String] = [:]
  private var administrator = MemoryClient(id: SessionID(slot: -1, generation: 0), lineBytesMax: 0)
  /// The ids that the administrator gave the requests, by the core's numbers.
  private var requestIDs: [ControlID: Int] = [:]
  private var now = Timestamp("2026-11-20T20:11:00Z")!
  private var random = SeededBytes()
  private var sessionsMade: Int32 = 0
  private var requestsMade: UInt64 = 0

  private static let stepMilliseconds: Int64 = 3

  init(_ scenario: Scenario) throws {
    records = try MemoryRecords(scenario)
    core = Core(records.initialState)
    apply(.started)
  }

  // MARK: - What participants do

  mutating func connect(_ name: String) throws {
    // Each connection has its own slot, so that none gets output for an earlier session in its slot.
    let id = SessionID(slot: sessionsMade, generation: 1)
    sessionsMade += 1
    clients[name] = MemoryClient(id: id, lineBytesMax: records.settings.lineBytes)
    namesBySession[id] = name
    apply(.connected(id, address: "127.0.0.1"))
  }

  mutating func send(_ line: [UInt8], from name: String) throws {
    guard name != Scenario.administrator else {
      request(line)
      return
    }
    // Byte by byte, which finds a framer that needs whole lines.
    for byte in line + [UInt8(ascii: "\n")] {
      let id = clients[name]!.id
      if files.isUploading(id) {
        files.append(byte, from: id)
        if let end = files.takeEnd(of: id) { apply(.transferEnded(id, end)) }
        continue
      }
      clients[name]!.framer.append([byte].span)
      while let input = clients[name]?.nextInput() { apply(input) }
    }
  }

  mutating func receive(_ name: String) throws -> Received {
    if name == Scenario.administrator { return administrator.receive() }
    let received = clients[name]!.receive()
    guard received == .nothing else { return received }
    now = now.adding(milliseconds: 1000)
    apply(.tick)
    return clients[name]!.receive()
  }

  mutating func hangUp(_ name: String) throws { drop(name, reason: "connection closed") }

  mutating func disconnect(_ name: String) throws { drop(name, reason: "connection lost") }

  private mutating func drop(_ name: String, reason: String) {
    if let id = clients[name]?.id, let end = files.breakOff(id, "the connection ended") {
      apply(.transferEnded(id, end))
    }
    guard let client = clients.removeValue(forKey: name), !client.isClosed else { return }
    namesBySession[client.id] = nil
    apply(.disconnected(client.id, reason: reason))
  }

  mutating func restart() throws {
    apply(.stop(reason: "the server is stopping"))
    core = Core(records.initialState)
    apply(.started)
  }

  mutating func end() throws {}

  private mutating func request(_ line: [UInt8]) {
    let call = ControlCall(decoding: line)
    requestsMade += 1
    let id = ControlID(requestsMade)
    requestIDs[id] = call.id
    switch call.request {
    case .failure(let fault): answer(id, .failure(fault))
    case .success(let request):
      let peer = ControlPeer(user: "root", uid: 0, pid: 4711)
      apply(.control(id, request, from: peer))
    }
  }

  // MARK: - Effects of the core

  /// Applies an input, performs its effects, and applies their results in turn.
  private mutating func apply(_ input: Input) {
    var inputs = [input]
    while !inputs.isEmpty {
      now = now.adding(milliseconds: MemoryDriver.stepMilliseconds)
      var effects: [Effect] = []
      let time = TurnTime(wall: now, steady: SteadyTime(milliseconds: now.milliseconds))
      while core.needsEntropy { core.apply(.entropy(random.take(16)), at: time, into: &effects) }
      core.apply(inputs.removeFirst(), at: time, into: &effects)
      for effect in effects { perform(effect, answers: &inputs) }
    }
  }

  private func result(of work: Work) -> WorkResult {
    switch work {
    case .verifyPassword(let secret, let hash): .passwordVerified(MemoryRecords.isPassword(secret, of: hash))
    case .hashPassword(let secret): .passwordHashed(MemoryRecords.hash(secret))
    case .readHistory(let query): .historyRead(records.page(query))
    case .checkFile(let check): .fileChecked(files.answer(check))
    }
  }

  private mutating func perform(_ effect: Effect, answers: inout [Input]) {
    switch effect {
    case .send(let event, let audience): deliver(event, to: audience, answers: &answers)
    case .sendPast(let event, let time, let id): deliver(event, at: time, to: id, answers: &answers)
    case .record(let record): records.apply(record)
    case .message(let message, let sender, let audience):
      records.past.append(PastMessage(time: now, message: message))
      deliver(.message(message), to: .sessions(audience, except: sender), answers: &answers)
      deliver(.message(message.asOwn), to: sender, answers: &answers)
    case .logPrivate(let message):
      let kept = RoomMessage(id: message.id, room: message.to, from: message.from, text: message.text)
      records.privatePast.append(PastMessage(time: now, message: kept))
    case .log, .loggedIn, .loggedOut: break
    case .start(let id, let work): answers.append(.completed(id, result(of: work)))
    case .hashControlPassword(let id, let secret):
      answers.append(.controlPasswordHashed(id, hash: MemoryRecords.hash(secret)))
    case .hashStoredPassword(let stored):
      answers.append(.storedPasswordHashed(stored, hash: MemoryRecords.hash(stored.secret)))
    case .hold, .release: preconditionFailure("passwords are answered at once here, so none waits for another")
    case .setDialect(let id, let dialect): clients[namesBySession[id]!]!.dialect = dialect
    case .closeLater(let id, let reason, _):
      answers.append(.disconnected(id, reason: reason))
      perform(.close(id), answers: &answers)
    case .close(let id):
      if let name = namesBySession.removeValue(forKey: id) { clients[name]!.isClosed = true }
    case .replyWithAddress(let reply, let id): deliver(.ok(reply), to: id, answers: &answers)
    case .beginTransfer(let id, let transfer):
      if transfer.direction == .down {
        clients[namesBySession[id]!]!.deliver(files.sent(transfer))
        answers.append(.transferEnded(id, .done))
      } else {
        files.begin(transfer, over: id)
        if let end = files.takeEnd(of: id) { answers.append(.transferEnded(id, end)) }
      }
    case .cutTransfer(let id):
      if let end = files.breakOff(id, "the server ended it") { answers.append(.transferEnded(id, end)) }
    case .discardFile(let file): files.discard(file)
    case .reply(let id, let result): answer(id, result)
    case .replyPart(let id, let part):
      if let part { administrator.deliver(ControlResponse(id: requestIDs[id]!, part: part).encode()) }
      answers.append(.controlReady(id))
    case .replySessions(let id, let sessions, let isLast):
      let reply = ControlReply.sessions(sessions.map(\.session))
      if isLast { answer(id, .success(reply)) } else { perform(.replyPart(id, reply), answers: &answers) }
    case .replyStatus(let id, let status): answer(id, .success(.status(filled(status))))
    case .replyTop(let id, let status, let busiest):
      let nothing = ControlSamples(messages: [], deliveries: [], connections: [])
      let top = ControlTop(
        status: filled(status), samples: nothing, busiestRooms: busiest, slowestSessions: [], warnings: [])
      answer(id, .success(.top(top)))
    // There is no settings.json.
    case .replySettings(let id): answer(id, .success(.settings([])))
    // There is no network.
    case .tls(let id, _):
      let problem = "no certificate is in force: the server listens on loopback only"
      answer(id, .failure(ControlError(.noCertificate, problem)))
    // There is no log.
    case .readLog(let id, _, _): answer(id, .success(.lines([])))
    case .save(let id): answer(id, .success(.saved(files: ["users.csv", "rooms.json", "state.json"])))
    // There are no files to edit.
    case .reload(let id, _): answer(id, .success(.reloaded(ControlReload(changes: []))))
    case .backup: preconditionFailure("there are no files here that could be backed up")
    case .check(let id): answer(id, .success(.checked(faults: [])))
    case .continueEdit: answers.append(.editContinues)
    case .applySettings, .editApplied, .stop: break
    }
  }

  private mutating func deliver(_ event: Event, to audience: Audience, answers: inout [Input]) {
    switch audience {
    case .session(let id): deliver(event, to: id, answers: &answers)
    case .sessions(let ids, let except): for id in ids where id != except { deliver(event, to: id, answers: &answers) }
    }
  }

  private mutating func deliver(_ event: Event, at time: Timestamp? = nil, to id: SessionID, answers: inout [Input]) {
    guard let name = namesBySession[id] else { preconditionFailure("an event for a session that is gone") }
    let dialect = clients[name]!.dialect
    var bytes: [UInt8] = []
    dialect.encode(event, at: time ?? now, into: &bytes)
    clients[name]!.deliver(bytes)
    // A text client has read what was delivered.
    if case .privateMessage(let message) = event, dialect == .text {
      answers.append(.privateMessageTaken(to: message.to, message.id))
    }
  }

  private mutating func answer(_ id: ControlID, _ result: Result<ControlReply, ControlError>) {
    guard let requestID = requestIDs.removeValue(forKey: id) else { preconditionFailure("a request answered twice") }
    administrator.deliver(ControlResponse(id: requestID, result: result).encode())
  }

  private func filled(_ status: CoreStatus) -> ControlStatus {
    ControlStatus(
      version: chatVersion, pid: 4711, started: now, now: now, address: "127.0.0.1:7777", data: "data",
      fsync: "everysec", sessions: status.sessions, present: status.present, accounts: status.accounts,
      rooms: status.rooms, bans: status.bans, mutes: status.mutes, messages: status.messages, memory: 0, memoryBound: 0,
      pendingHashes: 0,
      recordingError: status.recordingError, files: status.files)
  }
}

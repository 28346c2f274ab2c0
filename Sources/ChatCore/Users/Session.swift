import ChatProtocol

/// A client's connection, as the core sees it.
struct Session: Sendable {
  let id: SessionID
  let address: String
  /// The network to which limits per address apply.
  let network: Network
  let connected: SteadyTime
  var dialect: Dialect = .text
  /// nil before the login.
  var user: UserSlot?
  /// The room that plain lines go to. Unused without a `user`.
  var current = RoomSlot(index: 0)
  /// The session's position in the `sessions` of each of its rooms, so that leaving a room of thousands needs no
  /// search.
  var subscriptions: [Subscription] = []
  /// The token with which a later connection resumes this session.
  fileprivate(set) var resumeToken: Secret?
  /// The work that the session waits for. Meanwhile the loop decodes none of its lines.
  private(set) var pending: Pending?

  struct Subscription: Sendable {
    var room: RoomSlot
    var position: Int32
  }

  init(id: SessionID, address: String, connected: SteadyTime) {
    self.id = id
    self.address = address
    network = Network(of: address)
    self.connected = connected
  }

  mutating func wait(for pending: Pending) { self.pending = pending }

  mutating func takePending() -> Pending? {
    defer { pending = nil }
    return pending
  }
}

/// The sender of a command, looked up once when it is dispatched. Valid as long as the session.
struct Caller: Sendable {
  let session: SessionID
  let user: UserSlot
}

/// The sessions in the slots that the loop gave them, and their resume tokens.
struct Sessions: Sendable {
  /// Fills free slots, instead of nil as `SlotTable` explains. No session has the generation 0.
  private static let vacancy = Session(
    id: SessionID(slot: 0, generation: 0), address: "", connected: SteadyTime(milliseconds: 0))

  private var entries: [Session] = []
  private(set) var count = 0
  private(set) var byToken: [Secret: SessionID] = [:]

  mutating func insert(_ session: Session) {
    let slot = Int(session.id.slot)
    while entries.count <= slot { entries.append(Sessions.vacancy) }
    precondition(entries[slot].id.generation == 0, "the loop gave one slot to two sessions")
    entries[slot] = session
    count += 1
  }

  mutating func remove(_ id: SessionID) {
    setResumeToken(nil, of: id)
    entries[Int(id.slot)] = Sessions.vacancy
    count -= 1
  }

  mutating func setResumeToken(_ token: Secret?, of id: SessionID) {
    if let former = self[id].resumeToken { byToken[former] = nil }
    self[id].resumeToken = token
    if let token { byToken[token] = id }
  }

  /// False for a session that has ended, even if another has its slot.
  func contains(_ id: SessionID) -> Bool {
    let slot = Int(id.slot)
    return slot < entries.count && entries[slot].id == id
  }

  subscript(id: SessionID) -> Session {
    _read {
      precondition(entries[Int(id.slot)].id == id, "no such session")
      yield entries[Int(id.slot)]
    }
    _modify {
      precondition(entries[Int(id.slot)].id == id, "no such session")
      yield &entries[Int(id.slot)]
    }
  }

  /// The session of a slot from 0 to below `slotEnd`; nil if it is free.
  func session(at slot: Int) -> Session? { entries[slot].id.generation == 0 ? nil : entries[slot] }
  var slotEnd: Int { entries.count }

  var all: [Session] { entries.filter { $0.id.generation != 0 } }
}

// A session from its welcome to its end.
extension Core {
  private static let closedAtOnceMax = 16

  mutating func connect(_ id: SessionID, _ address: String) {
    sessions.insert(Session(id: id, address: address, connected: steady))
    send(.welcome(server: settings.serverName, version: chatVersion), to: id)
    if let recordingError { send(Core.notice(of: recordingError), to: id) }
  }

  mutating func changeFormat(_ id: SessionID, _ dialect: Dialect) {
    sessions[id].dialect = dialect
    effects.append(.setDialect(id, dialect))
    reply("format", .format(dialect), to: id)
  }

  mutating func help(_ id: SessionID, _ topic: String?) throws(Refusal) {
    guard let topic else {
      reply("help", .help(CommandTable.all), to: id)
      return
    }
    guard let usage = CommandTable.usage(of: topic) else {
      let nearest = CommandTable.nearest(to: topic).map { "did you mean /\($0)? " } ?? ""
      throw Refusal(.unknownCommand, "There is no such command; \(nearest)/help lists them all.")
    }
    reply("help", .help([usage]), to: id)
  }

  mutating func quit(_ id: SessionID) {
    reply("quit", to: id)
    close(id, reason: "quit", message: "Bye.")
  }

  /// Sends a last message, makes the loop close the connection, and forgets the session.
  mutating func close(_ id: SessionID, reason: String, message: String) {
    send(.closing(reason: message), to: id)
    disconnect(id, reason: reason)
    effects.append(.close(id))
  }

  /// Closes the first sessions at once and the others in later turns, because each may be in a thousand rooms.
  mutating func closeGradually(_ ids: [SessionID], reason: String, message: String) {
    for id in ids.prefix(Core.closedAtOnceMax) { close(id, reason: reason, message: message) }
    for id in ids.dropFirst(Core.closedAtOnceMax) {
      effects.append(.closeLater(id, reason: reason, message: message))
    }
  }

  mutating func closeAll(of name: Name, reason: String, message: String) {
    for session in users.sessions(of: name) { close(session, reason: reason, message: message) }
  }

  /// Forgets a session. The rooms get `reason` when it was its user's last.
  mutating func disconnect(_ id: SessionID, reason: String) {
    if let pending = sessions[id].takePending() { abandonOffer(pending, of: id) }
    if sessions[id].user != nil { logOut(id, reason: reason) }
    transfers[id] = nil
    sessions.remove(id)
  }

  mutating func stop(reason: String) {
    guard !isStopping else { return }
    isStopping = true
    // All get the message first, so that none sees others leave because the server stops.
    for session in sessions.all {
      send(.closing(reason: reason), to: session.id)
      if let user = session.user { logOffline(users[user].name, session.id, reason: reason) }
      effects.append(.close(session.id))
    }
    stopTransfers(reason: reason)
    for user in users.slots { recordChange(of: user, lastSeen: now) }
    if counts.isRecorded, !counts.changed.isEmpty { recordCounts() }
    abandonEdit()
    refuseDeferred()
    sessions = Sessions()
    effects.append(.stop)
  }

  // MARK: Records that fail

  /// All sessions are notified, also those that only read.
  mutating func setRecording(_ reason: String?) {
    let error = reason ?? (nextID > .greatest ? "all message ids are used up" : nil)
    guard error != recordingError else { return }
    recordingError = error
    let notice =
      error.map(Core.notice) ?? .notice(text: "The server can save again; repeat what it refused.")
    send(notice, to: sessions.all.map(\.id))
    if error == nil { hashNextPlainPassword() }
  }

  private static func notice(of error: String) -> Event {
    .notice(text: "The server cannot save anything at the moment (\(error)); it refuses commands that need it.")
  }

  /// An operator who is logged in may have made the edit that is not applied.
  mutating func notifyOperators(_ reasons: [String]) {
    let operators = sessions.all.filter { session in session.user.map { isOperator(users[$0]) } ?? false }.map(\.id)
    for reason in reasons {
      send(.notice(text: "An edit of the server's files is not applied. \(reason)"), to: operators)
    }
  }
}

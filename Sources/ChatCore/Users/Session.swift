import ChatProtocol

/// A connection as the rules see it.
struct Session: Sendable {
  let id: SessionID
  let address: String
  /// Where limits for an address are counted.
  let network: Network
  let connected: SteadyTime
  var dialect: Dialect = .text
  /// Who it is: a place in `Core.people`; nil before it came in.
  var person: Int32?
  /// The room that plain lines go to: a place in `Core.rooms`. Means something only with a `person`.
  var current: Int32 = 0
  /// Where it stands in the `sessions` of each room it is in, so that leaving a room of thousands costs no search.
  var subscriptions: [Subscription] = []
  /// What a later connection names to take this one's place.
  var resumeToken: Secret?
  /// What it asked for and waits for the world to answer; no command comes meanwhile.
  var pending: Pending?

  init(id: SessionID, address: String, connected: SteadyTime) {
    self.id = id
    self.address = address
    network = Network(of: address)
    self.connected = connected
  }

  struct Subscription: Sendable {
    var room: Int32
    var position: Int32
  }
}

/// What a session waits for, and what is needed to go on when the answer comes.
enum Pending: Sendable {
  /// `account` is nil where none has that name or address: the answer will be no, after the same work.
  case login(account: Name?, token: Secret)
  case register(Name, EmailAddress?, token: Secret)
  case oldPassword(new: Secret)
  case newPassword
  case join(Name)
  case create(Name, shown: Secret?)
  case lock(Name, shown: Secret?)
  /// A page of the room's past, for the command of this name.
  case history(Name, command: String)
  /// The disk is looked at, or an upload that is to end; then the ticket is given out.
  case offer(MessageID, ticket: Secret)
  case get(MessageID, offset: UInt64, ticket: Secret)
  case take(Ticket)
}

/// The sessions by the place that the loop gave them.
struct SessionTable: Sendable {
  /// Stands at places that nobody has; why it is no nil, see `SlotTable`. No session's generation is 0.
  private static let vacancy = Session(
    id: SessionID(slot: 0, generation: 0), address: "", connected: SteadyTime(milliseconds: 0))

  private var entries: [Session] = []
  private(set) var count = 0

  mutating func insert(_ session: Session) {
    let slot = Int(session.id.slot)
    while entries.count <= slot { entries.append(SessionTable.vacancy) }
    precondition(entries[slot].id.generation == 0, "the loop gave one place to two sessions")
    entries[slot] = session
    count += 1
  }

  mutating func remove(_ id: SessionID) {
    precondition(contains(id), "no such session")
    entries[Int(id.slot)] = SessionTable.vacancy
    count -= 1
  }

  /// False for a session that is gone, also when another has its place now.
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

  /// The session at a place from 0 to below `placeCount`; nil where it is free.
  subscript(place place: Int) -> Session? { entries[place].id.generation == 0 ? nil : entries[place] }
  var placeCount: Int { entries.count }

  var all: [Session] { entries.filter { $0.id.generation != 0 } }
}

extension Core {
  package static let serverName = "chat"

  mutating func connect(_ id: SessionID, _ address: String) {
    sessions.insert(Session(id: id, address: address, connected: steady))
    send(.welcome(server: Core.serverName, version: chatVersion), to: id)
    if let recordingError { send(Core.notice(of: recordingError), to: id) }
  }

  /// Everybody is told, whether they say something or only wait for others to.
  mutating func setRecording(_ reason: String?) {
    let fault = reason ?? (nextID > .greatest ? "all message ids are given out" : nil)
    guard fault != recordingError else { return }
    recordingError = fault
    let notice =
      fault.map(Core.notice) ?? .notice(text: "The server records again; what was refused may be said once more.")
    send(notice, to: sessions.all.map(\.id))
    if fault == nil { hashNextPlainPassword() }
  }

  /// Operators who are logged in hear of an edit that is not applied: one of them made it.
  mutating func notifyOperators(_ reasons: [String]) {
    let operators = sessions.all.filter { session in session.person.map { isOperator(people[$0]) } ?? false }
    for reason in reasons {
      send(.notice(text: "An edit of the server's files is not applied. \(reason)"), to: operators.map(\.id))
    }
  }

  private static func notice(of fault: String) -> Event {
    .notice(text: "The server cannot record anything at the moment (\(fault)); what needs it is refused.")
  }

  mutating func changeFormat(_ id: SessionID, _ dialect: Dialect) {
    sessions[id].dialect = dialect
    effects.append(.setDialect(id, dialect))
    reply("format", .format(dialect), to: id)
  }

  mutating func help(_ id: SessionID, _ topic: String?) {
    guard let topic else {
      reply("help", .help(CommandTable.all), to: id)
      return
    }
    guard let usage = CommandTable.usage(of: topic) else {
      let nearest = CommandTable.nearest(to: topic).map { "did you mean /\($0)? " } ?? ""
      refuse(id, "help", .unknownCommand, "There is no such command; \(nearest)/help lists them all.")
      return
    }
    reply("help", .help([usage]), to: id)
  }

  mutating func quit(_ id: SessionID) {
    reply("quit", to: id)
    close(id, reason: "quit", message: "Bye.")
  }

  /// Says the last words to a session, lets the loop close it, and forgets it.
  mutating func close(_ id: SessionID, reason: String, message: String) {
    send(.closing(reason: message), to: id)
    disconnect(id, reason: reason)
    effects.append(.close(id))
  }

  private static let closedAtOnceMax = 16

  /// Closes the first of them at once and the others in later turns, because each may be in a thousand rooms.
  mutating func closeGradually(_ ids: [SessionID], reason: String, message: String) {
    for id in ids.prefix(Core.closedAtOnceMax) { close(id, reason: reason, message: message) }
    for id in ids.dropFirst(Core.closedAtOnceMax) { effects.append(.depart(id, reason: reason, message: message)) }
  }

  /// Forgets a session; `reason` is told to the rooms if nobody of that name is left.
  mutating func disconnect(_ id: SessionID, reason: String) {
    abandonOffer(of: id)
    if sessions[id].person != nil { logOut(id, reason: reason) }
    transfers[id] = nil
    sessions.remove(id)
  }

  mutating func stop(reason: String) {
    guard !isStopping else { return }
    isStopping = true
    // Told first, all of them: nobody is told that another left because the server stops.
    for session in sessions.all {
      send(.closing(reason: reason), to: session.id)
      if let person = session.person { logOffline(people[person].name, session.id, reason: reason) }
      effects.append(.close(session.id))
    }
    stopTransfers(reason: reason)
    for person in people.slots where !people[person].isGuest { recordUser(person, lastSeen: now) }
    abandonEdit()
    refuseDeferred()
    sessions = SessionTable()
    effects.append(.stop)
  }
}

import ChatProtocol

/// Tickets that were given out: each lets one connection transfer one file, once.
struct Tickets: Sendable {
  static let lifetimeMilliseconds: Int64 = 60_000
  /// Of one person at the same time; an older one serves no more.
  static let perHolderMax = Core.ticketsPerHolderMax

  private var tickets: [Secret: Ticket] = [:]
  /// By their holders, oldest first.
  private var secrets: [Name: [Secret]] = [:]
  /// In the order in which they were given out, which is that in which they end. Some are used by then.
  private var dues: [(due: SteadyTime, secret: Secret)] = []
  private var firstDue = 0

  var count: Int { tickets.count }

  subscript(secret: Secret) -> Ticket? { tickets[secret] }

  /// Gives the one that had to make room for it.
  mutating func add(_ ticket: Ticket, _ secret: Secret, at now: SteadyTime) -> Ticket? {
    let held = secrets[ticket.holder] ?? []
    let former = held.count < Tickets.perHolderMax ? nil : remove(held[0])
    tickets[secret] = ticket
    secrets[ticket.holder, default: []].append(secret)
    dues.append((now.adding(milliseconds: Tickets.lifetimeMilliseconds), secret))
    // Those that were used or pushed out are not worth keeping.
    if dues.count - firstDue > 2 * tickets.count + 1024 {
      dues = dues[firstDue...].filter { tickets[$0.secret] != nil }
      firstDue = 0
    }
    return former
  }

  @discardableResult
  mutating func remove(_ secret: Secret) -> Ticket? {
    guard let ticket = tickets.removeValue(forKey: secret) else { return nil }
    secrets[ticket.holder]?.removeAll { $0 == secret }
    if secrets[ticket.holder]?.isEmpty == true { secrets[ticket.holder] = nil }
    return ticket
  }

  /// One whose time is over, removed; nil where there is none.
  mutating func removeExpired(at now: SteadyTime) -> Ticket? {
    while firstDue < dues.count, dues[firstDue].due <= now {
      let secret = dues[firstDue].secret
      firstDue += 1
      if let ticket = remove(secret) { return ticket }
    }
    if firstDue > 0, firstDue >= dues.count - firstDue {
      dues.removeFirst(firstDue)
      firstDue = 0
    }
    return nil
  }
}

extension Core {
  package static let ticketsPerHolderMax = 8
}

/// What a ticket is good for.
struct Ticket: Sendable {
  var direction: Transfer.Direction
  var file: MessageID
  /// A guest is somebody only while present.
  var holder: Name
  var isGuest: Bool
  var offset: UInt64
  var given: SteadyTime

  func isExpired(at now: SteadyTime) -> Bool {
    given.adding(milliseconds: Tickets.lifetimeMilliseconds) <= now
  }
}

/// A connection that transfers, or is about to.
struct RunningTransfer: Sendable {
  var direction: Transfer.Direction
  var file: MessageID
  var holder: Name
  var isGuest: Bool
  /// Where it is connected from, and since when.
  var address: String
  var connected: SteadyTime
  var offset: UInt64
}

// Connections that are for the bytes of one file. The core forgets the session when the bytes begin, and has the connection closed
// when they end.
extension Core {
  /// A ticket for this direction while there is a place for one transfer more; else the refusal has been sent and the connection is
  /// closed: what follows the line are no commands.
  mutating func checkTicket(
    _ id: SessionID, _ secret: Secret, _ direction: Transfer.Direction, _ command: String
  ) -> Ticket? {
    guard sessions[id].person == nil else {
      refuse(
        id, command, .alreadyIn,
        "The bytes of a file travel on a connection of their own: connect anew and begin with this.")
      return nil
    }
    guard let ticket = tickets[secret], ticket.direction == direction, !ticket.isExpired(at: steady) else {
      refuse(
        id, command, .noSuchTicket,
        "That ticket is not good: each serves once, within 60 seconds. Ask for another with \(direction == .up ? "/offer" : "/get")."
      )
      leave(id)
      return nil
    }
    // The ticket stays good for another try.
    guard settings.transfers == 0 || transfers.count < settings.transfers else {
      refuse(
        id, command, .busy,
        "\(transfers.count) transfers are under way, which is all there may be; try again in a moment.")
      leave(id)
      return nil
    }
    let own = transfers.values.count { $0.holder == ticket.holder }
    guard settings.transfers == 0 || own < max(1, settings.transfers / 2) else {
      refuse(id, command, .busy, "\(own) transfers of yours are under way; try again when one has ended.")
      leave(id)
      return nil
    }
    return ticket
  }

  mutating func issue(_ ticket: Ticket, _ secret: Secret) {
    if let former = tickets.add(ticket, secret, at: steady) { expire(former) }
  }

  /// An offer of which nothing has come keeps its room from nobody.
  mutating func expire(_ ticket: Ticket) {
    guard ticket.direction == .up, let entry = files[ticket.file], entry.record.shared == nil else { return }
    files.change(ticket.file) { $0.ticket = nil }
    if entry.upload == nil, entry.received == 0, recordingError == nil { removeFile(ticket.file) }
  }

  mutating func begin(_ direction: Transfer.Direction, _ record: FileRecord, for ticket: Ticket, over id: SessionID) {
    note(ticket, over: id)
    sessions.remove(id)
    effects.append(
      .beginTransfer(
        id,
        Transfer(direction, file: record.id, size: record.size, cksum: record.cksum, offset: ticket.offset)))
  }

  /// From here on it is one of as many as there may be.
  mutating func note(_ ticket: Ticket, over id: SessionID) {
    transfers[id] = RunningTransfer(
      direction: ticket.direction, file: ticket.file, holder: ticket.holder, isGuest: ticket.isGuest,
      address: sessions[id].address, connected: sessions[id].connected, offset: ticket.offset)
  }

  /// Once a second: the bytes go no further of whoever was banned, muted or shut out meanwhile, or whose file was taken away.
  mutating func cutForbiddenTransfers() {
    let unwelcome = transfers.filter { !isStillAllowed($0.key, $0.value) }.keys
    for id in unwelcome.sorted(by: { $0.generation < $1.generation }) { effects.append(.cutTransfer(id)) }
  }

  func isStillAllowed(_ id: SessionID, _ running: RunningTransfer) -> Bool {
    guard addressBan(for: running.address, at: time) == nil, let entry = files[running.file] else { return false }
    return switch running.direction {
    case .up: entry.upload == id && mayShare(entry.record)
    case .down: mayFetch(entry.record, running.holder, isGuest: running.isGuest)
    }
  }

  mutating func transferEnded(_ id: SessionID, _ end: TransferResult) {
    guard let running = transfers.removeValue(forKey: id) else { return }
    switch running.direction {
    case .up: uploadEnded(id, running, end)
    case .down: downloadEnded(running, end)
    }
    effects.append(.close(id))
  }

  mutating func fileChecked(_ id: SessionID, _ answer: FileCheckResult) {
    guard sessions.contains(id), let pending = sessions[id].pending else { return }
    sessions[id].pending = nil
    switch pending {
    case .offer(let file, let ticket): finishOffer(id, file, ticket, answer)
    case .get(let file, let offset, let ticket): finishGet(id, file, offset: offset, ticket, answer)
    case .take(let ticket): finishTake(id, ticket, answer)
    default: preconditionFailure("no file was to be looked at")
    }
  }

  /// Somebody as they would be in the room now, here or not; nil for who is nobody any more.
  func viewer(_ name: Name, isGuest: Bool, of slot: Int32) -> Person? {
    if restrictions.ban(of: name, at: steady) != nil { return nil }
    if let place = present[name], people[place].isGuest == isGuest { return people[place] }
    guard !isGuest, let account = accounts[name], account.status == .active else { return nil }
    var person = Person(name: account.name, isGuest: false)
    if rooms[slot].isLobby || rooms[slot].absentMembers.contains(name) { person.rooms = [slot] }
    return person
  }

  /// Closes a connection without another word: the answer was all that it gets.
  mutating func leave(_ id: SessionID) {
    transfers[id] = nil
    sessions.remove(id)
    effects.append(.close(id))
  }

  /// A line of the log tells of the file; `id` would be the line's own.
  func fields(of record: FileRecord) -> [LogRecord.Field] {
    [
      .init("file", "\(record.id)"), .init("room", record.room.text), .init("from", record.from.text),
      .init("size", "\(record.size)"), .init("cksum", "\(record.cksum)"),
    ]
  }

  /// The server stops: who sends is told, who receives finds fewer bytes than were promised.
  mutating func stopTransfers(reason: String) {
    for (id, running) in transfers.sorted(by: { $0.key.generation < $1.key.generation }) {
      if running.direction == .up {
        refuse(id, "put", .brokenOff, "\(reason.asSentence) Offer the file again later to go on.")
      }
      log(
        running.direction == .up ? "file-broken-off" : "file-not-fetched",
        [.init("file", "\(running.file)"), .init("user", running.holder.text)], text: reason)
      effects.append(.close(id))
    }
    transfers = [:]
  }
}

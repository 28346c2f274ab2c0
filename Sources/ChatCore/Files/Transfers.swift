import ChatProtocol

extension Core {
  package static let ticketsPerHolderMax = 8
}

/// Lets one connection transfer one file, once.
struct Ticket: Sendable {
  var direction: Transfer.Direction
  var file: MessageID
  var holder: Name
  /// A guest's ticket ends with the guest's login.
  var isGuest: Bool
  /// The receiver already has the bytes before this.
  var offset: UInt64
  var given: SteadyTime

  func isExpired(at now: SteadyTime) -> Bool {
    given.adding(milliseconds: Tickets.lifetimeMilliseconds) <= now
  }
}

/// The unused tickets. A holder has at most `Core.ticketsPerHolderMax`; a new one beyond replaces the oldest.
struct Tickets: Sendable {
  static let lifetimeMilliseconds: Int64 = 60_000

  private var tickets: [Secret: Ticket] = [:]
  /// By holder, oldest first.
  private var secrets: [Name: [Secret]] = [:]
  /// In the order in which they expire. Some may be used already.
  private var expiries: [(time: SteadyTime, secret: Secret)] = []
  private var firstExpiry = 0

  var count: Int { tickets.count }

  subscript(secret: Secret) -> Ticket? { tickets[secret] }

  /// Returns the ticket that was replaced.
  mutating func add(_ ticket: Ticket, _ secret: Secret, at now: SteadyTime) -> Ticket? {
    let held = secrets[ticket.holder] ?? []
    let replaced = held.count < Core.ticketsPerHolderMax ? nil : remove(held[0])
    tickets[secret] = ticket
    secrets[ticket.holder, default: []].append(secret)
    expiries.append((now.adding(milliseconds: Tickets.lifetimeMilliseconds), secret))
    // Used tickets must not accumulate.
    if expiries.count - firstExpiry > 2 * tickets.count + 1024 {
      expiries = expiries[firstExpiry...].filter { tickets[$0.secret] != nil }
      firstExpiry = 0
    }
    return replaced
  }

  @discardableResult
  mutating func remove(_ secret: Secret) -> Ticket? {
    guard let ticket = tickets.removeValue(forKey: secret) else { return nil }
    secrets[ticket.holder]?.removeAll { $0 == secret }
    if secrets[ticket.holder]?.isEmpty == true { secrets[ticket.holder] = nil }
    return ticket
  }

  /// Removes all of a holder.
  mutating func removeAll(of holder: Name) { for secret in secrets[holder] ?? [] { remove(secret) } }

  /// Removes and returns an expired ticket; nil if there is none.
  mutating func removeExpired(at now: SteadyTime) -> Ticket? {
    while firstExpiry < expiries.count, expiries[firstExpiry].time <= now {
      let secret = expiries[firstExpiry].secret
      firstExpiry += 1
      if let ticket = remove(secret) { return ticket }
    }
    if firstExpiry > 0, firstExpiry >= expiries.count - firstExpiry {
      expiries.removeFirst(firstExpiry)
      firstExpiry = 0
    }
    return nil
  }
}

/// A connection that transfers a file, or is about to.
struct RunningTransfer: Sendable {
  var ticket: Ticket
  var address: String
  var connected: SteadyTime

  var isUpload: Bool { ticket.direction == .up }
}

// Connections for the bytes of one file. The core forgets the session when the bytes begin, and closes the connection
// when they end.
extension Core {
  /// The ticket; throws unless it is valid for this direction and one more transfer may run.
  func checkTicket(_ id: SessionID, _ secret: Secret, _ direction: Transfer.Direction) throws(Refusal) -> Ticket {
    guard sessions[id].user == nil else {
      throw Refusal(
        .alreadyIn, "A file needs a connection of its own: connect again and begin with this command.")
    }
    guard let ticket = tickets[secret], ticket.direction == direction, !ticket.isExpired(at: steady) else {
      let command = direction == .up ? "/offer" : "/get"
      throw Refusal(
        .noSuchTicket, "That ticket is not valid: each serves once, within 60 seconds. Get another with \(command).")
    }
    // The ticket stays valid for another attempt.
    if settings.transfers > 0, transfers.count >= settings.transfers {
      throw Refusal(
        .busy, "The server has \(transfers.count) transfers running, which is the limit; try again in a moment.")
    }
    let own = transfers.values.count { $0.ticket.holder == ticket.holder }
    if settings.transfers > 0, own >= max(1, settings.transfers / 2) {
      throw Refusal(
        .busy, "You have \(own) transfers running, which is the limit; try again when one has ended.")
    }
    return ticket
  }

  mutating func issue(_ ticket: Ticket, _ secret: Secret) {
    if let replaced = tickets.add(ticket, secret, at: steady) { expire(replaced) }
  }

  /// An upload without any bytes is removed with its ticket, so that it does not take space from others.
  mutating func expire(_ ticket: Ticket) {
    guard ticket.direction == .up, let entry = files[ticket.file], entry.record.shared == nil else { return }
    files.change(ticket.file) { $0.ticket = nil }
    if entry.upload == nil, entry.received == 0, recordingError == nil { removeFile(ticket.file) }
  }

  mutating func begin(_ record: FileRecord, for ticket: Ticket, over id: SessionID) {
    addTransfer(ticket, over: id)
    sessions.remove(id)
    effects.append(
      .beginTransfer(
        id,
        Transfer(
          ticket.direction, file: record.id, size: record.size, cksum: record.cksum, offset: ticket.offset)))
  }

  /// The connection counts as a transfer from here on.
  mutating func addTransfer(_ ticket: Ticket, over id: SessionID) {
    transfers[id] = RunningTransfer(ticket: ticket, address: sessions[id].address, connected: sessions[id].connected)
  }

  /// Ends, once a second, the transfers of users who were banned, muted or kicked meanwhile, and those of removed
  /// files.
  mutating func cutForbiddenTransfers() {
    let forbidden = transfers.filter { !isStillAllowed($0.key, $0.value) }.keys
    for id in forbidden.sorted(by: { $0.generation < $1.generation }) { effects.append(.cutTransfer(id)) }
  }

  func isStillAllowed(_ id: SessionID, _ running: RunningTransfer) -> Bool {
    let ticket = running.ticket
    guard addressBan(for: running.address, at: time) == nil, let entry = files[ticket.file] else { return false }
    return switch ticket.direction {
    case .up: entry.upload == id && mayShare(entry.record)
    case .down: mayFetch(entry.record, ticket.holder, isGuest: ticket.isGuest)
    }
  }

  mutating func transferEnded(_ id: SessionID, _ result: TransferResult) {
    guard let running = transfers.removeValue(forKey: id) else { return }
    switch running.ticket.direction {
    case .up: uploadEnded(id, running, result)
    case .down: downloadEnded(running.ticket, result)
    }
    effects.append(.close(id))
  }

  /// A user with their present rights in a room, online or not; nil for a user who is banned or does not exist.
  func viewer(_ name: Name, isGuest: Bool, of slot: RoomSlot) -> User? {
    if restrictions.ban(of: name, at: steady) != nil { return nil }
    if let user = users[name], user.isGuest == isGuest { return user }
    guard !isGuest, let account = accounts[name], account.status == .active else { return nil }
    var user = User(name: account.name, isGuest: false)
    if rooms[slot].isLobby || rooms[slot].absentMembers.contains(name) { user.rooms = [slot] }
    return user
  }

  /// A guest has another name or an account, and another guest may have the former name next: the guest's transfers
  /// continue, and tickets that are not used yet end.
  mutating func moveTransfers(ofGuest old: Name, to user: User) {
    tickets.removeAll(of: old)
    for id in Array(transfers.keys) where transfers[id]!.ticket.isGuest && transfers[id]!.ticket.holder == old {
      transfers[id]!.ticket.holder = user.name
      transfers[id]!.ticket.isGuest = user.isGuest
    }
  }

  /// Closes a connection that has got its reply.
  mutating func closeTransfer(_ id: SessionID) {
    transfers[id] = nil
    sessions.remove(id)
    effects.append(.close(id))
  }

  /// The log fields of a file. `id` would be the line's own id.
  func fields(of record: FileRecord) -> LogFields {
    [
      "file": "\(record.id)", "room": record.room.text, "from": record.from.text, "size": "\(record.size)",
      "cksum": "\(record.cksum)",
    ]
  }

  /// The server stops: a sender gets an error, a receiver fewer bytes than were announced.
  mutating func stopTransfers(reason: String) {
    for (id, running) in transfers.sorted(by: { $0.key.generation < $1.key.generation }) {
      if running.isUpload {
        refuse(id, "put", Refusal(.brokenOff, "\(reason.asSentence) Offer the file again later to resume."))
      }
      log(
        running.isUpload ? "file-broken-off" : "file-not-fetched",
        ["file": "\(running.ticket.file)", "user": running.ticket.holder.text], text: reason)
      effects.append(.close(id))
    }
    transfers = [:]
  }
}

import ChatProtocol

// Connections that are for the bytes of one file. The core forgets the session when the bytes begin, and has the connection closed
// when they end.
extension Core {
  /// A ticket for this direction while there is a place for one transfer more; else the refusal has been sent and the connection is
  /// closed: what follows the line are no commands.
  mutating func usableTicket(
    _ id: SessionID, _ secret: Secret, _ direction: Transfer.Direction, _ command: String
  ) -> Ticket? {
    guard sessions[id].person == nil else {
      refuse(
        id, command, .alreadyIn,
        "The bytes of a file travel on a connection of their own: connect anew and begin with this.")
      return nil
    }
    guard let ticket = tickets[secret], ticket.direction == direction, !ticket.isOver(at: steady) else {
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

  mutating func give(_ ticket: Ticket, _ secret: Secret) {
    if let former = tickets.add(ticket, secret, at: steady) { end(former) }
  }

  /// An offer of which nothing has come keeps its room from nobody.
  mutating func end(_ ticket: Ticket) {
    guard ticket.direction == .up, let entry = files[ticket.file], entry.record.shared == nil else { return }
    files.change(ticket.file) { $0.ticket = nil }
    if entry.upload == nil, entry.received == 0, recordingError == nil { drop(ticket.file) }
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
  mutating func cutUnwelcomeTransfers() {
    let unwelcome = transfers.filter { !mayGoOn($0.key, $0.value) }.keys
    for id in unwelcome.sorted(by: { $0.generation < $1.generation }) { effects.append(.cutTransfer(id)) }
  }

  func mayGoOn(_ id: SessionID, _ running: RunningTransfer) -> Bool {
    guard refusal(from: running.address, at: time) == nil, let entry = files[running.file] else { return false }
    return switch running.direction {
    case .up: entry.upload == id && mayShare(entry.record)
    case .down: mayFetch(entry.record, running.holder, isGuest: running.isGuest)
    }
  }

  mutating func transferEnded(_ id: SessionID, _ end: TransferEnd) {
    guard let running = transfers.removeValue(forKey: id) else { return }
    switch running.direction {
    case .up: uploadEnded(id, running, end)
    case .down: downloadEnded(running, end)
    }
    effects.append(.close(id))
  }

  mutating func fileLookedAt(_ id: SessionID, _ answer: FileAnswer) {
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

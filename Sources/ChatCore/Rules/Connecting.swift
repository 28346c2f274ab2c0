import ChatProtocol

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
    close(id, reason: "quit", told: "Bye.")
  }

  /// Says the last words to a session, lets the loop close it, and forgets it.
  mutating func close(_ id: SessionID, reason: String, told: String) {
    send(.closing(reason: told), to: id)
    disconnect(id, reason: reason)
    effects.append(.close(id))
  }

  private static let closedAtOnce_max = 16

  /// Closes the first of them at once and the others in later turns, because each may be in a thousand rooms.
  mutating func closeInTurns(_ ids: [SessionID], reason: String, told: String) {
    for id in ids.prefix(Core.closedAtOnce_max) { close(id, reason: reason, told: told) }
    for id in ids.dropFirst(Core.closedAtOnce_max) { effects.append(.depart(id, reason: reason, told: told)) }
  }

  /// Forgets a session; `reason` is told to the rooms if nobody of that name is left.
  mutating func disconnect(_ id: SessionID, reason: String) {
    abandonOffer(of: id)
    if sessions[id].person != nil { goOut(id, reason: reason) }
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
    for person in people.slots where !people[person].isGuest { keep(person, lastSeen: now) }
    abandonEdit()
    refuseWaiting()
    sessions = SessionTable()
    effects.append(.stop)
  }
}

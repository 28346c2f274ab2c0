import ChatProtocol

// What the operator does to connections, and says to those behind them.
extension Core {
  mutating func controlClose(
    _ id: ControlID, _ number: UInt64, _ reason: String?, _ peer: ControlPeer, isDry: Bool
  ) {
    guard let session = sessions.all.first(where: { $0.id.number == number }) else {
      if let (transferring, running) = transfers.first(where: { $0.key.number == number }) {
        cut(id, transferring, running, reason, peer, isDry: isDry)
        return
      }
      fail(id, .noSuchSession, "there is no session \(number) any more; 'chat-admin sessions list' shows them")
      return
    }
    let user = session.person.map { people[$0].name }
    guard !isDry else {
      answer(id, .wouldBe(.sessionClosed(number, user: user)))
      return
    }
    logClosing(number, user, peer, reason)
    let because = reason.map { ": \($0)" } ?? ""
    close(
      session.id, reason: "closed by \(peer.user)\(because)",
      told: "This session was closed by \(peer.user)\(because)".asSentence)
    answer(id, .sessionClosed(number, user: user))
  }

  /// A connection over which bytes go.
  private mutating func cut(
    _ id: ControlID, _ session: SessionID, _ running: RunningTransfer, _ reason: String?, _ peer: ControlPeer,
    isDry: Bool
  ) {
    let closed = ControlReply.sessionClosed(session.number, user: running.holder)
    guard !isDry else {
      answer(id, .wouldBe(closed))
      return
    }
    logClosing(session.number, running.holder, peer, reason)
    effects.append(.cutTransfer(session))
    answer(id, closed)
  }

  private mutating func logClosing(_ number: UInt64, _ user: Name?, _ peer: ControlPeer, _ reason: String?) {
    let who = user.map { [LogRecord.Field("user", $0.text)] } ?? []
    logAction("sessions close", peer, [.init("session", "\(number)")] + who, text: reason)
  }

  /// While the disk is full too: that may be what there is to say.
  mutating func controlSay(_ id: ControlID, _ audience: ControlAudience, _ text: String, _ peer: ControlPeer) {
    guard fits(id, text) else { return }
    switch audience {
    case .room(let name):
      guard let slot = controlledRoom(id, name) else { return }
      let known = rooms[slot].name
      logAction("say", peer, [.init("room", known.text)], text: text)
      tell(id, .room(known), rooms[slot].sessions, "The operator says in \(known): \(text)")
    case .user(let name):
      guard let person = personHere(id, name) else { return }
      let known = people[person].name
      // What is said to one alone is in no log.
      logAction("say", peer, [.init("user", known.text)])
      tell(id, .user(known), people[person].sessions, "The operator says to you: \(text)")
    case .all:
      logAction("say", peer, [.init("all", "yes")], text: text)
      tell(id, .all, sessions.all.map(\.id), "The operator says to all: \(text)")
    }
  }

  /// Whether a text is no longer than a line may be; else the refusal has been sent.
  mutating func fits(_ id: ControlID, _ text: String) -> Bool {
    guard settings.lineBytes > 0, text.utf8.count > settings.lineBytes else { return true }
    fail(id, .tooMany, "a text has \(settings.lineBytes) bytes at most ('line_bytes' in settings.json)")
    return false
  }

  private mutating func tell(_ id: ControlID, _ audience: ControlAudience, _ sessions: [SessionID], _ text: String) {
    send(.notice(text: text), to: sessions)
    answer(id, .said(audience, sessions: sessions.count))
  }
}

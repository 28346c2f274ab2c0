package import ChatProtocol

// Bans and mutes of the whole server. A ban keeps out whoever would come in under a name or connect from an address; who is muted
// may come, join, read and leave, and send nothing that others get to read.
extension Core {
  static let bannedHere = "You are banned from this server"

  /// How many are taken out at a time, once they are over.
  private static let lifted_max = 256

  /// For the door: the ban that keeps out whoever connects from this address, and what is told about it.
  package func refusal(from address: String, at time: TurnTime) -> (ban: Restriction, told: String)? {
    guard restrictions.bansAddresses, let block = AddressBlock(address),
      let ban = restrictions.ban(on: block, at: time.steady)
    else { return nil }
    return (ban, Core.toldOfBan(ban, at: time.wall))
  }

  /// Whether somebody who was muted may send what others get to read again; else the refusal has been sent.
  mutating func maySpeak(_ id: SessionID, _ command: String) -> Bool {
    guard let mute = restrictions.mute(of: people[sessions[id].person!].name, at: steady) else { return true }
    refuse(id, command, .muted, "Nobody saw that: you are muted on this server\(mute.terms(at: now))")
    return false
  }

  private static func toldOfBan(_ ban: Restriction, at now: Timestamp) -> String {
    let whom =
      switch ban.subject {
      case .user: bannedHere
      case .addresses: "Your address is banned from this server"
      }
    return whom + ban.terms(at: now)
  }

  // MARK: - What the operator does

  mutating func controlRestrict(
    _ id: ControlID, _ key: Restriction.Key, _ terms: ControlTerms, _ peer: ControlPeer, _ verb: String, isDry: Bool
  ) {
    guard mayRecord(id), fits(id, terms.reason ?? "") else { return }
    let was = restrictions[key]
    guard was != nil || settings.bans == 0 || restrictions.count < settings.bans else {
      fail(
        id, .tooMany,
        "there are all the bans and mutes there may be (\(settings.bans)); ban a network in place of its addresses, or raise "
          + "'bans' in settings.json")
      return
    }
    let restriction = Restriction(
      Restriction.Key(key.kind, asKnown(key.subject)), since: now,
      until: terms.span.map { now.adding(milliseconds: $0.seconds * 1000) }, by: peer.user, reason: terms.reason ?? "")
    let hit = sessions(hitBy: restriction)
    let restricted = ControlRestricted(restriction, sessions: hit.count, isAccount: isAccount(key.subject))
    guard !isDry else {
      answer(id, .wouldBe(.restricted(restricted)))
      return
    }
    let end = LogRecord.Field("until", restriction.until?.description ?? "-")
    logAction(verb, peer, [restriction.subject.field, end], text: terms.reason)
    restrictions.set(restriction, at: time)
    record(.restriction(restriction, was: was))
    switch restriction.kind {
    case .ban:
      let because = terms.reason.map { ": \($0)" } ?? ""
      let told = Core.toldOfBan(restriction, at: now)
      // So that a client does not try to come back by itself.
      send(.kicked(room: nil, by: peer.user, reason: terms.reason ?? ""), to: hit)
      closeInTurns(hit, reason: "banned by \(peer.user)\(because)", told: told)
    case .mute:
      setMuted(restriction.subject, true)
      send(
        .notice(text: "You are muted: you may read but not write on this server\(restriction.terms(at: now))"), to: hit)
    }
    answer(id, .restricted(restricted))
  }

  mutating func controlLift(_ id: ControlID, _ key: Restriction.Key, _ peer: ControlPeer, _ verb: String) {
    guard mayRecord(id) else { return }
    // One that is over is as good as gone, but for its place in the file.
    guard let was = restrictions[key], !restrictions.isOver(key, at: steady) else {
      let done = key.kind == .ban ? "banned" : "muted"
      fail(id, .noSuchBan, "\(key.subject) is not \(done)\(hint(key))")
      return
    }
    logAction(verb, peer, [was.subject.field])
    let told = lift(was)
    answer(id, .lifted(ControlRestricted(was, sessions: told, isAccount: isAccount(key.subject))))
  }

  /// What was meant, maybe: the name may be under the other of the two, an address out for another reason than a ban of itself.
  private func hint(_ key: Restriction.Key) -> String {
    let list = "; 'chat-admin bans list' shows who is"
    switch key.subject {
    case .user(let name):
      switch key.kind {
      case .ban where restrictions.mute(of: name, at: steady) != nil:
        return ", but muted: 'chat-admin users unmute \(name)' lifts that"
      case .mute where restrictions.ban(of: name, at: steady) != nil:
        return ", but banned: 'chat-admin users unban \(name)' lifts that"
      case .ban, .mute: return list
      }
    case .addresses(let block):
      return list
        + (restrictions.ban(on: block, at: steady).map { "; it is out because \($0.subject) is banned" } ?? "")
    }
  }

  /// What is over is taken out, and told to whom it hit.
  mutating func liftOver() {
    guard recordingError == nil else { return }
    for restriction in restrictions.takeOver(at: steady, max: Core.lifted_max) {
      log(restriction.kind == .ban ? "ban-ended" : "mute-ended", [restriction.subject.field])
      lift(restriction)
    }
  }

  /// How many sessions were told.
  @discardableResult
  private mutating func lift(_ was: Restriction) -> Int {
    restrictions.remove(was.key)
    record(.restrictionRemoved(was: was))
    guard was.kind == .mute else { return 0 }
    let hit = sessions(hitBy: was)
    setMuted(was.subject, false)
    send(.notice(text: "You are no longer muted on this server."), to: hit)
    return hit.count
  }

  private mutating func setMuted(_ subject: Restriction.Subject, _ isMuted: Bool) {
    guard case .user(let name) = subject, let slot = present[name] else { return }
    people[slot].isMuted = isMuted
  }

  private func sessions(hitBy restriction: Restriction) -> [SessionID] {
    switch restriction.subject {
    case .user(let name): present[name].map { people[$0].sessions } ?? []
    case .addresses(let block):
      sessions.all.filter { AddressBlock($0.address).map(block.contains) ?? false }.map(\.id)
    }
  }

  /// The name as its account or guest writes it.
  private func asKnown(_ subject: Restriction.Subject) -> Restriction.Subject {
    guard case .user(let name) = subject else { return subject }
    return .user(accounts[name]?.name ?? present[name].map { people[$0].name } ?? name)
  }

  private func isAccount(_ subject: Restriction.Subject) -> Bool? {
    if case .user(let name) = subject { accounts.contains(name) } else { nil }
  }
}

extension Restriction.Subject {
  /// As it stands in the log.
  package var field: LogRecord.Field {
    switch self {
    case .user(let name): LogRecord.Field("user", name.text)
    case .addresses(let block): LogRecord.Field("address", block.description)
    }
  }
}

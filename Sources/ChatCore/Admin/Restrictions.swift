package import ChatProtocol

/// The bans and mutes of the whole server. What is over counts no longer, whether it has been taken out yet or not.
struct Restrictions: Sendable {
  private struct Entry {
    var restriction: Restriction
    /// nil where it has none; `restriction.until` says the same in the words of the wall clock.
    var end: SteadyTime?

    func isExpired(at now: SteadyTime) -> Bool { end.map { $0 <= now } ?? false }
  }

  private var entries: [Restriction.Key: Entry] = [:]
  private var counts: [Restriction.Kind: Int] = [:]
  /// How many blocks of each length are banned: an address is looked for once for each length there is, however many bans there are.
  private var lengths: [AddressBlock.Family: [Int: Int]] = [:]
  /// Before this none of them is over; nil where none ends.
  private var nextEnd: SteadyTime?

  /// They end when `begin` has said what time it is.
  init(_ list: [Restriction] = []) {
    for restriction in list { set(restriction, end: nil) }
  }

  var count: Int { entries.count }

  /// Of one kind, those that are over and not taken out yet included.
  func count(of kind: Restriction.Kind) -> Int { counts[kind] ?? 0 }

  subscript(key: Restriction.Key) -> Restriction? { entries[key]?.restriction }

  func isExpired(_ key: Restriction.Key, at now: SteadyTime) -> Bool { entries[key]?.isExpired(at: now) ?? true }

  func ban(of name: Name, at now: SteadyTime) -> Restriction? { entry(Restriction.Key(.ban, .user(name)), at: now) }
  func mute(of name: Name, at now: SteadyTime) -> Restriction? { entry(Restriction.Key(.mute, .user(name)), at: now) }

  var bansAddresses: Bool { !lengths.isEmpty }

  /// Of the bans that an address is under, the one that lasts longest.
  func ban(on address: AddressBlock, at now: SteadyTime) -> Restriction? {
    guard let lengths = lengths[address.family] else { return nil }
    let bans = lengths.keys.compactMap { length in
      entries[Restriction.Key(.ban, .addresses(address.truncated(to: length)))].flatMap {
        $0.isExpired(at: now) ? nil : $0
      }
    }
    // No two of them have the same length: the order of the keys does not show.
    return bans.max { left, right in
      left.end == right.end
        ? right.restriction.length < left.restriction.length : Self.endsBefore(left.end, right.end)
    }?.restriction
  }

  private func entry(_ key: Restriction.Key, at now: SteadyTime) -> Restriction? {
    entries[key].flatMap { $0.isExpired(at: now) ? nil : $0.restriction }
  }

  /// One without an end lasts longest.
  private static func endsBefore(_ left: SteadyTime?, _ right: SteadyTime?) -> Bool {
    guard let left, let right else { return left != nil && right == nil }
    return left < right
  }

  /// Puts it into the place of the one of the same key.
  mutating func set(_ restriction: Restriction, at time: TurnTime) {
    set(restriction, end: Self.end(of: restriction, at: time))
  }

  private static func end(of restriction: Restriction, at time: TurnTime) -> SteadyTime? {
    restriction.until.map { time.steady.adding(milliseconds: $0.milliseconds - time.wall.milliseconds) }
  }

  /// What was in the files ends when the clock says so, which was set by so much since the times were written; those to which
  /// that gives another time, as they were and are. None lasts longer than it was to last in all.
  mutating func begin(at time: TurnTime, clockStepMilliseconds: Int64) -> [(was: Restriction, now: Restriction)] {
    let timed = entries.values.map(\.restriction).filter { $0.until != nil }.sorted { $0.order < $1.order }
    return timed.compactMap { was in
      var now = was
      var end = was.until!.adding(milliseconds: clockStepMilliseconds)
      if let since = was.since, since < was.until! {
        let lengthMilliseconds = was.until!.milliseconds - since.milliseconds
        end = min(end, time.wall.adding(milliseconds: lengthMilliseconds))
      }
      now.until = end
      set(now, at: time)
      return now == was ? nil : (was, now)
    }
  }

  /// The wall clock was set: those whose end it calls otherwise now, as they were and are.
  mutating func relabel(at time: TurnTime) -> [(was: Restriction, now: Restriction)] {
    let timed = entries.values.filter { $0.end != nil }.sorted { $0.restriction.order < $1.restriction.order }
    return timed.map { entry in
      var now = entry.restriction
      now.until = time.wall.adding(milliseconds: entry.end!.milliseconds(since: time.steady))
      entries[now.key]!.restriction = now
      return (entry.restriction, now)
    }
  }

  private mutating func set(_ restriction: Restriction, end: SteadyTime?) {
    remove(restriction.key)
    entries[restriction.key] = Entry(restriction: restriction, end: end)
    counts[restriction.kind, default: 0] += 1
    if case .addresses(let block) = restriction.subject {
      lengths[block.family, default: [:]][block.length, default: 0] += 1
    }
    if let end { nextEnd = nextEnd.map { min($0, end) } ?? end }
  }

  @discardableResult
  mutating func remove(_ key: Restriction.Key) -> Restriction? {
    guard let removed = entries.removeValue(forKey: key)?.restriction else { return nil }
    counts[key.kind]! -= 1
    if case .addresses(let block) = key.subject {
      let left = lengths[block.family]![block.length]! - 1
      lengths[block.family]![block.length] = left == 0 ? nil : left
      if lengths[block.family]!.isEmpty { lengths[block.family] = nil }
    }
    return removed
  }

  /// Takes out those that are over, the first to end first, no more than so many.
  mutating func removeExpired(at now: SteadyTime, max: Int) -> [Restriction] {
    guard let nextEnd, nextEnd <= now else { return [] }
    let over = entries.values.filter { $0.isExpired(at: now) }.sorted { left, right in
      left.end == right.end
        ? left.restriction.order < right.restriction.order : Self.endsBefore(left.end, right.end)
    }
    let taken = over.prefix(max).map(\.restriction)
    for restriction in taken { remove(restriction.key) }
    self.nextEnd = entries.values.compactMap(\.end).min()
    return taken
  }

  /// Bans of names, bans of addresses, mutes, each by what they are on.
  func all(at now: SteadyTime) -> [Restriction] {
    entries.values.filter { !$0.isExpired(at: now) }.map(\.restriction).sorted { $0.order < $1.order }
  }
}

extension Restriction {
  /// Of the addresses; 0 for a name.
  fileprivate var length: Int { if case .addresses(let block) = subject { block.length } else { 0 } }

  fileprivate var order: (Int, String, UInt128, Int) {
    switch (kind, subject) {
    case (.mute, .user(let name)): (3, name.key, 0, 0)
    case (_, .user(let name)): (0, name.key, 0, 0)
    case (_, .addresses(let block)): (block.family == .v4 ? 1 : 2, "", block.prefix, block.length)
    }
  }
}

// Bans and mutes of the whole server. A ban keeps out whoever would come in under a name or connect from an address; who is muted
// may come, join, read and leave, and send nothing that others get to read.
extension Core {
  static let bannedHere = "You are banned from this server"

  /// How many are taken out at a time, once they are over.
  private static let liftedPerTickMax = 256

  /// For the door: the ban that keeps out whoever connects from this address, and what is told about it.
  package func addressBan(for address: String, at time: TurnTime) -> (ban: Restriction, message: String)? {
    guard restrictions.bansAddresses, let block = AddressBlock(address),
      let ban = restrictions.ban(on: block, at: time.steady)
    else { return nil }
    return (ban, Core.banMessage(ban, at: time.wall))
  }

  /// Whether somebody who was muted may send what others get to read again; else the refusal has been sent.
  mutating func maySpeak(_ id: SessionID, _ command: String) -> Bool {
    guard let mute = restrictions.mute(of: people[sessions[id].person!].name, at: steady) else { return true }
    refuse(id, command, .muted, "Nobody saw that: you are muted on this server\(mute.terms(at: now))")
    return false
  }

  private static func banMessage(_ ban: Restriction, at now: Timestamp) -> String {
    let whom =
      switch ban.subject {
      case .user: bannedHere
      case .addresses: "Your address is banned from this server"
      }
    return whom + ban.terms(at: now)
  }

  // MARK: - What the operator does

  mutating func adminRestrict(
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
      let message = Core.banMessage(restriction, at: now)
      // So that a client does not try to come back by itself.
      send(.kicked(room: nil, by: peer.user, reason: terms.reason ?? ""), to: hit)
      closeGradually(hit, reason: "banned by \(peer.user)\(because)", message: message)
    case .mute:
      setMuted(restriction.subject, true)
      send(
        .notice(text: "You are muted: you may read but not write on this server\(restriction.terms(at: now))"), to: hit)
    }
    answer(id, .restricted(restricted))
  }

  mutating func adminLift(_ id: ControlID, _ key: Restriction.Key, _ peer: ControlPeer, _ verb: String) {
    guard mayRecord(id) else { return }
    // One that is over is as good as gone, but for its place in the file.
    guard let was = restrictions[key], !restrictions.isExpired(key, at: steady) else {
      let done = key.kind == .ban ? "banned" : "muted"
      fail(id, .noSuchBan, "\(key.subject) is not \(done)\(hint(key))")
      return
    }
    logAction(verb, peer, [was.subject.field])
    let notified = lift(was)
    answer(id, .lifted(ControlRestricted(was, sessions: notified, isAccount: isAccount(key.subject))))
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
  mutating func liftExpired() {
    guard recordingError == nil else { return }
    for restriction in restrictions.removeExpired(at: steady, max: Core.liftedPerTickMax) {
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

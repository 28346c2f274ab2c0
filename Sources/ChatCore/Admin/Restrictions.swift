package import ChatProtocol

/// The bans and mutes of the whole server. An expired one has no effect, even before it is removed.
struct Restrictions: Sendable {
  private struct Entry {
    var restriction: Restriction
    /// nil for one without an end. `restriction.until` is the same by the wall clock.
    var end: SteadyTime?

    func isExpired(at now: SteadyTime) -> Bool { end.map { $0 <= now } ?? false }
  }

  private var entries: [Restriction.Key: Entry] = [:]
  private var counts: [Restriction.Kind: Int] = [:]
  /// The number of banned blocks of each length: an address is looked up once per length, however many bans there are.
  private var lengths: [AddressBlock.Family: [Int: Int]] = [:]
  /// No restriction expires before this; nil if none ends.
  private var nextEnd: SteadyTime?

  /// Before `begin`, restrictions have no end.
  init(_ list: [Restriction] = []) {
    for restriction in list { set(restriction, end: nil) }
  }

  var count: Int { entries.count }

  /// The restrictions of one kind, including expired ones until they are removed.
  func count(of kind: Restriction.Kind) -> Int { counts[kind] ?? 0 }

  subscript(key: Restriction.Key) -> Restriction? { entries[key]?.restriction }

  func isExpired(_ key: Restriction.Key, at now: SteadyTime) -> Bool { entries[key]?.isExpired(at: now) ?? true }

  func ban(of name: Name, at now: SteadyTime) -> Restriction? { entry(Restriction.Key(.ban, .user(name)), at: now) }
  func mute(of name: Name, at now: SteadyTime) -> Restriction? { entry(Restriction.Key(.mute, .user(name)), at: now) }

  var bansAddresses: Bool { !lengths.isEmpty }

  /// Of all bans of an address, the one that lasts longest.
  func ban(on address: AddressBlock, at now: SteadyTime) -> Restriction? {
    guard let lengths = lengths[address.family] else { return nil }
    let bans = lengths.keys.compactMap { length in
      entries[Restriction.Key(.ban, .addresses(address.truncated(to: length)))].flatMap {
        $0.isExpired(at: now) ? nil : $0
      }
    }
    // No two have the same length, so the order of the keys does not matter.
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

  /// Adds a restriction, or replaces the one with the same key.
  mutating func set(_ restriction: Restriction, at time: TurnTime) {
    set(restriction, end: Self.end(of: restriction, at: time))
  }

  private static func end(of restriction: Restriction, at time: TurnTime) -> SteadyTime? {
    restriction.until.map { time.steady.adding(milliseconds: $0.milliseconds - time.wall.milliseconds) }
  }

  /// Computes the ends of restrictions from the files, after the clock was set by this much since they were written.
  /// Returns those whose end has another time now, before and after. None lasts longer than its whole duration.
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

  /// Adjusts all ends after the wall clock was set. Returns the changed restrictions, before and after.
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

  /// Removes and returns at most `max` expired restrictions, in the order of their ends.
  mutating func removeExpired(at now: SteadyTime, max: Int) -> [Restriction] {
    guard let nextEnd, nextEnd <= now else { return [] }
    let expired = entries.values.filter { $0.isExpired(at: now) }.sorted { left, right in
      left.end == right.end
        ? left.restriction.order < right.restriction.order : Self.endsBefore(left.end, right.end)
    }
    let taken = expired.prefix(max).map(\.restriction)
    for restriction in taken { remove(restriction.key) }
    self.nextEnd = entries.values.compactMap(\.end).min()
    return taken
  }

  /// Bans of names, bans of addresses, mutes, each by subject.
  func all(at now: SteadyTime) -> [Restriction] {
    entries.values.filter { !$0.isExpired(at: now) }.map(\.restriction).sorted { $0.order < $1.order }
  }
}

extension Restriction {
  /// The length of an address block; 0 for a name.
  fileprivate var length: Int { if case .addresses(let block) = subject { block.length } else { 0 } }

  fileprivate var order: (Int, String, UInt128, Int) {
    switch (kind, subject) {
    case (.mute, .user(let name)): (3, name.key, 0, 0)
    case (_, .user(let name)): (0, name.key, 0, 0)
    case (_, .addresses(let block)): (block.family == .v4 ? 1 : 2, "", block.prefix, block.length)
    }
  }
}

// A banned name or address cannot log in. A muted user may log in, join, read and leave, but sends nothing that others
// read.
extension Core {
  static let userBanned = "You are banned from this server"
  private static let liftedPerTickMax = 256

  /// The ban of a client's address, and the message to the client.
  package func addressBan(for address: String, at time: TurnTime) -> (ban: Restriction, message: String)? {
    guard restrictions.bansAddresses, let block = AddressBlock(address),
      let ban = restrictions.ban(on: block, at: time.steady)
    else { return nil }
    return (ban, Core.banMessage(ban, at: time.wall))
  }

  private static func banMessage(_ ban: Restriction, at now: Timestamp) -> String {
    let subject =
      switch ban.subject {
      case .user: userBanned
      case .addresses: "Your address is banned from this server"
      }
    return subject + ban.terms(at: now)
  }

  /// Throws for a muted user.
  func requireMayWrite(_ caller: Caller) throws(Refusal) {
    guard let mute = restrictions.mute(of: users[caller.user].name, at: steady) else { return }
    throw Refusal(.muted, "Not sent: you are muted on this server\(mute.terms(at: now))")
  }

  // MARK: Requests

  mutating func adminRestrict(_ call: AdminCall, _ key: Restriction.Key, _ terms: ControlTerms) throws(ControlError) {
    try requireRecording()
    try requireFits(terms.reason ?? "", "a reason")
    let was = restrictions[key]
    guard was != nil || settings.bans == 0 || restrictions.count < settings.bans else {
      throw ControlError(
        .tooMany,
        "the server has \(settings.bans) bans and mutes, which is the limit; ban a network instead of its addresses, or "
          + "raise 'bans' in settings.json")
    }
    let restriction = Restriction(
      Restriction.Key(key.kind, asKnown(key.subject)), since: now,
      until: terms.span.map { now.adding(milliseconds: $0.seconds * 1000) }, by: call.peer.user,
      reason: terms.reason ?? "")
    let affected = sessions(under: restriction)
    let restricted = ControlRestricted(restriction, sessions: affected.count, isAccount: isAccount(key.subject))
    if answerDry(call, .restricted(restricted)) { return }
    logAction(
      call, LogFields([restriction.subject.field]) + ["until": restriction.until?.description ?? "-"],
      text: terms.reason)
    restrictions.set(restriction, at: time)
    record(.restriction(restriction, was: was))
    switch restriction.kind {
    case .ban:
      // The event keeps clients from reconnecting by themselves.
      send(.kicked(room: nil, by: call.peer.user, reason: terms.reason ?? ""), to: affected)
      closeGradually(
        affected, reason: "banned by \(call.peer.user)\(terms.reason.map { ": \($0)" } ?? "")",
        message: Core.banMessage(restriction, at: now))
    case .mute:
      setMuted(restriction.subject, true)
      send(
        .notice(text: "You are muted: you can read but not write on this server\(restriction.terms(at: now))"),
        to: affected)
    }
    answer(call, .restricted(restricted))
  }

  mutating func adminLift(_ call: AdminCall, _ key: Restriction.Key) throws(ControlError) {
    try requireRecording()
    guard let was = restrictions[key], !restrictions.isExpired(key, at: steady) else {
      let state = key.kind == .ban ? "banned" : "muted"
      throw ControlError(.noSuchBan, "\(key.subject) is not \(state)\(hint(key))")
    }
    logAction(call, LogFields([was.subject.field]))
    let notified = lift(was)
    answer(call, .lifted(ControlRestricted(was, sessions: notified, isAccount: isAccount(key.subject))))
  }

  /// A suggestion: a mute instead of a ban, or the ban of a network that contains the address.
  private func hint(_ key: Restriction.Key) -> String {
    switch (key.subject, key.kind) {
    case (.user(let name), .ban) where restrictions.mute(of: name, at: steady) != nil:
      ", but muted: 'chat-admin users unmute \(name)' lifts that"
    case (.user(let name), .mute) where restrictions.ban(of: name, at: steady) != nil:
      ", but banned: 'chat-admin users unban \(name)' lifts that"
    case (.addresses(let block), _):
      "; 'chat-admin bans list' shows who is"
        + (restrictions.ban(on: block, at: steady).map { "; the ban of \($0.subject) keeps it out" } ?? "")
    case (.user, _): "; 'chat-admin bans list' shows who is"
    }
  }

  // MARK: Expiry

  mutating func liftExpired() {
    guard recordingError == nil else { return }
    for restriction in restrictions.removeExpired(at: steady, max: Core.liftedPerTickMax) {
      log(restriction.kind == .ban ? "ban-ended" : "mute-ended", LogFields([restriction.subject.field]))
      lift(restriction)
    }
  }

  /// Returns the number of notified sessions.
  @discardableResult
  private mutating func lift(_ was: Restriction) -> Int {
    restrictions.remove(was.key)
    record(.restrictionRemoved(was: was))
    guard was.kind == .mute else { return 0 }
    let affected = sessions(under: was)
    setMuted(was.subject, false)
    send(.notice(text: "You are no longer muted on this server."), to: affected)
    return affected.count
  }

  private mutating func setMuted(_ subject: Restriction.Subject, _ isMuted: Bool) {
    if case .user(let name) = subject, let slot = users.slot(of: name) { users[slot].isMuted = isMuted }
  }

  private func sessions(under restriction: Restriction) -> [SessionID] {
    switch restriction.subject {
    case .user(let name): users.sessions(of: name)
    case .addresses(let block):
      sessions.all.filter { AddressBlock($0.address).map(block.contains) ?? false }.map(\.id)
    }
  }

  /// The name in the spelling of its account or guest.
  private func asKnown(_ subject: Restriction.Subject) -> Restriction.Subject {
    guard case .user(let name) = subject else { return subject }
    return .user(accounts[name]?.name ?? users[name]?.name ?? name)
  }

  private func isAccount(_ subject: Restriction.Subject) -> Bool? {
    if case .user(let name) = subject { accounts.contains(name) } else { nil }
  }
}

extension Restriction.Subject {
  /// The field of a line in the log.
  package var field: LogRecord.Field {
    switch self {
    case .user(let name): LogRecord.Field("user", name.text)
    case .addresses(let block): LogRecord.Field("address", block.description)
    }
  }
}

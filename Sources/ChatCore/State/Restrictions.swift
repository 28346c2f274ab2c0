import ChatProtocol

/// The bans and mutes of the whole server. What is over counts no longer, whether it has been taken out yet or not.
struct Restrictions: Sendable {
  private struct Entry {
    var restriction: Restriction
    /// nil where it has none; `restriction.until` says the same in the words of the wall clock.
    var end: SteadyTime?

    func isOver(at now: SteadyTime) -> Bool { end.map { $0 <= now } ?? false }
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

  func isOver(_ key: Restriction.Key, at now: SteadyTime) -> Bool { entries[key]?.isOver(at: now) ?? true }

  func ban(of name: Name, at now: SteadyTime) -> Restriction? { entry(Restriction.Key(.ban, .user(name)), at: now) }
  func mute(of name: Name, at now: SteadyTime) -> Restriction? { entry(Restriction.Key(.mute, .user(name)), at: now) }

  var bansAddresses: Bool { !lengths.isEmpty }

  /// Of the bans that an address is under, the one that lasts longest.
  func ban(on address: AddressBlock, at now: SteadyTime) -> Restriction? {
    guard let lengths = lengths[address.family] else { return nil }
    let bans = lengths.keys.compactMap { length in
      entries[Restriction.Key(.ban, .addresses(address.truncated(to: length)))].flatMap {
        $0.isOver(at: now) ? nil : $0
      }
    }
    // No two of them have the same length: the order of the keys does not show.
    return bans.max { left, right in
      left.end == right.end
        ? right.restriction.length < left.restriction.length : Self.endsBefore(left.end, right.end)
    }?.restriction
  }

  private func entry(_ key: Restriction.Key, at now: SteadyTime) -> Restriction? {
    entries[key].flatMap { $0.isOver(at: now) ? nil : $0.restriction }
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
  mutating func begin(at time: TurnTime, clockSet_ms: Int64) -> [(was: Restriction, now: Restriction)] {
    let timed = entries.values.map(\.restriction).filter { $0.until != nil }.sorted { $0.order < $1.order }
    return timed.compactMap { was in
      var now = was
      var end = was.until!.adding(milliseconds: clockSet_ms)
      if let since = was.since, since < was.until! {
        let whole_ms = was.until!.milliseconds - since.milliseconds
        end = min(end, time.wall.adding(milliseconds: whole_ms))
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
  mutating func takeOver(at now: SteadyTime, max: Int) -> [Restriction] {
    guard let nextEnd, nextEnd <= now else { return [] }
    let over = entries.values.filter { $0.isOver(at: now) }.sorted { left, right in
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
    entries.values.filter { !$0.isOver(at: now) }.map(\.restriction).sorted { $0.order < $1.order }
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

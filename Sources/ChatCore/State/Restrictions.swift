import ChatProtocol

/// The bans and mutes of the whole server. What is over counts no longer, whether it has been taken out yet or not.
struct Restrictions: Sendable {
  private var entries: [Restriction.Key: Restriction] = [:]
  private var counts: [Restriction.Kind: Int] = [:]
  /// How many blocks of each length are banned: an address is looked for once for each length there is, however many bans there are.
  private var lengths: [AddressBlock.Family: [Int: Int]] = [:]
  /// Before this none of them is over; nil where none ends.
  private var nextEnd: Timestamp?

  init(_ list: [Restriction] = []) {
    for restriction in list { set(restriction) }
  }

  var count: Int { entries.count }

  /// Of one kind, those that are over and not taken out yet included.
  func count(of kind: Restriction.Kind) -> Int { counts[kind] ?? 0 }

  subscript(key: Restriction.Key) -> Restriction? { entries[key] }

  func ban(of name: Name, at now: Timestamp) -> Restriction? { entry(Restriction.Key(.ban, .user(name)), at: now) }
  func mute(of name: Name, at now: Timestamp) -> Restriction? { entry(Restriction.Key(.mute, .user(name)), at: now) }

  var bansAddresses: Bool { !lengths.isEmpty }

  /// Of the bans that an address is under, the one that lasts longest.
  func ban(on address: AddressBlock, at now: Timestamp) -> Restriction? {
    guard let lengths = lengths[address.family] else { return nil }
    let bans = lengths.keys.compactMap { length in
      entry(Restriction.Key(.ban, .addresses(address.truncated(to: length))), at: now)
    }
    // No two of them have the same length: the order of the keys does not show.
    return bans.max { ($0.end, $1.length) < ($1.end, $0.length) }
  }

  private func entry(_ key: Restriction.Key, at now: Timestamp) -> Restriction? {
    entries[key].flatMap { $0.isOver(at: now) ? nil : $0 }
  }

  /// Puts it into the place of the one of the same key.
  mutating func set(_ restriction: Restriction) {
    remove(restriction.key)
    entries[restriction.key] = restriction
    counts[restriction.kind, default: 0] += 1
    if case .addresses(let block) = restriction.subject {
      lengths[block.family, default: [:]][block.length, default: 0] += 1
    }
    if let until = restriction.until { nextEnd = nextEnd.map { min($0, until) } ?? until }
  }

  @discardableResult
  mutating func remove(_ key: Restriction.Key) -> Restriction? {
    guard let removed = entries.removeValue(forKey: key) else { return nil }
    counts[key.kind]! -= 1
    if case .addresses(let block) = key.subject {
      let left = lengths[block.family]![block.length]! - 1
      lengths[block.family]![block.length] = left == 0 ? nil : left
      if lengths[block.family]!.isEmpty { lengths[block.family] = nil }
    }
    return removed
  }

  /// Takes out those that are over, the first to end first, no more than so many.
  mutating func takeOver(at now: Timestamp, max: Int) -> [Restriction] {
    guard let nextEnd, nextEnd <= now else { return [] }
    let over = entries.values.filter { $0.isOver(at: now) }.sorted {
      $0.end == $1.end ? $0.order < $1.order : $0.end < $1.end
    }
    let taken = Array(over.prefix(max))
    for restriction in taken { remove(restriction.key) }
    self.nextEnd = entries.values.compactMap(\.until).min()
    return taken
  }

  /// Bans of names, bans of addresses, mutes, each by what they are on.
  func all(at now: Timestamp) -> [Restriction] {
    entries.values.filter { !$0.isOver(at: now) }.sorted { $0.order < $1.order }
  }
}

extension Restriction {
  /// For one without an end, a time that never comes.
  fileprivate var end: Timestamp { until ?? Timestamp(milliseconds: .max) }

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

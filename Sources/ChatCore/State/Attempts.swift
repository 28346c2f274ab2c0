extension Core {
  /// How many networks are counted at a time, and how many pairs of network and account or room.
  package static let countedMax = 1 << 15
}

/// How often each of those who are counted did a thing within the last minute, where that is bounded.
///
/// Whoever did nothing for a minute is forgotten, and beyond `keysMax` the one whose minute is over first: somebody who comes from
/// more networks than that is not slowed by counting networks, and must not fill the memory with them either.
struct Attempts<Key: Hashable & Sendable>: Sendable {
  private var window: [Key: Count] = [:]
  /// The keys of `window` in the order in which their minutes began; those before `first` are gone.
  private var order: [Key] = []
  private var first = 0

  private struct Count: Sendable {
    var began: SteadyTime
    var count: Int
  }

  static var windowMilliseconds: Int64 { 60_000 }
  static var keysMax: Int { Core.countedMax }

  /// Whether `key` may do it once more besides so many that are under way; `bound` 0 is none.
  func allows(_ key: Key, bound: Int, besides underWay: Int = 0, at now: SteadyTime) -> Bool {
    guard bound > 0 else { return true }
    let done = window[key].map { Self.isOver($0, at: now) ? 0 : $0.count } ?? 0
    return done + underWay < bound
  }

  mutating func note(_ key: Key, at now: SteadyTime) {
    forgetOld(at: now)
    if let count = window[key] {
      window[key]!.count = count.count + 1
      return
    }
    if window.count >= Self.keysMax { forgetFirst() }
    window[key] = Count(began: now, count: 1)
    order.append(key)
  }

  /// Whole seconds until `key` may try again.
  func secondsToWait(_ key: Key, at now: SteadyTime) -> Int64 {
    guard let count = window[key] else { return 0 }
    return max(1, (Self.windowMilliseconds - now.milliseconds(since: count.began) + 999) / 1000)
  }

  mutating func forgetOld(at now: SteadyTime) {
    while first < order.count, Self.isOver(window[order[first]]!, at: now) { forgetFirst() }
  }

  private mutating func forgetFirst() {
    window[order[first]] = nil
    first += 1
    if first > 64, first > order.count / 2 {
      order.removeSubrange(..<first)
      first = 0
    }
  }

  private static func isOver(_ count: Count, at now: SteadyTime) -> Bool {
    now.milliseconds(since: count.began) >= windowMilliseconds
  }
}

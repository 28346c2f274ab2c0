import ChatProtocol

extension Core {
  /// How many networks are counted at a time, and how many pairs of network and account or room.
  package static let rateLimiterKeysMax = 1 << 15
}

/// How often each of those who are counted did a thing within the last minute, where that is bounded.
///
/// Whoever did nothing for a minute is forgotten, and beyond `keysMax` the one whose minute is over first: somebody who comes from
/// more networks than that is not slowed by counting networks, and must not fill the memory with them either.
struct RateLimiter<Key: Hashable & Sendable>: Sendable {
  private var window: [Key: Count] = [:]
  /// The keys of `window` in the order in which their minutes began; those before `first` are gone.
  private var order: [Key] = []
  private var first = 0

  private struct Count: Sendable {
    var began: SteadyTime
    var count: Int
  }

  static var windowMilliseconds: Int64 { 60_000 }
  static var keysMax: Int { Core.rateLimiterKeysMax }

  /// Whether `key` may do it once more besides so many that are under way; `bound` 0 is none.
  func allows(_ key: Key, bound: Int, besides inProgress: Int = 0, at now: SteadyTime) -> Bool {
    guard bound > 0 else { return true }
    let done = window[key].map { Self.isExpired($0, at: now) ? 0 : $0.count } ?? 0
    return done + inProgress < bound
  }

  mutating func note(_ key: Key, at now: SteadyTime) {
    removeExpired(at: now)
    if let count = window[key] {
      window[key]!.count = count.count + 1
      return
    }
    if window.count >= Self.keysMax { forgetFirst() }
    window[key] = Count(began: now, count: 1)
    order.append(key)
  }

  /// Whole seconds until `key` may try again.
  func retryAfterSeconds(_ key: Key, at now: SteadyTime) -> Int64 {
    guard let count = window[key] else { return 0 }
    return max(1, (Self.windowMilliseconds - now.milliseconds(since: count.began) + 999) / 1000)
  }

  mutating func removeExpired(at now: SteadyTime) {
    while first < order.count, Self.isExpired(window[order[first]]!, at: now) { forgetFirst() }
  }

  private mutating func forgetFirst() {
    window[order[first]] = nil
    first += 1
    if first > 64, first > order.count / 2 {
      order.removeSubrange(..<first)
      first = 0
    }
  }

  private static func isExpired(_ count: Count, at now: SteadyTime) -> Bool {
    now.milliseconds(since: count.began) >= windowMilliseconds
  }
}

/// Where somebody comes from, as far as limits for an address are counted: an IPv4 address, or the /64 of an IPv6 one, because
/// whoever has one address of a /64 has all of them (RFC 6177).
///
/// Of link-local addresses (fe80::/10, RFC 4291) each counts alone: all machines of a link have the same /64. So does each IPv4
/// address behind a translator (64:ff9b::/96, RFC 6052).
package enum Network: Hashable, Sendable {
  case v4(UInt32)
  /// The first 64 bits.
  case v6(UInt64)
  /// The last 64 bits.
  case linkLocal(UInt64)
  /// What is no internet address counts as it is written.
  case other(String)

  /// `address` as a socket's peer is written, without port.
  package init(of address: String) {
    switch AddressBlock(address) {
    case let block? where block.family == .v4: self = .v4(UInt32(truncatingIfNeeded: block.prefix >> 96))
    case let block? where Network.translated.contains(block): self = .v4(UInt32(truncatingIfNeeded: block.prefix))
    case let block? where Network.linkLocal.contains(block):
      self = .linkLocal(UInt64(truncatingIfNeeded: block.prefix))
    case let block?: self = .v6(UInt64(truncatingIfNeeded: block.prefix >> 64))
    case nil: self = .other(address)
    }
  }

  private static let linkLocal = AddressBlock(.v6, address: 0xFE80 << 112, length: 10)
  private static let translated = AddressBlock(.v6, address: 0x64_FF9B << 96, length: 96)
}

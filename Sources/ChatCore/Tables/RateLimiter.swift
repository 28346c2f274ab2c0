import ChatProtocol

extension Core {
  /// The greatest number of networks counted at a time, and of pairs of a network with an account or room.
  package static let rateLimiterKeysMax = 1 << 15
}

/// Counts the actions of each key in the last minute.
///
/// A key without actions for a minute is forgotten; beyond `Core.rateLimiterKeysMax`, the one whose minute ends first. An attacker from
/// more networks than that is not slowed down by counting, and must not fill the memory.
struct RateLimiter<Key: Hashable & Sendable>: Sendable {
  private var window: [Key: Count] = [:]
  /// The keys of `window` in the order in which their minutes began; those before `first` are removed.
  private var order: [Key] = []
  private var first = 0

  private struct Count: Sendable {
    var began: SteadyTime
    var count: Int
  }

  static var windowMilliseconds: Int64 { 60_000 }

  /// Whether `key` may act once more, besides the actions in progress. A limit of 0 means no limit.
  func allows(_ key: Key, limit: Int, besides inProgress: Int = 0, at now: SteadyTime) -> Bool {
    guard limit > 0 else { return true }
    let done = window[key].map { Self.isExpired($0, at: now) ? 0 : $0.count } ?? 0
    return done + inProgress < limit
  }

  mutating func count(_ key: Key, at now: SteadyTime) {
    removeExpired(at: now)
    if let count = window[key] {
      window[key]!.count = count.count + 1
      return
    }
    if window.count >= Core.rateLimiterKeysMax { forgetFirst() }
    window[key] = Count(began: now, count: 1)
    order.append(key)
  }

  /// Seconds until `key` may try again, at least 1.
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

/// The unit of limits per address: an IPv4 address, or the /64 of an IPv6 one, because a client with one address of a
/// /64 has all of them (RFC 6177).
///
/// Each link-local address (fe80::/10, RFC 4291) counts alone: all machines of a link share a /64. So does each IPv4
/// address behind a translator (64:ff9b::/96, RFC 6052).
package enum Network: Hashable, Sendable {
  case v4(UInt32)
  /// The first 64 bits.
  case v6(UInt64)
  /// The last 64 bits.
  case linkLocal(UInt64)
  /// A text that is not an internet address.
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

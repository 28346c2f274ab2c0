/// Where somebody comes from, as far as limits for an address are counted: an IPv4 address, or the /64 of an IPv6 one, because
/// whoever has one address of a /64 has all of them (RFC 6177).
package enum Network: Hashable, Sendable {
  case v4(UInt32)
  /// The first 64 bits.
  case v6(UInt64)
  /// What is no internet address counts as it is written.
  case other(String)

  /// `address` as a socket's peer is written, without port.
  package init(of address: String) {
    if let bits = Network.v4Bits(address) {
      self = .v4(bits)
    } else if let prefix = Network.v6Prefix(address) {
      self = .v6(prefix)
    } else {
      self = .other(address)
    }
  }

  private static func v4Bits(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.count == 4, !parts.contains(nil) else { return nil }
    return parts.reduce(0) { $0 << 8 | UInt32($1!) }
  }

  /// The first four of the eight groups; `::` stands for as many of nought as are missing.
  private static func v6Prefix(_ text: String) -> UInt64? {
    guard text.contains(":") else { return nil }
    let groups = text.split(separator: ":", omittingEmptySubsequences: false)
    var before: [UInt16] = []
    for group in groups {
      if group.isEmpty { break }
      guard let bits = UInt16(group, radix: 16) else { return nil }
      before.append(bits)
    }
    let isShortened = before.count < groups.count
    // Behind the gap, from the end.
    var after: [UInt16] = []
    if isShortened {
      for group in groups.reversed() {
        // The last four groups are no part of the prefix, and may be written as an IPv4 address.
        guard !group.isEmpty else { break }
        after.insert(UInt16(group, radix: 16) ?? 0, at: 0)
      }
    }
    guard before.count + after.count <= 8 else { return nil }
    let whole = before + [UInt16](repeating: 0, count: 8 - before.count - after.count) + after
    return whole.prefix(4).reduce(0) { $0 << 16 | UInt64($1) }
  }
}

import ChatProtocol

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
    switch AddressBlock(address) {
    case let block? where block.family == .v4: self = .v4(UInt32(truncatingIfNeeded: block.prefix >> 96))
    case let block?: self = .v6(UInt64(truncatingIfNeeded: block.prefix >> 64))
    case nil: self = .other(address)
    }
  }
}

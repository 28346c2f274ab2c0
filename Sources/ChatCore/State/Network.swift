import ChatProtocol

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

import Glibc

/// An internet address and port, as text that is the same for the same address: RFC 5952 for IPv6, and an IPv4
/// address that came in through an IPv6 socket as IPv4.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
  package let ip: String
  package let port: UInt16

  package init(ip: String, port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// `127.0.0.1:7777`, `[::1]:7777`.
  package var description: String {
    ip.contains(":") && !ip.hasPrefix("[") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
  }

  /// What a call such as accept(2) filled in; of another family than the internet's, an empty ip and port 0.
  init(_ storage: sockaddr_storage) {
    // A sockaddr_storage is made to be read as the address of the family it names.
    unsafe self = withUnsafeBytes(of: storage) { bytes in
      switch CInt(storage.ss_family) {
      case AF_INET:
        let address = unsafe bytes.load(as: sockaddr_in.self)
        return PeerAddress(
          ip: PeerAddress.text(AF_INET, address.sin_addr, length: INET_ADDRSTRLEN),
          port: UInt16(bigEndian: address.sin_port))
      case AF_INET6:
        let address = unsafe bytes.load(as: sockaddr_in6.self)
        let text = PeerAddress.text(AF_INET6, address.sin6_addr, length: INET6_ADDRSTRLEN)
        let mapped = "::ffff:"
        let isMapped = text.hasPrefix(mapped) && text.contains(".")
        return PeerAddress(
          ip: isMapped ? String(text.dropFirst(mapped.count)) : text, port: UInt16(bigEndian: address.sin6_port))
      default:
        return PeerAddress(ip: "", port: 0)
      }
    }
  }

  private static func text<Address>(_ family: CInt, _ address: Address, length: CInt) -> String {
    var text = [CChar](repeating: 0, count: Int(length))
    let filled = unsafe withUnsafeBytes(of: address) { bytes in
      unsafe inet_ntop(family, bytes.baseAddress, &text, socklen_t(length)) != nil
    }
    precondition(filled, "the buffer is as long as inet_ntop(3) asks for")
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

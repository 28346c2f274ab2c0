/// Why a socket could not be opened, in words fit for the person who typed the address.
package enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
  /// getaddrinfo(3) knows no address for the host; `reason` is its own sentence.
  case unresolved(host: String, reason: String)
  /// unix(7) gives a path 107 bytes at most.
  case pathTooLong(path: String, bytes_max: Int)
  /// A system call on the way failed; `call` is its name, `address` what it was tried with.
  case failed(call: String, address: String, Errno)

  /// What the system said, where it was the system.
  package var errno: Errno? {
    if case .failed(_, _, let errno) = self { errno } else { nil }
  }

  package var description: String {
    switch self {
    case .unresolved(let host, let reason):
      "no address found for \(host): \(reason)"
    case .pathTooLong(let path, let bytes_max):
      "the socket path \(path) has \(path.utf8.count) bytes, the system takes \(bytes_max): use a shorter one"
    case .failed(let call, let address, let errno):
      "cannot \(call) \(address): \(errno)"
    }
  }
}

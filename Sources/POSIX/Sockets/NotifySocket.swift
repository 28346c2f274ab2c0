import Glibc

/// Where whoever started this process wants to hear how far it is, as systemd does: the datagram socket of the unix(7) family
/// that the environment variable NOTIFY_SOCKET names, sd_notify(3).
package struct NotifySocket: Sendable {
  /// As it stands in sun_path: a name that is not in the file system begins with NUL.
  private let name: [UInt8]

  /// Of the variable's value: a path from the root, or `@` and an abstract name. nil where nobody wants to hear, or somebody
  /// does on a socket of another family.
  package init?(_ value: String?) {
    var name = Array((value ?? "").utf8)
    let isAbstract = name.first == UInt8(ascii: "@")
    guard isAbstract || name.first == UInt8(ascii: "/"), name.count > 1, name.count <= Socket.unixPathBytesMax,
      !name.contains(0)
    else { return nil }
    if isAbstract { name[0] = 0 }
    self.name = name
  }

  /// Sends assignments such as `READY=1`, one a line, as one datagram. Throws `.wouldBlock` while the receiver is behind.
  package func send(_ assignments: String) throws(Errno) {
    let descriptor = FileDescriptor(
      owning: try checked { socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) })
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // The path is an array of fixed size, which Swift sees as a tuple, and the name fits into it; the rest is zero already.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    // An abstract name is as long as the address says: every byte of it counts, and no NUL ends it.
    let length = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + name.count
    let bytes = Array(assignments.utf8)
    // The C interface wants every family's address by a pointer to the general one.
    _ = try unsafe withUnsafeBytes(of: &address) { (raw) throws(Errno) in
      try checked {
        unsafe sendto(
          descriptor.rawValue, bytes, bytes.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT),
          raw.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t(length))
      }
    }
  }
}

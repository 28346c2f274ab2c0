import CLinux
import Glibc

extension Socket {
  /// The longest path that unix(7) takes, in bytes: sun_path less the NUL that ends it.
  package static var unixPathBytesMax: Int { MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1 }

  /// A listening unix(7) socket at `path`, non-blocking, of just that mode (so 0o600 keeps other users out).
  ///
  /// A socket file that nobody listens at any more is replaced. Where somebody does it throws `.addressInUse`,
  /// where something else has the name `.fileExists`; neither is touched. Two that start at the same instant are kept
  /// apart by a lock of the caller's, not by this.
  package static func listenUnix(
    path: String, mode: UInt32 = 0o600, backlog: Int32 = 128
  ) throws(SocketError) -> FileDescriptor {
    var address = try unixAddress(path)
    do throws(Errno) {
      let descriptor = try FileDescriptor.stream(family: AF_UNIX, flags: SOCK_NONBLOCK)
      // Linux gives the name the mode that the socket has, less the umask: at no moment it stands wide open.
      try descriptor.changeMode(mode)
      do {
        try descriptor.bind(&address)
      } catch .addressInUse {
        try removeStaleSocket(path, &address)
        try descriptor.bind(&address)
      }
      try File.changeMode(path, mode)
      _ = try checked { Glibc.listen(descriptor.rawValue, backlog) }
      return descriptor
    } catch {
      throw .failed(call: "listen on", address: path, error)
    }
  }

  /// A connection to the unix(7) socket at `path`, blocking. A socket file nobody listens at: `.connectionRefused`; a
  /// listener that takes nobody from its full backlog for `timeout_ms`: `.timedOut`.
  package static func connectUnix(path: String, timeout_ms: Int32 = 10_000) throws(SocketError) -> FileDescriptor {
    var address = try unixAddress(path)
    do throws(Errno) {
      let descriptor = try FileDescriptor.stream(family: AF_UNIX)
      // The bound of sending is that of connecting too, socket(7); later calls are to have none.
      try descriptor.setSendTimeout(ms: timeout_ms)
      do {
        try descriptor.connect(&address)
      } catch .wouldBlock {
        throw .timedOut
      }
      try descriptor.setSendTimeout(ms: 0)
      return descriptor
    } catch {
      throw .failed(call: "connect to", address: path, error)
    }
  }

  /// Removes the socket file where nobody listens at it.
  private static func removeStaleSocket(_ path: String, _ address: inout sockaddr_un) throws(Errno) {
    guard try File.statusOfLink(path).isSocket else { throw .fileExists }
    // Non-blocking: a live listener with a full backlog answers `.wouldBlock` instead of keeping us waiting.
    let probe = try FileDescriptor.stream(family: AF_UNIX, flags: SOCK_NONBLOCK)
    do {
      try probe.connect(&address)
    } catch .connectionRefused {
      try File.unlink(path)
      return
    } catch .wouldBlock {}
    throw .addressInUse
  }

  private static func unixAddress(_ path: String) throws(SocketError) -> sockaddr_un {
    let bytes = Array(path.utf8)
    if bytes.count > unixPathBytesMax { throw .pathTooLong(path: path, bytes_max: unixPathBytesMax) }
    // An empty path or one that begins with NUL would mean a name that is not in the file system.
    if bytes.isEmpty || bytes.contains(0) { throw .failed(call: "use the path", address: path, .invalidArgument) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // The path is an array of fixed size, which Swift sees as a tuple; the rest of it is zero already.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    return address
  }
}

extension FileDescriptor {
  /// SO_SNDTIMEO, socket(7); 0 means for ever.
  func setSendTimeout(ms: Int32) throws(Errno) {
    var timeout = timeval(tv_sec: Int(ms / 1000), tv_usec: Int(ms % 1000) * 1000)
    _ = try checked {
      unsafe setsockopt(rawValue, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  fileprivate func bind(_ address: inout sockaddr_un) throws(Errno) {
    try unsafe withSocketAddress(&address) { (address, length) throws(Errno) in
      _ = try checked { unsafe Glibc.bind(rawValue, address, length) }
    }
  }

  fileprivate func connect(_ address: inout sockaddr_un) throws(Errno) {
    try unsafe withSocketAddress(&address) { (address, length) throws(Errno) in
      _ = try checked { unsafe Glibc.connect(rawValue, address, length) }
    }
  }

  /// The C interface wants every family's address by a pointer to the general one.
  private func withSocketAddress(
    _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> Void
  ) throws(Errno) {
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    try unsafe withUnsafeBytes(of: &address) { (bytes) throws(Errno) in
      try unsafe body(bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, length)
    }
  }
}

/// Which process is at the other end of a unix(7) socket, as the kernel noted when it connected.
package struct PeerCredentials: Hashable, Sendable {
  package let processID: Int32
  package let userID: UInt32
  package let groupID: UInt32
}

extension FileDescriptor {
  /// SO_PEERCRED, unix(7).
  package func peerCredentials() throws(Errno) -> PeerCredentials {
    var credentials = ucred()
    var length = socklen_t(MemoryLayout<ucred>.size)
    _ = try checked { unsafe getsockopt(rawValue, SOL_SOCKET, SO_PEERCRED, &credentials, &length) }
    return PeerCredentials(processID: credentials.pid, userID: credentials.uid, groupID: credentials.gid)
  }
}

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

import CLinux
import Glibc

// Sockets of the unix(7) family.
extension Socket {
  /// The longest path of a socket in bytes: sun_path without its final NUL.
  package static var unixPathBytesMax: Int { MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1 }

  /// A listening socket at `path`, non-blocking, of exactly that mode (0o600 keeps other users out).
  ///
  /// It replaces a socket file without a listener. It throws `.addressInUse` if a process listens there and
  /// `.fileExists` if the name is not a socket's. Two processes that start at the same instant need a lock of the caller's.
  package static func listenUnix(
    path: String, mode: UInt32 = 0o600, backlog: Int32 = 128
  ) throws(SocketError) -> FileDescriptor {
    var address = try unixAddress(path)
    do throws(Errno) {
      let descriptor = try FileDescriptor.stream(family: AF_UNIX, flags: SOCK_NONBLOCK)
      // Linux gives the file the socket's mode, less the umask: it is never open to others.
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

  /// A connection to the socket at `path`, blocking. Throws `.connectionRefused` if no process listens there, and
  /// `.timedOut` if the listener's backlog stays full for the timeout.
  package static func connectUnix(path: String, timeoutMilliseconds: Int32 = 10_000) throws(SocketError)
    -> FileDescriptor
  {
    var address = try unixAddress(path)
    do throws(Errno) {
      let descriptor = try FileDescriptor.stream(family: AF_UNIX)
      // The send timeout bounds connect(2) too, socket(7); later calls have none.
      try descriptor.setSendTimeout(ms: timeoutMilliseconds)
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

  /// Removes the socket file if no process listens at it.
  private static func removeStaleSocket(_ path: String, _ address: inout sockaddr_un) throws(Errno) {
    guard try File.statusOfLink(path).isSocket else { throw .fileExists }
    // Non-blocking: a live listener with a full backlog throws `.wouldBlock` at once.
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
    if bytes.count > unixPathBytesMax { throw .pathTooLong(path: path, bytesMax: unixPathBytesMax) }
    // An empty path or one that begins with NUL would be an abstract name.
    if bytes.isEmpty || bytes.contains(0) { throw .failed(call: "use the path", address: path, .invalidArgument) }
    return sockaddr_un(path: bytes)
  }
}

extension sockaddr_un {
  /// `path` fits into sun_path.
  fileprivate init(path: [UInt8]) {
    self.init()
    sun_family = sa_family_t(AF_UNIX)
    // sun_path is an array of fixed size, which Swift sees as a tuple; the rest of it is zero already.
    unsafe withUnsafeMutableBytes(of: &sun_path) { unsafe $0.copyBytes(from: path) }
  }

  /// The C interface takes every family's address by a pointer to the general one.
  fileprivate func withSocketAddress(
    length: Int = MemoryLayout<sockaddr_un>.size, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> Void
  ) throws(Errno) {
    try unsafe withUnsafeBytes(of: self) { (bytes) throws(Errno) in
      try unsafe body(bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t(length))
    }
  }
}

extension FileDescriptor {
  /// SO_SNDTIMEO, socket(7); 0 means for ever.
  fileprivate func setSendTimeout(ms: Int32) throws(Errno) {
    var timeout = timeval(tv_sec: Int(ms / 1000), tv_usec: Int(ms % 1000) * 1000)
    _ = try checked {
      unsafe setsockopt(rawValue, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  fileprivate func bind(_ address: inout sockaddr_un) throws(Errno) {
    try unsafe address.withSocketAddress { (address, length) throws(Errno) in
      _ = try checked { unsafe Glibc.bind(rawValue, address, length) }
    }
  }

  fileprivate func connect(_ address: inout sockaddr_un) throws(Errno) {
    try unsafe address.withSocketAddress { (address, length) throws(Errno) in
      _ = try checked { unsafe Glibc.connect(rawValue, address, length) }
    }
  }

  /// SO_PEERCRED, unix(7).
  package func peerCredentials() throws(Errno) -> PeerCredentials {
    var credentials = ucred()
    var length = socklen_t(MemoryLayout<ucred>.size)
    _ = try checked { unsafe getsockopt(rawValue, SOL_SOCKET, SO_PEERCRED, &credentials, &length) }
    return PeerCredentials(processID: credentials.pid, userID: credentials.uid, groupID: credentials.gid)
  }
}

/// The process at the other end of a unix(7) socket, as of its connect(2).
package struct PeerCredentials: Hashable, Sendable {
  package let processID: Int32
  package let userID: UInt32
  package let groupID: UInt32
}

/// The service manager's socket for status messages, sd_notify(3): a datagram socket of the unix(7) family, named by
/// NOTIFY_SOCKET.
package struct NotifySocket: Sendable {
  /// As in sun_path: an abstract name begins with NUL.
  private let name: [UInt8]

  /// From the variable's value: an absolute path, or `@` and an abstract name. Nil if it is not set or names a socket of
  /// another family.
  package init?(_ value: String?) {
    var name = Array((value ?? "").utf8)
    let isAbstract = name.first == UInt8(ascii: "@")
    guard isAbstract || name.first == UInt8(ascii: "/"), name.count > 1, name.count <= Socket.unixPathBytesMax,
      !name.contains(0)
    else { return nil }
    if isAbstract { name[0] = 0 }
    self.name = name
  }

  /// Sends assignments such as `READY=1`, one a line, as one datagram. Throws `.wouldBlock` while the receiver's queue is full.
  package func send(_ assignments: String) throws(Errno) {
    let descriptor = FileDescriptor(
      owning: try checked { socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) })
    let address = sockaddr_un(path: name)
    // Every byte of an abstract name counts and no NUL ends it, so the length says where it ends.
    let length = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + name.count
    let bytes = Array(assignments.utf8)
    try unsafe address.withSocketAddress(length: length) { (address, length) throws(Errno) in
      _ = try checked {
        unsafe sendto(descriptor.rawValue, bytes, bytes.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT), address, length)
      }
    }
  }
}

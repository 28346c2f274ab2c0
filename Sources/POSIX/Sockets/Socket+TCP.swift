import Glibc

/// Opening sockets. What an open one does stands in the extension of `FileDescriptor` beside this.
package enum Socket {
  /// A listening TCP socket, non-blocking. `host` is a numeric IPv4 or IPv6 address or a name, of which the first
  /// address that can be bound is taken; port 0 takes any free one, which `localAddress` then tells.
  /// SO_REUSEADDR lets a restarted server have its port back at once; a live one's is still refused.
  package static func listen(
    host: String, port: UInt16, backlog: Int32 = 1024
  ) throws(SocketError) -> FileDescriptor {
    let addresses = try AddressList(host: host, port: port, passive: true)
    return try unsafe addresses.firstSocket(
      flags: SOCK_NONBLOCK, call: "listen on", address: PeerAddress(ip: host, port: port).description
    ) { (descriptor, address, length) throws(Errno) in
      try descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
      // Urgent data, such as Telnet's, stays among the other bytes of a connection that is accepted.
      try descriptor.setOption(SOL_SOCKET, SO_OOBINLINE, 1)
      _ = try checked { unsafe bind(descriptor.rawValue, address, length) }
      _ = try checked { Glibc.listen(descriptor.rawValue, backlog) }
    }
  }

  /// A connected TCP socket, blocking. Each of the host's addresses is tried in turn for at most `timeout_ms`.
  package static func connect(
    host: String, port: UInt16, timeout_ms: Int32 = 10_000
  ) throws(SocketError) -> FileDescriptor {
    let addresses = try AddressList(host: host, port: port, passive: false)
    return try unsafe addresses.firstSocket(
      flags: SOCK_NONBLOCK, call: "connect to", address: PeerAddress(ip: host, port: port).description
    ) { (descriptor, address, length) throws(Errno) in
      do throws(Errno) {
        // An interrupted connect(2) goes on by itself; poll(2) tells how it ends in both cases.
        _ = try checked(retryingInterrupts: false) { unsafe Glibc.connect(descriptor.rawValue, address, length) }
      } catch {
        if error != .inProgress && error != .interrupted { throw error }
        try descriptor.awaitConnection(timeout_ms: timeout_ms)
      }
      try descriptor.setNonBlocking(false)
    }
  }

  /// A TCP socket that is being connected to the first of the host's addresses, non-blocking: it is writable once it is,
  /// and the first read or write throws how it failed. `source` is this end's numeric address: from one address to one port
  /// there are 28,231 connections at most, ip(7), and the loopback has sixteen million addresses.
  package static func beginConnecting(
    host: String, port: UInt16, from source: String? = nil
  ) throws(SocketError) -> FileDescriptor {
    let addresses = try AddressList(host: host, port: port, passive: false)
    let sources: AddressList? = if let source { try AddressList(host: source, port: 0, passive: true) } else { nil }
    return try unsafe addresses.firstSocket(
      flags: SOCK_NONBLOCK, call: "connect to", address: PeerAddress(ip: host, port: port).description
    ) { (descriptor, address, length) throws(Errno) in
      try unsafe sources?.withFirst { (address, length) throws(Errno) in
        _ = try checked { unsafe bind(descriptor.rawValue, address, length) }
      }
      do throws(Errno) {
        _ = try checked { unsafe Glibc.connect(descriptor.rawValue, address, length) }
      } catch {
        if error != .inProgress { throw error }
      }
    }
  }

  /// Two connected stream sockets of the unix(7) family, blocking: socketpair(2).
  package static func pair() throws(Errno) -> SocketPair {
    var ends: (CInt, CInt) = (-1, -1)
    _ = try unsafe withUnsafeMutableBytes(of: &ends) { (bytes) throws(Errno) in
      // A homogeneous tuple is laid out as the array that socketpair(2) fills.
      try checked {
        unsafe socketpair(
          AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0,
          bytes.assumingMemoryBound(to: CInt.self).baseAddress!)
      }
    }
    return SocketPair(first: FileDescriptor(owning: ends.0), second: FileDescriptor(owning: ends.1))
  }
}

/// What `Socket.pair` makes. Frozen, so that other modules may take it apart.
@frozen package struct SocketPair: ~Copyable {
  package let first: FileDescriptor
  package let second: FileDescriptor
}

extension FileDescriptor {
  /// Waits until a connect(2) that goes on in the background has ended, and throws how if it failed.
  fileprivate func awaitConnection(timeout_ms: Int32) throws(Errno) {
    guard try wait(for: Int16(POLLOUT), timeout_ms: timeout_ms) else { throw .timedOut }
    let failure = try option(SOL_SOCKET, SO_ERROR)
    if failure != 0 { throw Errno(rawValue: failure) }
  }
}

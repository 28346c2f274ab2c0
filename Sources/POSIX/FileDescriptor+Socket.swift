import CLinux
import Glibc

// What open sockets do.
extension FileDescriptor {
  /// send(2) without SIGPIPE: how many bytes the kernel took, which may be fewer than there are; nil when it takes
  /// none now and the socket is non-blocking.
  package func send(_ buffer: UnsafeRawBufferPointer) throws(Errno) -> Int? {
    try checkedUnlessBlocking { unsafe Glibc.send(rawValue, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL)) }
  }

  package func send(_ bytes: Span<UInt8>) throws(Errno) -> Int? {
    try unsafe bytes.withUnsafeBytes { (buffer) throws(Errno) in try unsafe send(buffer) }
  }

  package func send(_ bytes: [UInt8]) throws(Errno) -> Int? { try send(bytes.span) }
  package func send(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int? { try send(bytes.span) }

  /// recv(2) into memory of the caller's. 0 says that the peer sends nothing more, nil that there is nothing now and
  /// the socket is non-blocking. A peer that vanished throws `.connectionReset` or `.timedOut`.
  package func receive(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int? {
    try checkedUnlessBlocking { unsafe recv(rawValue, buffer.baseAddress, buffer.count, 0) }
  }

  /// At most `count` bytes, what one recv(2) gives; empty and nil as above.
  package func receive(upTo count: Int) throws(Errno) -> [UInt8]? {
    do {
      return try unsafe filledArray(capacity: count) { (buffer) throws(Errno) in
        guard let received = try unsafe receive(into: buffer) else { throw .wouldBlock }
        return received
      }
    } catch .wouldBlock {
      return nil
    }
  }

  /// shutdown(2), SHUT_WR: the peer reads what was sent and then the end; it may still send.
  package func shutdownWrite() throws(Errno) {
    _ = try checked { shutdown(rawValue, CInt(SHUT_WR)) }
  }

  /// shutdown(2), SHUT_RDWR: whoever waits for the socket, here or at the other end, is told that it is over.
  package func shutdownBoth() throws(Errno) {
    _ = try checked { shutdown(rawValue, CInt(SHUT_RDWR)) }
  }

  /// TCP_NODELAY, tcp(7): small writes leave at once.
  package func setNoDelay() throws(Errno) {
    try setOption(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
  }

  /// SO_KEEPALIVE, tcp(7): after `idle_s` seconds of silence the kernel asks every `interval_s` seconds, and when
  /// `count` questions stay unanswered the connection ends with `.timedOut`.
  package func setKeepAlive(idle_s: Int32, interval_s: Int32, count: Int32) throws(Errno) {
    try setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
    try setOption(CInt(IPPROTO_TCP), TCP_KEEPIDLE, idle_s)
    try setOption(CInt(IPPROTO_TCP), TCP_KEEPINTVL, interval_s)
    try setOption(CInt(IPPROTO_TCP), TCP_KEEPCNT, count)
  }

  /// TCP_NOTSENT_LOWAT: while so much waits that cannot be put on its way, the kernel takes no more, whatever place it has; it
  /// takes more again once this is raised. Documented as tcp_notsent_lowat in the kernel's ip-sysctl.
  package func setUnsentMax(bytes: Int32) throws(Errno) {
    try setOption(CInt(IPPROTO_TCP), TCP_NOTSENT_LOWAT, bytes)
  }

  /// SO_SNDBUF, socket(7), in bytes; the kernel doubles it for its own use.
  package func setSendBuffer(bytes: Int32) throws(Errno) {
    try setOption(SOL_SOCKET, SO_SNDBUF, bytes)
  }

  /// SO_MAX_PACING_RATE: the kernel sends no more of a TCP connection in a second, and spreads that evenly. Documented in tc-fq(8); TCP
  /// does it by itself where there is no such queue.
  package func setPace(bytesPerSecondMax: Int) throws(Errno) {
    try setOption(SOL_SOCKET, SO_MAX_PACING_RATE, Int32(bitPattern: UInt32(clamping: bytesPerSecondMax)))
  }

  /// getsockname(2): where the socket is bound.
  package func localAddress() throws(Errno) -> PeerAddress {
    var storage = sockaddr_storage()
    _ = try unsafe withSocketAddress(of: &storage) { (address, length) throws(Errno) in
      try checked { unsafe getsockname(rawValue, address, length) }
    }
    return PeerAddress(storage)
  }

  package func localPort() throws(Errno) -> UInt16 {
    try localAddress().port
  }

  func setOption(_ level: CInt, _ name: CInt, _ value: CInt) throws(Errno) {
    var value = value
    _ = try checked { unsafe setsockopt(rawValue, level, name, &value, socklen_t(MemoryLayout<CInt>.size)) }
  }

  func option(_ level: CInt, _ name: CInt) throws(Errno) -> CInt {
    var value: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    _ = try checked { unsafe getsockopt(rawValue, level, name, &value, &length) }
    return value
  }
}

/// Lends a sockaddr_storage to a call that fills it through a pointer to the general sockaddr.
func withSocketAddress<Value>(
  of storage: inout sockaddr_storage,
  _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) throws(Errno) -> Value
) throws(Errno) -> Value {
  var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
  return try unsafe withUnsafeMutableBytes(of: &storage) { (bytes) throws(Errno) in
    try unsafe body(bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, &length)
  }
}

// Sockets that a thread of its own waits for.
extension FileDescriptor {
  /// poll(2): whether there is something to read (the end and an error count) within so long; -1 waits for ever.
  package func waitUntilReadable(timeout_ms: Int32) throws(Errno) -> Bool {
    try wait(for: Int16(POLLIN), timeout_ms: timeout_ms)
  }

  /// poll(2): whether bytes are taken (an error counts) within so long.
  package func waitUntilWritable(timeout_ms: Int32) throws(Errno) -> Bool {
    try wait(for: Int16(POLLOUT), timeout_ms: timeout_ms)
  }

  func wait(for events: Int16, timeout_ms: Int32) throws(Errno) -> Bool {
    var state = pollfd(fd: rawValue, events: events, revents: 0)
    return try checked { unsafe poll(&state, 1, timeout_ms) } > 0
  }

  /// sendfile(2): at most `count` bytes of a file from `offset` go into this socket, without a copy outside the kernel. How many
  /// did: 0 at the file's end, nil when the socket takes none now and is non-blocking.
  package func send(
    from file: borrowing FileDescriptor, at offset: Int64, upTo count: Int
  ) throws(Errno) -> Int? {
    let source = file.rawValue
    var position = off_t(offset)
    return try checkedUnlessBlocking { unsafe sendfile(rawValue, source, &position, count) }
  }

  /// recv(2) with MSG_TRUNC: takes at most `count` bytes of a TCP stream and throws them away in the kernel. How many they were:
  /// 0 at the end, nil when there are none now and it is non-blocking.
  package func discard(upTo count: Int) throws(Errno) -> Int? {
    try checkedUnlessBlocking { recv(rawValue, nil, count, CInt(MSG_TRUNC)) }
  }

  /// shutdown(2), SHUT_RD: whoever waits to read wakes up.
  package func shutdownRead() throws(Errno) {
    _ = try checked { shutdown(rawValue, CInt(SHUT_RD)) }
  }
}

/// A connection that a listening socket gave: non-blocking, closed on exec. Frozen, so that other modules may take it
/// apart.
@frozen package struct AcceptedConnection: ~Copyable {
  package let descriptor: FileDescriptor
  /// Of a unix(7) connection: an empty ip and port 0.
  package let peer: PeerAddress
}

extension FileDescriptor {
  /// accept4(2) on a listening socket; nil when nobody waits. A peer that went away while it waited is passed over.
  /// `.tooManyOpenFiles` and `.tooManyOpenFilesInSystem` leave it waiting, so the socket stays readable: the caller
  /// stops asking for a moment.
  package func accept() throws(Errno) -> AcceptedConnection? {
    while true {
      do {
        var storage = sockaddr_storage()
        let number = try unsafe withSocketAddress(of: &storage) { (address, length) throws(Errno) in
          try checkedUnlessBlocking {
            unsafe accept4(rawValue, address, length, CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
          }
        }
        guard let number else { return nil }
        return AcceptedConnection(descriptor: FileDescriptor(owning: number), peer: PeerAddress(storage))
      } catch .connectionAborted {
        continue
      }
    }
  }
}

import CLinux
import Glibc

// Operations of open sockets.
extension FileDescriptor {
  /// send(2) without SIGPIPE. Returns how many bytes the kernel took, possibly fewer than given, or nil if a non-blocking socket
  /// takes none now.
  package func send(_ buffer: UnsafeRawBufferPointer) throws(Errno) -> Int? {
    try checkedUnlessBlocking { unsafe Glibc.send(rawValue, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL)) }
  }

  package func send(_ bytes: Span<UInt8>) throws(Errno) -> Int? {
    try unsafe bytes.withUnsafeBytes { (buffer) throws(Errno) in try unsafe send(buffer) }
  }

  package func send(_ bytes: [UInt8]) throws(Errno) -> Int? { try send(bytes.span) }
  package func send(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int? { try send(bytes.span) }

  /// sendfile(2): sends at most `count` bytes of a file from `offset`, without a copy outside the kernel. Returns how many:
  /// 0 at the file's end, nil if a non-blocking socket takes none now.
  package func send(
    from file: borrowing FileDescriptor, at offset: Int64, upTo count: Int
  ) throws(Errno) -> Int? {
    let source = file.rawValue
    var position = off_t(offset)
    return try checkedUnlessBlocking { unsafe sendfile(rawValue, source, &position, count) }
  }

  /// recv(2) into the caller's memory. Returns 0 if the peer sends nothing more, nil if a non-blocking socket has
  /// nothing now. A peer that vanished throws `.connectionReset` or `.timedOut`.
  package func receive(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int? {
    try checkedUnlessBlocking { unsafe recv(rawValue, buffer.baseAddress, buffer.count, 0) }
  }

  /// At most `count` bytes, as one recv(2) returns them; empty and nil as above.
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

  /// recv(2) with MSG_PEEK: at most `count` bytes, which the next call receives again; empty and nil as above.
  package func peek(upTo count: Int) throws(Errno) -> [UInt8]? {
    do {
      return try unsafe filledArray(capacity: count) { (buffer) throws(Errno) in
        let flags = CInt(MSG_PEEK)
        let peeked = try checkedUnlessBlocking { unsafe recv(rawValue, buffer.baseAddress, buffer.count, flags) }
        guard let peeked else { throw .wouldBlock }
        return peeked
      }
    } catch .wouldBlock {
      return nil
    }
  }

  /// recv(2) with MSG_TRUNC: discards at most `count` bytes of a TCP stream in the kernel. Returns how many:
  /// 0 at the end, nil if a non-blocking socket has none now.
  package func discard(upTo count: Int) throws(Errno) -> Int? {
    try checkedUnlessBlocking { recv(rawValue, nil, count, CInt(MSG_TRUNC)) }
  }

  /// accept4(2) on a listening socket; nil if no connection waits. It skips a peer that went away while it waited.
  /// `.tooManyOpenFiles` and `.tooManyOpenFilesInSystem` leave the connection waiting, so the socket stays readable: the caller
  /// pauses accepting.
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

  /// shutdown(2), SHUT_RD: wakes a thread that waits to read.
  package func shutdownRead() throws(Errno) { try shutdown(SHUT_RD) }

  /// shutdown(2), SHUT_WR: the peer reads what was sent and then the end; it may still send.
  package func shutdownWrite() throws(Errno) { try shutdown(SHUT_WR) }

  /// shutdown(2), SHUT_RDWR: wakes every thread that waits for the socket, at both ends.
  package func shutdownBoth() throws(Errno) { try shutdown(SHUT_RDWR) }

  private func shutdown(_ how: Int) throws(Errno) { _ = try checked { Glibc.shutdown(rawValue, CInt(how)) } }

  /// poll(2): whether there is something to read (the end and an error count) within the timeout; -1 waits for ever.
  package func waitUntilReadable(timeoutMilliseconds: Int32) throws(Errno) -> Bool {
    try wait(for: Int16(POLLIN), timeoutMilliseconds: timeoutMilliseconds)
  }

  /// poll(2): whether a write would not wait (an error counts) within the timeout.
  package func waitUntilWritable(timeoutMilliseconds: Int32) throws(Errno) -> Bool {
    try wait(for: Int16(POLLOUT), timeoutMilliseconds: timeoutMilliseconds)
  }

  private func wait(for events: Int16, timeoutMilliseconds: Int32) throws(Errno) -> Bool {
    var state = pollfd(fd: rawValue, events: events, revents: 0)
    return try checked { unsafe poll(&state, 1, timeoutMilliseconds) } > 0
  }

  /// getsockname(2).
  package func localAddress() throws(Errno) -> PeerAddress {
    var storage = sockaddr_storage()
    _ = try unsafe withSocketAddress(of: &storage) { (address, length) throws(Errno) in
      try checked { unsafe getsockname(rawValue, address, length) }
    }
    return PeerAddress(storage)
  }

  /// getpeername(2).
  package func peerAddress() throws(Errno) -> PeerAddress {
    var storage = sockaddr_storage()
    _ = try unsafe withSocketAddress(of: &storage) { (address, length) throws(Errno) in
      try checked { unsafe getpeername(rawValue, address, length) }
    }
    return PeerAddress(storage)
  }

  package func localPort() throws(Errno) -> UInt16 { try localAddress().port }
}

// Options.
extension FileDescriptor {
  /// TCP_NODELAY, tcp(7): small writes leave at once.
  package func setNoDelay() throws(Errno) { try setOption(CInt(IPPROTO_TCP), TCP_NODELAY, 1) }

  /// SO_KEEPALIVE, tcp(7): after `idleSeconds` seconds of silence the kernel probes the peer every `intervalSeconds` seconds. After
  /// `count` unanswered probes the connection ends with `.timedOut`.
  package func setKeepAlive(idleSeconds: Int32, intervalSeconds: Int32, count: Int32) throws(Errno) {
    try setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
    try setOption(CInt(IPPROTO_TCP), TCP_KEEPIDLE, idleSeconds)
    try setOption(CInt(IPPROTO_TCP), TCP_KEEPINTVL, intervalSeconds)
    try setOption(CInt(IPPROTO_TCP), TCP_KEEPCNT, count)
  }

  /// TCP_NOTSENT_LOWAT, the kernel's ip-sysctl: while so many bytes wait unsent, the kernel takes no more, however much room its
  /// buffer has. Raising it makes the socket writable again.
  package func setUnsentMax(bytes: Int32) throws(Errno) { try setOption(CInt(IPPROTO_TCP), TCP_NOTSENT_LOWAT, bytes) }

  /// SO_SNDBUF, socket(7), in bytes; the kernel doubles it for its own use.
  package func setSendBuffer(bytes: Int32) throws(Errno) { try setOption(SOL_SOCKET, SO_SNDBUF, bytes) }

  /// SO_MAX_PACING_RATE, tc-fq(8): the kernel sends at most so many bytes a second, evenly. TCP paces by itself without that queue.
  package func setPace(bytesPerSecondMax: Int) throws(Errno) {
    try setOption(SOL_SOCKET, SO_MAX_PACING_RATE, Int32(bitPattern: UInt32(clamping: bytesPerSecondMax)))
  }

  /// setsockopt(2).
  func setOption(_ level: CInt, _ name: CInt, _ value: CInt) throws(Errno) {
    var value = value
    _ = try checked { unsafe setsockopt(rawValue, level, name, &value, socklen_t(MemoryLayout<CInt>.size)) }
  }

  /// getsockopt(2).
  func option(_ level: CInt, _ name: CInt) throws(Errno) -> CInt {
    var value: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    _ = try checked { unsafe getsockopt(rawValue, level, name, &value, &length) }
    return value
  }
}

/// An accepted connection: non-blocking, closed on exec. Frozen, so that other modules may take it
/// apart.
@frozen package struct AcceptedConnection: ~Copyable {
  package let descriptor: FileDescriptor
  /// For a unix(7) connection an empty ip and port 0.
  package let peer: PeerAddress
}

/// Passes a sockaddr_storage to a call that fills it through a pointer to the general sockaddr.
private func withSocketAddress<Value>(
  of storage: inout sockaddr_storage,
  _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) throws(Errno) -> Value
) throws(Errno) -> Value {
  var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
  return try unsafe withUnsafeMutableBytes(of: &storage) { (bytes) throws(Errno) in
    try unsafe body(bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, &length)
  }
}

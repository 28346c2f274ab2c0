import Glibc

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

import POSIX

/// How bytes travel between the server and one client: the only code that touches a client's descriptor.
///
/// A transport reads, writes, tells the poller what it needs, ends the output and hands the connection to a file
/// transfer. To add one (TLS, WebSocket): a case of `Kind`, its code in a file of its own, and its branches here.
struct Transport: ~Copyable {
  /// What a listener's definition names. The socket is the same for all; they differ in what lies on top of it.
  enum Kind: Sendable {
    /// TCP or a Unix-domain socket with nothing on top.
    case plain
  }

  /// What became of bytes that were offered.
  enum SendResult: Equatable {
    /// How many the kernel took: perhaps none, when the client does not read.
    case taken(Int)
    /// The connection is broken.
    case lost
  }

  private let kind: Kind
  private let socket: FileDescriptor

  /// `socket` is connected and does not block.
  init(_ kind: Kind, _ socket: consuming FileDescriptor) {
    self.kind = kind
    self.socket = socket
  }

  // MARK: Bytes

  /// One recv(2) of at most `bytesMax`. `body` gets the bytes.
  @inline(__always)
  func receive(
    into buffer: borrowing ReadBuffer, upTo bytesMax: Int = ReadBuffer.size, _ body: (Span<UInt8>) -> Void
  ) -> ReadBuffer.Result {
    switch kind {
    case .plain: buffer.receive(from: socket, upTo: bytesMax, body)
    }
  }

  /// One send(2).
  @inline(__always)
  func send(_ bytes: Span<UInt8>) -> SendResult {
    switch kind {
    case .plain:
      do throws(Errno) {
        return .taken(try socket.send(bytes) ?? 0)
      } catch {
        return .lost
      }
    }
  }

  /// Tells the client that nothing more follows. The client may still send.
  func endOutput() {
    switch kind {
    case .plain: try? socket.shutdownWrite()
    }
  }

  /// Sends one line to a client that is not let in, and ends the output. The value is dropped afterwards.
  func reject(with line: [UInt8], _ buffer: borrowing ReadBuffer) {
    _ = send(line.span)
    endOutput()
    discardInput(buffer)
  }

  /// Reads what has arrived. A socket that is closed with unread input resets the connection, and the client may lose the last line.
  func discardInput(_ buffer: borrowing ReadBuffer) {
    _ = receive(into: buffer) { _ in }
  }

  // MARK: The poller

  /// What the poller must report so that the caller can read and write. Another transport may need the one for the other.
  @inline(__always)
  func interest(reading: Bool, writing: Bool) -> Interest {
    switch kind {
    case .plain: Interest(readable: reading, writable: writing)
    }
  }

  func register(at poller: borrowing Poller, _ token: PollerToken, _ interest: Interest) throws(Errno) {
    try poller.add(socket.rawValue, token: token.rawValue, interest: interest)
  }

  func update(at poller: borrowing Poller, _ token: PollerToken, _ interest: Interest) {
    try? poller.modify(socket.rawValue, token: token.rawValue, interest: interest)
  }

  func unregister(from poller: borrowing Poller) { try? poller.remove(socket.rawValue) }

  // MARK: The socket

  /// What the kernel holds for a client that does not read, beyond what is in flight. Far less than it has room for, so
  /// that a last line finds some.
  private static let unsentBytesMax: Int32 = 256 << 10

  /// Options of a TCP client. A client that lacks one is served all the same.
  func configure() {
    try? socket.setNoDelay()
    try? socket.setUnsentMax(bytes: Transport.unsentBytesMax)
    try? socket.setKeepAlive(idleSeconds: 60, intervalSeconds: 20, count: 3)
  }

  /// Lets the kernel take all that waits. It keeps that for the client long after the connection was closed.
  func liftUnsentBound() { try? socket.setUnsentMax(bytes: .max) }

  /// The server's side of the connection.
  var localAddress: PeerAddress? { try? socket.localAddress() }

  /// Who is behind a Unix-domain socket, as the kernel says.
  var peerCredentials: PeerCredentials? { try? socket.peerCredentials() }

  /// The connection for a helper thread, which sends or receives while the loop keeps its own side.
  func stream(_ direction: TransportStream.Direction) throws(Errno) -> TransportStream {
    switch kind {
    case .plain: TransportStream(try socket.duplicate(), direction)
    }
  }
}

/// A client's connection in the hands of a helper thread, with a descriptor of its own. It waits instead of returning to a poller.
final class TransportStream: Sendable {
  enum Direction: Sendable {
    /// From the client.
    case incoming
    /// To the client.
    case outgoing
  }

  private let socket: FileDescriptor
  private let direction: Direction
  /// Set by `cut`.
  let cancellation = Cancellation()

  fileprivate init(_ socket: consuming FileDescriptor, _ direction: Direction) {
    self.socket = socket
    self.direction = direction
  }

  var isCut: Bool { cancellation.isCancelled }

  /// Ends the thread's work from another thread. A client that was sending can still be answered.
  func cut() {
    cancellation.cancel()
    switch direction {
    case .incoming: try? socket.shutdownRead()
    case .outgoing: try? socket.shutdownBoth()
    }
  }

  func endOutput() { try? socket.shutdownWrite() }

  func receive(
    into buffer: borrowing ReadBuffer, upTo bytesMax: Int, _ body: (Span<UInt8>) -> Void
  ) -> ReadBuffer.Result {
    buffer.receive(from: socket, upTo: bytesMax, body)
  }

  /// How many bytes were sent; nil when none are taken now.
  func send(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int? { try socket.send(bytes) }

  /// The same from a file. 0 at the file's end.
  func send(from file: borrowing FileDescriptor, at offset: Int64, upTo count: Int) throws(Errno) -> Int? {
    try socket.send(from: file, at: offset, upTo: count)
  }

  /// False when nothing can be read within that time.
  func waitUntilReadable(_ timeout: Duration) throws(Errno) -> Bool {
    try socket.waitUntilReadable(timeoutMilliseconds: timeout.pollMilliseconds)
  }

  /// False when nothing can be sent within that time.
  func waitUntilWritable(_ timeout: Duration) throws(Errno) -> Bool {
    try socket.waitUntilWritable(timeoutMilliseconds: timeout.pollMilliseconds)
  }

  /// An upper bound for what is sent in a second. Without it the transfer works as well, only less evenly.
  func setRate(bytesPerSecondMax: Int) { try? socket.setPace(bytesPerSecondMax: bytesPerSecondMax) }
}

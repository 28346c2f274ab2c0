import POSIX
import TLS

/// How bytes travel between the server and one client: the only code that touches a client's descriptor.
///
/// A transport reads, writes, tells the poller what it needs, ends the output and hands the connection to a file
/// transfer. To add one (WebSocket): a case of `Layer`, its code in a file of its own, and its branches here.
struct Transport: ~Copyable {
  /// What lies on top of the socket.
  enum Layer {
    /// TCP or a Unix-domain socket with nothing on top.
    case plain
    /// The handshake is done.
    case tls(TLSConnection)
  }

  /// What became of bytes that were offered.
  enum SendResult: Equatable {
    /// How many the kernel took: perhaps none, when the client does not read. The next `promised` are in the
    /// transport's hands already: whatever is sent next must begin with them.
    case taken(Int, promised: Int = 0)
    /// The connection is broken.
    case lost
  }

  /// What a read found.
  enum Received {
    case bytes(Int)
    /// There is nothing now.
    case nothing
    /// The client sends nothing more.
    case end
    /// The same, and the last line may be cut off: it must not be taken for a whole one.
    case truncated
    case lost(Errno)
  }

  private let layer: Layer
  private let socket: FileDescriptor

  /// `socket` is connected and does not block.
  init(_ layer: Layer, _ socket: consuming FileDescriptor) {
    self.layer = layer
    self.socket = socket
  }

  // MARK: Bytes

  /// One recv(2) of at most `bytesMax`. `body` gets the bytes.
  @inline(__always)
  func receive(
    into buffer: borrowing ReadBuffer, upTo bytesMax: Int = ReadBuffer.size, _ body: (Span<UInt8>) -> Void
  ) -> Received {
    switch layer {
    case .plain: buffer.receive(from: socket, upTo: bytesMax, body)
    case .tls(let connection): Transport.receive(connection, socket, upTo: bytesMax, body)
    }
  }

  /// One send(2), or one for each record.
  @inline(__always)
  func send(_ bytes: Span<UInt8>) -> SendResult {
    switch layer {
    case .plain:
      do throws(Errno) {
        return .taken(try socket.send(bytes) ?? 0)
      } catch {
        return .lost
      }
    case .tls(let connection): return Transport.send(bytes, connection, socket)
    }
  }

  fileprivate static func receive(
    _ connection: TLSConnection, _ socket: borrowing FileDescriptor, upTo bytesMax: Int, _ body: (Span<UInt8>) -> Void
  ) -> Received {
    switch connection.receive(from: socket, upTo: bytesMax, body) {
    case .bytes(let count): .bytes(count)
    case .nothing: .nothing
    case .end: .end
    case .truncated: .truncated
    case .lost: .lost(.connectionAborted)
    }
  }

  fileprivate static func send(
    _ bytes: Span<UInt8>, _ connection: TLSConnection, _ socket: borrowing FileDescriptor
  ) -> SendResult {
    switch connection.send(bytes, socket) {
    case .taken(let count, let promised): .taken(count, promised: promised)
    case .lost: .lost
    }
  }

  /// Tells the client that nothing more follows. The client may still send.
  func endOutput() {
    switch layer {
    case .plain: try? socket.shutdownWrite()
    case .tls(let connection): connection.endOutput(socket)
    }
  }

  /// Reads what has arrived. A socket that is closed with unread input resets the connection, and the client may lose
  /// the last line.
  func discardInput(_ buffer: borrowing ReadBuffer) {
    _ = buffer.receive(from: socket) { _ in }
  }

  /// What one read takes at most: it must not cost much more than one of plaintext.
  var readBytesMax: Int {
    switch layer {
    case .plain: ReadBuffer.size
    case .tls: 16 << 10
    }
  }

  /// How many microseconds the client made the transport itself work since the last call, roughly.
  func takeWork() -> Int {
    switch layer {
    case .plain: 0
    case .tls(let connection): connection.takeRecordCount()
    }
  }

  /// The client has said that nothing follows what was received. It need not close the connection for that.
  @inline(__always)
  var inputHasEnded: Bool {
    switch layer {
    case .plain: false
    case .tls(let connection): connection.hasEnded
    }
  }

  /// Bytes of Telnet's own may go between lines.
  var carriesTelnet: Bool { if case .plain = layer { true } else { false } }

  // MARK: The poller

  /// The kernel takes bytes again: sends what the transport itself is to send. False if the connection is broken.
  func sendWaiting() -> Bool {
    switch layer {
    case .plain: true
    case .tls(let connection): connection.sendWaiting(socket)
    }
  }

  /// What the poller must report so that the caller can read and write.
  @inline(__always)
  func interest(reading: Bool, writing: Bool) -> Interest {
    switch layer {
    case .plain: Interest(readable: reading, writable: writing)
    case .tls(let connection): Interest(readable: reading, writable: writing || connection.wantsToSend)
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

  /// Lets the kernel take all that waits. It keeps that for the client long after the connection was closed.
  func liftUnsentBound() { try? socket.setUnsentMax(bytes: .max) }

  /// What a user types to connect as this client did.
  var connectCommand: String? {
    guard let address = try? socket.localAddress() else { return nil }
    return switch layer {
    case .plain: "nc \(address.ip) \(address.port)"
    case .tls: "openssl s_client -quiet -connect \(address) 2>/dev/null"
    }
  }

  /// Who is behind a Unix-domain socket, as the kernel says.
  var peerCredentials: PeerCredentials? { try? socket.peerCredentials() }

  /// The connection for a helper thread, which sends or receives while the loop keeps its own side.
  func stream(_ direction: TransportStream.Direction) throws(Errno) -> TransportStream {
    switch layer {
    case .plain: try TransportStream(try socket.duplicate(), nil, direction)
    case .tls(let connection): try TransportStream(try socket.duplicate(), connection, direction)
    }
  }
}

/// A client's connection in the hands of a helper thread, with a descriptor of its own. It waits instead of returning
/// to a poller.
final class TransportStream: Sendable {
  enum Direction: Sendable {
    /// From the client.
    case incoming
    /// To the client.
    case outgoing
  }

  private let socket: FileDescriptor
  private let tls: TLSConnection?
  private let direction: Direction
  /// Set by `cut`.
  let cancellation = Cancellation()

  /// `tls`: from now on it uses buffers of its own, not the loop's.
  fileprivate init(_ socket: consuming FileDescriptor, _ tls: TLSConnection?, _ direction: Direction) throws(Errno) {
    self.socket = socket
    self.tls = tls
    self.direction = direction
    guard let tls else { return }
    guard let buffers = try? TLSBuffers() else { throw .noMemory }
    tls.use(buffers)
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

  func endOutput() {
    if let tls { tls.endOutput(socket) } else { try? socket.shutdownWrite() }
  }

  func receive(
    into buffer: borrowing ReadBuffer, upTo bytesMax: Int, _ body: (Span<UInt8>) -> Void
  ) -> Transport.Received {
    guard let tls else { return buffer.receive(from: socket, upTo: bytesMax, body) }
    return Transport.receive(tls, socket, upTo: bytesMax, body)
  }

  /// How many bytes were sent; nil when none are taken now.
  func send(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int? {
    guard let tls else { return try socket.send(bytes) }
    switch tls.send(bytes.span, socket) {
    case .taken(let count, _): return count > 0 || bytes.isEmpty ? count : nil
    case .lost: throw .connectionAborted
    }
  }

  /// The same from a file. 0 at the file's end. Of bytes that must be encrypted it sends a record at a time, and after
  /// nil it must be called with the same offset.
  func send(from file: borrowing FileDescriptor, at offset: Int64, upTo count: Int) throws(Errno) -> Int? {
    guard tls != nil else { return try socket.send(from: file, at: offset, upTo: count) }
    let bytes = try file.pread(upTo: min(count, TLSBuffers.recordBytesMax), at: offset)
    return bytes.isEmpty ? 0 : try send(bytes[...])
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

import POSIX
import TLS

/// How the bytes of a connection travel. What they mean is the same for each.
enum ClientTransport: Sendable {
  case plain
  /// The handshake is done, and the server's certificate accepted. Its buffers are its own, so they go with it from the thread
  /// that connected to the one that uses the connection.
  case tls(TLSConnection)

  /// What one call received: nothing if there is none now, or only a part of a TLS record.
  struct Received: Equatable {
    var bytes: [UInt8] = []
    /// Nothing follows the bytes.
    var end: End?
  }

  enum End: Equatable {
    case closed
    /// The system's or TLS's reason.
    case lost(String)

    var reason: String? { if case .lost(let reason) = self { reason } else { nil } }
  }

  var isEncrypted: Bool { if case .tls = self { true } else { false } }

  /// Receives once, at most `count` bytes from the network. `socket` is non-blocking.
  func receive(from socket: borrowing FileDescriptor, upTo count: Int) -> Received {
    switch self {
    case .plain:
      do throws(Errno) {
        guard let bytes = try socket.receive(upTo: count) else { return Received() }
        return Received(bytes: bytes, end: bytes.isEmpty ? .closed : nil)
      } catch {
        return Received(end: .lost(error.description))
      }
    case .tls(let connection):
      var received = Received()
      switch connection.receive(from: socket, upTo: count, { received.bytes.append(copyOf: $0) }) {
      case .bytes, .nothing: if connection.hasEnded { received.end = .closed }
      // Many programs close a connection without the end that TLS asks for. Files have checksums.
      case .end, .truncated: received.end = .closed
      case .lost(let error): received.end = .lost(error.description)
      }
      return received
    }
  }

  /// Returns how many bytes need not be sent again, 0 if the socket must become writable first; nil if the connection is lost.
  /// The next call must begin with the others.
  func send(_ bytes: Span<UInt8>, to socket: borrowing FileDescriptor) -> Int? {
    switch self {
    case .plain:
      do throws(Errno) { return try socket.send(bytes) ?? 0 } catch { return nil }
    case .tls(let connection):
      guard case .taken(let count, _) = connection.send(bytes, socket) else { return nil }
      return count
    }
  }

  /// Sends what TLS itself wants to send. Returns whether there is still something.
  func sendWaiting(to socket: borrowing FileDescriptor) -> Bool {
    guard case .tls(let connection) = self, connection.wantsToSend else { return false }
    return connection.sendWaiting(socket) && connection.wantsToSend
  }

  /// Tells the server that nothing follows. Closing the socket does that for a plain connection.
  func end(_ socket: borrowing FileDescriptor) {
    if case .tls(let connection) = self { connection.endOutput(socket) }
  }
}

extension [UInt8] {
  mutating func append(copyOf bytes: Span<UInt8>) {
    // The pointer stays inside the closure.
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

/// A connected socket and how its bytes travel.
struct ConnectedSocket: ~Copyable {
  let socket: FileDescriptor
  let transport: ClientTransport
  /// What the server sent together with the end of the handshake.
  let received: [UInt8]

  init(_ socket: consuming FileDescriptor, _ transport: ClientTransport = .plain, received: [UInt8] = []) {
    self.socket = socket
    self.transport = transport
    self.received = received
  }

  /// The same for an `Inbox`, which copies its messages.
  struct Parts: Sendable {
    fileprivate let descriptor: CInt
    fileprivate let transport: ClientTransport
    fileprivate let received: [UInt8]
  }

  /// The socket stays open until someone owns the parts.
  consuming func release() -> Parts {
    let (transport, received) = (transport, received)
    return Parts(descriptor: socket.release(), transport: transport, received: received)
  }

  init(owning parts: Parts) {
    self.init(FileDescriptor(owning: parts.descriptor), parts.transport, received: parts.received)
  }
}

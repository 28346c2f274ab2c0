import POSIX
import TLS

/// One non-blocking connection of a load, in plaintext or TLS. Its owner has the poller.
final class ClientConnection {
  /// In errors.
  let name: String
  private let descriptor: FileDescriptor
  private let tls: TLSConnection?
  private var hasBegun = false
  /// Whether bytes can be sent: in TLS once the handshake is done.
  private(set) var isEstablished: Bool
  /// The output to send, or that the kernel did not accept.
  var output: [UInt8] = []
  /// A connection in progress becomes writable once it is established.
  private(set) var isAwaitingWritable = true

  init(_ descriptor: consuming FileDescriptor, name: String, tls: TLSConnection?) {
    self.descriptor = descriptor
    self.name = name
    self.tls = tls
    isEstablished = tls == nil
  }

  // MARK: Polling

  func register(at poller: borrowing Poller, token: UInt64) throws(BenchError) {
    do throws(Errno) {
      try poller.add(descriptor.rawValue, token: token, interest: [.readable, .writable])
    } catch {
      throw .system("epoll_ctl", error)
    }
  }

  func remove(from poller: borrowing Poller) { try? poller.remove(descriptor.rawValue) }

  /// Sends as much as the kernel accepts, and asks the poller for the moment when the rest can follow. The first call
  /// begins the TLS handshake.
  func flush(_ poller: borrowing Poller, token: UInt64) throws(BenchError) {
    let mustWait = try send()
    if mustWait == isAwaitingWritable { return }
    isAwaitingWritable = mustWait
    do throws(Errno) {
      try poller.modify(
        descriptor.rawValue, token: token, interest: mustWait ? [.readable, .writable] : .readable)
    } catch {
      throw .system("epoll_ctl", error)
    }
  }

  // MARK: Bytes

  /// Sends as much as the kernel accepts. Returns whether the socket must become writable before the rest can follow.
  func send() throws(BenchError) -> Bool {
    guard let tls else {
      do throws(Errno) {
        if !output.isEmpty { output.removeFirst(try descriptor.send(output) ?? 0) }
      } catch {
        throw .connection(name, "\(error)")
      }
      return !output.isEmpty
    }
    var isWhole = true
    if !hasBegun {
      hasBegun = true
      isWhole = tls.begin(descriptor)
    } else if !isEstablished || output.isEmpty {
      isWhole = tls.sendWaiting(descriptor)
    } else if case .taken(let count, _) = tls.send(output.span, descriptor) {
      output.removeFirst(count)
    } else {
      isWhole = false
    }
    if !isWhole { throw .connection(name, "the TLS connection failed") }
    return isEstablished && !output.isEmpty || tls.wantsToSend
  }

  /// One read into the buffer, behind `first`. It may also complete the handshake; then `output` can be sent. Returns the
  /// number of decrypted bytes: 0 at the end, nil if there are none now.
  func receive(into buffer: borrowing ReceiveBuffer, behind first: [UInt8]) throws(BenchError) -> Int? {
    guard let tls else {
      do throws(Errno) {
        return try buffer.receive(from: descriptor, behind: first)
      } catch {
        throw .connection(name, "\(error)")
      }
    }
    buffer.write(first.span, at: 0)
    var end = first.count
    let outcome = tls.receive(from: descriptor) { bytes in
      buffer.write(bytes, at: end)
      end += bytes.count
    }
    if !isEstablished { isEstablished = tls.isEstablished }
    switch outcome {
    case .bytes(let count): return count
    case .nothing: return nil
    case .end, .truncated: return 0
    case .lost(let error): throw .connection(name, "\(error)")
    }
  }

  /// Whether the server has closed the connection without an answer. An answer is discarded.
  func isClosedByPeer() -> Bool {
    do throws(Errno) {
      return try descriptor.receive(upTo: 1 << 16)?.isEmpty ?? false
    } catch {
      return true
    }
  }

  /// poll(2).
  func waitUntilWritable(timeoutMilliseconds: Int32) throws(BenchError) {
    try wait { (descriptor) throws(Errno) in
      try descriptor.waitUntilWritable(timeoutMilliseconds: timeoutMilliseconds)
    }
  }

  func waitUntilReadable(timeoutMilliseconds: Int32) throws(BenchError) {
    try wait { (descriptor) throws(Errno) in
      try descriptor.waitUntilReadable(timeoutMilliseconds: timeoutMilliseconds)
    }
  }

  private func wait(_ isReady: (borrowing FileDescriptor) throws(Errno) -> Bool) throws(BenchError) {
    do throws(Errno) {
      if try !isReady(descriptor) { throw .timedOut }
    } catch {
      throw .connection(name, "\(error)")
    }
  }
}

/// Makes connections to one server, for one thread.
struct Connector {
  private let target: Target
  private let tls: (context: TLSContext, buffers: TLSBuffers)?

  init(_ target: Target) throws(BenchError) {
    self.target = target
    do throws(TLSError) {
      // The certificate is not checked: it is self-signed, and what is measured is the server.
      tls = target.isTLS ? (try TLSContext(), try TLSBuffers()) : nil
    } catch {
      throw .tls(error)
    }
  }

  /// A connection in progress. To a server on this machine it comes from the address 127.0.0.`address`: the whole network
  /// 127 is this machine, and each of its addresses has its own ports.
  func connect(as name: String, from address: Int) throws(BenchError) -> ClientConnection {
    let descriptor: FileDescriptor
    do throws(SocketError) {
      descriptor = try Socket.beginConnecting(
        host: target.host, port: target.port, from: target.host.hasPrefix("127.") ? "127.0.0.\(address)" : nil)
    } catch {
      throw .socket(error)
    }
    try? descriptor.setNoDelay()
    do throws(TLSError) {
      return ClientConnection(descriptor, name: name, tls: try tls?.context.connection(tls!.buffers))
    } catch {
      throw .tls(error)
    }
  }
}

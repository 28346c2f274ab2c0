package import POSIX
import Synchronization

/// The buffers of a thread that serves TLS connections. All its connections share them: every call empties them, so
/// that an idle connection holds none.
@safe package final class TLSBuffers: @unchecked Sendable {
  /// What one call receives at most. More than a record, whose most is 16 KiB and some bytes.
  package static let receivedBytesMax = 64 << 10
  /// The most that a record holds, RFC 8446 section 5.1.
  package static let recordBytesMax = 16 << 10

  /// `BIO *`: what was received and not decrypted, and what was encrypted and not sent.
  let received: OpaquePointer
  let encrypted: OpaquePointer
  let memory: UnsafeMutableRawBufferPointer
  private let openSSL: OpenSSL

  package init() throws(TLSError) {
    openSSL = try OpenSSL.library.get()
    guard let received = unsafe openSSL.BIO_new(openSSL.BIO_s_mem()),
      let encrypted = unsafe openSSL.BIO_new(openSSL.BIO_s_mem())
    else { throw .lost("OpenSSL has no memory") }
    unsafe (self.received, self.encrypted) = (received, encrypted)
    unsafe memory = .allocate(byteCount: TLSBuffers.receivedBytesMax, alignment: 16)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    _ = unsafe openSSL.BIO_free(received)
    _ = unsafe openSSL.BIO_free(encrypted)
    unsafe memory.deallocate()
  }

  func reset() {
    _ = unsafe openSSL.BIO_ctrl(received, OpenSSL.Control.bioReset, 0, nil)
    _ = unsafe openSSL.BIO_ctrl(encrypted, OpenSSL.Control.bioReset, 0, nil)
  }
}

/// One TLS connection over a non-blocking socket, which the caller owns and passes to each call.
///
/// The kernel may refuse encrypted bytes: at most one record (and a few bytes of the protocol itself) waits here.
/// `wantsToSend` says so; any call then sends it first.
///
/// Two threads may use it in turns. The one that takes it over calls `use(_:)` with its own buffers.
@safe package final class TLSConnection: @unchecked Sendable {
  package enum Received: Equatable {
    /// So many decrypted bytes. The end of the stream may be right behind them: see `hasEnded`.
    case bytes(Int)
    /// There is nothing now, or only a part of a record or of the handshake.
    case nothing
    /// The peer has ended the stream as TLS demands.
    case end
    /// The TCP connection ended without that: the last line may be cut off.
    case truncated
    case lost(TLSError)
  }

  package enum Sent: Equatable {
    /// How many bytes the kernel has taken. The next `promised` are encrypted already: the next call must offer them
    /// again.
    case taken(Int, promised: Int)
    case lost
  }

  /// What waits for the socket beyond one record's bytes: alerts and answers of the protocol. A peer that makes it grow
  /// more is cut.
  private static let waitingBytesMax = 64 << 10

  /// How many messages of the protocol, such as KeyUpdate of RFC 8446 section 4.6.3, one call accepts.
  private static let protocolMessagesMax = 64

  private struct State {
    var buffers: TLSBuffers
    /// Encrypted bytes that the kernel refused.
    var waiting: [UInt8] = []
    /// How many bytes of the application are in `waiting`.
    var promised = 0
    var isEstablished = false
    var hasEnded = false
    /// How many records `takeRecordCount` has not reported yet.
    var records = 0
  }

  private let ssl: OpaquePointer
  private let openSSL: OpenSSL
  private let state: Mutex<State>

  init(owning ssl: OpaquePointer, _ openSSL: OpenSSL, _ buffers: TLSBuffers) {
    unsafe self.ssl = ssl
    self.openSSL = openSSL
    state = Mutex(State(buffers: buffers))
    attach(buffers)
  }

  deinit { unsafe openSSL.SSL_free(ssl) }

  private func attach(_ buffers: TLSBuffers) {
    _ = unsafe openSSL.BIO_up_ref(buffers.received)
    _ = unsafe openSSL.BIO_up_ref(buffers.encrypted)
    unsafe openSSL.SSL_set0_rbio(ssl, buffers.received)
    unsafe openSSL.SSL_set0_wbio(ssl, buffers.encrypted)
  }

  /// The calling thread's buffers from now on.
  package func use(_ buffers: TLSBuffers) {
    state.withLock { state in
      state.buffers = buffers
      attach(buffers)
    }
  }

  /// Whether the handshake is done.
  package var isEstablished: Bool { state.withLock { $0.isEstablished } }
  /// Whether the peer has said that nothing follows. It may have said so in the same bytes as its last ones, and need not
  /// close the connection.
  package var hasEnded: Bool { state.withLock { $0.hasEnded } }
  /// Whether the socket must become writable before the connection can go on.
  package var wantsToSend: Bool { state.withLock { !$0.waiting.isEmpty } }
  /// How many records were received since the last call: each costs about a microsecond, however few bytes it holds.
  package func takeRecordCount() -> Int {
    state.withLock { state in
      defer { state.records = 0 }
      return state.records
    }
  }

  /// `TLSv1.3` or `TLSv1.2`.
  package var version: String { unsafe openSSL.SSL_get_version(ssl).map { unsafe String(cString: $0) } ?? "" }

  // MARK: Receiving

  /// The client's side begins the handshake. False if the connection is broken.
  package func begin(_ socket: borrowing FileDescriptor) -> Bool {
    state.withLock { state in
      defer { state.buffers.reset() }
      openSSL.ERR_clear_error()
      _ = unsafe openSSL.SSL_do_handshake(ssl)
      return flush(&state, socket)
    }
  }

  /// One recv(2) of at most `bytesMax`, which may also continue the handshake. `body` gets what was decrypted, in
  /// pieces.
  package func receive(
    from socket: borrowing FileDescriptor, upTo bytesMax: Int = TLSBuffers.receivedBytesMax,
    _ body: (Span<UInt8>) -> Void
  ) -> Received {
    state.withLock { state in
      if state.hasEnded { return .end }
      defer { state.buffers.reset() }
      let memory = unsafe state.buffers.memory
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<min(bytesMax, memory.count)])
      let count: Int
      do throws(Errno) {
        guard let received = try unsafe socket.receive(into: room) else { return .nothing }
        count = received
      } catch {
        return .lost(.lost("\(error)"))
      }
      if count == 0 { return .truncated }
      _ = unsafe openSSL.BIO_write(state.buffers.received, memory.baseAddress, CInt(count))
      let result = decrypt(&state, body)
      // Also after an error: the peer gets the alert that says why.
      let isSent = flush(&state, socket)
      return isSent ? result : .lost(.lost("it was closed"))
    }
  }

  private func decrypt(_ state: inout State, _ body: (Span<UInt8>) -> Void) -> Received {
    openSSL.ERR_clear_error()
    if !state.isEstablished {
      let result = unsafe openSSL.SSL_do_handshake(ssl)
      guard result == 1 else {
        if unsafe openSSL.SSL_get_error(ssl, result) == OpenSSL.Outcome.wantsRead { return .nothing }
        return .lost(.handshake(openSSL.takeReason()))
      }
      state.isEstablished = true
    }
    // The received bytes are in the BIO, so their memory is free.
    let memory = unsafe state.buffers.memory
    var total = 0
    var messages = 0
    while true {
      state.records += 1
      let count = unsafe openSSL.SSL_read(ssl, memory.baseAddress, CInt(TLSBuffers.recordBytesMax))
      if count > 0 {
        total += Int(count)
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: memory[..<Int(count)])
        unsafe bytes.withMemoryRebound(to: UInt8.self) { unsafe body($0.span) }
        continue
      }
      switch unsafe openSSL.SSL_get_error(ssl, count) {
      case OpenSSL.Outcome.wantsRead:
        if unsafe openSSL.BIO_ctrl(state.buffers.received, OpenSSL.Control.bioPending, 0, nil) == 0 {
          return total > 0 ? .bytes(total) : .nothing
        }
        // A message of the protocol was in between.
        messages += 1
        if messages > TLSConnection.protocolMessagesMax { return .lost(.lost("too many messages of the protocol")) }
      case OpenSSL.Outcome.zeroReturn:
        state.hasEnded = true
        return total > 0 ? .bytes(total) : .end
      default: return .lost(.lost(openSSL.takeReason()))
      }
    }
  }

  // MARK: Sending

  /// Encrypts and sends as much as the kernel takes.
  package func send(_ bytes: Span<UInt8>, _ socket: borrowing FileDescriptor) -> Sent {
    state.withLock { state in
      guard sendWaiting(&state, socket) else { return .lost }
      if !state.waiting.isEmpty { return .taken(0, promised: state.promised) }
      var taken = min(state.promised, bytes.count)
      state.promised = 0
      defer { state.buffers.reset() }
      while taken < bytes.count {
        let piece = bytes.extracting(taken..<min(bytes.count, taken + TLSBuffers.recordBytesMax))
        openSSL.ERR_clear_error()
        let written = unsafe piece.withUnsafeBytes {
          unsafe openSSL.SSL_write(ssl, $0.baseAddress, CInt($0.count))
        }
        guard written == piece.count, flush(&state, socket) else { return .lost }
        if !state.waiting.isEmpty {
          state.promised = piece.count
          return .taken(taken, promised: piece.count)
        }
        taken += piece.count
      }
      return .taken(taken, promised: 0)
    }
  }

  /// Sends what waits, if anything does. False if the connection is broken.
  package func sendWaiting(_ socket: borrowing FileDescriptor) -> Bool {
    state.withLock { sendWaiting(&$0, socket) }
  }

  /// Tells the peer that nothing follows, without waiting: what the kernel does not take is dropped.
  package func endOutput(_ socket: borrowing FileDescriptor) {
    state.withLock { state in
      if state.isEstablished, state.waiting.isEmpty {
        openSSL.ERR_clear_error()
        _ = unsafe openSSL.SSL_shutdown(ssl)
        _ = flush(&state, socket)
        state.buffers.reset()
      }
      try? socket.shutdownWrite()
    }
  }

  private func sendWaiting(_ state: inout State, _ socket: borrowing FileDescriptor) -> Bool {
    if state.waiting.isEmpty { return true }
    do throws(Errno) {
      if let count = try socket.send(state.waiting) { state.waiting.removeFirst(count) }
      return true
    } catch {
      return false
    }
  }

  /// Sends what OpenSSL has encrypted; the rest waits. False if the connection is broken.
  private func flush(_ state: inout State, _ socket: borrowing FileDescriptor) -> Bool {
    let bytes = unsafe openSSL.contents(state.buffers.encrypted)
    guard unsafe !bytes.isEmpty else { return true }
    var sent = 0
    do throws(Errno) {
      if !state.waiting.isEmpty, let count = try socket.send(state.waiting) { state.waiting.removeFirst(count) }
      if state.waiting.isEmpty {
        sent = try unsafe socket.send(UnsafeRawBufferPointer(rebasing: bytes[...])) ?? 0
      }
    } catch {
      return false
    }
    unsafe state.waiting.append(contentsOf: bytes[sent...])
    _ = unsafe openSSL.BIO_ctrl(state.buffers.encrypted, OpenSSL.Control.bioReset, 0, nil)
    return state.waiting.count <= TLSConnection.waitingBytesMax
  }

  // MARK: The peer

  /// The certificate of the other side; nil before the handshake is done. Only a server has one.
  package var peerCertificate: Certificate? {
    guard let certificate = unsafe openSSL.SSL_get1_peer_certificate(ssl) else { return nil }
    return unsafe Certificate([certificate], openSSL)
  }

  /// Why the peer's certificate is not trusted; nil if a known authority issued it for the host.
  package var distrust: CertificateDistrust? {
    let result = unsafe openSSL.SSL_get_verify_result(ssl)
    return CertificateDistrust(
      verifyResult: result,
      reason: unsafe openSSL.X509_verify_cert_error_string(result).map { unsafe String(cString: $0) }
        ?? "error \(result)")
  }
}

import POSIX
import TLS

/// The minimum work of one thread that sends each line to all clients, the sender too: no parsing, rooms, accounts or
/// log. The difference to this is the cost of a chat server.
///
/// Lines go into one buffer; at the end of each turn every client is sent, directly from the buffer, the bytes it has
/// not received yet. It runs in a process of its own, `chat-bench broadcast`, until its standard input ends.
final class BroadcastLoop {
  static let word = "broadcast"

  private static let readBytes = 64 << 10
  /// While a client has this many bytes pending, nothing more is read.
  private static let heldBytesMax = 64 << 20
  private static let (inputToken, listenerToken): (UInt64, UInt64) = (0, 1)

  private final class Client {
    let descriptor: FileDescriptor
    /// How much of the buffer it has received.
    var position: Int
    var isBlocked = false
    let tls: TLSConnection?

    init(_ descriptor: consuming FileDescriptor, position: Int, tls: TLSConnection?) {
      self.descriptor = descriptor
      self.position = position
      self.tls = tls
    }

    /// Sends the bytes behind its position, as many as the kernel accepts. The next turn's read notices that a client
    /// has disconnected.
    func send(_ buffer: [UInt8]) {
      guard let tls else {
        position += (try? descriptor.send(buffer.span.extracting(position...))) ?? 0
        return
      }
      if !tls.isEstablished {
        // It gets only lines that come after its handshake.
        position = buffer.count
      } else if case .taken(let count, _) = tls.send(buffer.span.extracting(position...), descriptor) {
        position += count
      }
    }
  }

  private let listener: FileDescriptor
  private let poller: Poller
  private var clients: [UInt64: Client] = [:]
  private var nextToken: UInt64 = 2
  private var buffer: [UInt8] = []
  private let received = ReceiveBuffer(bytes: BroadcastLoop.readBytes)
  private var events: [PollerEvent] = []
  private let tls: (context: TLSContext, buffers: TLSBuffers)?

  /// Listens on a free port, and ends when `input` ends.
  init(input: CInt, tls: Bool) throws(BenchError) {
    self.tls = tls ? try BroadcastLoop.makeTLS() : nil
    do throws(SocketError) {
      listener = try Socket.listen(host: "127.0.0.1", port: 0, backlog: 4096)
    } catch {
      throw .socket(error)
    }
    do throws(Errno) {
      poller = try Poller()
      try poller.add(input, token: Self.inputToken, interest: .readable)
      try poller.add(listener.rawValue, token: Self.listenerToken, interest: .readable)
    } catch {
      throw .system("epoll", error)
    }
  }

  private static func makeTLS() throws(BenchError) -> (TLSContext, TLSBuffers) {
    let made = try DataFiles.makeCertificate()
    do throws(TLSError) {
      let context = try TLSContext(
        certificate: made.certificate, "the certificate", key: made.key, "the key",
        at: SystemClock.nowMilliseconds / 1000)
      return (context, try TLSBuffers())
    } catch {
      throw .tls(error)
    }
  }

  func port() throws(Errno) -> UInt16 { try listener.localPort() }

  func run() throws(Errno) {
    while true {
      events.removeAll(keepingCapacity: true)
      try poller.wait(timeoutMilliseconds: -1) { events.append($0) }
      for event in events {
        switch event.token {
        case Self.inputToken: return
        case Self.listenerToken: try accept()
        case let token: try serve(token, event)
        }
      }
      try broadcast()
    }
  }

  private func accept() throws(Errno) {
    while let connection = try listener.accept() {
      try connection.descriptor.setNoDelay()
      try poller.add(connection.descriptor.rawValue, token: nextToken, interest: .readable)
      clients[nextToken] = Client(
        connection.descriptor, position: buffer.count, tls: try? tls?.context.connection(tls!.buffers))
      nextToken += 1
    }
  }

  private func serve(_ token: UInt64, _ event: PollerEvent) throws(Errno) {
    guard let client = clients[token] else { return }
    if event.isWritable { try setBlocked(client, token, false) }
    guard event.isReadable || event.isHangup || event.isError, buffer.count < Self.heldBytesMax else { return }
    if !receive(from: client) {
      try poller.remove(client.descriptor.rawValue)
      clients[token] = nil
    }
  }

  /// One read. False at the connection's end.
  private func receive(from client: Client) -> Bool {
    if let tls = client.tls {
      switch tls.receive(from: client.descriptor, { buffer.append($0) }) {
      case .bytes, .nothing: return true
      case .end, .truncated, .lost: return false
      }
    }
    do throws(Errno) {
      guard let count = try received.receive(from: client.descriptor, behind: []) else { return true }
      received.append(0..<count, to: &buffer)
      return count > 0
    } catch {
      return false
    }
  }

  private func broadcast() throws(Errno) {
    var isTakenByAll = true
    for (token, client) in clients where client.position < buffer.count {
      if !client.isBlocked {
        client.send(buffer)
        if client.position < buffer.count { try setBlocked(client, token, true) }
      }
      if client.position < buffer.count { isTakenByAll = false }
    }
    guard isTakenByAll else { return }
    buffer.removeAll(keepingCapacity: true)
    for client in clients.values { client.position = 0 }
  }

  private func setBlocked(_ client: Client, _ token: UInt64, _ isBlocked: Bool) throws(Errno) {
    client.isBlocked = isBlocked
    try poller.modify(
      client.descriptor.rawValue, token: token, interest: isBlocked ? [.readable, .writable] : .readable)
  }
}

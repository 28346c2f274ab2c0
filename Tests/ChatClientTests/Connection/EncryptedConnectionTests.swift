import ChatProtocol
import POSIX
import Synchronization
import TLS
import TestSupport
import Testing

@testable import chat

/// Carries bytes between two sockets, one at a time, until either ends.
private func relay(_ first: consuming FileDescriptor, _ second: consuming FileDescriptor) throws -> HelperThread {
  let numbers = (first.release(), second.release())
  return try HelperThread {
    let first = FileDescriptor(owning: numbers.0)
    let second = FileDescriptor(owning: numbers.1)
    func move(_ source: borrowing FileDescriptor, _ target: borrowing FileDescriptor) throws(Errno) -> Bool {
      guard let byte = try source.receive(upTo: 1), !byte.isEmpty else { return false }
      try target.writeAll(byte)
      return true
    }
    do throws(Errno) {
      let poller = try Poller(eventsMax: 2)
      try poller.add(first.rawValue, token: 1, interest: .readable)
      try poller.add(second.rawValue, token: 2, interest: .readable)
      var isOpen = true
      while isOpen {
        var ready: [UInt64] = []
        try poller.wait(timeoutMilliseconds: -1) { ready.append($0.token) }
        for token in ready where isOpen {
          isOpen = try token == 1 ? move(first, second) : move(second, first)
        }
      }
    } catch {
      // One end is gone.
    }
  }
}

/// Both ends of a TCP connection, blocking.
private struct TCPPair: ~Copyable {
  let first: FileDescriptor
  let second: FileDescriptor
}

private func connectedPair() throws -> TCPPair {
  let listener = try Socket.listen(host: "127.0.0.1", port: 0)
  try listener.setNonBlocking(false)
  let first = try Socket.connect(host: "127.0.0.1", port: try listener.localPort())
  guard let accepted = try listener.accept() else { throw Errno.notConnected }
  let second = accepted.descriptor
  try second.setNonBlocking(false)
  return TCPPair(first: first, second: second)
}

/// A server's end of a connection, on a thread of its own.
private func serve(
  _ socket: consuming FileDescriptor, _ identity: TestIdentity?,
  _ body: @escaping @Sendable (borrowing TestPeer) throws -> Void
) throws -> HelperThread {
  let number = socket.release()
  return try HelperThread { try? body(TestPeer(FileDescriptor(owning: number), identity)) }
}

private func endpoint(_ identity: TestIdentity, port: UInt16 = 7777) -> ServerEndpoint {
  ServerEndpoint(
    host: "127.0.0.1", port: port, encryption: .always,
    trust: ServerTrust(required: identity.fingerprint, knownServers: KnownServersFile(path: nil)))
}

@Test(
  arguments: [
    ("127.0.0.1", false), ("127.8.9.10", false), ("::1", false), ("192.0.2.1", true), ("2001:db8::1", true),
    ("::2", true), ("0.0.0.0", true), ("", true), ("127.0.0.1.example.org", true),
  ])
func `what leaves this machine is encrypted, unless the user forbids it`(ip: String, isEncrypted: Bool) {
  func encrypts(_ encryption: ServerEndpoint.Encryption) -> Bool {
    ServerEndpoint(host: "localhost", port: 7777, encryption: encryption).encrypts(to: PeerAddress(ip: ip, port: 7777))
  }
  #expect(encrypts(.unlessLoopback) == isEncrypted)
  #expect(encrypts(.always))
  #expect(!encrypts(.never))
  #expect(ServerEndpoint(host: "localhost", port: 7777).encrypts(to: nil))
}

@Suite(.needsTLS) struct EncryptedConnectionTests {
  @Test func `lines travel both ways, also when each byte arrives alone`() throws {
    let identity = try TestIdentity.issued()
    let near = try connectedPair()
    let far = try Socket.pair()
    let server = try serve(far.second, identity) { peer in
      try peer.shakeHands()
      try peer.writeAll("* Welcome\n")
      while let bytes = try peer.receive() { try peer.writeAll(bytes) }
    }
    let relay = try relay(near.second, far.first)
    var lines: [String] = []
    do {
      let connected = try endpoint(identity).encrypt(near.first)
      #expect(connected.transport.isEncrypted)
      let poller = try Poller(eventsMax: 1)
      let connection = try ServerConnection(connected, poller, token: 1)
      // More than a TLS record.
      let long = String(repeating: "é", count: 10_000)
      for line in ["hello", long, "bye"] { connection.send(line) }
      while lines.last != "bye" {
        try connection.flush(poller)
        try poller.wait(timeoutMilliseconds: -1) { _ in }
        connection.read()
        while let received = connection.next() {
          guard case .line(let line) = received else {
            Issue.record("\(received)")
            return
          }
          lines.append(String(decoding: line, as: UTF8.self))
        }
      }
      #expect(lines == ["* Welcome", "hello", long, "bye"])
    }
    server.join()
    relay.join()
  }

  @Test func `what the server sends with its handshake is not lost`() throws {
    let identity = try TestIdentity.issued()
    let pair = try connectedPair()
    let server = try serve(pair.second, identity) { peer in
      try peer.shakeHands()
      try peer.writeAll("* Too many connections.\n")
    }
    let connected = try endpoint(identity).encrypt(pair.first)
    server.join()
    let poller = try Poller(eventsMax: 1)
    let connection = try ServerConnection(connected, poller, token: 1)
    var received: [ServerConnection.Received] = []
    while received.last != .end(nil) {
      connection.read()
      while let next = connection.next() {
        received.append(next)
        if next == .end(nil) { break }
      }
    }
    #expect(received == [.line(Array("* Too many connections.".utf8)), .end(nil)])
  }

  @Test func `a server that answers in the clear is quoted`() throws {
    let server = try FakeServer(greeting: "220 mail \u{1B}[2J\r\nmore") { _ in .lastEvents([]) }
    let error = #expect(throws: ConnectionError.self) {
      _ = try ServerEndpoint(host: "127.0.0.1", port: server.port, encryption: .always).connect()
    }
    #expect(error == .notEncrypted(server: "127.0.0.1:\(server.port)", answer: "220 mail \u{FFFD}[2J"))
    #expect(error?.description.contains("--no-tls") == true)
    #expect(error?.exitStatus == .protocolError)
  }

  @Test func `a server that answers nothing, closes or answers garbage is an error of its own`() throws {
    func outcome(timeoutMilliseconds: Int64 = 10_000, _ act: (consuming FileDescriptor) throws -> Void) throws
      -> ConnectionError?
    {
      let pair = try Socket.pair()
      let near = pair.first
      try act(pair.second)
      try near.setNonBlocking()
      let connection = try TLSContext().connection(to: "localhost", TLSBuffers())
      do throws(ConnectionError) {
        _ = try Handshake.perform(connection, over: near, server: "s:1", timeoutMilliseconds: timeoutMilliseconds)
        return nil
      } catch {
        return error
      }
    }
    var silent: [CInt] = []
    #expect(
      try outcome(timeoutMilliseconds: 1) { silent.append($0.release()) } == .noHandshake(server: "s:1", seconds: 0))
    for number in silent { _ = FileDescriptor(owning: number) }
    #expect(try outcome { _ in } == .closedInHandshake(server: "s:1"))
    let garbage = try outcome {
      try $0.writeAll([0x01, 0x02, 0x03, 0x04, 0x05, 0x06])
      silent.append($0.release())
    }
    guard case .handshakeFailed(server: "s:1", let reason)? = garbage else {
      Issue.record("\(String(describing: garbage))")
      return
    }
    #expect(!reason.isEmpty)
    _ = FileDescriptor(owning: silent[1])
  }

  @Test func `a user who stops a transfer does not wait for the handshake`() throws {
    let pair = try Socket.pair()
    let near = pair.first
    try near.setNonBlocking()
    let connection = try TLSContext().connection(to: "localhost", TLSBuffers())
    #expect(throws: ConnectionError.noHandshake(server: "s:1", seconds: 10)) {
      try Handshake.perform(connection, over: near, server: "s:1", isStopped: { true })
    }
  }

  @Test func `an unknown server is not connected to, and hears nothing`() throws {
    let identity = try TestIdentity.selfSigned()
    let server = try FakeServer(identities: [identity], answer: FakeServer.usual)
    let error = #expect(throws: ConnectionError.self) {
      _ = try ServerEndpoint(host: "127.0.0.1", port: server.port, encryption: .always).connect()
    }
    guard case .untrusted(let untrusted)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(untrusted.decision == .refuse(.unknown))
    #expect(untrusted.identity.fingerprint == identity.fingerprint)
    #expect(untrusted.identity.distrust == .selfSigned)
    #expect(server.heardLines().isEmpty)
  }

  @Test func `a pinned server is connected to, under its address`() throws {
    let identity = try TestIdentity.selfSigned()
    let folder = try TemporaryFolder()
    let file = KnownServersFile(path: folder.path("known_servers"))
    let server = try FakeServer(identities: [identity, identity], answer: FakeServer.usual)
    try file.add("127.0.0.1:\(server.port)", identity.fingerprint, date: "2026-12-01")
    func connect(as host: String) throws(ConnectionError) {
      _ = try ServerEndpoint(
        host: host, port: server.port, encryption: .always, trust: ServerTrust(knownServers: file)
      ).connect()
    }
    try connect(as: "127.0.0.1")
    #expect(throws: ConnectionError.self) { try connect(as: "localhost") }
    #expect(server.heardLines().isEmpty)
  }

  @Test func `this machine is reached in the clear, unless the user wants TLS`() throws {
    let server = try FakeServer(identities: [nil, nil], answer: FakeServer.usual)
    for encryption in [ServerEndpoint.Encryption.unlessLoopback, .never] {
      let connected = try ServerEndpoint(host: "localhost", port: server.port, encryption: encryption).connect()
      #expect(!connected.transport.isEncrypted)
    }
    #expect(server.heardLines().isEmpty)
  }

  // MARK: Sessions

  private func run(_ server: FakeServer, _ endpoint: ServerEndpoint, input text: String, reconnects: Bool) throws -> (
    status: chat.ExitStatus, output: String, errors: String
  ) {
    let folder = try TemporaryFolder()
    let input = try File.open(folder.file("input", text))
    let output = try File.open(folder.path("output"), [.writeOnly, .create])
    let errors = try File.open(folder.path("errors"), [.writeOnly, .create])
    let session = ClientSession(
      ClientSettings(
        server: endpoint.server, name: LoginName(typed: "alice"), room: nil, password: Secret("correct-horse"),
        isInteractive: false, seesOwnTyping: false, reconnects: reconnects,
        reconnectTimeoutMilliseconds: reconnects ? 60_000 : nil, isJSON: false))
    let ui = LineUI(.plain, input: input, output: output, errors: errors) { _ in nil }
    var loop = try ClientLoop(session, try endpoint.connect(), connector: Connector(endpoint), ui: ui)
    return (try loop.run(), try folder.text("output"), try folder.text("errors"))
  }

  @Test func `a pipe works as it does in the clear`() throws {
    let identity = try TestIdentity.issued()
    let server = try FakeServer(identities: [identity], answer: FakeServer.usual)
    let input = (1...50).map { "line \($0)\n" }.joined()
    let run = try run(server, endpoint(identity, port: server.port), input: input, reconnects: false)
    #expect(run.status == .ok && run.errors.isEmpty)
    #expect(run.output == (1...50).map { "[lobby] alice: line \($0)\n" }.joined())
    #expect(server.heardLines().count == 53)
    #expect(!server.hasPipelined)
  }

  @Test func `a certificate that changed while the connection was lost ends the session, without a password`() throws {
    let (first, second) = (try TestIdentity.selfSigned(), try TestIdentity.selfSigned())
    let folder = try TemporaryFolder()
    let file = KnownServersFile(path: folder.path("known_servers"))
    let server = try FakeServer(identities: [first, second]) { line in
      line == "hello" ? .lastEvents([]) : FakeServer.usual(line)
    }
    try file.add("127.0.0.1:\(server.port)", first.fingerprint, date: "2026-12-01")
    let endpoint = ServerEndpoint(
      host: "127.0.0.1", port: server.port, encryption: .always, trust: ServerTrust(knownServers: file))
    let run = try run(server, endpoint, input: "hello\n", reconnects: true)
    #expect(run.status == .loginRefused)
    for word in [
      "chat: cannot reconnect; line 1 was not acknowledged: the certificate of", "has changed", first.fingerprint,
      second.fingerprint, "line 1 of \(folder.path)",
    ] {
      #expect(run.errors.contains(word), "\(word)")
    }
    let heard = server.heardLines()
    #expect(heard.filter { $0 == "/login alice correct-horse" }.count == 1)
    #expect(heard.filter { $0 == "/format json" }.count == 1)
  }

  @Test func `a connection is lost and made again with the same certificate`() throws {
    let identity = try TestIdentity.selfSigned()
    let losses = Mutex(0)
    let server = try FakeServer(identities: [identity, identity]) { line in
      let isFirst =
        line == "/who"
        && losses.withLock { losses in
          losses += 1
          return losses == 1
        }
      if isFirst { return .lastEvents([]) }
      guard line == "/switch lobby" else { return FakeServer.usual(line) }
      return .events([.ok(Reply("switch", .moved(room: .lobby, current: .lobby)))])
    }
    let run = try run(server, endpoint(identity, port: server.port), input: "/who\nhello\n", reconnects: true)
    #expect(run.output.contains("[lobby] alice: hello\n"))
    #expect(server.heardLines().filter { $0 == "/login alice correct-horse" }.count == 2)
  }

  // MARK: Transfers

  @Test func `files travel both ways`() throws {
    let identity = try TestIdentity.issued()
    let folder = try TemporaryFolder()
    // More than the socket's buffers hold.
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
    try folder.write("plan.pdf", bytes)
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    let endpoint = endpoint(identity, port: try listener.localPort())
    try listener.setNonBlocking(false)
    let number = listener.release()
    let uploaded = Mutex<[UInt8]>([])
    let server = try HelperThread {
      let listener = FileDescriptor(owning: number)
      func accept(_ body: (borrowing TestPeer) throws -> Void) throws {
        guard let accepted = try listener.accept() else { return }
        let peer = try TestPeer(accepted.descriptor, identity)
        try peer.shakeHands()
        try peer.writeAll("* Welcome\n")
        try body(peer)
      }
      try? accept { peer in
        let line = Array("/put up\n".utf8)
        var received: [UInt8] = []
        while received.count < line.count + bytes.count, let more = try peer.receive() { received += more }
        uploaded.withLock { $0 = received }
        try peer.writeAll("ok put\n")
      }
      try? accept { peer in
        _ = try peer.receive()
        try peer.writeAll(Array("ok take\n".utf8) + bytes)
      }
    }
    let worker = TransferWorker(endpoint: endpoint, progress: FileProgress())
    let (size, cksum) = try worker.measure(folder.path("plan.pdf"))
    try worker.upload(folder.path("plan.pdf"), ticket: Secret("up"), from: 0, size: size)
    let target = DownloadTarget("copy.pdf", id: 7, destination: folder.path + "/")
    let file = FetchedFile(id: 7, name: "copy.pdf", size: size, cksum: cksum, ticket: Secret("down"), offset: 0)
    #expect(try worker.download(file, into: PartialFile.claim(target), for: target) == folder.path("copy.pdf"))
    server.join()
    #expect(uploaded.withLock { $0 } == Array("/put up\n".utf8) + bytes)
    #expect(try folder.bytes("copy.pdf") == bytes)
  }

  @Test func `a stopped transfer has not failed`() throws {
    // It accepts no connection, so that the handshake waits.
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    let endpoint = ServerEndpoint(host: "127.0.0.1", port: try listener.localPort(), encryption: .always)
    #expect(throws: TransferError.stopped) { _ = try TransferSocket(endpoint, isStopped: { true }) }
  }

  @Test func `a transfer to a server that is not trusted fails for good`() throws {
    let identity = try TestIdentity.selfSigned()
    let server = try FakeServer(identities: [identity], answer: FakeServer.usual)
    let error = #expect(throws: TransferError.self) {
      _ = try TransferSocket(
        ServerEndpoint(host: "127.0.0.1", port: server.port, encryption: .always), isStopped: { false })
    }
    guard case .refused(let sentence)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(sentence.contains(identity.fingerprint))
    #expect(server.heardLines().isEmpty)
  }
}

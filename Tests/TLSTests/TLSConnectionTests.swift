import POSIX
import TLS
import TestSupport
import Testing

/// One end of a connection, with what it has received.
private final class End {
  let socket: FileDescriptor
  let connection: TLSConnection
  var received: [UInt8] = []
  var result = TLSConnection.Received.nothing

  init(_ socket: consuming FileDescriptor, _ connection: TLSConnection) throws {
    try socket.setNonBlocking()
    self.socket = socket
    self.connection = connection
  }

  func begin() -> Bool { connection.begin(socket) }

  func sendWaiting() -> Bool { connection.sendWaiting(socket) }

  /// Receives what is there.
  func receive() {
    while true {
      result = connection.receive(from: socket) { bytes in
        for index in bytes.indices { received.append(bytes[index]) }
      }
      guard case .bytes = result else { return }
    }
  }

  /// Returns how many bytes are left.
  func send(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard case .taken(let count, _) = connection.send(bytes.span, socket) else { return [] }
    return bytes.dropFirst(count)
  }
}

/// The far end of a socket pair, whose bytes a test passes on one at a time.
private final class Relay {
  private var first: FileDescriptor?
  private let second: FileDescriptor

  init() throws {
    let pair = try Socket.pair()
    second = pair.second
    first = consume pair.first
    try second.setNonBlocking()
  }

  func takeFirst() -> FileDescriptor { first.take()! }

  func move(to other: Relay, _ isMoved: () -> Void) throws {
    while let byte = try second.receive(upTo: 1), !byte.isEmpty {
      #expect(try other.send(byte) == 1)
      isMoved()
    }
  }

  private func send(_ bytes: [UInt8]) throws -> Int? { try second.send(bytes) }
}

@Suite("A TLS connection")
struct TLSConnectionTests {
  private let server: TLSContext
  private let client: TLSContext
  /// All connections of a thread share its buffers, so both ends do here.
  private let buffers: TLSBuffers

  init() throws {
    server = try CertificateTests.context()
    client = try TLSContext()
    buffers = try TLSBuffers()
  }

  private func ends(host: String? = nil) throws -> (client: End, server: End) {
    let pair = try Socket.pair()
    return (
      try End(pair.first, try client.connection(to: host, buffers)),
      try End(pair.second, try server.connection(buffers))
    )
  }

  private func established(host: String? = nil) throws -> (client: End, server: End) {
    let (client, server) = try ends(host: host)
    #expect(client.begin())
    for _ in 0..<4 {
      server.receive()
      client.receive()
    }
    try #require(client.connection.isEstablished && server.connection.isEstablished)
    return (client, server)
  }

  @Test("carries bytes both ways, whatever their number", arguments: [1, 100, 16_384, 16_385, 100_000])
  func roundTrip(count: Int) throws {
    let (client, server) = try established()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
    var (up, down) = (bytes[...], bytes[...])
    while server.received.count < count || client.received.count < count {
      up = client.send(up)
      down = server.send(down)
      server.receive()
      client.receive()
    }
    #expect(server.received == bytes)
    #expect(client.received == bytes)
    #expect(client.connection.version == "TLSv1.3")
  }

  @Test("works when each byte arrives alone")
  func byteByByte() throws {
    let (nearPair, farPair) = (try Relay(), try Relay())
    let client = try End(nearPair.takeFirst(), try client.connection(buffers))
    let server = try End(farPair.takeFirst(), try server.connection(buffers))
    func relay() throws {
      try nearPair.move(to: farPair, server.receive)
      try farPair.move(to: nearPair, client.receive)
    }
    #expect(client.begin())
    for _ in 0..<4 { try relay() }
    #expect(client.send(Array("/login alice\n".utf8)[...]).isEmpty)
    #expect(server.send(Array("welcome\n".utf8)[...]).isEmpty)
    try relay()
    #expect(server.received == Array("/login alice\n".utf8))
    #expect(client.received == Array("welcome\n".utf8))
  }

  @Test("bytes that the kernel refused are sent once, in order")
  func refused() throws {
    let (client, server) = try established()
    let bytes = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
    var left = bytes[...]
    var blocks = 0
    while !left.isEmpty {
      let before = left.count
      left = server.send(left)
      if server.connection.wantsToSend {
        blocks += 1
        // Nothing more is taken until the client reads.
        if left.count == before { client.receive() }
      }
    }
    client.receive()
    #expect(server.sendWaiting())
    client.receive()
    #expect(client.received == bytes)
    #expect(blocks > 0)
  }

  @Test("an ended stream differs from a connection that was cut")
  func endOfStream() throws {
    let (client, server) = try established()
    _ = client.send(Array("bye\n".utf8)[...])
    client.connection.endOutput(client.socket)
    server.receive()
    #expect(server.received == Array("bye\n".utf8))
    #expect(server.result == .end)

    let (cut, other) = try established()
    _ = cut.send(Array("hal".utf8)[...])
    try cut.socket.shutdownWrite()
    other.receive()
    #expect(other.received == Array("hal".utf8))
    #expect(other.result == .truncated)
  }

  @Test(
    "bytes that are not TLS end the handshake with a reason", arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{16}garbage!"])
  func garbage(text: String) throws {
    let pair = try Socket.pair()
    let server = try End(pair.second, try server.connection(buffers))
    _ = try pair.first.send(Array(text.utf8))
    server.receive()
    guard case .lost(.handshake(let reason)) = server.result else {
      Issue.record("\(server.result)")
      return
    }
    #expect(!reason.isEmpty)
    #expect(!server.connection.isEstablished)
  }

  @Test("garbage behind a ClientHello ends the handshake, and other connections of the thread go on")
  func garbageAfterHello() throws {
    let (client, server) = try ends()
    let (bystander, peer) = try established()
    #expect(client.begin())
    _ = try client.socket.send([UInt8](repeating: 0x17, count: 100_000))
    server.receive()
    server.receive()
    guard case .lost = server.result else {
      Issue.record("\(server.result)")
      return
    }
    #expect(bystander.send(Array("still here".utf8)[...]).isEmpty)
    peer.receive()
    #expect(peer.received == Array("still here".utf8))
  }

  @Test("a client learns whose certificate it is, and why it is not trusted")
  func peer() throws {
    let (client, server) = try established(host: "chat.example.org")
    let certificate = try #require(client.connection.peerCertificate)
    #expect(certificate.fingerprint == self.server.certificate?.fingerprint)
    #expect(client.connection.distrust == .unknownIssuer)
    #expect(server.connection.peerCertificate == nil)
  }

  @Test("another thread can take a connection over with its own buffers")
  func otherBuffers() throws {
    let (client, server) = try established()
    server.connection.use(try TLSBuffers())
    #expect(server.send(Array("from a thread".utf8)[...]).isEmpty)
    client.receive()
    #expect(client.received == Array("from a thread".utf8))
    #expect(client.send(Array("answer".utf8)[...]).isEmpty)
    server.receive()
    #expect(server.received == Array("answer".utf8))
  }
}

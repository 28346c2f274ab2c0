import POSIX
import TLS
import Testing

@testable import chat_bench

/// A client of the load and the server's side of TLS, at the ends of a socket pair.
final class ClientConnectionTests {
  private final class Server {
    let socket: FileDescriptor
    let connection: TLSConnection
    var received: [UInt8] = []

    init(_ socket: consuming FileDescriptor, _ connection: TLSConnection) throws {
      try socket.setNonBlocking()
      self.socket = socket
      self.connection = connection
    }

    @discardableResult
    func receive() -> TLSConnection.Received { connection.receive(from: socket) { received.append($0) } }

    /// Returns how many bytes are left.
    func send(_ bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
      let outcome = connection.send(bytes.span, socket)
      guard case .taken(let count, _) = outcome else { throw TLSError.lost("\(outcome)") }
      return bytes.dropFirst(count)
    }
  }

  private let client: ClientConnection
  private let server: Server
  private let buffer = ReceiveBuffer(bytes: 256 << 10)

  init() throws {
    let made = try DataFiles.makeCertificate()
    let context = try TLSContext(
      certificate: made.certificate, "certificate", key: made.key, "key", at: SystemClock.nowMilliseconds / 1000)
    let buffers = try TLSBuffers()
    let pair = try Socket.pair()
    server = try Server(pair.second, try context.connection(buffers))
    let socket = pair.first
    try socket.setNonBlocking()
    client = ClientConnection(socket, name: "b1", tls: try TLSContext().connection(buffers))
  }

  private func makeHandshake() throws {
    for _ in 0..<3 {
      #expect(try !client.send())
      server.receive()
      #expect(try client.receive(into: buffer, behind: []) == nil)
      if client.isEstablished { break }
    }
    server.receive()
    try #require(client.isEstablished && server.connection.isEstablished)
  }

  @Test func `lines wait for the handshake, and arrive after it`() throws {
    client.output = Array("/guest b1\n".utf8)
    #expect(try !client.send())
    #expect(!client.output.isEmpty && server.received.isEmpty)
    try makeHandshake()
    _ = try client.send()
    server.receive()
    #expect(client.output.isEmpty)
    #expect(server.received == Array("/guest b1\n".utf8))
  }

  @Test func `what is decrypted comes behind the beginning of its line`() throws {
    try makeHandshake()
    #expect(try server.send(Array("lo\nworld\n".utf8)[...]).isEmpty)
    #expect(try client.receive(into: buffer, behind: Array("hel".utf8)) == 9)
    var bytes: [UInt8] = []
    buffer.append(0..<12, to: &bytes)
    #expect(bytes == Array("hello\nworld\n".utf8))
  }

  @Test func `what the kernel refuses is sent once, in order, both ways`() throws {
    try makeHandshake()
    let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
    client.output = bytes
    var blocks = 0
    while server.received.count < bytes.count {
      if try client.send() { blocks += 1 }
      while case .bytes = server.receive() {}
    }
    #expect(blocks > 0)
    #expect(server.received == bytes)
    var left = bytes[...]
    var heard: [UInt8] = []
    while heard.count < bytes.count {
      left = try server.send(left)
      while let count = try client.receive(into: buffer, behind: []) { buffer.append(0..<count, to: &heard) }
    }
    #expect(heard == bytes)
  }

  @Test func `the end of the stream is 0 bytes`() throws {
    try makeHandshake()
    server.connection.endOutput(server.socket)
    #expect(try client.receive(into: buffer, behind: []) == 0)
  }

  @Test func `a server that does not speak TLS is an error`() throws {
    #expect(try !client.send())
    _ = try server.socket.send(Array("* Welcome to this server\n".utf8))
    let error = #expect(throws: BenchError.self) { try client.receive(into: buffer, behind: []) }
    #expect(error?.description.hasPrefix("the connection of b1 was lost: the TLS handshake failed") == true)
    #expect(error?.status == .protocolError)
  }

  @Test func `a client in plaintext sends at once`() throws {
    let pair = try Socket.pair()
    let client = ClientConnection(pair.first, name: "b1", tls: nil)
    client.output = Array("/guest b1\n".utf8)
    #expect(try client.isEstablished && !client.send())
    #expect(try pair.second.receive(upTo: 100) == Array("/guest b1\n".utf8))
  }
}

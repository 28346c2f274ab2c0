import POSIX
import TLS

/// Where the server is, and how to connect to it: for the session, for reconnecting and for transfers.
struct ServerEndpoint: Sendable {
  enum Encryption: Equatable, Sendable {
    /// Everything that leaves this machine is encrypted.
    case unlessLoopback
    case always
    case never
  }

  let host: String
  let port: UInt16
  var encryption: Encryption
  var trust: ServerTrust

  init(
    host: String, port: UInt16, encryption: Encryption = .unlessLoopback,
    trust: ServerTrust = ServerTrust(knownServers: KnownServersFile(path: nil))
  ) {
    (self.host, self.port, self.encryption, self.trust) = (host, port, encryption, trust)
  }

  /// `chat.example.org:7777`, `[::1]:7777`.
  var server: String { PeerAddress(ip: host, port: port).description }

  /// What the certificate must be for: without the brackets of an IPv6 address, and without its zone.
  private var certifiedHost: String {
    let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    return bare.contains(":") ? String(bare.prefix { $0 != "%" }) : bare
  }

  /// Connects, and waits for that. Where the connection is encrypted, the server is trusted when this returns.
  func connect(isStopped: () -> Bool = { false }) throws(ConnectionError) -> ConnectedSocket {
    // Reading the system's authorities takes long, and a server on this machine waits 200 ms for the first byte.
    let prepared = encryption == .always ? try makeConnection() : nil
    let socket: FileDescriptor
    do throws(SocketError) { socket = try Socket.connect(host: host, port: port) } catch { throw .socket(error) }
    guard encrypts(to: try? socket.peerAddress()) else { return ConnectedSocket(socket) }
    return try encrypt(socket, with: prepared, isStopped: isStopped)
  }

  /// `address`: where the connection leads. The host's name would not do, because it may mean any machine.
  func encrypts(to address: PeerAddress?) -> Bool {
    switch encryption {
    case .unlessLoopback: address?.isLoopback != true
    case .always: true
    case .never: false
    }
  }

  private func makeConnection() throws(ConnectionError) -> TLSConnection {
    do throws(TLSError) {
      return try TLSContext().connection(to: certifiedHost, TLSBuffers())
    } catch {
      throw .noTLS(server: server, error)
    }
  }

  /// Makes a connected socket a TLS connection. `prepared`: one that has not begun.
  func encrypt(
    _ socket: consuming FileDescriptor, with prepared: TLSConnection? = nil, isStopped: () -> Bool = { false }
  ) throws(ConnectionError) -> ConnectedSocket {
    let connection = if let prepared { prepared } else { try makeConnection() }
    do throws(Errno) { try socket.setNonBlocking() } catch {
      throw .socket(.failed(call: "connect to", address: server, error))
    }
    let received = try Handshake.perform(connection, over: socket, server: server, isStopped: isStopped)
    guard let certificate = connection.peerCertificate else {
      throw .handshakeFailed(server: server, reason: "the server has no certificate")
    }
    if let problem = trust.check(ServerIdentity(certificate, distrust: connection.distrust), server) {
      connection.endOutput(socket)
      throw .untrusted(problem)
    }
    return ConnectedSocket(socket, .tls(connection), received: received)
  }
}

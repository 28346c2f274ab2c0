import POSIX

/// Clients that begin a TLS handshake and then do nothing.
final class HalfHandshakes {
  /// The first byte of a TLS record that holds a part of a handshake, RFC 8446 section 5.1.
  private static let handshakeRecord: UInt8 = 0x16
  private static let timeoutMilliseconds: Int32 = 60_000

  private let connections: [ClientConnection]

  /// Each client sends a ClientHello, or only the first byte of one. Returns when the server has read them.
  init(_ target: Target, clients: Int, isWhole: Bool) throws(BenchError) {
    let connector = try Connector(isWhole ? target : target.inPlaintext)
    var connections: [ClientConnection] = []
    for number in 0..<clients {
      let connection = try connector.connect(as: "connection \(number)", from: 1)
      if !isWhole { connection.output = [HalfHandshakes.handshakeRecord] }
      try connection.waitUntilWritable(timeoutMilliseconds: HalfHandshakes.timeoutMilliseconds)
      _ = try connection.send()
      connections.append(connection)
    }
    self.connections = connections
    // The server has answered each ClientHello.
    for connection in connections where isWhole {
      try connection.waitUntilReadable(timeoutMilliseconds: HalfHandshakes.timeoutMilliseconds)
    }
    do throws(Errno) {
      // The server accepts this client after all others, so its answers show that the others were read.
      let last = try RequestClient(target.inPlaintext)
      for _ in 0..<3 { try last.request("") }
    } catch {
      throw .connection("the client that comes last", "\(error)")
    }
  }

  /// The number of connections that the server has not closed.
  func open() -> Int { connections.count { !$0.isClosedByPeer() } }
}

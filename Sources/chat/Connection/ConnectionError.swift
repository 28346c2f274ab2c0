import POSIX
import TLS

/// Why there is no connection to the server. `description` is for standard error; some have several lines.
enum ConnectionError: Error, Equatable, Sendable, CustomStringConvertible {
  case socket(SocketError)
  /// TLS is needed, and this machine has none.
  case noTLS(server: String, TLSError)
  case noHandshake(server: String, seconds: Int)
  case closedInHandshake(server: String)
  case handshakeFailed(server: String, reason: String)
  /// The server's first line.
  case notEncrypted(server: String, answer: String)
  case untrusted(UntrustedServer)

  var description: String {
    switch self {
    case .socket(let error): "\(error)"
    case .noTLS(let server, let error):
      "the connection to \(server) must be encrypted: \(error); --no-tls connects in the clear"
    case .noHandshake(let server, let seconds):
      "\(server) has not answered the TLS handshake for \(seconds) s: does it speak TLS on that port?"
    case .closedInHandshake(let server):
      "\(server) closed the connection during the TLS handshake: does it speak TLS on that port?"
    case .handshakeFailed(let server, let reason): "the TLS handshake with \(server) failed: \(reason)"
    case .notEncrypted(let server, let answer):
      "\(server) answers '\(answer)'\n"
        + "it does not speak TLS on that port: --no-tls connects in the clear, where others can read your password"
    case .untrusted(let server): server.refusal.joined(separator: "\n")
    }
  }

  /// What else the user of the command line may do.
  var advice: String? {
    switch self {
    case .socket(.unresolved): "--host takes a name or an address"
    case .socket: "is the server running? 'swift run chat-server' starts one; --host and --port select another"
    default: nil
    }
  }

  var exitStatus: ExitStatus {
    switch self {
    case .socket, .noTLS, .noHandshake, .closedInHandshake: .noServer
    case .handshakeFailed, .notEncrypted: .protocolError
    case .untrusted: .loginRefused
    }
  }
}

extension ClientInput {
  /// What a failed attempt to reconnect means for the session.
  init(_ error: ConnectionError) {
    self =
      switch error {
      // Servers that stop or start do that.
      case .socket, .noHandshake, .closedInHandshake: .notConnected
      case .untrusted: .untrusted(error.description)
      case .noTLS, .handshakeFailed, .notEncrypted: .notEncrypted(error.description)
      }
  }
}

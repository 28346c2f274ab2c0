/// Why TLS is not possible, or a connection failed.
package enum TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  /// OpenSSL cannot be used: what is missing, and what to install.
  case library(String)
  /// A certificate or its key cannot be used, in words.
  case certificate(String)
  /// The peer does not speak TLS, or speaks it wrongly: OpenSSL's reason.
  case handshake(String)
  /// The connection is broken.
  case lost(String)

  package var description: String {
    switch self {
    case .library(let problem), .certificate(let problem): problem
    case .handshake(let reason): "the TLS handshake failed: \(reason)"
    case .lost(let reason): "the TLS connection failed: \(reason)"
    }
  }
}

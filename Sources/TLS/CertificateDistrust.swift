/// Why a client does not trust a server's certificate. `description` is a clause about "it", the certificate.
package enum CertificateDistrust: Hashable, Sendable, CustomStringConvertible {
  case selfSigned
  case unknownIssuer
  case expired
  case notYetValid
  case otherHost
  /// OpenSSL's reason.
  case other(String)

  /// `result` is a number of `openssl/x509_vfy.h`, `reason` its text. Nil if the certificate is trusted.
  init?(verifyResult result: Int, reason: @autoclosure () -> String) {
    switch result {
    case 0: return nil
    case 9: self = .notYetValid
    case 10: self = .expired
    case 18: self = .selfSigned
    // No issuer; an untrusted root in the chain; no issuer on this machine; a chain of one.
    case 2, 19, 20, 21: self = .unknownIssuer
    case 62, 64: self = .otherHost
    default: self = .other(reason())
    }
  }

  package var description: String {
    switch self {
    case .selfSigned: "it is self-signed"
    case .unknownIssuer: "this machine does not know the authority that issued it"
    case .expired: "it has expired"
    case .notYetValid: "it is not valid yet (is the clock of this machine right?)"
    case .otherHost: "it is for another host"
    case .other(let reason): "OpenSSL rejects it (\(reason))"
    }
  }
}

/// The certificate that the server presents to clients.
package struct ControlTLS: Equatable, Sendable {
  /// Of the server's own certificate: `SHA256:` and 32 bytes in hexadecimal with colons.
  package var fingerprint: String
  /// What it is for: `DNS:chat.example.org`, `IP:192.0.2.7`.
  package var names: [String]
  package var issuer: String
  package var notBefore: Timestamp
  package var notAfter: Timestamp
  /// The path of the file.
  package var source: String
  package var isSelfSigned: Bool
  /// Why the server does not use the file as it is now, but an earlier version of it; nil if it does.
  package var problem: String?

  package init(
    fingerprint: String, names: [String], issuer: String, notBefore: Timestamp, notAfter: Timestamp, source: String,
    isSelfSigned: Bool, problem: String? = nil
  ) {
    self.fingerprint = fingerprint
    self.names = names
    self.issuer = issuer
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.source = source
    self.isSelfSigned = isSelfSigned
    self.problem = problem
  }
}

extension ControlTLS: CodedRecord {
  package static let meaning = "the certificate"
  package static let blank = ControlTLS(
    fingerprint: "", names: [], issuer: "", notBefore: .first, notAfter: .first, source: "", isSelfSigned: false)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("fingerprint", &fingerprint)
    try coder.field("names", &names)
    try coder.field("issuer", &issuer)
    try coder.field("not_before", &notBefore)
    try coder.field("not_after", &notAfter)
    try coder.field("source", &source)
    try coder.field("self_signed", &isSelfSigned)
    try coder.nullable("problem", &problem)
  }
}

import TLS
import TestSupport
import Testing

@Suite("Certificates")
struct CertificateTests {
  /// 2026-12-01.
  static let now: Int64 = 1_796_083_200

  static func context(
    _ certificate: String = TestCertificates.chain, _ key: String = TestCertificates.key,
    at now: Int64 = CertificateTests.now
  ) throws(TLSError) -> TLSContext {
    try TLSContext(certificate: Array(certificate.utf8), "cert.pem", key: Array(key.utf8), "key.pem", at: now)
  }

  @Test("a chain with its key is accepted, and described")
  func accepted() throws {
    let certificate = try #require(try Self.context().certificate)
    #expect(certificate.names == ["DNS:chat.example.org", "DNS:localhost", "IP:127.0.0.1"])
    #expect(certificate.subject == "CN=chat.example.org")
    #expect(certificate.issuer == "CN=chat test authority")
    #expect(!certificate.isSelfSigned)
    #expect(certificate.problem(at: Self.now) == nil)
  }

  static let unusable: [(certificate: String, key: String, time: Int64, problem: String)] = [
    (TestCertificates.certificate, TestCertificates.key, now, "cert.pem: it holds only the server's own certificate"),
    (TestCertificates.chain, TestCertificates.key, 1 << 33, "cert.pem: it expired at 2119-"),
    (TestCertificates.chain, TestCertificates.key, 1, "cert.pem: it is not valid before 20"),
    (TestCertificates.chain, TestCertificates.encryptedKey, now, "key.pem: it holds no private key"),
    (TestCertificates.chain, TestCertificates.chain, now, "key.pem: it holds no private key"),
    (TestCertificates.chain, "", now, "key.pem: it holds no private key"),
    (TestCertificates.key, TestCertificates.key, now, "cert.pem: it holds no certificate"),
    ("", TestCertificates.key, now, "cert.pem: it holds no certificate"),
    (
      TestCertificates.authority + "\n" + TestCertificates.certificate, TestCertificates.key, now,
      "key.pem: it is not the key of the certificate in cert.pem"
    ),
    (
      TestCertificates.certificate + "\n" + TestCertificates.chain, TestCertificates.key, now,
      "cert.pem: certificate 2 of the file did not issue the one before it"
    ),
  ]

  @Test("one that clients would not accept is rejected with a sentence", arguments: unusable.indices)
  func rejected(index: Int) {
    let (certificate, key, time, problem) = Self.unusable[index]
    let error = #expect(throws: TLSError.self) { try Self.context(certificate, key, at: time) }
    #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
  }

  @Test("a self-signed one is for its names, with a key of its own, and no other key fits")
  func selfSigned() throws {
    let names = ["host.example", "192.0.2.7", "2001:db8::1"]
    let first = try Certificate.makeSelfSigned(for: names, at: Self.now)
    let second = try Certificate.makeSelfSigned(for: names, at: Self.now)
    let certificate = try Certificate(pem: first.certificate)
    #expect(certificate.isSelfSigned)
    #expect(certificate.names == ["DNS:host.example", "IP:192.0.2.7", "IP:2001:DB8:0:0:0:0:0:1"])
    #expect(certificate.problem(at: Self.now) == nil)
    #expect(certificate.notBefore == Self.now - 3600)
    #expect(certificate.notAfter == Self.now + 3650 * 86_400)
    #expect(try certificate.fingerprint != Certificate(pem: second.certificate).fingerprint)
    #expect(throws: TLSError.self) {
      try TLSContext(certificate: first.certificate, "c", key: second.key, "k", at: Self.now)
    }
  }

  @Test("a fingerprint is read in the forms that people have")
  func fingerprints() throws {
    let own = try Certificate(pem: Array(TestCertificates.certificate.utf8)).fingerprint
    #expect(own.hasPrefix("SHA256:") && own.utf8.count == 7 + 95)
    let digits = String(own.dropFirst(7))
    for text in [own, own.lowercased(), digits, digits.filter { $0 != ":" }, "sha256:" + digits.lowercased()] {
      #expect(Certificate.fingerprint(parsing: text) == own)
    }
    for text in [
      "", "SHA256:", String(own.dropLast()), own + "0", "SHA1:" + digits, digits.replacing("A", with: "G") + "x",
    ] {
      #expect(Certificate.fingerprint(parsing: text) == nil)
    }
  }

  @Test("times are read as dates")
  func dates() {
    #expect(Certificate.date(0) == "1970-01-01 00:00 UTC")
    #expect(Certificate.date(1_796_130_840) == "2026-12-01 13:14 UTC")
  }
}

import Glibc
import POSIX

/// A certificate chain, the server's own certificate first, with what people want to know of it.
@safe package final class Certificate: Sendable {
  /// How a fingerprint begins.
  package static let fingerprintPrefix = "SHA256:"

  /// `X509 *`, the server's own first. Immutable.
  nonisolated(unsafe) let chain: [OpaquePointer]
  /// `SHA256:` and 32 bytes in hexadecimal with colons, as `openssl x509 -fingerprint -sha256` prints them.
  package let fingerprint: String
  /// The names and addresses that it is for, such as `DNS:chat.example.org`.
  package let names: [String]
  package let subject: String
  package let issuer: String
  /// Seconds since 1970.
  package let notBefore: Int64
  package let notAfter: Int64
  package let isSelfSigned: Bool

  /// Reads PEM, RFC 7468. Other blocks than certificates are skipped.
  package convenience init(pem: [UInt8]) throws(TLSError) {
    let openSSL = try OpenSSL.library.get()
    var chain: [OpaquePointer] = unsafe []
    unsafe openSSL.reading(pem) { bio in
      while let certificate = unsafe openSSL.PEM_read_bio_X509(bio, nil, nil, nil) { unsafe chain.append(certificate) }
    }
    openSSL.ERR_clear_error()
    guard unsafe !chain.isEmpty else {
      throw .certificate("it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
    }
    unsafe self.init(chain, openSSL)
  }

  /// Takes ownership of the certificates; there is at least one.
  init(_ chain: [OpaquePointer], _ openSSL: OpenSSL) {
    unsafe self.chain = chain
    let own = unsafe chain[0]
    fingerprint = unsafe Certificate.fingerprint(of: own, openSSL)
    names = unsafe Certificate.names(of: own, openSSL)
    subject = unsafe Certificate.name(openSSL.X509_get_subject_name(own), openSSL)
    issuer = unsafe Certificate.name(openSSL.X509_get_issuer_name(own), openSSL)
    notBefore = unsafe Certificate.seconds(openSSL.X509_get0_notBefore(own), openSSL)
    notAfter = unsafe Certificate.seconds(openSSL.X509_get0_notAfter(own), openSSL)
    isSelfSigned = unsafe openSSL.X509_self_signed(own, 1) == 1
    openSSL.ERR_clear_error()
  }

  deinit {
    guard let openSSL = try? OpenSSL.library.get() else { return }
    unsafe chain.forEach { unsafe openSSL.X509_free($0) }
  }

  /// Why clients would not accept the chain from a server; nil if they do, provided that they know the issuer.
  /// `now`: seconds since 1970.
  package func problem(at now: Int64) -> String? {
    if now >= notAfter { return "it expired at \(Certificate.date(notAfter)); renew it" }
    if now < notBefore { return "it is not valid before \(Certificate.date(notBefore)); check the machine's clock" }
    if isSelfSigned { return nil }
    guard let openSSL = try? OpenSSL.library.get() else { return nil }
    for index in unsafe chain.indices.dropLast()
    where unsafe openSSL.X509_check_issued(chain[index + 1], chain[index]) != 0 {
      return "certificate \(index + 2) of the file did not issue the one before it; "
        + "order them from the server's own to the issuer's"
    }
    if unsafe chain.count == 1, !isIssuerKnown(openSSL) {
      return
        "it holds only the server's own certificate, and '\(issuer)', which issued it, is not an authority that this "
        + "machine knows; use the file with the full chain (certbot: fullchain.pem)"
    }
    return nil
  }

  /// Whether an authority of the system issued it directly.
  private func isIssuerKnown(_ openSSL: OpenSSL) -> Bool {
    guard let context = unsafe openSSL.SSL_CTX_new(openSSL.TLS_client_method()) else { return false }
    defer { unsafe openSSL.SSL_CTX_free(context) }
    _ = unsafe openSSL.SSL_CTX_set_default_verify_paths(context)
    guard let check = unsafe openSSL.X509_STORE_CTX_new() else { return false }
    defer { unsafe openSSL.X509_STORE_CTX_free(check) }
    defer { openSSL.ERR_clear_error() }
    return unsafe openSSL.X509_STORE_CTX_init(check, openSSL.SSL_CTX_get_cert_store(context), chain[0], nil) == 1
      && openSSL.X509_verify_cert(check) == 1
  }

  // MARK: Fingerprints

  /// The fingerprint in its one form, of what a person typed or a file holds: `SHA256:` may be missing, the colons too,
  /// and letters may be small. nil if it is none.
  package static func fingerprint(parsing text: String) -> String? {
    let prefix = fingerprintPrefix.lowercased()
    let lower = text.lowercased()
    let digits = (lower.hasPrefix(prefix) ? lower.dropFirst(prefix.count) : lower[...]).filter { $0 != ":" }
    guard digits.utf8.count == 64, digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return nil }
    return fingerprint(of: Array(digits.uppercased().utf8))
  }

  private static func fingerprint(of digits: [UInt8]) -> String {
    fingerprintPrefix
      + stride(from: 0, to: digits.count, by: 2)
      .map { String(decoding: digits[$0..<$0 + 2], as: UTF8.self) }.joined(separator: ":")
  }

  private static func fingerprint(of certificate: OpaquePointer, _ openSSL: OpenSSL) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    var count: CUnsignedInt = 32
    _ = unsafe openSSL.X509_digest(certificate, openSSL.EVP_sha256(), &digest, &count)
    let digits = Array("0123456789ABCDEF".utf8)
    return fingerprint(of: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  // MARK: Words

  /// A moment as `2026-12-01 14:00 UTC`.
  package static func date(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = unsafe tm()
    _ = unsafe gmtime_r(&time, &parts)
    func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return unsafe "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
  }

  private static func name(_ name: OpaquePointer?, _ openSSL: OpenSSL) -> String {
    // As RFC 2253 writes it, in UTF-8, with control characters escaped: XN_FLAG_SEP_CPLUS_SPC,
    // ASN1_STRFLGS_UTF8_CONVERT, ASN1_STRFLGS_ESC_CTRL and ASN1_STRFLGS_ESC_2253.
    unsafe openSSL.text { bio in _ = unsafe openSSL.X509_NAME_print_ex(bio, name, 0, 0x0002_0013) }
  }

  private static func names(of certificate: OpaquePointer, _ openSSL: OpenSSL) -> [String] {
    let index = unsafe openSSL.X509_get_ext_by_NID(certificate, OpenSSL.NID.subjectAlternativeName, -1)
    guard index >= 0, let list = unsafe openSSL.X509_get_ext(certificate, index) else { return [] }
    let text = unsafe openSSL.text { bio in _ = unsafe openSSL.X509V3_EXT_print(bio, list, 0, 0) }
    return text.split(separator: ",").map { name in
      let name = String(name.drop(while: { $0 == " " }))
      return name.hasPrefix("IP Address:") ? "IP:" + name.dropFirst("IP Address:".count) : name
    }
  }

  private static func seconds(_ time: OpaquePointer?, _ openSSL: OpenSSL) -> Int64 {
    var parts = unsafe tm()
    guard unsafe openSSL.ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
    return unsafe Int64(timegm(&parts))
  }
}

// Self-signed certificates.
extension Certificate {
  /// How long a self-signed one is valid. Clients pin it, so only its replacement is work.
  private static let selfSignedDays: Int64 = 3650

  /// A new key (P-256) and a certificate for it, both as PEM. `names`: host names and IP addresses. `now`: seconds
  /// since 1970.
  package static func makeSelfSigned(
    for names: [String], at now: Int64
  ) throws(TLSError) -> (certificate: [UInt8], key: [UInt8]) {
    let openSSL = try OpenSSL.library.get()
    func check(_ isDone: Bool) throws(TLSError) {
      if !isDone { throw .certificate("OpenSSL cannot make a certificate: \(openSSL.takeReason())") }
    }
    let generator = unsafe openSSL.EVP_PKEY_CTX_new_id(OpenSSL.NID.ellipticCurveKey, nil)
    defer { unsafe openSSL.EVP_PKEY_CTX_free(generator) }
    try check(unsafe openSSL.EVP_PKEY_keygen_init(generator) == 1)
    try check(unsafe openSSL.EVP_PKEY_CTX_set_ec_paramgen_curve_nid(generator, OpenSSL.NID.p256) == 1)
    var key: OpaquePointer?
    try check(unsafe openSSL.EVP_PKEY_keygen(generator, &key) == 1)
    defer { unsafe openSSL.EVP_PKEY_free(key) }

    let certificate = unsafe openSSL.X509_new()
    defer { unsafe openSSL.X509_free(certificate) }
    // Version 3.
    try check(unsafe openSSL.X509_set_version(certificate, 2) == 1)
    let serial = Random.bytes(8).reduce(0) { $0 << 8 | UInt64($1) } >> 1
    try check(unsafe openSSL.ASN1_INTEGER_set_uint64(openSSL.X509_get_serialNumber(certificate), serial) == 1)
    // An hour earlier, for clients with a slow clock.
    try check(unsafe openSSL.ASN1_TIME_set(openSSL.X509_getm_notBefore(certificate), time_t(now - 3600)) != nil)
    let end = time_t(now + selfSignedDays * 86_400)
    try check(unsafe openSSL.ASN1_TIME_set(openSSL.X509_getm_notAfter(certificate), end) != nil)
    let subject = unsafe openSSL.X509_get_subject_name(certificate)
    // A common name has 64 characters at most, RFC 5280 appendix A.
    let common = Array((names.first ?? "chat-server").utf8.prefix(64))
    // MBSTRING_UTF8.
    try check(
      unsafe openSSL.X509_NAME_add_entry_by_txt(subject, "CN", 0x1000, common, CInt(common.count), -1, 0) == 1)
    try check(unsafe openSSL.X509_set_issuer_name(certificate, subject) == 1)
    try check(unsafe openSSL.X509_set_pubkey(certificate, key) == 1)
    let alternatives = names.map { (isAddress($0) ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
    let extensions = [
      (OpenSSL.NID.basicConstraints, "critical,CA:FALSE"), (OpenSSL.NID.keyUsage, "critical,digitalSignature"),
      (OpenSSL.NID.extendedKeyUsage, "serverAuth"), (OpenSSL.NID.subjectAlternativeName, alternatives),
    ]
    for (nid, value) in extensions where !value.isEmpty {
      let made = unsafe openSSL.X509V3_EXT_conf_nid(nil, nil, nid, value)
      try check(unsafe made != nil)
      defer { unsafe openSSL.X509_EXTENSION_free(made) }
      try check(unsafe openSSL.X509_add_ext(certificate, made, -1) == 1)
    }
    try check(unsafe openSSL.X509_sign(certificate, key, openSSL.EVP_sha256()) > 0)

    func pem(_ write: (OpaquePointer) -> CInt) throws(TLSError) -> [UInt8] {
      var isWritten = false
      let text = unsafe openSSL.text { bio in isWritten = unsafe write(bio) == 1 }
      try check(isWritten)
      return Array(text.utf8)
    }
    return (
      try unsafe pem { bio in unsafe openSSL.PEM_write_bio_X509(bio, certificate) },
      try unsafe pem { bio in unsafe openSSL.PEM_write_bio_PrivateKey(bio, key, nil, nil, 0, nil, nil) }
    )
  }

  /// Whether a host is an IP address rather than a name.
  static func isAddress(_ host: String) -> Bool {
    var (v4, v6) = (in_addr(), in6_addr())
    return unsafe inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1
  }
}

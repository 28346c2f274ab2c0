/// What connections of one side share: `SSL_CTX`. Any thread may make connections with it. Connections keep what they
/// need, so one that was made with an old context goes on after the context is replaced.
@safe package final class TLSContext: Sendable {
  /// nil on the client's side.
  package let certificate: Certificate?
  let openSSL: OpenSSL
  nonisolated(unsafe) private let context: OpaquePointer
  private let isServer: Bool

  /// The server's side. `certificate` and `key` are the contents of PEM files; `now` is in seconds since 1970. Throws
  /// `.certificate` with a sentence about the file that `inCertificate` and `inKey` name.
  package init(
    certificate pem: [UInt8], _ inCertificate: String, key keyPEM: [UInt8], _ inKey: String, at now: Int64
  ) throws(TLSError) {
    let openSSL = try OpenSSL.library.get()
    self.openSSL = openSSL
    isServer = true
    let certificate: Certificate
    do throws(TLSError) {
      certificate = try Certificate(pem: pem)
    } catch {
      throw .certificate("\(inCertificate): \(error)")
    }
    self.certificate = certificate
    // Without a callback OpenSSL would ask for the password of an encrypted key at the terminal.
    let key = unsafe openSSL.reading(keyPEM) { bio in
      unsafe openSSL.PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil)
    }
    openSSL.ERR_clear_error()
    guard let key = unsafe key else {
      throw .certificate("\(inKey): it holds no private key in PEM form without a password")
    }
    defer { unsafe openSSL.EVP_PKEY_free(key) }
    guard unsafe openSSL.X509_check_private_key(certificate.chain[0], key) == 1 else {
      openSSL.ERR_clear_error()
      throw .certificate("\(inKey): it is not the key of the certificate in \(inCertificate)")
    }
    if let problem = certificate.problem(at: now) { throw .certificate("\(inCertificate): \(problem)") }
    let context = try unsafe TLSContext.make(openSSL, openSSL.TLS_server_method())
    unsafe self.context = context
    // Every connection makes a full handshake: tickets would cost each client two more messages and the server a key to
    // rotate.
    _ = unsafe openSSL.SSL_CTX_set_num_tickets(context, 0)
    var isUsed = unsafe openSSL.SSL_CTX_use_certificate(context, certificate.chain[0]) == 1
    for index in unsafe certificate.chain.indices.dropFirst() where isUsed {
      let issuer = unsafe certificate.chain[index]
      isUsed = unsafe openSSL.SSL_CTX_ctrl(context, OpenSSL.Control.addChainCertificate, 1, issuer) == 1
    }
    guard isUsed, unsafe openSSL.SSL_CTX_use_PrivateKey(context, key) == 1 else {
      throw .certificate("\(inCertificate): OpenSSL rejects it: \(openSSL.takeReason())")
    }
  }

  /// The client's side. It trusts the authorities that the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` name
  /// others).
  package init() throws(TLSError) {
    let openSSL = try OpenSSL.library.get()
    self.openSSL = openSSL
    isServer = false
    certificate = nil
    let context = try unsafe TLSContext.make(openSSL, openSSL.TLS_client_method())
    unsafe self.context = context
    _ = unsafe openSSL.SSL_CTX_set_default_verify_paths(context)
    openSSL.ERR_clear_error()
  }

  deinit { unsafe openSSL.SSL_CTX_free(context) }

  /// TLS 1.2 or newer, without tickets, sessions, compression or renegotiation.
  private static func make(_ openSSL: OpenSSL, _ method: OpaquePointer?) throws(TLSError) -> OpaquePointer {
    guard let context = unsafe openSSL.SSL_CTX_new(method) else {
      throw .library("OpenSSL cannot make a context: \(openSSL.takeReason())")
    }
    _ = unsafe openSSL.SSL_CTX_ctrl(context, OpenSSL.Control.setVersionMin, OpenSSL.Control.version12, nil)
    _ = unsafe openSSL.SSL_CTX_ctrl(context, OpenSSL.Control.setMode, OpenSSL.Control.modeReleaseBuffers, nil)
    // So that `TLSConnection` can count what the peer makes it do.
    _ = unsafe openSSL.SSL_CTX_ctrl(context, OpenSSL.Control.clearMode, OpenSSL.Control.modeAutoRetry, nil)
    _ = unsafe openSSL.SSL_CTX_ctrl(context, OpenSSL.Control.setSessionCacheMode, 0, nil)
    _ = unsafe openSSL.SSL_CTX_set_options(
      context, OpenSSL.Control.noTicket | OpenSSL.Control.noCompression | OpenSSL.Control.noRenegotiation)
    return unsafe context
  }

  /// A connection that has not begun. `host`, on the client's side: the name or address of the server that its
  /// certificate must be for.
  package func connection(to host: String? = nil, _ buffers: TLSBuffers) throws(TLSError) -> TLSConnection {
    openSSL.ERR_clear_error()
    guard let ssl = unsafe openSSL.SSL_new(context) else { throw .lost("OpenSSL has no memory") }
    if isServer {
      unsafe openSSL.SSL_set_accept_state(ssl)
    } else {
      unsafe openSSL.SSL_set_connect_state(ssl)
    }
    if let host {
      if Certificate.isAddress(host) {
        _ = unsafe openSSL.X509_VERIFY_PARAM_set1_ip_asc(openSSL.SSL_get0_param(ssl), host)
      } else {
        _ = unsafe openSSL.SSL_set1_host(ssl, host)
        // Server name indication, RFC 6066 section 3.
        var name = Array(host.utf8CString)
        _ = unsafe name.withUnsafeMutableBytes {
          unsafe openSSL.SSL_ctrl(ssl, OpenSSL.Control.setHostname, 0, $0.baseAddress)
        }
      }
    }
    return unsafe TLSConnection(owning: ssl, openSSL, buffers)
  }
}

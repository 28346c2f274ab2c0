import Glibc

/// The functions of OpenSSL 3 that this module calls, found with dlopen(3) at run time: the package builds without
/// OpenSSL's headers, and runs without the library where nothing speaks TLS. Names and meanings are those of OpenSSL's
/// manual pages.
///
/// Pointers are `SSL *`, `X509 *` and so on, as `OpaquePointer`. Functions of OpenSSL that are macros are numbers for
/// `SSL_ctrl` and `BIO_ctrl` (`Control`), because C macros have no symbol. None of these functions is variadic: Swift
/// cannot call such ones.
@safe struct OpenSSL: @unchecked Sendable {
  typealias Pointer = OpaquePointer
  typealias Bytes = UnsafePointer<UInt8>
  typealias MutableBytes = UnsafeMutablePointer<UInt8>
  typealias Text = UnsafePointer<CChar>
  typealias PasswordCallback =
    @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?) ->
    CInt

  static let libraryName = "libssl.so.3"

  /// Loaded once, at the first use.
  static let library = Result { () throws(TLSError) in try OpenSSL() }

  private init() throws(TLSError) {
    guard unsafe Loader.handle != nil else {
      throw .library("\(OpenSSL.libraryName) is not on this machine; install OpenSSL 3 (Debian: libssl3)")
    }
    if let name = unsafe Loader.missing.first {
      throw .library("\(OpenSSL.libraryName) has no function \(name); OpenSSL 3.0 or newer is needed")
    }
    // No cleanup at exit: other threads may still be inside the library.
    guard unsafe OPENSSL_init_ssl(0x0008_0000, nil) == 1 else {
      throw .library("\(OpenSSL.libraryName) does not start")
    }
  }

  // MARK: Contexts

  let OPENSSL_init_ssl: @convention(c) (UInt64, Pointer?) -> CInt = unsafe Loader.find("OPENSSL_init_ssl")
  let TLS_server_method: @convention(c) () -> Pointer? = unsafe Loader.find("TLS_server_method")
  let TLS_client_method: @convention(c) () -> Pointer? = unsafe Loader.find("TLS_client_method")
  let SSL_CTX_new: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("SSL_CTX_new")
  let SSL_CTX_free: @convention(c) (Pointer?) -> Void = unsafe Loader.find("SSL_CTX_free")
  let SSL_CTX_ctrl: @convention(c) (Pointer?, CInt, CLong, Pointer?) -> CLong = unsafe Loader.find("SSL_CTX_ctrl")
  let SSL_CTX_set_options: @convention(c) (Pointer?, UInt64) -> UInt64 = unsafe Loader.find("SSL_CTX_set_options")
  let SSL_CTX_set_num_tickets: @convention(c) (Pointer?, Int) -> CInt = unsafe Loader.find("SSL_CTX_set_num_tickets")
  let SSL_CTX_use_certificate: @convention(c) (Pointer?, Pointer?) -> CInt = unsafe Loader.find(
    "SSL_CTX_use_certificate")
  let SSL_CTX_use_PrivateKey: @convention(c) (Pointer?, Pointer?) -> CInt = unsafe Loader.find("SSL_CTX_use_PrivateKey")
  let SSL_CTX_set_default_verify_paths: @convention(c) (Pointer?) -> CInt =
    unsafe Loader.find("SSL_CTX_set_default_verify_paths")
  let SSL_CTX_get_cert_store: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("SSL_CTX_get_cert_store")

  // MARK: Connections

  let SSL_new: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("SSL_new")
  let SSL_free: @convention(c) (Pointer?) -> Void = unsafe Loader.find("SSL_free")
  let SSL_ctrl: @convention(c) (Pointer?, CInt, CLong, UnsafeMutableRawPointer?) -> CLong = unsafe Loader.find(
    "SSL_ctrl")
  let SSL_set_accept_state: @convention(c) (Pointer?) -> Void = unsafe Loader.find("SSL_set_accept_state")
  let SSL_set_connect_state: @convention(c) (Pointer?) -> Void = unsafe Loader.find("SSL_set_connect_state")
  let SSL_set0_rbio: @convention(c) (Pointer?, Pointer?) -> Void = unsafe Loader.find("SSL_set0_rbio")
  let SSL_set0_wbio: @convention(c) (Pointer?, Pointer?) -> Void = unsafe Loader.find("SSL_set0_wbio")
  let SSL_set1_host: @convention(c) (Pointer?, Text?) -> CInt = unsafe Loader.find("SSL_set1_host")
  let SSL_get0_param: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("SSL_get0_param")
  let X509_VERIFY_PARAM_set1_ip_asc: @convention(c) (Pointer?, Text?) -> CInt =
    unsafe Loader.find("X509_VERIFY_PARAM_set1_ip_asc")
  let SSL_do_handshake: @convention(c) (Pointer?) -> CInt = unsafe Loader.find("SSL_do_handshake")
  let SSL_read: @convention(c) (Pointer?, UnsafeMutableRawPointer?, CInt) -> CInt = unsafe Loader.find("SSL_read")
  let SSL_write: @convention(c) (Pointer?, UnsafeRawPointer?, CInt) -> CInt = unsafe Loader.find("SSL_write")
  let SSL_shutdown: @convention(c) (Pointer?) -> CInt = unsafe Loader.find("SSL_shutdown")
  let SSL_get_error: @convention(c) (Pointer?, CInt) -> CInt = unsafe Loader.find("SSL_get_error")
  let SSL_get_version: @convention(c) (Pointer?) -> Text? = unsafe Loader.find("SSL_get_version")
  let SSL_get_verify_result: @convention(c) (Pointer?) -> CLong = unsafe Loader.find("SSL_get_verify_result")
  let SSL_get1_peer_certificate: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("SSL_get1_peer_certificate")

  // MARK: Memory

  let BIO_new: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("BIO_new")
  let BIO_s_mem: @convention(c) () -> Pointer? = unsafe Loader.find("BIO_s_mem")
  let BIO_up_ref: @convention(c) (Pointer?) -> CInt = unsafe Loader.find("BIO_up_ref")
  let BIO_free: @convention(c) (Pointer?) -> CInt = unsafe Loader.find("BIO_free")
  let BIO_write: @convention(c) (Pointer?, UnsafeRawPointer?, CInt) -> CInt = unsafe Loader.find("BIO_write")
  let BIO_ctrl: @convention(c) (Pointer?, CInt, CLong, UnsafeMutableRawPointer?) -> CLong = unsafe Loader.find(
    "BIO_ctrl")

  // MARK: Errors

  let ERR_clear_error: @convention(c) () -> Void = Loader.find("ERR_clear_error")
  let ERR_get_error: @convention(c) () -> CUnsignedLong = Loader.find("ERR_get_error")
  let ERR_reason_error_string: @convention(c) (CUnsignedLong) -> Text? = unsafe Loader.find("ERR_reason_error_string")
  let X509_verify_cert_error_string: @convention(c) (CLong) -> Text? = unsafe Loader.find(
    "X509_verify_cert_error_string")

  // MARK: Certificates

  let PEM_read_bio_X509: @convention(c) (Pointer?, Pointer?, PasswordCallback?, Pointer?) -> Pointer? =
    unsafe Loader.find("PEM_read_bio_X509")
  let PEM_read_bio_PrivateKey: @convention(c) (Pointer?, Pointer?, PasswordCallback?, Pointer?) -> Pointer? =
    unsafe Loader.find("PEM_read_bio_PrivateKey")
  let PEM_write_bio_X509: @convention(c) (Pointer?, Pointer?) -> CInt = unsafe Loader.find("PEM_write_bio_X509")
  let PEM_write_bio_PrivateKey:
    @convention(c) (Pointer?, Pointer?, Pointer?, Bytes?, CInt, PasswordCallback?, Pointer?) -> CInt =
      unsafe Loader.find(
        "PEM_write_bio_PrivateKey")
  let X509_new: @convention(c) () -> Pointer? = unsafe Loader.find("X509_new")
  let X509_free: @convention(c) (Pointer?) -> Void = unsafe Loader.find("X509_free")
  let X509_digest:
    @convention(c) (Pointer?, Pointer?, MutableBytes?, UnsafeMutablePointer<CUnsignedInt>?) ->
      CInt = unsafe Loader.find("X509_digest")
  let X509_check_private_key: @convention(c) (Pointer?, Pointer?) -> CInt = unsafe Loader.find("X509_check_private_key")
  let X509_check_issued: @convention(c) (Pointer?, Pointer?) -> CInt = unsafe Loader.find("X509_check_issued")
  let X509_self_signed: @convention(c) (Pointer?, CInt) -> CInt = unsafe Loader.find("X509_self_signed")
  let X509_get0_notBefore: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("X509_get0_notBefore")
  let X509_get0_notAfter: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("X509_get0_notAfter")
  let X509_getm_notBefore: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("X509_getm_notBefore")
  let X509_getm_notAfter: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("X509_getm_notAfter")
  let ASN1_TIME_to_tm: @convention(c) (Pointer?, UnsafeMutablePointer<tm>?) -> CInt = unsafe Loader.find(
    "ASN1_TIME_to_tm")
  let ASN1_TIME_set: @convention(c) (Pointer?, time_t) -> Pointer? = unsafe Loader.find("ASN1_TIME_set")
  let ASN1_INTEGER_set_uint64: @convention(c) (Pointer?, UInt64) -> CInt = unsafe Loader.find("ASN1_INTEGER_set_uint64")
  let X509_set_version: @convention(c) (Pointer?, CLong) -> CInt = unsafe Loader.find("X509_set_version")
  let X509_get_serialNumber: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("X509_get_serialNumber")
  let X509_get_subject_name: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("X509_get_subject_name")
  let X509_get_issuer_name: @convention(c) (Pointer?) -> Pointer? = unsafe Loader.find("X509_get_issuer_name")
  let X509_set_issuer_name: @convention(c) (Pointer?, Pointer?) -> CInt = unsafe Loader.find("X509_set_issuer_name")
  let X509_set_pubkey: @convention(c) (Pointer?, Pointer?) -> CInt = unsafe Loader.find("X509_set_pubkey")
  let X509_sign: @convention(c) (Pointer?, Pointer?, Pointer?) -> CInt = unsafe Loader.find("X509_sign")
  let X509_NAME_add_entry_by_txt: @convention(c) (Pointer?, Text?, CInt, Bytes?, CInt, CInt, CInt) -> CInt =
    unsafe Loader.find("X509_NAME_add_entry_by_txt")
  let X509_NAME_print_ex: @convention(c) (Pointer?, Pointer?, CInt, CUnsignedLong) -> CInt =
    unsafe Loader.find("X509_NAME_print_ex")
  let X509_get_ext_by_NID: @convention(c) (Pointer?, CInt, CInt) -> CInt = unsafe Loader.find("X509_get_ext_by_NID")
  let X509_get_ext: @convention(c) (Pointer?, CInt) -> Pointer? = unsafe Loader.find("X509_get_ext")
  let X509V3_EXT_print: @convention(c) (Pointer?, Pointer?, CUnsignedLong, CInt) -> CInt =
    unsafe Loader.find("X509V3_EXT_print")
  let X509V3_EXT_conf_nid: @convention(c) (Pointer?, Pointer?, CInt, Text?) -> Pointer? =
    unsafe Loader.find("X509V3_EXT_conf_nid")
  let X509_add_ext: @convention(c) (Pointer?, Pointer?, CInt) -> CInt = unsafe Loader.find("X509_add_ext")
  let X509_EXTENSION_free: @convention(c) (Pointer?) -> Void = unsafe Loader.find("X509_EXTENSION_free")

  // MARK: Chains and keys

  let X509_STORE_CTX_new: @convention(c) () -> Pointer? = unsafe Loader.find("X509_STORE_CTX_new")
  let X509_STORE_CTX_free: @convention(c) (Pointer?) -> Void = unsafe Loader.find("X509_STORE_CTX_free")
  let X509_STORE_CTX_init: @convention(c) (Pointer?, Pointer?, Pointer?, Pointer?) -> CInt =
    unsafe Loader.find("X509_STORE_CTX_init")
  let X509_verify_cert: @convention(c) (Pointer?) -> CInt = unsafe Loader.find("X509_verify_cert")
  let EVP_sha256: @convention(c) () -> Pointer? = unsafe Loader.find("EVP_sha256")
  let EVP_PKEY_free: @convention(c) (Pointer?) -> Void = unsafe Loader.find("EVP_PKEY_free")
  let EVP_PKEY_CTX_new_id: @convention(c) (CInt, Pointer?) -> Pointer? = unsafe Loader.find("EVP_PKEY_CTX_new_id")
  let EVP_PKEY_CTX_free: @convention(c) (Pointer?) -> Void = unsafe Loader.find("EVP_PKEY_CTX_free")
  let EVP_PKEY_keygen_init: @convention(c) (Pointer?) -> CInt = unsafe Loader.find("EVP_PKEY_keygen_init")
  let EVP_PKEY_CTX_set_ec_paramgen_curve_nid: @convention(c) (Pointer?, CInt) -> CInt =
    unsafe Loader.find("EVP_PKEY_CTX_set_ec_paramgen_curve_nid")
  let EVP_PKEY_keygen: @convention(c) (Pointer?, UnsafeMutablePointer<Pointer?>?) -> CInt =
    unsafe Loader.find("EVP_PKEY_keygen")

  // MARK: Numbers

  /// Commands of `SSL_CTX_ctrl`, `SSL_ctrl` and `BIO_ctrl`, and option bits: from `openssl/ssl.h` and `openssl/bio.h`.
  enum Control {
    static let setMode: CInt = 33
    static let setSessionCacheMode: CInt = 44
    static let setHostname: CInt = 55
    static let addChainCertificate: CInt = 89
    static let clearMode: CInt = 78
    static let setVersionMin: CInt = 123
    static let bioReset: CInt = 1
    static let bioInfo: CInt = 3
    static let bioPending: CInt = 10

    static let version12: CLong = 0x0303
    /// Frees a connection's buffers while nothing is in them.
    static let modeReleaseBuffers: CLong = 0x10
    /// `SSL_read` returns only with bytes of the application, whatever messages of the protocol come before them.
    static let modeAutoRetry: CLong = 4
    static let noTicket: UInt64 = 1 << 14
    static let noCompression: UInt64 = 1 << 17
    static let noRenegotiation: UInt64 = 1 << 30
  }

  /// Results of `SSL_get_error`.
  enum Outcome {
    static let wantsRead: CInt = 2
    static let zeroReturn: CInt = 6
  }

  /// Object identifiers, from `openssl/obj_mac.h`.
  enum NID {
    static let keyUsage: CInt = 83
    static let subjectAlternativeName: CInt = 85
    static let basicConstraints: CInt = 87
    static let extendedKeyUsage: CInt = 126
    static let ellipticCurveKey: CInt = 408
    static let p256: CInt = 415
  }

  // MARK: Words

  /// The reason of the oldest error of this thread, and forgets all of them.
  func takeReason() -> String {
    let code = ERR_get_error()
    defer { ERR_clear_error() }
    guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return "unknown error" }
    return unsafe String(cString: reason)
  }

  /// What a memory BIO holds, as text.
  func text(_ body: (Pointer) -> Void) -> String {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { return "" }
    defer { _ = unsafe BIO_free(bio) }
    unsafe body(bio)
    return unsafe String(decoding: contents(bio), as: UTF8.self)
  }

  /// The bytes of a memory BIO. Valid until the BIO changes.
  func contents(_ bio: Pointer) -> UnsafeRawBufferPointer {
    var start: UnsafeMutableRawPointer?
    let count = unsafe withUnsafeMutablePointer(to: &start) { unsafe BIO_ctrl(bio, Control.bioInfo, 0, $0) }
    return unsafe UnsafeRawBufferPointer(start: start, count: max(0, count))
  }

  /// Lets `body` read bytes as a BIO.
  func reading<Value, Failure: Error>(
    _ bytes: [UInt8], _ body: (Pointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { fatalError("OpenSSL has no memory") }
    defer { _ = unsafe BIO_free(bio) }
    _ = unsafe bytes.withUnsafeBytes { unsafe BIO_write(bio, $0.baseAddress, CInt(clamping: $0.count)) }
    return try unsafe body(bio)
  }

  /// Finds functions by name.
  private enum Loader {
    nonisolated(unsafe) static let handle = unsafe dlopen(OpenSSL.libraryName, RTLD_NOW | RTLD_LOCAL)
    /// Functions that the library lacks. Written only while `OpenSSL.library` is made.
    nonisolated(unsafe) static var missing: [String] = []

    /// Where the function is missing, the result must not be called: `init` throws then.
    static func find<Function>(_ name: String) -> Function {
      guard let handle = unsafe handle, let address = unsafe dlsym(handle, name) else {
        unsafe missing.append(name)
        return unsafe unsafeBitCast(UInt(1), to: Function.self)
      }
      return unsafe unsafeBitCast(address, to: Function.self)
    }
  }
}

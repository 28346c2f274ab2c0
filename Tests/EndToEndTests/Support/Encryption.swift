import POSIX
import TLS
import TestSupport
import Testing

/// Servers that speak TLS on loopback, and clients that use it there.
enum Encryption {
  static var isPossible: Bool { (try? TLSBuffers()) != nil }
  static let missing: Comment = "libssl.so.3 is not on this machine"

  /// A certificate that no authority vouches for, for the hosts that the tests use.
  struct OwnCertificate {
    let certificate: String
    let key: String
    let fingerprint: String

    init() throws {
      let made = try Certificate.makeSelfSigned(
        for: ["localhost", "127.0.0.1"], at: SystemClock.nowMilliseconds / 1000)
      certificate = String(decoding: made.certificate, as: UTF8.self)
      key = String(decoding: made.key, as: UTF8.self)
      fingerprint = try Certificate(pem: made.certificate).fingerprint
    }
  }

  /// A data folder whose settings name a certificate: the given one, or that of the tests' authority.
  static func folder(_ own: OwnCertificate? = nil, settings more: [String] = []) throws -> TestFolder {
    let folder = try TestFolder()
    let settings = [#""tls_certificate": "cert.pem""#, #""tls_key": "key.pem""#] + more
    try folder.write("settings.json", "{\(settings.joined(separator: ", "))}")
    try folder.write("cert.pem", own?.certificate ?? TestCertificates.chain)
    try folder.write("key.pem", own?.key ?? TestCertificates.key)
    return folder
  }

  /// Puts another certificate in the place of the server's, as programs that renew certificates do, and waits until the
  /// server presents it.
  static func renew(_ server: TestServer, _ own: OwnCertificate) throws {
    for (name, text) in [("key.pem", own.key), ("cert.pem", own.certificate)] {
      try server.folder.write("\(name).new", text)
      try File.rename("\(server.folder.path)/\(name).new", to: "\(server.folder.path)/\(name)")
    }
    while try !server.folder.text("chat.log").contains("certificate fingerprint=\(own.fingerprint)") {
      _ = try server.admin("status")
    }
  }
}

/// A user of the built `chat` who connects with TLS, also on this machine.
struct EncryptedUser {
  let name: String
  let host: String
  /// Holds the certificates that the user has accepted, and those that the user's machine trusts.
  let state: StateFolder

  /// `authorities`: the certificates that this user's machine trusts.
  init(_ name: String, host: String = "localhost", trusting authorities: [String] = []) throws {
    self.name = name
    self.host = host
    state = try StateFolder()
    try File.open(authoritiesPath, [.writeOnly, .create]).writeAll(authorities.map { $0 + "\n" }.joined())
  }

  private var authoritiesPath: String { "\(state.path)/authorities.pem" }

  /// The file with the accepted certificates.
  var knownServers: String { "\(state.path)/chat/known_servers" }

  private var environment: [String: String] {
    ["SSL_CERT_FILE": authoritiesPath, "SSL_CERT_DIR": "/nowhere"]
  }

  private func arguments(_ server: TestServer, _ more: [String]) -> [String] {
    ["--tls", "--host", host, "--port", "\(server.port)", "--name", name] + more
  }

  /// `chat` in a pipe.
  func pipe(to server: TestServer, _ more: String..., password: String? = nil, input: String) throws -> Program {
    var environment = environment
    environment["CHAT_PASSWORD"] = password
    return try Program("chat", arguments(server, more), state: state, environment: environment, input: input)
  }

  /// `chat` on a terminal.
  func terminal(to server: TestServer, _ more: String...) throws -> TerminalProgram {
    try TerminalProgram("chat", arguments(server, more), state: state, environment: environment)
  }
}

extension TerminalProgram {
  static let trustPrompt = "Type yes or no: "

  /// Becomes a guest, from the question for a password.
  func enterAsGuest() throws {
    try read(until: "(Enter for none): ")
    try type("\r")
    try read(until: "or (q)uit? [g] ")
    try type("g\r")
    try read(until: " · lobby, ")
  }

  /// Quits with the keyboard.
  func quit() throws -> Int32 {
    try type("\u{4}")
    return finish()
  }
}

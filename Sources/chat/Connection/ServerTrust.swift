import POSIX
import TLS
import Text

/// What a server's certificate says of the server, for a decision and for people.
struct ServerIdentity: Equatable, Sendable {
  var fingerprint: String
  var subject: String
  var issuer: String
  var names: [String]
  /// Seconds since 1970.
  var notAfter: Int64
  var isSelfSigned: Bool
  /// Nil if an authority that this machine trusts issued the certificate for the host, and it is valid now.
  var distrust: CertificateDistrust?
}

extension ServerIdentity {
  init(_ certificate: Certificate, distrust: CertificateDistrust?) {
    self.init(
      fingerprint: certificate.fingerprint, subject: certificate.subject, issuer: certificate.issuer,
      names: certificate.names, notAfter: certificate.notAfter, isSelfSigned: certificate.isSelfSigned,
      distrust: distrust)
  }
}

/// The decision about a server's certificate: as ssh makes it about host keys, and as browsers make it where an authority vouches
/// for the host.
enum TrustDecision: Equatable, Sendable {
  enum Refusal: Equatable, Sendable {
    /// No authority vouches for it, and there is no terminal to ask the user at.
    case unknown
    /// The server had another certificate when the user accepted it.
    case changed(KnownServers.Pin)
    /// It is not the one of `--fingerprint`.
    case notRequired(String)
    /// The line about the server cannot be read.
    case damaged(line: Int)
    /// The file cannot be read, so it is not known whether the certificate has changed.
    case unreadableFile(Errno)
  }

  case accept
  /// The first connection: the user decides.
  case ask
  case refuse(Refusal)

  /// `required`: the fingerprint of `--fingerprint`, which alone counts. `known`: nil if the file cannot be read.
  static func of(
    _ identity: ServerIdentity, _ server: String, required: String? = nil, known: Result<KnownServers, Errno>,
    mayAsk: Bool
  ) -> TrustDecision {
    if let required { return identity.fingerprint == required ? .accept : .refuse(.notRequired(required)) }
    if identity.distrust == nil { return .accept }
    switch known {
    case .failure(let error): return .refuse(.unreadableFile(error))
    case .success(let known):
      let pins = known.pins(of: server)
      if pins.contains(where: { $0.fingerprint == identity.fingerprint }) { return .accept }
      if let pin = pins.last { return .refuse(.changed(pin)) }
      if let line = known.damagedLine(of: server) { return .refuse(.damaged(line: line)) }
      return mayAsk ? .ask : .refuse(.unknown)
    }
  }
}

/// Which servers the client trusts: for the session's connection, for reconnecting and for transfers.
struct ServerTrust: Equatable, Sendable {
  /// The fingerprint of `--fingerprint`.
  var required: String?
  /// Accepted by the user in this process, whether or not it could be saved.
  var accepted: String?
  var knownServers: KnownServersFile
  /// The user can be asked: only before the session.
  var mayAsk = false

  /// Nil if the server is trusted.
  func check(_ identity: ServerIdentity, _ server: String) -> UntrustedServer? {
    let known: Result<KnownServers, Errno>
    do throws(Errno) { known = .success(try knownServers.load()) } catch { known = .failure(error) }
    let decision =
      identity.fingerprint == accepted && required == nil
      ? .accept : TrustDecision.of(identity, server, required: required, known: known, mayAsk: mayAsk)
    if decision == .accept { return nil }
    return UntrustedServer(
      server: server, identity: identity, decision: decision, path: knownServers.path ?? "known_servers",
      unreadableLines: (try? known.get())?.unreadableLines ?? [])
  }
}

/// A server that is not trusted, or not yet.
struct UntrustedServer: Equatable, Sendable {
  static let prompt = "Connect, and remember this certificate? Type yes or no: "

  var server: String
  var identity: ServerIdentity
  var decision: TrustDecision
  /// Of the file of known servers.
  var path: String
  /// Its lines that cannot be read.
  var unreadableLines: [Int] = []

  /// How many names are shown, and how much of each: a certificate may not scroll its own fingerprint away.
  private static let namesMax = 5
  private static let lengthMax = 200
  /// The half of a fingerprint: a whole one does not fit into 80 columns.
  private static let fingerprintLength = Certificate.fingerprintPrefix.count + 3 * 16

  private var why: String { identity.distrust?.description ?? "" }

  /// The lines before `prompt`.
  var question: [String] {
    var names = identity.names.prefix(Self.namesMax).map(Self.shortened).joined(separator: ", ")
    if names.isEmpty { names = "no host" }
    if identity.names.count > Self.namesMax { names += " and \(identity.names.count - Self.namesMax) more" }
    return [
      "This is the first connection to \(server).", "Its certificate is not trusted: \(why).",
      "  fingerprint  \(identity.fingerprint.prefix(Self.fingerprintLength))",
      "               \(identity.fingerprint.dropFirst(Self.fingerprintLength))",
      "  subject      \(identity.subject.isEmpty ? "none" : Self.shortened(identity.subject))",
      "  issued by    \(identity.isSelfSigned ? "itself" : Self.shortened(identity.issuer))",
      "  for          \(names)",
      "  valid until  \(Certificate.date(identity.notAfter))",
    ] + unreadable.map { "\($0)." } + [
      "Compare the fingerprint with the one that the server's operator tells you",
      "(chat-admin tls show).",
    ]
  }

  private static func shortened(_ text: String) -> String {
    text.count > lengthMax ? "\(text.prefix(lengthMax))…" : text
  }

  /// Why there is no connection, and what to do.
  var refusal: [String] {
    guard case .refuse(let refusal) = decision else { return ["you have not accepted the certificate of \(server)"] }
    let certificate = "the certificate of \(server)"
    switch refusal {
    case .unknown:
      return ["\(certificate) is not trusted: \(why)"] + unreadable + [
        "if the server's operator confirms this fingerprint, add: --fingerprint \(identity.fingerprint)",
        "or connect once from a terminal, where chat asks and remembers the certificate",
      ]
    case .changed(let pin):
      return [
        "\(certificate) has changed: the server has a new one, or someone intercepts the connection",
        "  known:    \(pin.fingerprint) (\(path), line \(pin.line))",
        "  received: \(identity.fingerprint)",
        "if the server's operator confirms the change, remove line \(pin.line) of \(path) and connect again",
      ]
    case .notRequired(let required):
      return [
        "\(certificate) is not the one of --fingerprint", "  expected: \(required)",
        "  received: \(identity.fingerprint)",
      ]
    case .damaged(let line):
      return [
        "\(certificate) is not trusted: \(why)",
        "line \(line) of \(path) is about this server and is not '\(KnownServers.form)': correct or remove it",
        "  received: \(identity.fingerprint)",
      ]
    case .unreadableFile(let error):
      return ["\(certificate) is not trusted: \(why), and \(path) cannot be read: \(error)"]
    }
  }

  private var unreadable: [String] {
    guard !unreadableLines.isEmpty else { return [] }
    let numbers = unreadableLines.map(String.init).joined(separator: ", ")
    let lines = unreadableLines.count == 1 ? "line \(numbers) is" : "lines \(numbers) are"
    return ["\(path): \(lines) ignored, not '\(KnownServers.form)'"]
  }
}

extension UntrustedServer {
  /// Asks until the user answers `yes` or `no`. `ask` shows a text and returns the answer, nil at its end.
  func isAccepted(asking ask: (String) -> String?) -> Bool {
    var text = question.map { CleanText.string(from: $0) + "\n" }.joined() + Self.prompt
    while let answer = ask(text) {
      switch answer.trimmingSpaces {
      case "yes": return true
      case "no": return false
      default: text = "Type yes or no: "
      }
    }
    return false
  }
}

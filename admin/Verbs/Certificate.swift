import ChatProtocol
import Terminal

extension AdminVerb {
  static let tls = [
    AdminVerb(
      "tls show", summary: "Show the certificate that the server presents to clients.",
      details: """
        Give users the fingerprint by phone or on paper: 'chat' shows it when it connects to
        a self-signed server for the first time. If the file has changed and the server
        cannot use it, a line says why; the server keeps the certificate shown.
        """,
      example: """
        $ chat-admin tls show
        certificate  data/tls/certificate.pem, self-signed
        fingerprint  SHA256:4F:1B:…:C2
        names        DNS:chat.example.org, IP:192.0.2.7
        issuer       CN=chat.example.org
        valid        from 2026-11-20 20:11 CET to 2036-11-18 20:11 CET
        expires      in 3650 days
        """
    ) { (_) throws(AdminError) in .request(.tlsShow) },
    AdminVerb(
      "tls generate", summary: "Replace the server's self-signed certificate by a new one.",
      details: """
        The server writes the new certificate and its key to the folder tls of the data
        folder and presents it to new connections at once. Connections stay. Do this when
        the key may be known to others, or for a new host name. Users who have pinned the
        old certificate must remove its pin: until then 'chat' refuses to connect. For a
        certificate of an authority, set tls_certificate and tls_key in settings.json.
        """,
      example: """
        $ chat-admin tls generate --yes
        the server presents a new certificate, SHA256:9A:02:…:77
        """
    ) { (_) throws(AdminError) in .request(.tlsGenerate) },
  ]
}

/// How a certificate's validity looks to an operator.
private enum Validity {
  /// Days before its end from when on the operator is warned.
  static let warningDays: Int64 = 14

  case notYet
  case valid
  case ending
  case expired

  init(_ certificate: ControlTLS, at now: Timestamp) {
    if now >= certificate.notAfter {
      self = .expired
    } else if now < certificate.notBefore {
      self = .notYet
    } else {
      self = Validity.days(until: certificate.notAfter, from: now) <= Validity.warningDays ? .ending : .valid
    }
  }

  static func days(until end: Timestamp, from now: Timestamp) -> Int64 {
    (end.milliseconds - now.milliseconds) / 86_400_000
  }
}

extension ReplyText {
  func tls(_ certificate: ControlTLS, to request: ControlRequest, isDryRun: Bool) -> [String] {
    if isDryRun {
      return [
        "would replace the certificate \(certificate.fingerprint); clients that have pinned it refuse to connect until "
          + "their users remove the pin"
      ]
    }
    if request == .tlsGenerate { return ["the server presents a new certificate, \(certificate.fingerprint)"] }
    return fields(
      [
        ("certificate", certificate.source + (certificate.isSelfSigned ? ", self-signed" : "")),
        ("fingerprint", certificate.fingerprint), ("names", orDash(list(certificate.names))),
        ("issuer", orDash(certificate.issuer)),
        ("valid", "from \(timeWithZone(certificate.notBefore)) to \(timeWithZone(certificate.notAfter))"),
        ("expires", expiry(of: certificate, at: clock.now())),
      ] + problem(certificate))
  }

  /// In the status: what other machines get, and what is wrong with it.
  func tls(_ status: ControlStatus) -> [(label: String, value: String)] {
    var facts: [(label: String, value: String)] = []
    let isBeyondLoopback = status.policy?.isBeyondLoopback == true
    if let certificate = status.tls {
      let kind = certificate.isSelfSigned ? "self-signed certificate" : "certificate"
      let expiry =
        switch Validity(certificate, at: status.now) {
        case .valid: "expires \(expiry(of: certificate, at: status.now))"
        case .ending: "EXPIRES \(expiry(of: certificate, at: status.now))"
        case .expired, .notYet: expiry(of: certificate, at: status.now)
        }
      facts = [("tls", "\(kind), \(expiry)")] + problem(certificate)
    } else if isBeyondLoopback {
      facts = [("tls", "NO CERTIFICATE: 'chat-admin log --event warning' shows why")]
    }
    if isBeyondLoopback, status.policy?.allowsPlaintext == true {
      facts.append(
        ("warning", "anyone between this server and its clients can read passwords: remove allow_plaintext"))
    }
    return facts
  }

  private func problem(_ certificate: ControlTLS) -> [(label: String, value: String)] {
    certificate.problem.map { [("problem", "the changed file is not used: \($0)")] } ?? []
  }

  /// Continues "expires", or says that it is over.
  private func expiry(of certificate: ControlTLS, at now: Timestamp) -> String {
    let remedy = certificate.isSelfSigned ? "replace it: chat-admin tls generate" : "renew it"
    switch Validity(certificate, at: now) {
    case .notYet:
      return "NOT VALID before \(timeWithZone(certificate.notBefore)); check the machine's clock"
    case .valid: return "in \(Validity.days(until: certificate.notAfter, from: now)) days"
    case .ending: return "in \(left(until: certificate.notAfter, from: now)); \(remedy)"
    case .expired:
      return "EXPIRED \(left(until: now, from: certificate.notAfter)) ago, and clients refuse it; \(remedy)"
    }
  }

  /// In days or, of the last one, in hours and minutes.
  private func left(until end: Timestamp, from start: Timestamp) -> String {
    let days = Validity.days(until: end, from: start)
    return days > 0 ? counted(Int(days), "day") : age(of: start, at: end)
  }
}

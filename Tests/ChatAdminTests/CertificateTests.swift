import ChatProtocol
import TestSupport
import Testing

@testable import chat_admin

private let certificate = ControlTLS(
  fingerprint: "SHA256:4F:1B", names: ["DNS:chat.example.org", "IP:192.0.2.7"], issuer: "CN=chat.example.org",
  notBefore: Timestamp("2026-11-20T20:11:00.000Z")!, notAfter: Timestamp("2036-11-17T20:11:00.000Z")!,
  source: "data/tls/certificate.pem", isSelfSigned: true)

private func shown(_ certificate: ControlTLS, at now: String) -> String {
  ReplyText(clock: .anHourAhead(of: Timestamp(now)!)).lines(.tls(certificate), to: .tlsShow).joined(separator: "\n")
}

@Test func `tls show prints the certificate`() {
  let expected = """
    certificate  data/tls/certificate.pem, self-signed
    fingerprint  SHA256:4F:1B
    names        DNS:chat.example.org, IP:192.0.2.7
    issuer       CN=chat.example.org
    valid        from 2026-11-20 21:11 CET to 2036-11-17 21:11 CET
    expires      in 3650 days
    """
  #expect(shown(certificate, at: "2026-11-20T20:11:00.000Z") == expected)
}

@Test func `tls show says what is wrong with the certificate, and what to do`() {
  #expect(
    shown(certificate, at: "2036-11-03T20:11:00.000Z")
      .hasSuffix("\nexpires      in 14 days; replace it: chat-admin tls generate"))
  var other = certificate
  other.isSelfSigned = false
  other.names = []
  other.problem = "it does not match its key"
  let text = shown(other, at: "2036-11-18T21:11:00.000Z")
  #expect(text.hasPrefix("certificate  data/tls/certificate.pem\n"))
  #expect(text.contains("\nnames        -\n"))
  #expect(
    text.hasSuffix(
      """
      expires      EXPIRED 1 day ago, and clients refuse it; renew it
      problem      the changed file is not used: it does not match its key
      """))
}

@Test func `tls generate says what it does to clients before it asks`() throws {
  let server = try FakeServer(.answer(.success(.wouldBe(.tls(certificate)))))
  let run = AdminRun(["tls", "generate", "--data", server.folder.path], answer: "n")
  #expect(run.status == .tryAgain && run.output.isEmpty)
  #expect(
    run.errors.hasPrefix(
      "would replace the certificate SHA256:4F:1B; clients that have pinned it refuse to connect until their users "
        + "remove the pin\nContinue? [y/N] chat-admin: cancelled; "))
  #expect(server.request() == ControlCall(id: 1, request: .success(.dryRun(.tlsGenerate))))
}

@Test func `tls generate prints the new fingerprint`() throws {
  let server = try FakeServer(.answer(.success(.tls(certificate))))
  let run = AdminRun("tls", "generate", "--yes", "--data", server.folder.path)
  #expect(run.output == "the server presents a new certificate, SHA256:4F:1B\n")
  #expect(server.request() == ControlCall(id: 1, request: .success(.tlsGenerate)))
}

@Test func `without a certificate, tls show fails`() throws {
  let problem = "no certificate is in force: the server listens on loopback only"
  let server = try FakeServer(.answer(.failure(ControlError(.noCertificate, problem))))
  let run = AdminRun("tls", "show", "--json", "--data", server.folder.path)
  #expect(run.status == .notFound && run.output.isEmpty)
  #expect(run.errors == "chat-admin: \(problem)\n")
}

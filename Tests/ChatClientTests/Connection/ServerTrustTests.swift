import POSIX
import TLS
import TestSupport
import Testing

@testable import chat

private let server = "chat.example.org:7777"
private let own = "SHA256:" + [String](repeating: "AB", count: 32).joined(separator: ":")
private let other = "SHA256:" + [String](repeating: "CD", count: 32).joined(separator: ":")

private func identity(_ distrust: CertificateDistrust?) -> ServerIdentity {
  ServerIdentity(
    fingerprint: own, subject: "CN=chat.example.org", issuer: "CN=chat.example.org", names: ["DNS:chat.example.org"],
    notAfter: 1_796_083_200, isSelfSigned: distrust == .selfSigned, distrust: distrust)
}

private func known(_ text: String) -> Result<KnownServers, Errno> { .success(KnownServers(Array(text.utf8))) }

private struct Case: Sendable, CustomTestStringConvertible {
  let testDescription: String
  var distrust: CertificateDistrust? = .selfSigned
  var required: String?
  var known = chatTestsNone
  var mayAsk = false
  let decision: TrustDecision
}

private let chatTestsNone = known("")
private let pinned = known("\(server) \(own) 2026-12-01\n")
private let pinnedOther = known("# mine\n\(server) \(other) 2026-12-01\n")
private let changed = TrustDecision.refuse(.changed(KnownServers.Pin(fingerprint: other, line: 2)))

private let cases = [
  Case(testDescription: "trusted by the system", distrust: nil, decision: .accept),
  Case(testDescription: "trusted by the system, another pinned", distrust: nil, known: pinnedOther, decision: .accept),
  Case(
    testDescription: "trusted, and the file unreadable", distrust: nil, known: .failure(.permissionDenied),
    decision: .accept),
  Case(testDescription: "first, at a terminal", mayAsk: true, decision: .ask),
  Case(testDescription: "expired, at a terminal", distrust: .expired, mayAsk: true, decision: .ask),
  Case(testDescription: "of another host, at a terminal", distrust: .otherHost, mayAsk: true, decision: .ask),
  Case(testDescription: "first, in a pipe", decision: .refuse(.unknown)),
  Case(testDescription: "another server pinned", known: known("\(server)8 \(own)\n"), decision: .refuse(.unknown)),
  Case(testDescription: "pinned", known: pinned, decision: .accept),
  Case(testDescription: "pinned, and expired since", distrust: .expired, known: pinned, decision: .accept),
  Case(testDescription: "one of two pinned", known: known("\(server) \(other)\n\(server) \(own)\n"), decision: .accept),
  Case(testDescription: "changed, in a pipe", known: pinnedOther, decision: changed),
  Case(testDescription: "changed, at a terminal", known: pinnedOther, mayAsk: true, decision: changed),
  Case(
    testDescription: "a damaged pin", known: known("\(server) x\n"), mayAsk: true, decision: .refuse(.damaged(line: 1))),
  Case(
    testDescription: "an unreadable file", known: .failure(.permissionDenied), mayAsk: true,
    decision: .refuse(.unreadableFile(.permissionDenied))),
  Case(testDescription: "--fingerprint", required: own, decision: .accept),
  Case(testDescription: "--fingerprint, another pinned", required: own, known: pinnedOther, decision: .accept),
  Case(
    testDescription: "another than --fingerprint, pinned", required: other, known: pinned, mayAsk: true,
    decision: .refuse(.notRequired(other))),
  Case(
    testDescription: "another than --fingerprint, trusted by the system", distrust: nil, required: other,
    decision: .refuse(.notRequired(other))),
]

@Suite struct ServerTrustTests {
  @Test(arguments: cases)
  private func `a certificate is accepted, asked about or refused`(_ test: Case) {
    let decision = TrustDecision.of(
      identity(test.distrust), server, required: test.required, known: test.known, mayAsk: test.mayAsk)
    #expect(decision == test.decision)
  }

  @Test func `what the user accepted holds in this process, also if it was not saved`() {
    var trust = ServerTrust(knownServers: KnownServersFile(path: nil))
    #expect(trust.check(identity(.selfSigned), server)?.decision == .refuse(.unknown))
    trust.accepted = own
    #expect(trust.check(identity(.selfSigned), server) == nil)
    trust.accepted = other
    #expect(trust.check(identity(.selfSigned), server)?.decision == .refuse(.unknown))
    (trust.accepted, trust.required) = (own, other)
    #expect(trust.check(identity(.selfSigned), server)?.decision == .refuse(.notRequired(other)))
  }

  private func untrusted(
    _ decision: TrustDecision, _ distrust: CertificateDistrust = .selfSigned, unreadableLines: [Int] = []
  ) -> UntrustedServer {
    UntrustedServer(
      server: server, identity: identity(distrust), decision: decision, path: "/known", unreadableLines: unreadableLines
    )
  }

  @Test func `the question shows the certificate, and why it is not trusted`() {
    #expect(
      untrusted(.ask, unreadableLines: [3, 4]).question == [
        "This is the first connection to chat.example.org:7777.", "Its certificate is not trusted: it is self-signed.",
        "  fingerprint  \(own.prefix(55))",
        "               \(own.dropFirst(55))",
        "  subject      CN=chat.example.org",
        "  issued by    itself",
        "  for          DNS:chat.example.org",
        "  valid until  2026-12-01 00:00 UTC",
        "/known: lines 3, 4 are ignored, not 'HOST:PORT SHA256:… DATE'.",
        "Compare the fingerprint with the one that the server's operator tells you",
        "(chat-admin tls show).",
      ])
  }

  @Test(
    arguments: [
      (.expired, "it has expired"), (.otherHost, "it is for another host"),
      (.unknownIssuer, "this machine does not know the authority that issued it"),
    ] as [(CertificateDistrust, String)])
  func `a pipe learns why, and how to accept the certificate`(distrust: CertificateDistrust, why: String) {
    #expect(
      untrusted(.refuse(.unknown), distrust).refusal == [
        "the certificate of chat.example.org:7777 is not trusted: \(why)",
        "if the server's operator confirms this fingerprint, add: --fingerprint \(own)",
        "or connect once from a terminal, where chat asks and remembers the certificate",
      ])
  }

  @Test func `a changed certificate is refused with both fingerprints and the line`() {
    #expect(
      untrusted(changed).refusal == [
        "the certificate of chat.example.org:7777 has changed: the server has a new one, or someone intercepts the "
          + "connection",
        "  known:    \(other) (/known, line 2)", "  received: \(own)",
        "if the server's operator confirms the change, remove line 2 of /known and connect again",
      ])
  }

  @Test(
    arguments: [
      (["yes"], true), (["no"], false), (["y", "YES", "yes please", "", " yes "], true), (["n", "no"], false),
      ([], false), (["maybe"], false),
    ] as [([String], Bool)])
  func `only yes and no answer the question`(answers: [String], isAccepted: Bool) {
    var left = answers[...]
    var texts: [String] = []
    let result = untrusted(.ask).isAccepted { text in
      texts.append(text)
      return left.popFirst()
    }
    #expect(result == isAccepted)
    #expect(left.isEmpty)
    #expect(texts[0].hasSuffix(".\nConnect, and remember this certificate? Type yes or no: "))
    #expect(texts.dropFirst().allSatisfy { $0 == "Type yes or no: " })
  }

  @Test func `a certificate cannot draw on the terminal`() {
    var server = untrusted(.ask)
    server.identity.subject = "CN=\u{1B}[2J\nConnect?"
    _ = server.isAccepted { text in
      #expect(!text.contains("\u{1B}") && text.contains("CN=\u{FFFD}[2J\u{FFFD}Connect?"))
      return "no"
    }
  }

  @Test func `a certificate cannot scroll its fingerprint away`() {
    var server = untrusted(.ask)
    server.identity.subject = String(repeating: "x", count: 100_000)
    server.identity.names = (1...1000).map { "DNS:\($0).example" }
    #expect(server.question[4].count < 250)
    #expect(server.question[6].hasSuffix("DNS:5.example and 995 more"))
    #expect(server.question.count == 10)
  }

  @Test func `what was typed before the question does not answer it`() throws {
    let pty = try PseudoTerminal()
    let terminal = try LineTerminal(pty.device.rawValue)
    _ = try terminal.await(.nothing)
    try pty.person.writeAll("yes\n")
    #expect(!terminal.typeAhead(try pty.device.read(upTo: 100)))
    try pty.person.writeAll("yes\n")
    #expect(try pty.device.waitUntilReadable(timeoutMilliseconds: 60_000))
    let person = try HelperThread {
      // The question is written when earlier input is dropped.
      var seen: [UInt8] = []
      while !String(decoding: seen, as: UTF8.self).contains("sure? ") {
        seen += (try? pty.person.read(upTo: 100)) ?? Array("sure? ".utf8)
      }
      try? pty.person.writeAll("no\n")
    }
    #expect(terminal.askShown("sure? ") == "no")
    person.join()
    // Hidden again until the session asks.
    #expect(try !pty.isAsFound)
    terminal.end()
    #expect(try pty.isAsFound)
  }
}

import POSIX
import TestSupport
import Testing

/// The built programs over TLS: pipes, files, lost connections, renewed certificates, and what the operator sees.
@Suite(.enabled(if: Encryption.isPossible, Encryption.missing))
struct EncryptedSessionTests {
  private static let lineCount = 200

  private static func user(_ name: String, trusting more: [String] = []) throws -> EncryptedUser {
    try EncryptedUser(name, trusting: [TestCertificates.authority] + more)
  }

  @Test func `JSON in a pipe`() throws {
    let server = try TestServer(Encryption.folder())
    let end = try Self.user("bot").pipe(to: server, "--json", input: "hello \"all\"\n").finish()
    #expect(end.status == 0 && end.errors.isEmpty, "\(end)")
    let message = end.output.split(separator: "\n").first { $0.hasPrefix(#"{"event":"message""#) }
    #expect(message?.contains(#""text":"hello \"all\"""#) == true, "\(end)")
    #expect(try server.stop().status == 0)
  }

  @Test func `a shared file arrives whole at a client that accepts files`() throws {
    // Its records fill the kernel's buffers in both directions.
    let content = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    let here = try TemporaryFolder()
    try here.write("plan.bin", content)
    let server = try TestServer(Encryption.folder())
    try server.connect("/register alice correct-horse").quit()
    let bob = try Self.user("bob").terminal(to: server, "--accept-files", here.path("in"))
    try bob.enterAsGuest()
    let sent = try Self.user("alice").pipe(
      to: server, password: "correct-horse", input: "/send \(here.path)/plan.bin\n"
    ).finish()
    #expect(sent.status == 0, "\(sent)")
    try bob.read(until: "plan.bin is in ")
    #expect(try here.bytes("in/plan.bin") == content)
    #expect(try bob.quit() == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `every line is sent once and in order although the server dies`() throws {
    let folder = try Encryption.folder(settings: [#""commands_per_second": 50"#, #""commands_burst": 70"#])
    let first = try TestServer(folder)
    try first.connect("/register bot correct-horse").quit()
    let chat = try Self.user("bot").pipe(
      to: first, password: "correct-horse", input: (1...Self.lineCount).map { "line \($0)\n" }.joined())
    while let line = try chat.readLine(), !line.contains("line 60") {}
    _ = try first.stop(.kill)
    let second = try TestServer(folder, port: first.port)
    let end = try chat.finish()
    #expect(end.status == 0 && end.errors.contains("chat: the connection is back\n"), "\(end.errors)")
    #expect(try second.stop().status == 0)
    let said = try folder.text("chat.log").matches(of: /message id=\d+ room=lobby from=bot text="(.*)"/)
    #expect(said.map { String($0.1) } == (1...Self.lineCount).map { "line \($0)" })
  }

  @Test func `a screen stays connected when the certificate is renewed, and reconnects to the renewed one`() throws {
    let folder = try Encryption.folder()
    let first = try TestServer(folder)
    let renewed = try Encryption.OwnCertificate()
    let alice = try Self.user("alice", trusting: [renewed.certificate]).terminal(to: first)
    try alice.enterAsGuest()
    try Encryption.renew(first, renewed)
    try alice.type("before\r")
    try alice.read(until: "alice: before ✓")
    let bob = try Self.user("bob", trusting: [renewed.certificate]).pipe(to: first, input: "from bob\n").finish()
    #expect(bob.status == 0)
    try alice.read(until: "bob: from bob")
    #expect(!alice.seen.contains("Lost the connection"))
    _ = try first.stop(.kill)
    try alice.read(until: "Lost the connection")
    let second = try TestServer(folder, port: first.port)
    try alice.type("after\r")
    try alice.read(until: "alice: after ✓")
    #expect(try alice.quit() == 0)
    #expect(try second.stop().status == 0)
    let said = try folder.text("chat.log").matches(of: /message id=\d+ room=lobby from=\S+ text="(.*)"/)
    #expect(said.map { String($0.1) } == ["before", "from bob", "after"])
  }

  @Test func `after the first connection was encrypted, chat does not reconnect in the clear`() throws {
    let folder = try Encryption.folder()
    let first = try TestServer(folder)
    let alice = try Self.user("alice").terminal(to: first)
    try alice.enterAsGuest()
    _ = try first.stop(.kill)
    try alice.read(until: "Lost the connection")
    try folder.write("settings.json", "{}")
    let second = try TestServer(folder, port: first.port)
    try alice.read(until: "refuses the connection; chat keeps trying:")
    #expect(try alice.quit() == 0)
    #expect(try folder.text("chat.log").matches(of: /guest user=alice/).count == 1)
    #expect(try second.stop().status == 0)
  }

  // MARK: The operator

  @Test func `the operator sees the certificate, replaces it, and is warned of plaintext`() throws {
    let folder = try TestFolder()
    try folder.write("settings.json", #"{"host": "0.0.0.0"}"#)
    let server = try TestServer(folder, address: "0.0.0.0")
    let shown = try server.admin("tls", "show").output
    #expect(shown.contains("\(folder.path)/tls/certificate.pem, self-signed\n"), "\(shown)")
    #expect(shown.contains("DNS:localhost") && shown.contains("IP:127.0.0.1"), "\(shown)")
    let status = try server.admin("status").output
    #expect(status.contains("(other machines too, with TLS)") && status.contains("self-signed certificate, expires in"))
    #expect(!status.contains("allow_plaintext"))

    let would = try server.admin("tls", "generate", "--dry-run")
    #expect(would.status == 0 && would.output.hasPrefix("would replace the certificate SHA256:"))
    #expect(try server.admin("tls", "show").output == shown)
    let generated = try server.admin("tls", "generate", "--yes").output
    let new = try #require(generated.firstMatch(of: /the server presents a new certificate, (SHA256:\S+)\n/))
    #expect(try server.admin("tls", "show").output.contains("fingerprint  \(new.1)\n"))
    let json = try server.admin("tls", "show", "--json").output
    #expect(json.contains("\"\(new.1)\""), "\(json)")
    #expect(try File.status("\(folder.path)/tls/key.pem").mode & 0o777 == 0o600)

    try folder.write("settings.json", #"{"host": "0.0.0.0", "allow_plaintext": true}"#)
    _ = try server.admin("reload")
    #expect(try server.admin("status").output.contains("remove allow_plaintext"))
    #expect(try server.stop().status == 0)
  }

  @Test func `the operator sees why a changed certificate is not used`() throws {
    let server = try TestServer(Encryption.folder())
    let before = try server.admin("tls", "show").output
    try server.folder.write("cert.pem", TestCertificates.certificate)
    while try !server.admin("tls", "show").output.contains("the changed file is not used") {}
    let after = try server.admin("tls", "show").output
    #expect(after.hasPrefix(before) && after.contains("it holds only the server's own certificate"), "\(after)")
    #expect(try server.admin("status").output.contains("the changed file is not used"))
    let refused = try server.admin("tls", "generate", "--yes")
    #expect(refused.status != 0 && refused.errors.contains("cert.pem, which settings.json names"), "\(refused)")
    #expect(try server.stop().status == 0)
  }

  @Test func `a server on loopback without a certificate says so`() throws {
    let server = try TestServer(TestFolder())
    let shown = try server.admin("tls", "show")
    #expect(shown.status != 0 && shown.errors.contains("the server listens on loopback only"), "\(shown)")
    #expect(try server.stop().status == 0)
  }
}

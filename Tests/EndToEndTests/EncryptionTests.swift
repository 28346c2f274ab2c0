import Foundation
import POSIX
import TestSupport
import Testing

/// Which servers the built `chat` trusts, in a pipe and on a terminal.
@Suite(.enabled(if: Encryption.isPossible, Encryption.missing))
struct EncryptionTests {
  private static let prompt = TerminalProgram.trustPrompt

  // MARK: In a pipe

  @Test func `a pipe refuses an unknown certificate, and says how to accept it`() throws {
    let own = try Encryption.OwnCertificate()
    let server = try TestServer(Encryption.folder(own))
    let alice = try EncryptedUser("alice")
    let refused = try alice.pipe(to: server, input: "hello\n").finish()
    #expect(refused.status == 77 && refused.output.isEmpty)
    #expect(refused.errors.contains("localhost:\(server.port) is not trusted: it is self-signed"), "\(refused.errors)")
    #expect(refused.errors.contains("--fingerprint \(own.fingerprint)\n"), "\(refused.errors)")
    #expect(try File.statusIfPresent(alice.knownServers) == nil)
    #expect(try !server.folder.text("chat.log").contains("alice"))

    let accepted = try alice.pipe(to: server, "--fingerprint", own.fingerprint, input: "hello\n").finish()
    #expect(accepted.status == 0 && accepted.output.contains("hello"), "\(accepted)")
    // For this command only.
    #expect(try alice.pipe(to: server, input: "again\n").finish().status == 77)
    #expect(try server.stop().status == 0)
  }

  @Test func `a pipe with the fingerprint of another certificate is refused, trusted authority or not`() throws {
    let server = try TestServer(Encryption.folder())
    let other = try Encryption.OwnCertificate().fingerprint
    let alice = try EncryptedUser("alice", trusting: [TestCertificates.authority])
    let end = try alice.pipe(to: server, "--fingerprint", other, input: "hello\n").finish()
    #expect(end.status == 77)
    #expect(end.errors.contains("expected: \(other)\n") && end.errors.contains("received: SHA256:"), "\(end.errors)")
    #expect(try !server.folder.text("chat.log").contains("alice"))
    #expect(try server.stop().status == 0)
  }

  // MARK: On a terminal

  @Test func `the first connection asks until the answer is yes or no, and yes is remembered`() throws {
    let own = try Encryption.OwnCertificate()
    let server = try TestServer(Encryption.folder(own))
    let user = try EncryptedUser("alice")

    let first = try user.terminal(to: server)
    let question = try first.read(until: Self.prompt)
    #expect(question.contains("first connection to localhost:\(server.port)") && Self.shows(own.fingerprint, question))
    for answer in ["maybe", "", "y", "YES"] {
      try first.type("\(answer)\r")
      try first.read(until: Self.prompt)
    }
    try first.type("no\r")
    #expect(first.finish() == 77)
    #expect(try first.readRest().contains("you have not accepted the certificate of localhost:\(server.port)"))
    #expect(try first.terminal.isAsFound)
    #expect(try File.statusIfPresent(user.knownServers) == nil)

    let second = try user.terminal(to: server)
    try second.read(until: Self.prompt)
    try second.type("yes\r")
    try second.enterAsGuest()
    #expect(try second.quit() == 0)
    let pins = try user.state.lines(of: "known_servers")
    #expect(pins.count == 1 && pins[0].hasPrefix("localhost:\(server.port) \(own.fingerprint) "), "\(pins)")
    #expect(try File.status(user.knownServers).mode & 0o777 == 0o600)

    let third = try user.terminal(to: server)
    try third.enterAsGuest()
    #expect(try third.quit() == 0)
    #expect(!third.seen.contains("first connection"))
    // A pipe trusts what the terminal has accepted.
    #expect(try user.pipe(to: server, input: "hello\n").finish().status == 0)
    #expect(try server.stop().status == 0)
  }

  @Test func `what is typed before the question does not answer it`() throws {
    let server = try TestServer(Encryption.folder(Encryption.OwnCertificate()))
    let user = try EncryptedUser("alice")
    try server.send(.stop)
    let chat = try user.terminal(to: server)
    while try chat.terminal.isAsFound { sched_yield() }
    try chat.type("yes\r")
    try chat.awaitReading()
    try server.send(.resume)
    let question = try chat.read(until: Self.prompt)
    #expect(question.contains("was dropped"))
    // Neither does the rest of a paste.
    try chat.type("maybe\ryes\ryes\r")
    try chat.read(until: Self.prompt)
    try chat.type("no\r")
    #expect(chat.finish() == 77)
    #expect(try File.statusIfPresent(user.knownServers) == nil)
    #expect(try server.stop().status == 0)
  }

  @Test(arguments: ["\u{3}", "\u{4}", "15", "1"])
  func `a user can quit at the question`(end: String) throws {
    let server = try TestServer(Encryption.folder(Encryption.OwnCertificate()))
    let user = try EncryptedUser("alice")
    let chat = try user.terminal(to: server)
    try chat.read(until: Self.prompt)
    if let signal = Int32(end) { try chat.send(Signal(rawValue: signal)) } else { try chat.type(end) }
    #expect(chat.finish() == (end == "\u{3}" ? 130 : Int32(end).map { 128 + $0 } ?? 77))
    #expect(try chat.terminal.isAsFound)
    #expect(try File.statusIfPresent(user.knownServers) == nil)
    #expect(try server.stop().status == 0)
  }

  // MARK: Another certificate

  @Test func `a changed certificate is refused with both fingerprints and the place of the accepted one`() throws {
    let folder = try TestFolder()
    try folder.write("settings.json", #"{"host": "0.0.0.0"}"#)
    let server = try TestServer(folder, address: "0.0.0.0")
    let user = try EncryptedUser("alice")
    try File.makeDirectory("\(user.state.path)/chat")
    try File.open(user.knownServers, [.writeOnly, .create]).writeAll("# servers\n")
    let first = try user.terminal(to: server)
    try first.read(until: Self.prompt)
    try first.type("yes\r")
    try first.enterAsGuest()
    #expect(try first.quit() == 0)
    let old = try Self.fingerprint(server)
    #expect(Self.shows(old, first.seen))

    let generated = try server.admin("tls", "generate", "--yes")
    #expect(generated.status == 0)
    let new = try Self.fingerprint(server)
    #expect(new != old && generated.output.contains(new))
    let refused = try user.pipe(to: server, input: "hello\n").finish()
    #expect(refused.status == 77 && refused.output.isEmpty)
    #expect(refused.errors.contains("known:    \(old) (\(user.knownServers), line 2)\n"), "\(refused.errors)")
    #expect(refused.errors.contains("received: \(new)\n"))
    #expect(refused.errors.contains("remove line 2 of \(user.knownServers)"))
    let terminal = try user.terminal(to: server)
    #expect(terminal.finish() == 77)
    #expect(try terminal.readRest().contains("has changed"))
    #expect(!terminal.seen.contains(Self.prompt))

    try File.open(user.knownServers, [.writeOnly, .truncate]).writeAll("# servers\n")
    let again = try user.terminal(to: server)
    #expect(try Self.shows(new, again.read(until: Self.prompt)))
    try again.type("yes\r")
    try again.enterAsGuest()
    #expect(try again.quit() == 0)
    #expect(try server.stop().status == 0)
  }

  /// Whether the question shows the fingerprint, on two lines.
  private static func shows(_ fingerprint: String, _ question: String) -> Bool {
    question.contains("\(fingerprint.prefix(55))") && question.contains("   \(fingerprint.dropFirst(55))")
  }

  private static func fingerprint(_ server: TestServer) throws -> String {
    let shown = try server.admin("tls", "show").output
    return String(try #require(shown.firstMatch(of: /fingerprint +(SHA256:[0-9A-F:]{95})\n/), "\(shown)").1)
  }

  @Test func `a client that is connected stays when the certificate changes, and does not reconnect to an unknown one`()
    throws
  {
    let folder = try Encryption.folder(Encryption.OwnCertificate())
    let first = try TestServer(folder)
    let user = try EncryptedUser("alice")
    let alice = try user.terminal(to: first)
    try alice.read(until: Self.prompt)
    try alice.type("yes\r")
    try alice.enterAsGuest()
    let new = try Encryption.OwnCertificate()
    try Encryption.renew(first, new)
    try alice.type("still here\r")
    try alice.read(until: "alice: still here ✓")
    _ = try first.stop(.kill)
    let second = try TestServer(folder, port: first.port)
    #expect(alice.finish() == 77)
    #expect(try alice.readRest().contains("received: \(new.fingerprint)"))
    #expect(try alice.terminal.isAsFound)
    #expect(try second.stop().status == 0)
  }

  // MARK: Authorities

  @Test func `a certificate of a trusted authority needs no question, under its names only`() throws {
    let folder = try Encryption.folder(settings: [#""host": "0.0.0.0""#])
    let server = try TestServer(folder, address: "0.0.0.0")
    let alice = try EncryptedUser("alice", trusting: [TestCertificates.authority])
    let terminal = try alice.terminal(to: server)
    try terminal.enterAsGuest()
    #expect(try terminal.quit() == 0)
    #expect(!terminal.seen.contains("certificate"))
    #expect(try alice.pipe(to: server, input: "hello\n").finish().status == 0)
    #expect(try File.statusIfPresent(alice.knownServers) == nil)

    let bob = try EncryptedUser("bob", host: "127.0.0.2", trusting: [TestCertificates.authority])
    let refused = try bob.pipe(to: server, input: "hello\n").finish()
    #expect(refused.status == 77)
    #expect(refused.errors.contains("127.0.0.2:\(server.port) is not trusted: it is for another host\n"))
    let question = try bob.terminal(to: server)
    let text = try question.read(until: Self.prompt)
    #expect(text.contains("it is for another host") && text.contains("DNS:chat.example.org"), "\(text)")
    try question.type("no\r")
    #expect(question.finish() == 77)

    let carol = try EncryptedUser("carol")
    let unknown = try carol.pipe(to: server, input: "hello\n").finish()
    #expect(unknown.status == 77 && unknown.errors.contains("does not know the authority"), "\(unknown.errors)")
    #expect(try server.stop().status == 0)
  }
}

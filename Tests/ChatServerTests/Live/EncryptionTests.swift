import ChatProtocol
import ChatStore
import POSIX
import TLS
import TestSupport
import Testing

@testable import ChatServer

/// TLS at the server's port. Without OpenSSL on the machine there is nothing to test.
@Suite("Encryption", .enabled(if: Encryption.isPossible, "libssl.so.3 is not on this machine"))
struct EncryptionTests {
  private let context: TLSContext

  init() throws { context = try TLSContext() }

  /// A client that has sent its ClientHello.
  private func begin(_ server: LiveServer, host: String = "127.0.0.1", preamble: [UInt8] = []) throws -> TestClient {
    let client = try TestClient(host: host, port: server.running.address.port, preamble: preamble, tls: context)
    try client.beginHandshake()
    return client
  }

  @Test("a client with TLS and one without it are in the same room")
  func sameRoom() throws {
    let server = try Encryption.server()
    let alice = try server.guest("alice")
    let bob = try server.connectPlain()
    try bob.send("/guest bob\n")
    try bob.read(until: "ok guest")
    try alice.send("from alice\n")
    try bob.read(until: "[lobby] alice: from alice")
    try bob.send("from bob\n")
    try alice.read(until: "[lobby] bob: from bob")
    #expect(try alice.fingerprint == Certificate(pem: Array(TestCertificates.certificate.utf8)).fingerprint)
  }

  @Test("the greeting comes at once after the handshake")
  func greeting() throws {
    let server = try Encryption.server()
    let client = try server.connect()
    #expect(try client.readLine()?.hasPrefix("* Welcome") == true)
  }

  @Test("a silent client that may be unencrypted is greeted after a moment")
  func silence() throws {
    let server = try Encryption.server(silence: .milliseconds(1))
    let client = try server.connectPlain()
    #expect(try client.readLine()?.hasPrefix("* Welcome") == true)
  }

  @Test("a client whose first byte arrived in time speaks TLS, however late the server looks at it")
  func lateLook() throws {
    let start = Semaphore()
    let server = try Encryption.server(silence: .zero, start: start)
    // More than one turn looks at.
    let clients = try (0..<20).map { _ in try begin(server) }
    start.signal()
    for client in clients {
      #expect(try client.shakeHands())
      try client.ping()
    }
  }

  @Test("a client that speaks first is greeted at once")
  func firstByte() throws {
    let server = try Encryption.server(silence: .seconds(600))
    let client = try server.connectPlain()
    try client.send("/ping x\n")
    #expect(try client.readLine()?.hasPrefix("* Welcome") == true)
    try client.read(until: "ok ping x")
  }

  @Test("a handshake whose bytes arrive one by one succeeds")
  func byteByByte() throws {
    let server = try Encryption.server()
    let relay = try Socket.pair()
    let client = try context.connection(TLSBuffers())
    try relay.first.setNonBlocking()
    try relay.second.setNonBlocking()
    let upstream = try TestClient(port: server.running.address.port)
    guard client.begin(relay.first) else { throw TestFailure("the connection is lost") }
    let hello = try #require(try relay.second.receive(upTo: 65_536))
    for byte in hello { try upstream.sendPlain([byte]) }
    // The server's first flight is the answer to all of the hello's bytes.
    #expect(try upstream.readByte() == 0x16)
  }

  @Test("a client that ends its stream without closing the connection is closed", arguments: ["", "last words\n"])
  func endOfStream(last: String) throws {
    let server = try Encryption.server()
    let bob = try server.guest("bob")
    // What the client's TLS sends goes to the server through a pair of sockets, so that the test decides which bytes
    // arrive together.
    let relay = try Socket.pair()
    try relay.first.setNonBlocking()
    try relay.second.setNonBlocking()
    let upstream = try TestClient(port: server.running.address.port)
    let client = try context.connection(TLSBuffers())
    var received: [UInt8] = []
    func pass(_ bytes: [UInt8]) throws {
      let count = try relay.second.send(bytes)
      #expect(count == bytes.count)
      _ = client.receive(from: relay.first) { for index in $0.indices { received.append($0[index]) } }
    }
    let hasBegun = client.begin(relay.first)
    #expect(hasBegun)
    while !client.isEstablished {
      if let bytes = try relay.second.receive(upTo: 65_536) { try upstream.sendPlain(bytes) }
      try pass([try #require(try upstream.readByte())])
    }
    let line = Array("/guest alice\n\(last)".utf8)
    _ = client.send(line.span, relay.first)
    client.endOutput(relay.first)
    // The end of the handshake, the lines and the end of the stream.
    try upstream.sendPlain(try #require(try relay.second.receive(upTo: 65_536)))
    #expect(try !upstream.readBytesToEnd().isEmpty)
    try bob.read(until: last.isEmpty ? "alice" : "[lobby] alice: last words")
    try bob.read(until: "alice left lobby")
  }

  @Test(
    "bytes that only begin like TLS are refused, and other clients are not affected",
    arguments: [
      [0x16], [0x16, 3, 1, 0, 5, 1, 0, 0, 0, 0], [UInt8](repeating: 0x16, count: 100_000),
    ])
  func garbage(bytes: [UInt8]) throws {
    let server = try Encryption.server(handshake: .milliseconds(50))
    let bob = try server.guest("bob")
    let client = try server.connectPlain()
    try? client.sendPlain(bytes)
    // An alert at most.
    #expect(try client.readBytesToEnd().count < 100)
    try bob.ping()
    try server.awaitLog("connect-refused address=127.0.0.1 reason=tls-handshake")
  }

  @Test("garbage behind a ClientHello ends the handshake")
  func garbageAfterHello() throws {
    let server = try Encryption.server()
    let client = try begin(server)
    try client.sendPlain([UInt8](repeating: 0x17, count: 40_000))
    // A client of TLS 1.3 is done before the server has checked its last message.
    #expect(try !client.shakeHands() || client.readToEnd().isEmpty)
  }

  @Test("connections that begin a handshake and wait take no session, and are closed in time")
  func waiting() throws {
    let server = try Encryption.server(handshake: .milliseconds(200))
    let bob = try server.guest("bob")
    let waiting = try (0..<100).map { _ in
      let client = try server.connectPlain()
      try client.sendPlain([0x16])
      return client
    }
    try bob.ping()
    for client in waiting { #expect(try client.readBytesToEnd().isEmpty) }
    #expect(try !server.text("chat.log").contains("connect session=2"))
  }

  @Test("all that waits for a slow reader arrives whole and in order, and then the reason for the end")
  func slowReader() throws {
    let server = try Encryption.server(settings: [#""outbox_bytes": 300000"#, #""commands_per_second": 0"#])
    let reader = try server.guest("reader")
    let writer = try server.guest("writer")
    let text = String(repeating: "x", count: 3000)
    var count = 0
    while try !server.text("chat.log").contains("text=\"too slow\"") {
      for _ in 0..<100 {
        try writer.send("\(count) \(text)\n")
        count += 1
      }
      try writer.ping("\(count)")
    }
    let lines = try reader.readToEnd()
    let messages = lines.filter { $0.hasPrefix("[lobby] writer: ") }
    #expect(messages == (0..<messages.count).map { "[lobby] writer: \($0) \(text)" })
    #expect(lines.last?.hasPrefix("* You read too slowly") == true, "\(lines.last ?? "")")
  }

  @Test("a client whose bytes cost much to decrypt is read more slowly, and loses none")
  func expensiveBytes() throws {
    let server = try SteppedServer(
      settings: Encryption.settings([#""work_per_second": 1000"#, #""commands_per_second": 1000"#]),
      files: Encryption.files)
    let client = try TestClient(port: server.addresses[0].port, tls: context)
    try client.beginHandshake()
    while !client.isEstablished {
      try server.takeTurn()
      if try client.hasSomething() { _ = try client.receive() }
    }
    try client.send("/guest alice\n")
    try server.takeTurns(until: client, hears: "ok guest")
    let text = String(repeating: "x", count: 3000)
    // Each byte is a record of its own.
    for _ in 0..<5 { for byte in Array("/ping \(text)\n".utf8) { try client.send([byte]) } }
    while server.paused == 0 { try server.takeTurn() }
    for _ in 0..<5 { try server.takeTurns(until: client, hears: "ok ping x") }
    #expect(server.paused == 0)
    try server.stop()
  }

  @Test("a user of the text dialect is shown a command that speaks TLS")
  func commands() throws {
    let server = try Encryption.server(files: ["users.csv": "name,password\nalice,plain:correct-horse\n"])
    let alice = try server.connect()
    try alice.send("/login alice correct-horse\n/offer 3 1 abc\n")
    try alice.read(until: "| openssl s_client -quiet -connect 127.0.0.1:\(server.running.address.port) 2>/dev/null")
  }

  // MARK: Certificates

  @Test("a renewed certificate serves new connections, and those that are open stay")
  func renewed() throws {
    let server = try Encryption.server()
    let alice = try server.guest("alice")
    let made = try Certificate.makeSelfSigned(for: ["localhost"], at: SystemClock.nowMilliseconds / 1000)
    try Encryption.replace("key.pem", in: server, made.key)
    try Encryption.replace("cert.pem", in: server, made.certificate)
    let fingerprint = try Certificate(pem: made.certificate).fingerprint
    try server.awaitLog("certificate fingerprint=\(fingerprint)")
    let bob = try server.guest("bob")
    #expect(bob.fingerprint == fingerprint)
    #expect(alice.fingerprint != fingerprint)
    try alice.send("still here\n")
    try bob.read(until: "[lobby] alice: still here")
  }

  @Test(
    "a changed certificate that cannot be used is reported, and the old one stays",
    arguments: [
      ("key.pem", "", "key.pem: it holds no private key"),
      ("cert.pem", TestCertificates.authority, "key.pem: it is not the key of the certificate in"),
      ("cert.pem", TestCertificates.certificate, "cert.pem: it holds only the server's own certificate"),
      ("cert.pem", "hello", "cert.pem: it holds no certificate"),
    ])
  func unusable(file: String, text: String, problem: String) throws {
    let server = try Encryption.server()
    try Encryption.replace(file, in: server, Array(text.utf8))
    try server.awaitLog("the changed TLS certificate cannot be used, and the old one stays: ")
    #expect(try server.text("chat.log").contains(problem))
    let alice = try server.guest("alice")
    #expect(try alice.fingerprint == Certificate(pem: Array(TestCertificates.certificate.utf8)).fingerprint)
  }

  @Test(
    "without a usable certificate the server does not start, and says why",
    arguments: [
      ("cert.pem", Optional(TestCertificates.certificate), "it holds only the server's own certificate"),
      ("key.pem", TestCertificates.encryptedKey, "it holds no private key in PEM form without a password"),
      ("cert.pem", nil, "No such file or directory"),
    ])
  func start(file: String, text: String?, problem: String) throws {
    let folder = try TemporaryFolder()
    try Encryption.write(to: folder.path)
    try File.unlink(folder.path(file))
    if let text { try folder.write(file, text) }
    try folder.write("settings.json", Encryption.settings([]))
    let error = #expect(throws: ServerError.self) {
      try Server(ServerConfiguration(data: folder.path, port: 0, takesSignals: false))
    }
    let failure = try #require(error)
    #expect(ChatServer.ExitStatus(failure) == .malformedData)
    #expect(failure.description.contains("\(file)") && failure.description.contains(problem), "\(failure)")
  }

  @Test("a server beyond loopback makes its own certificate, once, and only its owner can read the key")
  func ownCertificate() throws {
    let folder = try TemporaryFolder()
    func fingerprint(host: String) throws -> String? {
      let configuration = ServerConfiguration(data: folder.path, host: host, port: 0, takesSignals: false)
      let server = try Server(configuration)
      defer { server.control.removeSocket() }
      return server.certificates.context?.certificate?.fingerprint
    }
    #expect(try fingerprint(host: "127.0.0.1") == nil)
    let own = try #require(try fingerprint(host: "0.0.0.0"))
    #expect(try fingerprint(host: "0.0.0.0") == own)
    #expect(try fingerprint(host: "127.0.0.1") == nil)
    #expect(try File.status(folder.path("tls/key.pem")).mode & 0o777 == 0o600)
    // A server that died before it had written both files has left a key alone.
    try File.unlink(folder.path("tls/certificate.pem"))
    let second = try #require(try fingerprint(host: "0.0.0.0"))
    #expect(second != own)
    try File.unlink(folder.path("tls/key.pem"))
    let error = #expect(throws: ServerError.self) { try fingerprint(host: "0.0.0.0") }
    #expect(error?.description.contains("tls/key.pem: No such file or directory") == true)
  }

  @Test(
    "from other machines only encrypted clients are accepted, unless the settings allow others",
    arguments: [false, true])
  func otherMachines(isAllowed: Bool) throws {
    let address = try #require(Machine.addresses.first { !$0.hasPrefix("127.") && $0 != "::1" && !$0.contains(":") })
    let server = try LiveServer(settings: #"{"host": "0.0.0.0", "allow_plaintext": \#(isAllowed)}"#)
    let client = try begin(server, host: address)
    #expect(try client.shakeHands())
    try client.send("/guest alice\n")
    try client.read(until: "ok guest")
    let plain = try TestClient(host: address, port: server.running.address.port)
    try plain.send("/guest bob\n")
    if isAllowed {
      try plain.read(until: "ok guest")
    } else {
      let told = try plain.readToEnd()
      #expect(told.count == 1 && told[0].contains("only encrypted connections"), "\(told)")
      try server.awaitLog("connect-refused address=\(address) reason=plaintext")
    }
  }

  // MARK: Proxies

  @Test(
    "a connection of a proxy is that of the address in its header, with TLS and without it", arguments: [true, false])
  func proxy(isEncrypted: Bool) throws {
    let server = try Encryption.server(settings: [#""proxies": ["127.0.0.0/8"]"#])
    let header = Array("PROXY TCP4 192.0.2.77 127.0.0.1 51000 7777\r\n".utf8)
    let client =
      isEncrypted
      ? try begin(server, preamble: header) : try TestClient(port: server.running.address.port, preamble: header)
    if isEncrypted { #expect(try client.shakeHands()) }
    try client.send("/guest alice\n")
    try client.read(until: "ok guest")
    #expect(try server.text("chat.log").contains("connect session=1 address=192.0.2.77"))
  }

  @Test("a connection of a proxy without a header is refused, and so is one of a banned address")
  func proxyRefusals() throws {
    let server = try Encryption.server(settings: [#""proxies": ["127.0.0.1"]"#])
    let client = try server.connectPlain()
    try client.send("/guest alice\n")
    #expect(try client.readToEnd().last?.contains("must begin with a PROXY header") == true)
    let control = try server.connectControl()
    try control.send(
      ControlRequest.bansAdd(.addresses(AddressBlock("192.0.2.0/24")!), ControlTerms(reason: "spam")).encode(id: 1))
    #expect(try control.readLine()?.contains("\"ok\"") == true)
    let banned = try TestClient(
      port: server.running.address.port, preamble: Array("PROXY TCP4 192.0.2.77 127.0.0.1 51000 7777\r\n".utf8))
    #expect(try banned.readToEnd().last?.contains("spam") == true)
  }

  @Test("a ban during the handshake is in force when it is done")
  func bannedInHandshake() throws {
    let server = try Encryption.server(settings: [#""proxies": ["127.0.0.1"]"#])
    let client = try begin(server, preamble: Array("PROXY TCP4 192.0.2.77 127.0.0.1 51000 7777\r\n".utf8))
    // The server's part of the handshake has come.
    try client.awaitInput()
    let control = try server.connectControl()
    try control.send(
      ControlRequest.bansAdd(.addresses(AddressBlock("192.0.2.0/24")!), ControlTerms(reason: "spam")).encode(id: 1))
    #expect(try control.readLine()?.contains("\"ok\"") == true)
    #expect(try client.shakeHands())
    try? client.send("/guest mallory\n")
    let lines = try client.readToEnd()
    #expect(lines.count == 1 && lines[0].contains("spam"), "\(lines)")
    #expect(try !server.text("chat.log").contains("connect session="))
  }
}

/// Servers with the certificate of the tests.
enum Encryption {
  static var isPossible: Bool { (try? TLSBuffers()) != nil }

  static let files = ["cert.pem": TestCertificates.chain, "key.pem": TestCertificates.key]

  static func settings(_ more: [String]) -> String {
    "{" + ([#""tls_certificate": "cert.pem""#, #""tls_key": "key.pem""#] + more).joined(separator: ", ") + "}"
  }

  static func server(
    settings more: [String] = [], files: [String: String] = [:], silence: Duration = .seconds(60),
    handshake: Duration = .seconds(60), start: Semaphore? = nil
  ) throws -> LiveServer {
    try LiveServer(
      settings: settings(more),
      files: files.merging(Encryption.files, uniquingKeysWith: { $1 }),
      timeouts: timeouts(silence: silence, handshake: handshake), tls: TLSContext(), start: start)
  }

  static func timeouts(silence: Duration, handshake: Duration = .seconds(60)) -> Timeouts {
    var timeouts = Timeouts()
    timeouts.silence = silence
    timeouts.handshake = handshake
    return timeouts
  }

  static func write(to folder: String) throws {
    for (name, text) in files {
      try File.open("\(folder)/\(name)", [.writeOnly, .create]).writeAll(text)
    }
  }

  /// As programs that renew certificates do.
  static func replace(_ name: String, in server: LiveServer, _ bytes: [UInt8]) throws {
    try File.open("\(server.folder)/\(name).new", [.writeOnly, .create]).writeAll(bytes)
    try File.rename("\(server.folder)/\(name).new", to: "\(server.folder)/\(name)")
  }
}

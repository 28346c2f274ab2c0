import ChatProtocol
import POSIX
import TestSupport
import Testing

@testable import ChatServer

/// A server with the accounts alice and bob, and alice logged in.
private struct FileServer {
  let server: LiveServer
  let alice: TestClient

  init(
    settings: String = "{}", timeouts: Timeouts = Timeouts(), folder: String? = nil, isEncrypted: Bool = false
  ) throws {
    let files = ["users.csv": "name,password\nalice,plain:correct-horse\nbob,plain:battery-staple\n"]
    server =
      isEncrypted
      ? try Encryption.server(files: files)
      : try LiveServer(settings: settings, files: folder == nil ? files : [:], folder: folder, timeouts: timeouts)
    alice = try FileServer.login(server, "alice", "correct-horse")
  }

  static func login(_ server: LiveServer, _ name: String, _ password: String) throws -> TestClient {
    let client = try server.connect()
    try client.send("/login \(name) \(password)\n/format json\n")
    try client.read(until: #""format":"json""#)
    return client
  }

  /// The next reply. Earlier events are skipped.
  static func reply(to client: TestClient) throws -> Event {
    while let line = try client.readLine() {
      guard case .event(let event) = try ReceivedEvent(decoding: Array(line.utf8)).content else { continue }
      switch event {
      case .ok, .error: return event
      default: continue
      }
    }
    throw TestFailure("the connection ended")
  }

  func offer(_ bytes: [UInt8], as name: String = "data", cksum: UInt32? = nil) throws -> OfferedFile {
    var own = Cksum()
    own.append(bytes.span)
    try alice.send("/offer \(bytes.count) \(cksum ?? own.value) \(name)\n")
    let event = try FileServer.reply(to: alice)
    guard case .ok(let reply) = event, case .offered(let offered) = reply.result else {
      throw TestFailure("not offered: \(event)")
    }
    return offered
  }

  /// A connection that begins with these bytes, after its greeting.
  func begin(_ bytes: [UInt8]) throws -> TestClient {
    let client = try server.connect()
    try client.send(bytes)
    try client.read(until: "/help lists")
    return client
  }

  func put(_ offered: OfferedFile, _ bytes: some Sequence<UInt8>) throws -> TestClient {
    try begin(Array("/put \(offered.ticket.exposed)\n".utf8) + bytes)
  }

  func get(_ id: MessageID, from offset: Int = 0, by client: TestClient? = nil) throws -> FetchedFile {
    try (client ?? alice).send("/get \(id) \(offset)\n")
    let event = try FileServer.reply(to: client ?? alice)
    guard case .ok(let reply) = event, case .fetch(let fetched) = reply.result else {
      throw TestFailure("not to be fetched: \(event)")
    }
    return fetched
  }

  /// The bytes that a ticket delivers, up to the end of the connection.
  func take(_ fetched: FetchedFile) throws -> [UInt8] {
    let client = try begin(Array("/take \(fetched.ticket.exposed)\n".utf8))
    #expect(try client.readLine() == "ok take #\(fetched.id): \(fetched.size - fetched.offset) bytes")
    return try client.readBytesToEnd()
  }

  func path(_ name: String) -> String { "\(server.folder)/files/\(name)" }

  func ping() throws {
    try alice.send("/ping here\n")
    try alice.read(until: #""token":"here""#)
  }

  /// Waits until the part has this many bytes.
  func awaitPart(_ id: MessageID, bytes: Int64) throws {
    while try File.statusIfPresent(path("\(id).part"))?.size != bytes { try ping() }
  }
}

@Suite struct `File transfers` {
  private static let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

  @Test(arguments: Encryption.isPossible ? [false, true] : [false])
  func `deliver a file unchanged, whole or in part`(isEncrypted: Bool) throws {
    let files = try FileServer(isEncrypted: isEncrypted)
    let bob = try FileServer.login(files.server, "bob", "battery-staple")
    let offered = try files.offer(Self.bytes)
    let up = try files.put(offered, Self.bytes)
    #expect(try up.readToEnd() == ["ok put #\(offered.id)"])
    try bob.read(until: #""event":"file""#)
    #expect(try files.take(files.get(offered.id, by: bob)) == Self.bytes)
    #expect(try files.take(files.get(offered.id, from: 299_990, by: bob)) == Self.bytes.suffix(10))
    #expect(try files.take(files.get(offered.id, from: 300_000)) == [])
    #expect(try File.readWhole(files.path("\(offered.id)")) == Self.bytes)
    #expect(try File.names(inDirectory: files.path("")) == ["\(offered.id)"])
  }

  @Test func `accept one byte at a time`() throws {
    let files = try FileServer()
    let bytes = Array(Self.bytes.prefix(400))
    let offered = try files.offer(bytes)
    let up = try files.put(offered, [])
    for byte in bytes { try up.send([byte]) }
    #expect(try up.readToEnd() == ["ok put #\(offered.id)"])
    #expect(try files.take(files.get(offered.id)) == bytes)
  }

  @Test(arguments: Encryption.isPossible ? [false, true] : [false])
  func `end after the file's size, and ignore further bytes`(isEncrypted: Bool) throws {
    let files = try FileServer(isEncrypted: isEncrypted)
    for bytes in [Array(Self.bytes.prefix(1000)), Self.bytes] {
      let offered = try files.offer(bytes)
      let up = try files.put(offered, bytes + Array("\n/guest mallory\n".utf8))
      #expect(try up.readToEnd() == ["ok put #\(offered.id)"])
      #expect(try files.take(files.get(offered.id)) == bytes)
    }
    try files.alice.send("/who\n")
    let who = try #require(try files.alice.read(until: #""command":"who""#).last)
    #expect(!who.contains("mallory"))
  }

  @Test func `keep a partial upload, which resumes later`() throws {
    let files = try FileServer()
    let offered = try files.offer(Self.bytes)
    let up = try files.put(offered, Self.bytes.prefix(100_000))
    try up.finishSending()
    let told = try up.readToEnd()
    #expect(told.count == 1 && told[0].hasPrefix("error broken-off: The server has 100000 of 300000 bytes"), "\(told)")
    let again = try files.offer(Self.bytes)
    #expect(again.id == offered.id && again.offset == 100_000 && again.ticket != offered.ticket)
    #expect(try files.put(again, Self.bytes.dropFirst(100_000)).readToEnd() == ["ok put #\(offered.id)"])
    #expect(try files.take(files.get(offered.id)) == Self.bytes)
  }

  @Test func `resume on another connection after one has stalled`() throws {
    let files = try FileServer()
    let offered = try files.offer(Self.bytes)
    let silent = try files.put(offered, Self.bytes.prefix(70_000))
    try files.awaitPart(offered.id, bytes: 70_000)
    let again = try files.offer(Self.bytes)
    #expect(again.id == offered.id && again.offset == 70_000)
    let told = try silent.readToEnd()
    #expect(told.count == 1 && told[0].hasPrefix("error broken-off"), "\(told)")
    #expect(try files.put(again, Self.bytes.dropFirst(70_000)).readToEnd() == ["ok put #\(offered.id)"])
  }

  @Test func `discard a file with a wrong checksum`() throws {
    let files = try FileServer()
    let offered = try files.offer(Self.bytes, cksum: 1)
    let told = try files.put(offered, Self.bytes).readToEnd()
    #expect(told.count == 1 && told[0].hasPrefix("error wrong-cksum"), "\(told)")
    try files.alice.send("/files\n")
    let listed = try #require(try files.alice.read(until: #""command":"files""#).last)
    #expect(listed.contains(#""files":[]"#))
    try files.server.stop()
    #expect(try File.names(inDirectory: files.path("")) == [])
    #expect(try !files.server.text("files.json").contains("data"))
  }

  @Test func `end if no bytes arrive for too long`() throws {
    var timeouts = Timeouts()
    timeouts.transferStall = .milliseconds(100)
    let files = try FileServer(timeouts: timeouts)
    let offered = try files.offer(Self.bytes)
    let told = try files.put(offered, Self.bytes.prefix(10)).readToEnd()
    #expect(told.count == 1 && told[0].contains("too little came for too long"), "\(told)")
    #expect(try files.offer(Self.bytes).offset == 10)
  }

  @Test func `read no commands after an invalid ticket`() throws {
    let files = try FileServer()
    let up = try files.begin(Array("/put 0123456789abcdef0123456789abcdef\n/guest mallory\n/quit\n".utf8))
    let told = try up.readToEnd()
    #expect(told.count == 1 && told[0].hasPrefix("error no-such-ticket"), "\(told)")
    #expect(try !files.server.text("chat.log").contains("mallory"))
  }

  @Test func `are limited in number, and chat continues meanwhile`() throws {
    let files = try FileServer(settings: #"{"transfers":2}"#)
    let bob = try FileServer.login(files.server, "bob", "battery-staple")
    let offered = try files.offer(Self.bytes)
    #expect(try files.put(offered, Self.bytes).readToEnd() == ["ok put #\(offered.id)"])
    let open = try files.offer(Self.bytes, as: "more")
    let first = try files.put(open, Self.bytes.prefix(9))
    try files.awaitPart(open.id, bytes: 9)
    // One user may have half of them.
    let own = try files.begin(Array("/take \(files.get(offered.id).ticket.exposed)\n".utf8))
    #expect(try own.readToEnd().map { String($0.prefix(11)) } == ["error busy:"])
    #expect(try files.take(files.get(offered.id, by: bob)) == Self.bytes)
    try files.ping()
    try first.send(Array(Self.bytes.dropFirst(9)))
    #expect(try first.readToEnd() == ["ok put #\(open.id)"])
  }

  @Test(.enabled(if: SmallDisk.isPermitted, "needs the right to mount a file system"))
  func `never take the disk space that chat needs`() throws {
    let disk = try SmallDisk()
    try File.open("\(disk.path)/users.csv", [.writeOnly, .create])
      .writeAll("name,password\nalice,plain:correct-horse\n")
    let files = try FileServer(folder: disk.path)
    let free = Int(try File.freeBytes(ofFileSystemAt: disk.path))
    try files.alice.send("/offer \(free - (60 << 10)) 7 all\n")
    guard case .error(let fault) = try FileServer.reply(to: files.alice) else {
      Issue.record("the disk is full now")
      return
    }
    #expect(fault.code == .noSpace)
    #expect(try File.names(inDirectory: files.path("")) == [])
    let bytes = Array(Self.bytes.prefix(max(1, free - (220 << 10))))
    let offered = try files.offer(bytes)
    #expect(try files.put(offered, bytes).readToEnd() == ["ok put #\(offered.id)"])
    try files.alice.send("hello\n")
    try files.alice.read(until: #""own":true"#)
  }

  @Test func `report a file that was removed by hand`() throws {
    let files = try FileServer()
    let offered = try files.offer(Self.bytes)
    #expect(try files.put(offered, Self.bytes).readToEnd() == ["ok put #\(offered.id)"])
    let fetched = try files.get(offered.id)
    try File.unlink(files.path("\(offered.id)"))
    let told = try files.begin(Array("/take \(fetched.ticket.exposed)\n".utf8)).readToEnd()
    #expect(told.count == 1 && told[0].contains("its bytes are missing"), "\(told)")
    try files.alice.send("/get \(offered.id)\n")
    guard case .error(let fault) = try FileServer.reply(to: files.alice) else {
      Issue.record("no error")
      return
    }
    #expect(fault.code == .noSuchFile)
  }

  @Test func `leave no bytes of a file removed just before a stop`() throws {
    let files = try FileServer()
    let offered = try files.offer(Self.bytes)
    #expect(try files.put(offered, Self.bytes).readToEnd() == ["ok put #\(offered.id)"])
    let admin = try files.server.connectControl()
    // Handled in one turn, so that only the last save has the removal.
    try files.alice.send("/unsend \(offered.id)\n")
    try admin.send(ControlRequest.stop(reason: nil).encode(id: 1))
    try files.server.stop()
    let isListed = try files.server.text("files.json").contains("\(offered.id)")
    #expect(try File.names(inDirectory: files.path("")).isEmpty != isListed)
  }

  @Test func `are interrupted when the server stops, and resume after a restart`() throws {
    let first = try FileServer()
    let offered = try first.offer(Self.bytes)
    let up = try first.put(offered, Self.bytes.prefix(50_000))
    try first.awaitPart(offered.id, bytes: 50_000)
    try first.server.stop()
    let told = try up.readToEnd()
    #expect(told.count == 1 && told[0].hasPrefix("error broken-off: The server is stopping."), "\(told)")
    let second = try FileServer(folder: first.server.folder)
    let again = try second.offer(Self.bytes)
    #expect(again.id == offered.id && again.offset == 50_000)
    #expect(try second.put(again, Self.bytes.dropFirst(50_000)).readToEnd() == ["ok put #\(offered.id)"])
    #expect(try second.take(second.get(offered.id)) == Self.bytes)
    try second.server.stop()
  }
}

import POSIX
import TestSupport
import Testing

struct UnixSocketTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: [UInt32(0o600), 0o660, 0o666])
  func `the socket file has exactly the requested mode`(mode: UInt32) throws {
    let path = folder.path("s")
    let listener = try Socket.listenUnix(path: path, mode: mode)
    let status = try File.status(path)
    #expect(status.isSocket)
    #expect(status.mode == mode)
    #expect(try listener.accept() == nil)
  }

  @Test func `the kernel reports the peer's process`() throws {
    let path = folder.path("s")
    let listener = try Socket.listenUnix(path: path)
    let client = try Socket.connectUnix(path: path)
    let accepted = try acceptWaiting(listener)
    let peer = try accepted.descriptor.peerCredentials()
    #expect(peer.processID == CurrentProcess.id)
    #expect(peer.userID == CurrentProcess.userID)
    #expect(accepted.peer == PeerAddress(ip: "", port: 0))
    try client.writeAll("hi")
    try awaitReadable(accepted.descriptor)
    #expect(try accepted.descriptor.receive(upTo: 10) == Array("hi".utf8))
  }

  @Test func `a live socket is never replaced`() throws {
    let path = folder.path("s")
    let listener = try Socket.listenUnix(path: path)
    #expect(throws: SocketError.failed(call: "listen on", address: path, .addressInUse)) {
      _ = try Socket.listenUnix(path: path)
    }
    _ = try Socket.connectUnix(path: path)
    _ = try acceptWaiting(listener)
  }

  @Test func `a live socket whose backlog is full is never replaced`() throws {
    let path = folder.path("s")
    let listener = try Socket.listenUnix(path: path, backlog: 0)
    // A backlog of 0 still holds one connection.
    let waiting = try Socket.connectUnix(path: path)
    #expect(throws: SocketError.failed(call: "listen on", address: path, .addressInUse)) {
      _ = try Socket.listenUnix(path: path)
    }
    let accepted = try acceptWaiting(listener)
    try waiting.writeAll("x")
    try awaitReadable(accepted.descriptor)
    #expect(try accepted.descriptor.receive(upTo: 10) == [UInt8(ascii: "x")], "the one that waited is served")
  }

  @Test func `a listener that accepts no connection times out`() throws {
    let path = folder.path("s")
    let listener = try Socket.listenUnix(path: path, backlog: 0)
    // The connection stays in the backlog after its client has closed it.
    _ = try Socket.connectUnix(path: path)
    let failure = SocketError.failed(call: "connect to", address: path, .timedOut)
    #expect(throws: failure) { _ = try Socket.connectUnix(path: path, timeoutMilliseconds: 20) }
    _ = try acceptWaiting(listener)
    _ = try Socket.connectUnix(path: path, timeoutMilliseconds: 20)
  }

  @Test func `a stale socket is replaced`() throws {
    let path = folder.path("s")
    do { _ = try Socket.listenUnix(path: path) }
    #expect(try File.status(path).isSocket)
    let failure = #expect(throws: SocketError.self) { _ = try Socket.connectUnix(path: path) }
    #expect(failure?.errno == .connectionRefused)
    let listener = try Socket.listenUnix(path: path)
    _ = try Socket.connectUnix(path: path)
    _ = try acceptWaiting(listener)
  }

  @Test func `a file that is not a socket is left alone`() throws {
    let path = try folder.file("s", "precious")
    #expect(throws: SocketError.failed(call: "listen on", address: path, .fileExists)) {
      _ = try Socket.listenUnix(path: path)
    }
    #expect(try text(path) == "precious")
  }

  @Test func `connecting to a missing socket reports that`() {
    let path = folder.path("none")
    #expect(throws: SocketError.failed(call: "connect to", address: path, .noSuchFileOrDirectory)) {
      _ = try Socket.connectUnix(path: path)
    }
  }

  @Test func `a path that is one byte too long is rejected`() throws {
    #expect(Socket.unixPathBytesMax == 107)
    let longest = folder.path(String(repeating: "s", count: 107 - folder.path.utf8.count - 1))
    let listener = try Socket.listenUnix(path: longest)
    _ = try Socket.connectUnix(path: longest)
    _ = try acceptWaiting(listener)
    let failure = SocketError.pathTooLong(path: longest + "s", bytesMax: 107)
    #expect(throws: failure) { _ = try Socket.listenUnix(path: longest + "s") }
    #expect(throws: failure) { _ = try Socket.connectUnix(path: longest + "s") }
    #expect("\(failure)".contains("108 bytes"))
  }

  @Test(arguments: ["", "\0abstract", "a\0b"])
  func `a path that names no file is rejected`(path: String) {
    let failure = #expect(throws: SocketError.self) { _ = try Socket.listenUnix(path: path) }
    #expect(failure?.errno == .invalidArgument)
  }
}

struct NotifySocketTests {
  @Test func `a message to a path arrives as one datagram`() throws {
    let folder = try TemporaryFolder()
    let receiver = try DatagramReceiver(folder.path("notify"))
    try #require(NotifySocket(folder.path("notify"))).send("READY=1\nSTATUS=well")
    #expect(try receiver.next() == "READY=1\nSTATUS=well")
  }

  @Test func `an abstract name is sent without padding`() throws {
    let name = "@chat-notify-\(CurrentProcess.id)-\(SystemClock.monotonicNanoseconds)"
    let receiver = try DatagramReceiver(name)
    let longer = try DatagramReceiver(name + "x")
    try #require(NotifySocket(name)).send("one")
    try #require(NotifySocket(name + "x")).send("two")
    #expect(try receiver.next() == "one")
    #expect(try longer.next() == "two")
  }

  @Test(arguments: [nil, "", "relative", "@", "/", "vsock:2:1234", "/" + String(repeating: "x", count: 200)])
  func `an invalid address gives no socket`(value: String?) {
    let socket = NotifySocket(value)
    #expect(socket == nil)
  }

  @Test func `a missing receiver is an error and raises no signal`() throws {
    let folder = try TemporaryFolder()
    let socket = try #require(NotifySocket(folder.path("nobody")))
    #expect(throws: Errno.noSuchFileOrDirectory) { try socket.send("READY=1") }
  }

  @Test func `sending to a receiver that does not read does not wait`() throws {
    let folder = try TemporaryFolder()
    let receiver = try DatagramReceiver(folder.path("notify"))
    let socket = try #require(NotifySocket(folder.path("notify")))
    // net.unix.max_dgram_qlen limits the number of waiting datagrams.
    #expect(throws: Errno.wouldBlock) { for _ in 0..<1_000_000 { try socket.send("WATCHDOG=1") } }
    #expect(try receiver.next() == "WATCHDOG=1")
  }
}

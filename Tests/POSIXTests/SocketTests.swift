import POSIX
import Testing

struct SocketTests {
  @Test func `a listener on port 0 has a port that a client reaches`() throws {
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    #expect(try listener.accept() == nil)
    let client = try Socket.connect(host: "127.0.0.1", port: listener.localPort())
    let accepted = try acceptWaiting(listener)
    #expect(accepted.peer == (try client.localAddress()))
    #expect(try client.peerAddress() == listener.localAddress())
    #expect(try client.peerAddress().isLoopback)
    #expect(accepted.peer.ip == "127.0.0.1")

    try client.writeAll("hello")
    let server = accepted.descriptor
    try awaitReadable(server)
    #expect(try server.peek(upTo: 4) == Array("hell".utf8))
    #expect(try server.receive(upTo: 100) == Array("hello".utf8))
    #expect(try server.peek(upTo: 4) == nil)
    #expect(try server.receive(upTo: 100) == nil, "it does not block")
    try server.setNoDelay()
    try server.setKeepAlive(idleSeconds: 60, intervalSeconds: 10, count: 3)
    try server.setSendBuffer(bytes: 65536)
  }

  @Test(.enabled(if: hasIPv6)) func `an IPv4 client of an IPv6 listener shows as IPv4`() throws {
    let listener = try Socket.listen(host: "::", port: 0)
    let client = try Socket.connect(host: "127.0.0.1", port: listener.localPort())
    #expect(try acceptWaiting(listener).peer == client.localAddress())
  }

  @Test(.enabled(if: hasIPv6)) func `an IPv6 address works as a host`() throws {
    let listener = try Socket.listen(host: "::1", port: 0)
    _ = try Socket.connect(host: "[::1]", port: listener.localPort())
    let peer = try acceptWaiting(listener).peer
    #expect(peer.ip == "::1")
    #expect("\(peer)" == "[::1]:\(peer.port)")
  }

  @Test func `a name works as a host`() throws {
    let listener = try Socket.listen(host: "localhost", port: 0)
    _ = try Socket.connect(host: "localhost", port: listener.localPort())
    #expect(try !acceptWaiting(listener).peer.ip.isEmpty)
  }

  @Test func `a port with a live listener is rejected for a second one`() throws {
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    let port = try listener.localPort()
    #expect(throws: SocketError.failed(call: "listen on", address: "127.0.0.1:\(port)", .addressInUse)) {
      _ = try Socket.listen(host: "127.0.0.1", port: port)
    }
  }

  @Test func `a connection uses the given source address, and is writable once connected`() throws {
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    let client = try Socket.beginConnecting(host: "127.0.0.1", port: listener.localPort(), from: "127.0.0.9")
    let poller = try Poller(eventsMax: 1)
    try poller.add(client.rawValue, token: 1, interest: .writable)
    try poller.wait(timeoutMilliseconds: -1) { #expect($0.isWritable && !$0.isError) }
    let peer = try listener.accept()?.peer
    #expect(peer?.ip == "127.0.0.9")
    #expect(try client.send([1]) == 1)
  }

  @Test func `a refused connection names the address and the reason`() throws {
    // The client's port is in use, and no socket listens on it.
    let listener = try Socket.listen(host: "127.0.0.1", port: 0)
    let client = try Socket.connect(host: "127.0.0.1", port: listener.localPort())
    let port = try client.localPort()
    let failure = #expect(throws: SocketError.self) { _ = try Socket.connect(host: "127.0.0.1", port: port) }
    #expect(failure?.errno == .connectionRefused)
    #expect(failure?.description == "cannot connect to 127.0.0.1:\(port): Connection refused")
  }

  @Test func `an unresolved host and a refused connection are different errors`() {
    // Longer than a valid name, so that no name server is asked.
    let host = String(repeating: "a", count: 300)
    let failure = #expect(throws: SocketError.self) { _ = try Socket.connect(host: host, port: 1) }
    #expect(failure?.errno == nil)
    #expect(failure?.description.hasPrefix("no address found for \(host)") == true)
  }

  @Test func `the end of a peer's data is 0 bytes, and the peer may still read`() throws {
    let pair = try Socket.pair()
    try pair.first.writeAll("last words")
    try pair.first.shutdownWrite()
    #expect(try pair.second.receive(upTo: 100) == Array("last words".utf8))
    #expect(try pair.second.peek(upTo: 100) == [])
    #expect(try pair.second.receive(upTo: 100) == [])
    try pair.second.writeAll("answer")
    #expect(try pair.first.receive(upTo: 100) == Array("answer".utf8))
  }

  @Test func `a full socket reports that, and accepts more once the peer has read`() throws {
    let pair = try Socket.pair()
    try pair.first.setNonBlocking()
    let chunk = [UInt8](repeating: 1, count: 1000)
    var sent = 0
    while let count = try pair.first.send(chunk) { sent += count }
    #expect(sent > 0)
    try pair.second.setNonBlocking()
    var received = 0
    while let bytes = try pair.second.receive(upTo: 65536) { received += bytes.count }
    #expect(received == sent)
    #expect(try pair.first.send(chunk[500...]) == 500)
  }

  @Test func `sending to a closed peer throws and raises no signal`() throws {
    let pair = try Socket.pair()
    let first = pair.first
    close(pair.second)
    #expect(throws: Errno.brokenPipe) { try first.send([1]) }
  }

  private func close(_ descriptor: consuming FileDescriptor) {}
}

/// Whether this machine has an IPv6 loopback address.
private let hasIPv6 = {
  do {
    _ = try Socket.listen(host: "::1", port: 0)
    return true
  } catch {
    return false
  }
}()

/// Waits until there is something to read or accept.
func awaitReadable(_ descriptor: borrowing FileDescriptor) throws {
  let poller = try Poller()
  try poller.add(descriptor.rawValue, token: 0, interest: .readable)
  while try poller.wait(timeoutMilliseconds: -1, { _ in }) == 0 {}
}

func acceptWaiting(_ listener: borrowing FileDescriptor) throws -> AcceptedConnection {
  while true {
    if let accepted = try listener.accept() { return accepted }
    try awaitReadable(listener)
  }
}

struct PeerAddressTests {
  @Test func `an IPv6 address is in brackets before its port`() {
    #expect("\(PeerAddress(ip: "127.0.0.1", port: 7777))" == "127.0.0.1:7777")
    #expect("\(PeerAddress(ip: "2001:db8::1", port: 7777))" == "[2001:db8::1]:7777")
    #expect("\(PeerAddress(ip: "[2001:db8::1]", port: 7777))" == "[2001:db8::1]:7777")
  }
}

@Test(
  arguments: [
    ("127.0.0.1", true), ("127.255.1.2", true), ("::1", true), ("192.0.2.127", false), ("12.7.0.0", false),
    ("::2", false), ("127::1", false), ("", false),
  ])
func `a loopback address reaches only this machine`(ip: String, isLoopback: Bool) {
  #expect(PeerAddress(ip: ip, port: 1).isLoopback == isLoopback)
}

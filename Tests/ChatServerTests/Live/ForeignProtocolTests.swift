import ChatProtocol
import ChatServer
import Glibc
import POSIX
import TestSupport
import Testing

/// Clients that speak another protocol.
@Suite struct ForeignProtocolTests {
  private static let body = "Host: 127.0.0.1\r\nContent-Length: 30\r\n\r\n/guest mallory\r\nhello\r\n"

  @Test(arguments: [
    "POST / HTTP/1.1\r\n", "GET http://127.0.0.1:7777/ HTTP/1.1\r\n", "whatever /x HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n",
    "CONNECT 127.0.0.1:7777 HTTP/1.1\r\n", "\r\n\r\nPOST / HTTP/1.1\r\n", "hello\r\nPOST / HTTP/1.1\r\n",
    "POST /" + String(repeating: "a", count: 5000) + " HTTP/1.1\r\n",
    String(repeating: "M", count: 5000) + " / HTTP/1.1\r\n",
    "SSH-2.0-x\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n", "NICK mallory\r\n",
  ])
  func `a request of another protocol gets an explanation and is closed, and its body is ignored`(head: String) throws {
    let server = try LiveServer()
    let alice = try server.guest("alice")
    for isWhole in [true, false] {
      let client = try server.connect()
      try client.send(head + (isWhole ? Self.body : ""))
      if !isWhole { try client.send(Self.body) }
      let told = try client.readToEnd()
      #expect(told.last?.hasPrefix("* This is a chat server, which does not speak ") == true, "\(told)")
      #expect(!told.contains { $0.hasPrefix("ok") })
    }
    try alice.send("/ping over\n")
    #expect(try !alice.read(until: "ok ping over").contains { $0.contains("mallory") })
  }

  @Test(arguments: [[0x16, 3, 1, 0, 5, 1, 0], [5, 1, 0], [0, 0, 0, 8], [0xFF, 0xFE, 0x2F, 0]])
  func `binary protocols without lines get an explanation and are closed`(bytes: [UInt8]) throws {
    let server = try LiveServer()
    let client = try server.connect()
    try client.send(bytes)
    #expect(try client.readToEnd().last?.hasPrefix("* This is a chat server") == true)
  }

  @Test func `after a first command such lines are messages`() throws {
    let server = try LiveServer()
    let (alice, bob) = (try server.guest("alice"), try server.guest("bob"))
    for line in ["POST / HTTP/1.1", "SSH-2.0-x", "NICK bob", "Host: x"] {
      try alice.send("\(line)\n")
      try bob.read(until: "[lobby] alice: \(line)")
    }
  }

  @Test func `Telnet's urgent interrupt is not part of the message, and is answered`() throws {
    let server = try LiveServer()
    let bob = try server.guest("bob")
    let socket = try Socket.connect(host: "127.0.0.1", port: server.running.address.port)
    _ = try socket.send(Array("/guest alice\nhel".utf8) + [0xFF, 0xF4, 0xFF])
    // The data mark is urgent data, which the kernel may remove from the stream.
    let sent = unsafe send(socket.rawValue, [0xF2], 1, CInt(MSG_OOB))
    #expect(sent == 1)
    _ = try socket.send([0xFF, 0xFD, 6] + Array("lo\n".utf8))
    try bob.read(until: "[lobby] alice: hello")
    var told: [UInt8] = []
    while !told.contains(0xFF) {
      guard try socket.waitUntilReadable(timeoutMilliseconds: 60_000) else { throw TestFailure("no answer: \(told)") }
      told += try socket.receive(upTo: 4096) ?? []
    }
    #expect(told[told.firstIndex(of: 0xFF)!...].starts(with: [0xFF, 0xFC, 6]))
  }

  @Test func `a byte-order mark hides no command`() throws {
    let server = try LiveServer()
    let client = try server.connect()
    try client.send("\u{FEFF}/guest alice\n\u{FEFF}/ping x\n")
    try client.read(until: "ok guest")
    try client.read(until: "ok ping x")
  }

  @Test func `the control socket also ignores the body of a request, and skips a byte-order mark`() throws {
    let server = try LiveServer()
    let stop = String(decoding: ControlRequest.stop(reason: nil).encode(id: 1), as: UTF8.self)
    for head in ["POST / HTTP/1.1\r\n", "X /" + String(repeating: "a", count: 70_000) + " HTTP/1.1\r\n"] {
      let client = try server.connectControl()
      try client.send("\(head)Host: x\r\n\r\n\(stop)")
      let told = try client.readToEnd()
      #expect(told.count == 1 && told[0].contains("does not speak HTTP"))
    }
    let client = try server.connectControl()
    try client.send([0xEF, 0xBB, 0xBF] + ControlRequest.status.encode(id: 7))
    #expect(try client.readLine()?.contains("\"id\":7,\"ok\"") == true)
    // Other lines that are not JSON get the usual error.
    try client.send("POST / HTTP/1.1\n")
    #expect(try client.readLine()?.contains("bad-request") == true)
    #expect(try client.status().sessions == 0)
  }
}

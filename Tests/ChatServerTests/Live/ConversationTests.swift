import Testing

@testable import ChatServer

@Suite struct ConversationTests {
  @Test func `a new connection is greeted`() throws {
    let server = try LiveServer()
    let client = try server.connect()
    #expect(try client.readLine()?.hasPrefix("* Welcome to chat") == true)
  }

  @Test func `a client that sends everything and closes its side gets every reply, including the last`() throws {
    let server = try LiveServer()
    let client = try server.connect()
    try client.send("/guest x\nhello\n/ping last")
    try client.finishSending()
    let lines = try client.readToEnd()
    #expect(lines.contains { $0.hasPrefix("ok guest") })
    #expect(lines.suffix(2).first == "ok ping last")
    // The client can still read the reason why the server closed the connection.
    #expect(lines.last?.hasSuffix("Bye.") == true)
  }

  @Test func `lines after a password check are answered in order, although the client has closed its side`() throws {
    let server = try LiveServer()
    let client = try server.connect()
    try client.send(
      "/register alice correct-horse\n/login alice wrong-horse\n/passwd correct-horse better-horse\n/ping last")
    try client.finishSending()
    let replies = try client.readToEnd().filter { $0.hasPrefix("ok") || $0.hasPrefix("error") }
    #expect(replies.map { $0.split(separator: " ")[1] } == ["register", "already-in:", "passwd", "ping"])
  }

  @Test func `a line that comes byte by byte is the same line`() throws {
    let server = try LiveServer()
    let client = try server.connect()
    for byte in "/ping ab\r\n".utf8 { try client.send([byte]) }
    #expect(try client.read(until: "ok ping").last == "ok ping ab")
  }

  @Test func `an overlong line is rejected once, and the next is handled`() throws {
    let server = try LiveServer(settings: #"{"line_bytes":64}"#)
    let client = try server.connect()
    try client.send("/ping " + String(repeating: "x", count: 200_000) + "\n/ping after\n")
    let lines = try client.read(until: "ok ping after")
    #expect(lines.filter { $0.contains("line-too-long") }.count == 1)
  }

  @Test func `a message reaches others in their dialects, and its sender as in the json dialect`() throws {
    let server = try LiveServer()
    let alice = try server.guest("alice", json: true)
    let bob = try server.guest("bob")
    let carol = try server.guest("carol", json: true)
    try alice.send("hello\n")
    #expect(try bob.read(until: "hello").last == "[lobby] alice: hello")
    #expect(try carol.read(until: "hello").last?.contains(#""from":"alice","text":"hello""#) == true)
    #expect(try alice.read(until: "hello").last?.contains(#""own":true"#) == true)
  }

  @Test func `others see why a user has left`() throws {
    let server = try LiveServer()
    let alice = try server.guest("alice")
    let bob = try server.guest("bob")
    try bob.send("/quit\n")
    _ = try bob.readToEnd()
    #expect(try alice.read(until: "bob left").last?.contains("quit") == true)
    let carol = try server.guest("carol")
    try carol.finishSending()
    _ = try carol.readToEnd()
    #expect(try alice.read(until: "carol left").last?.contains("connection closed") == true)
  }

  @Test func `history contains messages sent just before the request`() throws {
    let server = try LiveServer()
    let client = try server.connect()
    try client.send("/guest x\none\ntwo\n/history\n/quit\n")
    let lines = try client.readToEnd()
    #expect(lines.contains { $0.hasSuffix("x: one") } && lines.contains { $0.hasSuffix("x: two") })
  }

  @Test func `every client is notified when the server stops, and it saves`() throws {
    let server = try LiveServer()
    let client = try server.connect()
    try client.send("/register alice correct-horse\n")
    try client.read(until: "ok register")
    try server.stop()
    #expect(try client.readToEnd().contains { $0.contains("stopping") })
    #expect(try server.text("users.csv").contains("alice,$"))
    #expect(try server.text("state.json").contains("\"clean\": true"))
    let log = try server.text("chat.log").split(separator: "\n")
    #expect(log.first?.contains(" start version=") == true && log.last?.contains(" stop ") == true)
  }
}

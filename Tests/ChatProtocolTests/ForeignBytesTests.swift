import Testing

@testable import ChatProtocol

/// Bytes that clients of other protocols send.
@Suite struct ForeignBytesTests {
  private func foreign(_ text: String, _ extent: ForeignProtocol.Extent = .whole) -> ForeignProtocol? {
    foreign(Array(text.utf8), extent)
  }

  private func foreign(_ bytes: [UInt8], _ extent: ForeignProtocol.Extent = .whole) -> ForeignProtocol? {
    ForeignProtocol(bytes.span, extent)
  }

  @Test(arguments: [
    "GET / HTTP/1.1", "POST / HTTP/1.1\r", "HEAD /x?y HTTP/1.0", "OPTIONS * HTTP/1.1",
    "CONNECT 127.0.0.1:7777 HTTP/1.1",
    "PRI * HTTP/2.0", "M-SEARCH * HTTP/1.1", "patch /x HTTP/1.1", "GET http://127.0.0.1:7777/ HTTP/1.1",
    "!#$%&'*+-.^_`|~ / HTTP/1.1", "SETUP rtsp://x/y RTSP/1.0", "INVITE sip:bob@x SIP/2.0", "GET /", "POST /login\r",
    "x y z HTTP/3", "Host: localhost:7777", "host: x",
  ])
  func `a request line is HTTP, whatever its method and target`(line: String) {
    #expect(foreign(line) == .http)
  }

  @Test(arguments: [
    "POST /" + String(repeating: "a", count: 58), "X-Y http://" + String(repeating: "a", count: 53),
    String(repeating: "M", count: 64), "GET *",
  ])
  func `the beginning of a request line that is too long is HTTP`(line: String) {
    #expect(foreign(line, .tooLong) == .http)
  }

  @Test(arguments: [
    "/guest alice", "/join ops GET / HTTP/1.1", "hello", "GET", "GET it done", "put the kettle on", "see HTTP/1.1",
    "and/or",
    "PUT that/there", "what about and/or", "POST", "", "\r", " ", "\u{1B}[A", "héllo / wörld", "who / what HTTP/x",
    "a b/",
    "{\"id\":1,\"verb\":\"status\"}", "/" + String(repeating: "a", count: 63), "hostile: words",
  ])
  func `a line that a person types is not taken for another protocol`(line: String) {
    #expect(foreign(line) == nil && foreign(line, .begun) == nil)
    if line.hasPrefix("/") || line.hasPrefix("{") { #expect(foreign(line, .tooLong) == nil) }
  }

  @Test func `other protocols are recognized by their first bytes, without a line end`() {
    #expect(foreign([0x16, 3, 1, 2, 0, 1, 0, 1], .begun) == .tls)
    #expect(foreign([0x16, 3], .begun) == .tls)
    #expect(foreign([0x16], .begun) == nil && foreign([0x16, 0x16], .begun) == nil)
    #expect(foreign("SSH-2.0-OpenSSH_9.6\r") == .ssh && foreign("SSH-", .begun) == .ssh)
    #expect(foreign([5, 1, 0], .begun) == .socks && foreign([5, 2, 0, 2], .begun) == .socks)
    #expect(foreign([4, 1, 0x1E, 0x61, 127, 0, 0, 1, 0], .begun) == .socks)
    #expect(foreign("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r") == .proxy)
    // Version 2 begins with two empty lines.
    #expect(foreign([0, 0x0D], .whole) == .binary)
    #expect(foreign([0xFF, 0xFE, 0x2F, 0], .begun) == .utf16 && foreign([0xFE, 0xFF, 0, 0x2F], .begun) == .utf16)
    #expect(foreign([0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F], .begun) == .binary)
    #expect(foreign("NICK alice") == .irc && foreign("CAP LS 302\r") == .irc && foreign("nick alice") == nil)
    #expect(foreign("EHLO x") == .smtp && foreign("<?xml version='1.0'?><stream:stream to='x'>", .begun) == .xmpp)
    // The received part of a line may continue in any way.
    #expect(foreign("GET / HTTP/1.1", .begun) == nil && foreign("hello\r\0", .begun) == nil)
  }

  private func parse(_ bytes: [UInt8]) -> Result<Command, CommandError> { CommandParser.parse(bytes.span) }

  private func asksForTimingMark(_ bytes: [UInt8]) -> Bool { TelnetBytes.asksForTimingMark(bytes.span) }

  private func message(_ bytes: [UInt8]) -> String? {
    guard case .success(.message(let text)) = parse(bytes) else { return nil }
    return text
  }

  @Test(arguments: [
    // Interrupt and a timing mark, as telnet(1) sends them at Ctrl-C.
    [0xFF, 0xF4, 0xFF, 0xFD, 0x06], [0xFF, 0xFB, 0x1F], [0xFF, 0xFD, 0x03], [0xFF, 0xFC, 0x01], [0xFF, 0xFE, 0x01],
    [0xFF, 0xF1], [0xFF, 0xF3], [0xFF, 0xF0],
    // NAWS and a terminal type, with a 255 among the data.
    [0xFF, 0xFA, 0x1F, 0, 80, 0, 24, 0xFF, 0xF0], [0xFF, 0xFA, 0x18, 0, 0xFF, 0xFF, 0x78, 0xFF, 0xF0],
  ])
  func `Telnet's commands are removed from a line`(command: [UInt8]) {
    let text = Array("hello".utf8)
    for place in 0...text.count {
      #expect(message(Array(text[..<place] + command + text[place...])) == "hello")
    }
    #expect(message(command) == nil)
    let line = command + Array("/ping x".utf8)
    #expect(parse(line) == .success(.ping("x")))
  }

  @Test func `a byte 255 outside a Telnet command stays, and is not UTF-8`() {
    #expect(message([0x61, 0xFF, 0xFF, 0x62]) == "a\u{FFFD}b")
    #expect(message([0x61, 0xFF, 0x62]) == "a\u{FFFD}b", "Latin-1")
    #expect(message([0x61, 0xFF]) == "a\u{FFFD}")
    #expect(message([0x61, 0xFF, 0xFA, 0x62]) == "a", "without an end")
    #expect(asksForTimingMark([0x61, 0xFF, 0xF4, 0xFF, 0xFD, 6]))
    #expect(!asksForTimingMark([0xFF, 0xFD, 1]))
  }

  @Test func `a byte-order mark is not part of a line`() {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    #expect(parse(mark + Array("/ping x\r".utf8)) == .success(.ping("x")))
    #expect(message(mark + Array("hello".utf8)) == "hello" && message(mark) == nil)
    #expect(parse(mark) == parse([]))
    #expect(parse(mark + [0x0D]) == parse([]))
  }
}

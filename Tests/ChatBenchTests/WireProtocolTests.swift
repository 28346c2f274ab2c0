import Testing

@testable import chat_bench

struct WireProtocolTests {
  private func mark(_ wire: WireProtocol, _ line: String) -> UInt32? {
    unsafe wire.mark(in: Array(line.utf8).span.bytes)
  }

  private func text(_ timeMicroseconds: UInt32) -> String {
    var bytes: [UInt8] = Array("hello, ".utf8)
    TimestampMark.append(timeMicroseconds, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [0, 1, 0x1234_5678, 0xFEDC_BA98, .max] as [UInt32])
  func `a mark is found in a message, in every dialect`(timeMicroseconds: UInt32) {
    let text = text(timeMicroseconds)
    #expect(mark(.bare, text) == timeMicroseconds)
    #expect(mark(.text, "[r7] bob: \(text)") == timeMicroseconds)
    #expect(mark(.irc, ":bob!b@127.0.0.1 PRIVMSG #r7 :\(text)") == timeMicroseconds)
    let event = #"{"event":"message","time":"T","id":1,"room":"r7","from":"bob","text":"\#(text)""#
    #expect(mark(.json, event + "}") == timeMicroseconds)
    #expect(mark(.json, event + #","own":true}"#) == timeMicroseconds)
  }

  @Test(arguments: [
    "", "#", "#@@@@@@@", "* bob joined r7", "[r7] bob: what #channel", "[r7] bob: #@@@@@@@@ and more",
    #"{"event":"joined","time":"T","room":"r7","user":"bob"}"#,
  ])
  func `other lines have no mark`(line: String) {
    for wire in WireProtocol.allCases { #expect(mark(wire, line) == nil) }
  }

  @Test func `a message has the requested length`() {
    #expect(WireProtocol.text.message(toRoom: 3, payloadBytes: 64).count + TimestampMark.byteCount == 64)
    #expect(String(decoding: WireProtocol.irc.message(toRoom: 3, payloadBytes: 10), as: UTF8.self) == "PRIVMSG #r3 :x")
    #expect(WireProtocol.text.message(toRoom: 3, payloadBytes: 0).isEmpty)
  }

  @Test(arguments: [WireProtocol.text, .json, .bare])
  func `the login is sent at once`(wire: WireProtocol) {
    let lines = wire.login(name: "b1", room: 4).split(separator: "\n")
    #expect(lines.last == (wire == .bare ? "here is b1" : "/ping b1"))
  }

  @Test func `a client of chat-server is ready when its ping is answered`() {
    #expect(WireProtocol.text.answer(to: "ok ping b1", name: "b1", room: 4) == .ready)
    #expect(WireProtocol.text.answer(to: "ok ping b2", name: "b1", room: 4) == .nothing)
    let pong = #"{"event":"ok","time":"T","command":"ping","token":"b1"}"#
    #expect(WireProtocol.json.answer(to: pong, name: "b1", room: 4) == .ready)
    let refusal = "error no-such-room: There is no room r4."
    #expect(WireProtocol.text.answer(to: refusal, name: "b1", room: 4) == .refused(refusal))
    let other = #"{"event":"error","time":"T","command":"join","code":"no-such-room","message":"…"}"#
    #expect(WireProtocol.json.answer(to: other, name: "b1", room: 4) == .refused(other))
  }

  @Test func `a client of an IRC server registers, joins, and answers the server's pings`() {
    func answer(_ line: String) -> WireProtocol.Answer { WireProtocol.irc.answer(to: line, name: "b1", room: 4) }
    #expect(WireProtocol.irc.login(name: "b1", room: 4) == "PING b1\r\nNICK b1\r\nUSER b1 0 * :b1\r\n")
    #expect(answer(":irc.example 451 * :Connection not registered") == .nothing)
    #expect(answer("PING :4711") == .send("PONG :4711\r\n"))
    #expect(answer(":irc.example 001 b1 :Welcome") == .nothing)
    #expect(answer(":irc.example 376 b1 :End of message of the day.") == .send("JOIN #r4\r\n"))
    #expect(answer(":irc.example 422 b1 :Message of the day file is missing.") == .send("JOIN #r4\r\n"))
    #expect(answer(":b2!b@host JOIN #r4") == .nothing)
    #expect(answer(":irc.example 366 b1 #r4 :End of /NAMES list.") == .ready)
    let taken = ":irc.example 433 * b1 :Nickname is already in use."
    #expect(answer(taken) == .refused(taken))
    #expect(answer("ERROR :Closing link") == .refused("ERROR :Closing link"))
  }

  @Test func `a client's name is short enough for any IRC server, and unique`() {
    var names: Set<String> = []
    for process in [1, 65_535, 65_536] as [Int32] {
      for generator in [0, 255] {
        for index in [0, 1, 131_071] {
          names.insert(LoadGenerator.name(process: process, generator: generator, index: index))
        }
      }
    }
    #expect(names.count == 18)
    #expect(names.allSatisfy { $0.count <= 9 && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
  }

  @Test func `a stream is split into lines, and an incomplete line is kept`() {
    func cut(_ text: String) -> (lines: [String], rest: Int) {
      let bytes = Array(text.utf8)
      var lines: [String] = []
      let rest = unsafe bytes.span.bytes.forEachLine { line in
        lines.append(line.text)
      }
      return (lines, rest)
    }
    #expect(cut("").rest == 0)
    #expect(cut("half").rest == 0)
    #expect(cut("one\ntwo\r\n\n\r\nhalf").lines == ["one", "two", "", ""])
    #expect(cut("one\ntwo\r\n\n\r\nhalf").rest == 12)
    #expect(cut("whole\n").rest == 6)
  }
}

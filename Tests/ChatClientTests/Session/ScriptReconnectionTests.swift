import ChatProtocol
import JSON
import Testing

@testable import chat

/// A script that reconnects.
@Suite struct ScriptReconnectionTests {
  private static let isLost = ClientOutput.show(
    .error("lost the connection to 127.0.0.1:7777; reconnecting for 120 s"))

  /// Reconnects up to the request for the history of ops, the current room.
  private func lostAndBack(_ line: String, isJSON: Bool = false) -> ReconnectingClient {
    var bot = ReconnectingClient(isInteractive: false, isJSON: isJSON)
    bot.type(line)
    bot.apply(.connectionEnded(nil), at: 1000)
    #expect(bot.look().contains(Self.isLost))
    #expect(!bot.talk.session.awaited.isShown)
    bot.reconnect()
    bot.resume()
    bot.receive(ok: "history", ReconnectingClient.past("lobby", []))
    #expect(!bot.talk.session.awaited.isShown)
    _ = bot.look()
    return bot
  }

  @Test func `no line is sent before the client could find it again`() {
    var talk = Conversation(isInteractive: false, reconnects: true)
    _ = talk.logsIn()
    #expect(!talk.session.awaited.isShown)
    _ = talk.receives(ok: "ping", .pong(token: nil))
    _ = talk.receives(ok: "history", ReconnectingClient.past("lobby", []))
    #expect(talk.session.awaited.isShown)
  }

  @Test func `a line that was recorded counts as acknowledged, and the next one follows`() {
    var bot = lostAndBack("one")
    bot.receive(ok: "history", ReconnectingClient.past("ops", [(11, "alice", "one")]))
    #expect(bot.lookShown() == ["ops alice: one (own)"])
    #expect(bot.talk.session.awaited.isShown && bot.talk.session.linesRefused == 0)
    bot.type("two")
    #expect(bot.lookSent() == ["two"])
  }

  @Test func `a line that was not recorded is sent again, and keeps its number`() {
    var bot = lostAndBack("one")
    bot.receive(ok: "history", ReconnectingClient.past("ops", []))
    #expect(bot.lookSent() == ["one", "/ping"] || bot.talk.session.pending.contains { $0.typedLine?.line == "one" })
    #expect(!bot.talk.session.awaited.isShown)
    bot.receive(error: .muted, to: "message")
    #expect(bot.look().contains(.show(.error("line 1: No."))))
    #expect(bot.talk.session.linesTyped == 1)
  }

  @Test(arguments: ["/msg bob psst", "/kick carol", "/topic new"])
  func `a line that may or may not have been recorded is reported by its number`(line: String) {
    var bot = lostAndBack(line)
    bot.receive(ok: "history", ReconnectingClient.past("ops", []))
    let outputs = bot.look()
    #expect(
      outputs.contains(.show(.error("line 1: it may or may not have been sent before the connection was lost"))))
    #expect(!outputs.contains(.send(line)))
    #expect(bot.talk.session.awaited.isShown)
    bot.apply(.endOfInput)
    bot.receive(ok: "ping", .pong(token: nil))
    bot.receive(ok: "quit")
    #expect(bot.look().last == .exit(.lineRefused))
  }

  @Test(arguments: ["/join den", "/switch lobby", "/who"])
  func `a line without further effect when sent twice is sent again`(line: String) {
    var bot = lostAndBack(line)
    bot.receive(ok: "history", ReconnectingClient.past("ops", []))
    #expect(bot.lookSent().contains(line))
  }

  @Test func `the end of input waits for the connection, and for the last line`() {
    var bot = ReconnectingClient(isInteractive: false)
    bot.type("last")
    bot.apply(.endOfInput)
    bot.apply(.connectionEnded(nil))
    bot.reconnect()
    bot.resume()
    bot.receive(ok: "history", ReconnectingClient.past("lobby", []))
    bot.receive(ok: "history", ReconnectingClient.past("ops", [(11, "alice", "last")]))
    #expect(bot.lookSent().last == "/quit")
    bot.receive(ok: "quit")
    #expect(bot.look().last == .exit(.ok))
  }

  @Test func `the reconnection timeout counts from the loss of the connection, not from an attempt`() {
    var bot = ReconnectingClient(isInteractive: false)
    #expect(bot.talk.session.reconnectDeadlineMilliseconds == nil)
    bot.type("one")
    bot.apply(.connectionEnded(nil), at: 1000)
    #expect(bot.talk.session.reconnectDeadlineMilliseconds == 121_000)
    bot.apply(.notConnected, at: 60_000)
    bot.reconnect()
    bot.apply(.connectionEnded(nil), at: 61_000)
    #expect(bot.talk.session.reconnectDeadlineMilliseconds == 121_000)
    _ = bot.look()
    bot.apply(.reconnectTimedOut(UnreadInput(count: 3)), at: 121_000)
    let sentence = "no connection to 127.0.0.1:7777 for 120 s; line 1 was not acknowledged"
    #expect(bot.look() == [.exit(.noServer, because: sentence + "; 3 lines after line 1 not sent")])
    #expect(bot.talk.session.reconnectDeadlineMilliseconds == nil)
  }

  @Test func `a new connection restarts the reconnection timeout`() {
    var bot = lostAndBack("one")
    bot.receive(ok: "history", ReconnectingClient.past("ops", []))
    #expect(bot.talk.session.reconnectDeadlineMilliseconds == nil)
    bot.apply(.connectionEnded(nil), at: 50_000)
    #expect(bot.talk.session.reconnectDeadlineMilliseconds == 170_000)
  }

  @Test func `a line for one room is not sent to another`() {
    var bot = ReconnectingClient(isInteractive: false)
    bot.type("one")
    bot.apply(.connectionEnded(nil))
    bot.reconnect(to: [])
    bot.receive(error: .noSuchToken, to: "resume")
    _ = bot.look()
    bot.receive(error: .noSuchRoom, to: "join")
    #expect(
      bot.look() == [.exit(.loginRefused, because: "cannot rejoin ops: No; line 1 was not acknowledged")])
  }

  @Test func `a server that is not trusted any more ends the script as a refused login does`() {
    var bot = ReconnectingClient(isInteractive: false)
    bot.type("one")
    bot.apply(.connectionEnded(nil))
    _ = bot.look()
    bot.apply(.untrusted("it has changed\nremove line 3"))
    #expect(
      bot.look() == [
        .exit(
          .loginRefused,
          because: "cannot reconnect; line 1 was not acknowledged: it has changed\nremove line 3")
      ])
  }

  @Test func `a rejected login ends the script, unless the server may accept it later`() {
    for (code, isEnd) in [(ErrorCode.accountDisabled, true), (.wrongPassword, true), (.busy, false)] {
      var bot = ReconnectingClient(isInteractive: false)
      bot.type("one")
      bot.apply(.connectionEnded(nil))
      bot.apply(.connected)
      bot.receive(ok: "format", .format(.json))
      _ = bot.look()
      bot.receive(error: code, to: "login")
      let last = bot.look().last
      guard case .exit(.loginRefused, let reason?)? = last else {
        #expect(!isEnd && last == .connect(attempt: 2))
        continue
      }
      #expect(isEnd && reason.hasPrefix("cannot log in again as alice: "))
      #expect(reason.hasSuffix("; line 1 was not acknowledged"))
    }
  }

  @Test func `a kicked script does not reconnect`() {
    var bot = ReconnectingClient(isInteractive: false)
    bot.type("one")
    bot.receive(.kicked(room: nil, by: "root", reason: ""))
    bot.receive(.closing(reason: "You were put off."))
    bot.apply(.connectionEnded(nil))
    let sentence = "the server at 127.0.0.1:7777 closed the connection: You were put off; line 1 was not acknowledged"
    #expect(bot.look().last == .exit(.noServer, because: sentence))
  }

  @Test func `a program gets each message as an event, and no replies to internal requests`() throws {
    var bot = lostAndBack("mine", isJSON: true)
    bot.hear("live", id: 14)
    #expect(bot.look() == [])
    bot.receive(ok: "history", ReconnectingClient.past("ops", [(12, "bob", "missed"), (13, "alice", "mine")]))
    let lines = bot.look().compactMap { if case .show(.json(let line)) = $0 { line.compact } else { nil } }
    let time = #""time":"2026-11-20T20:11:02.123Z""#
    #expect(
      lines.map { String(decoding: $0, as: UTF8.self) } == [
        #"{"event":"message",\#(time),"id":12,"room":"ops","from":"bob","text":"missed"}"#,
        #"{"event":"message",\#(time),"id":13,"room":"ops","from":"alice","text":"mine","own":true}"#,
        #"{"event":"message",\#(time),"id":14,"room":"ops","from":"bob","text":"live"}"#,
      ])
  }

  @Test func `a program sees that it is logged in again`() {
    var bot = ReconnectingClient(isInteractive: false, isJSON: true)
    bot.apply(.connectionEnded(nil))
    bot.reconnect()
    bot.resume()
    let commands = bot.look().compactMap { output in
      guard case .show(.json(let line)) = output, case .string(let command)? = line["command"]?.content else {
        return nil as String?
      }
      return command
    }
    #expect(commands == ["format", "login"])
  }
}

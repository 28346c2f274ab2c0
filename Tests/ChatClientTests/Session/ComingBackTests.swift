import ChatProtocol
import Testing

@testable import chat

/// A person whose connection is made again when it is lost, and the server as the test tells it.
private struct Evening {
  private(set) var talk: Conversation
  /// All that was done since the last look.
  private var outputs: [ClientOutput] = []

  /// Alice, logged in, in these rooms, of each of which message 10 was the last; the last one is current.
  init(rooms: [String] = ["ops"]) {
    talk = Conversation(password: "correct-horse", seesOwnTyping: false, comesBack: true)
    _ = talk.isGreeted()
    receive(ok: "login", Self.entered(rooms: rooms, token: "old-token"))
    if let last = rooms.last { receive(.ok(Reply("switch", .moved(room: name(last), current: name(last))))) }
    answerPings()
    for room in ["lobby"] + rooms { receive(ok: "history", Self.past(room, [(10, "bob", "before")])) }
    _ = look()
  }

  static func entered(rooms: [String], token: String, command: String = "login") -> Reply.Result {
    .entered(
      user: name("alice"), isOperator: false, room: .lobby, rooms: [.lobby] + rooms.map { name($0) },
      resume: Secret(token), unread: 0)
  }

  static func past(
    _ room: String, _ messages: [(id: MessageID, from: String, text: String)], more: Bool = false
  ) -> Reply.Result {
    .history(
      room: name(room),
      messages: messages.map {
        PastMessage(
          time: Conversation.time,
          message: RoomMessage(id: $0.id, room: name(room), from: name($0.from), text: $0.text))
      }, more: more)
  }

  mutating func receive(_ event: Event) { outputs += talk.receives(event) }
  mutating func receive(ok command: String, _ result: Reply.Result = .done) { receive(.ok(Reply(command, result))) }
  mutating func receive(error code: ErrorCode, to command: String) {
    outputs += talk.receives(error: code, to: command)
  }
  mutating func type(_ line: String) { outputs += talk.types(line) }
  mutating func apply(_ input: ClientInput, at now_ms: Int64 = 0) { outputs += talk.session.apply(input, at: now_ms) }

  mutating func hear(_ text: String, id: MessageID, in room: String = "ops", from: String = "bob", isOwn: Bool = false)
  {
    receive(
      .message(RoomMessage(id: id, room: name(room), from: name(from), text: text, isOwn: isOwn)))
  }

  private mutating func answerPings() {
    while talk.session.pending.first == .ping { receive(ok: "ping", .pong(token: nil)) }
  }

  /// What was done since the last time.
  mutating func look() -> [ClientOutput] {
    defer { outputs = [] }
    return outputs
  }

  mutating func lookSent() -> [String] {
    look().compactMap { if case .send(let line) = $0 { line } else { nil } }
  }

  mutating func lookShown() -> [String] {
    look().compactMap { output in
      guard case .show(.event(let received, _)) = output, case .event(.message(let message)) = received.content else {
        return nil
      }
      return "\(message.room) \(message.from): \(message.text)\(message.isOwn ? " (own)" : "")"
    }
  }

  /// Up to the reply to the login on a new connection.
  mutating func comeBack(to rooms: [String] = ["ops"]) {
    apply(.connected)
    for line in ["* Welcome to chat-server 0.1.0.", "* /help lists all commands."] { _ = talk.receives(line: line) }
    receive(ok: "format", .format(.json))
    receive(ok: "login", Self.entered(rooms: rooms, token: "new-token"))
  }

  /// The replies until the past of rooms is told.
  mutating func takeOver(isThere: Bool = true, current: String = "ops") {
    if isThere {
      receive(ok: "resume", Self.entered(rooms: ["ops"], token: "new-token"))
    } else {
      receive(error: .noSuchToken, to: "resume")
    }
    receive(ok: "switch", .moved(room: name(current), current: name(current)))
  }
}

private func name(_ text: String) -> Name { Name(text)! }

@Suite struct ComingBackTests {
  @Test func `it logs in, takes over its ghost, and asks each room what was missed`() {
    var alice = Evening()
    alice.apply(.connectionEnded("Connection reset by peer"))
    #expect(alice.look().contains(.connect(attempt: 1)))
    alice.apply(.notConnected)
    #expect(alice.look() == [.connect(attempt: 2)])
    alice.comeBack()
    #expect(
      alice.lookSent() == [
        "/format json", "/login alice correct-horse", "/resume old-token", "/switch ops", "/history lobby since 10",
        "/history ops since 10",
      ])
    // The next time it is the new token.
    alice.apply(.connectionEnded(nil))
    alice.comeBack()
    #expect(alice.lookSent().contains("/resume new-token"))
  }

  @Test func `what was missed is shown once and in order, whatever comes meanwhile`() {
    var alice = Evening()
    alice.hear("seen", id: 11)
    alice.apply(.connectionEnded(nil))
    alice.comeBack()
    _ = alice.look()
    alice.hear("live already", id: 15)
    alice.hear("live too", id: 16)
    alice.takeOver()
    alice.receive(ok: "history", Evening.past("lobby", []))
    #expect(alice.lookShown() == [])
    alice.receive(ok: "history", Evening.past("ops", [(12, "bob", "one"), (13, "bob", "two")], more: true))
    #expect(alice.lookShown() == ["ops bob: one", "ops bob: two"])
    alice.receive(ok: "history", Evening.past("ops", [(14, "bob", "three"), (15, "bob", "live already")]))
    #expect(alice.lookShown() == ["ops bob: three", "ops bob: live already", "ops bob: live too"])
    alice.hear("and on", id: 17)
    #expect(alice.lookShown() == ["ops bob: and on"])
  }

  @Test func `a line that was not acknowledged is sent again only where it was never recorded`() {
    var alice = Evening()
    for line in ["recorded", "lost", "twice", "twice", "/say lobby elsewhere", "/me waves"] { alice.type(line) }
    alice.apply(.connectionEnded(nil))
    alice.type("typed while away")
    alice.type("/who")
    alice.comeBack()
    alice.takeOver(isThere: false)
    alice.receive(ok: "history", Evening.past("lobby", []))
    _ = alice.look()
    alice.receive(ok: "history", Evening.past("ops", [(11, "alice", "recorded"), (12, "alice", "twice")]))
    let outputs = alice.look()
    #expect(
      outputs.compactMap { if case .send(let line) = $0 { line } else { nil } }.filter { $0 != "/ping" } == [
        "lost", "twice", "/say lobby elsewhere", "/me waves", "typed while away", "/who",
      ])
    #expect(outputs.contains(.show(.note("The connection is back; 0 messages came meanwhile."))))
    // Once they are acknowledged nothing is left over.
    for (id, text) in [(13, "lost"), (14, "twice")] { alice.hear(text, id: MessageID(id), from: "alice", isOwn: true) }
    #expect(alice.talk.session.overview.unrecorded == ["[lobby] elsewhere", "/me waves", "typed while away"])
  }

  @Test func `what cannot be known is told and not done twice`() {
    var alice = Evening()
    for line in ["/msg bob psst", "/kick carol", "hello"] { alice.type(line) }
    alice.apply(.connectionEnded(nil))
    alice.comeBack()
    alice.takeOver()
    alice.receive(ok: "history", Evening.past("lobby", []))
    _ = alice.look()
    alice.receive(error: .historyUnavailable, to: "history")
    let outputs = alice.look()
    for line in ["/msg bob psst", "/kick carol", "hello"] {
      #expect(
        outputs.contains(
          .show(.complaint("Not known whether this was done when the connection was lost: \(line)"))))
      #expect(!outputs.contains(.send(line)))
    }
  }

  @Test func `rooms that the server has forgotten are entered again, with the key they took`() {
    var alice = Evening()
    alice.type("/join den sesame-open")
    alice.receive(ok: "join", .moved(room: name("den"), current: name("den")))
    alice.receive(ok: "history", Evening.past("den", []))
    alice.apply(.connectionEnded(nil))
    _ = alice.look()
    alice.comeBack(to: [])
    let sent = alice.lookSent()
    #expect(sent.contains("/join ops") && sent.contains("/join den sesame-open") && sent.contains("/switch den"))
    #expect(sent.contains("/history den since 0"))
  }

  @Test func `what was not looked at before is still new afterwards`() {
    var alice = Evening()
    alice.hear("alice?", id: 11, in: "lobby")
    alice.apply(.connectionEnded(nil))
    alice.comeBack()
    alice.takeOver()
    for room in ["lobby", "ops"] { alice.receive(ok: "history", Evening.past(room, [])) }
    let lobby = alice.talk.session.overview[.lobby]
    #expect(lobby?.unread == 1 && lobby?.isCalled == true)
  }

  @Test func `a server that does not take one yet is asked again later`() {
    var alice = Evening()
    alice.apply(.connectionEnded(nil))
    alice.apply(.connected)
    alice.receive(ok: "format", .format(.json))
    _ = alice.look()
    alice.receive(error: .busy, to: "login")
    #expect(alice.look() == [.disconnect, .connect(attempt: 2)])
  }

  @Test func `what the server says at the door is told once`() {
    var alice = Evening()
    alice.apply(.connectionEnded(nil))
    _ = alice.look()
    for (attempt, left) in [(2, "59 s"), (3, "58 s")] {
      alice.apply(.connected)
      alice.apply(.received(Array("* Your address is banned from this server (\(left) left): spam".utf8)))
      _ = alice.look()
      alice.apply(.connectionEnded(nil))
      let complaints = alice.look().filter { $0 != .connect(attempt: attempt) }
      #expect(complaints.count == (attempt == 2 ? 1 : 0))
      guard case .show(.complaint(let sentence))? = complaints.first else { continue }
      #expect(
        sentence.hasSuffix(
          " does not let this chat in, which goes on trying: Your address is banned from this "
            + "server (59 s left): spam"))
    }
  }

  @Test func `whoever is banned meanwhile is told so`() {
    var alice = Evening()
    alice.apply(.connectionEnded(nil))
    alice.apply(.connected)
    alice.receive(ok: "format", .format(.json))
    _ = alice.look()
    alice.receive(error: .banned, to: "login")
    #expect(
      alice.look() == [Conversation.complaint("No."), .ask("(t)ry again, another (n)ame or (q)uit? [t] ")])
  }

  @Test func `a password that was changed meanwhile is asked for, and nothing typed is lost`() {
    var alice = Evening()
    alice.type("hello")
    alice.apply(.connectionEnded(nil))
    alice.type("kept")
    alice.apply(.connected)
    alice.receive(ok: "format", .format(.json))
    alice.receive(error: .wrongPassword, to: "login")
    #expect(alice.look().contains(.show(.complaint("Not known whether these were taken: hello"))))
    alice.type("t")
    alice.apply(.secret(Secret("battery-staple")))
    alice.receive(ok: "login", Evening.entered(rooms: ["ops"], token: "new-token"))
    #expect(alice.lookSent().contains("kept"))
  }

  @Test func `whoever was put off the server stays off`() {
    var alice = Evening()
    alice.receive(.kicked(room: nil, by: "root", reason: ""))
    alice.apply(.connectionEnded(nil))
    guard case .exit(.noServer, _)? = alice.look().last else {
      Issue.record("it does not end")
      return
    }
  }

  @Test func `leaving without a connection tells what went nowhere`() {
    var alice = Evening()
    alice.type("one")
    alice.apply(.connectionEnded(nil))
    alice.type("two")
    _ = alice.look()
    alice.type("/quit")
    #expect(
      alice.look() == [.exit(.noServer, because: "there was no connection; these went nowhere: one / two")])
  }

  @Test func `a server that is silent is given up, and how long it takes is shown`() {
    var alice = Evening()
    alice.apply(.tick, at: 1000)
    alice.apply(.received(Array(#"{"event":"ok","time":"2026-11-20T20:11:02Z","command":"ping"}"#.utf8)), at: 1012)
    #expect(alice.talk.session.overview.lag_ms == 12)
    alice.apply(.tick, at: 11_000)
    alice.apply(.tick, at: 21_000)
    #expect(alice.lookSent() == ["/ping", "/ping"])
    alice.apply(.tick, at: 41_000)
    let outputs = alice.look()
    #expect(outputs.contains(.disconnect) && outputs.contains(.connect(attempt: 1)))
  }

  @Test func `no more lines are on their way than a server bears`() {
    var alice = Evening()
    for number in 1...25 { alice.type("line \(number)") }
    #expect(alice.lookSent() == (1...10).map { "line \($0)" })
    for number in 1...3 { alice.hear("line \(number)", id: MessageID(10 + number), from: "alice", isOwn: true) }
    #expect(alice.lookSent() == (11...13).map { "line \($0)" })
  }
}

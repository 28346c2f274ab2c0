import ChatProtocol
import Testing

@testable import chat

@Suite struct ReconnectionTests {
  @Test func `it logs in, resumes the lost session and asks each room for missed messages`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded("Connection reset by peer"))
    #expect(alice.look().contains(.connect(attempt: 1)))
    alice.apply(.notConnected)
    #expect(alice.look() == [.connect(attempt: 2)])
    alice.reconnect()
    #expect(
      alice.lookSent() == [
        "/format json", "/login alice correct-horse", "/resume old-token", "/switch ops", "/history lobby since 10",
        "/history ops since 10",
      ])
    // The next reconnection uses the new token.
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    #expect(alice.lookSent().contains("/resume new-token"))
  }

  @Test func `a server that is not trusted any more ends the session, with what was not sent`() {
    var alice = ReconnectingClient()
    alice.type("one")
    alice.apply(.connectionEnded(nil))
    alice.type("two")
    _ = alice.look()
    alice.apply(.untrusted("it has changed\nremove line 3"))
    #expect(
      alice.look().last
        == .exit(.loginRefused, because: "cannot reconnect: it has changed\nremove line 3\nnot sent: one / two"))
    #expect(!alice.talk.session.awaited.isShown)
  }

  @Test func `a server that does not speak TLS for a while is tried again, and said once`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil))
    _ = alice.look()
    alice.apply(.notEncrypted("it answers 'x'\nuse --no-tls"))
    #expect(
      alice.look() == [
        .show(
          .error(
            "127.0.0.1:7777 refuses the connection; chat keeps trying: it answers 'x'; use --no-tls")),
        .connect(attempt: 2),
      ])
    alice.apply(.notEncrypted("it answers 'x'\nuse --no-tls"))
    #expect(alice.look() == [.connect(attempt: 3)])
  }

  @Test func `a line that was not acknowledged is sent again only if it was not recorded`() {
    var alice = ReconnectingClient()
    for line in ["recorded", "lost", "twice", "twice", "/say lobby elsewhere", "/me waves"] { alice.type(line) }
    alice.apply(.connectionEnded(nil))
    alice.type("typed while away")
    alice.type("/who")
    alice.reconnect()
    alice.resume(isThere: false)
    alice.receive(ok: "history", ReconnectingClient.past("lobby", []))
    _ = alice.look()
    alice.receive(ok: "history", ReconnectingClient.past("ops", [(11, "alice", "recorded"), (12, "alice", "twice")]))
    let outputs = alice.look()
    #expect(
      outputs.compactMap { if case .send(let line) = $0 { line } else { nil } }.filter {
        $0 != "/ping" && !$0.hasPrefix("/files ")
      } == [
        "lost", "twice", "/say lobby elsewhere", "/me waves", "typed while away", "/who",
      ])
    #expect(outputs.contains(.show(.notice("The connection is back."))))
    // Once all are acknowledged none is pending.
    for (id, text) in [(13, "lost"), (14, "twice")] { alice.hear(text, id: MessageID(id), from: "alice", isOwn: true) }
    #expect(alice.talk.session.overview.unacknowledged == ["[lobby] elsewhere", "/me waves", "typed while away"])
  }

  @Test func `a line that may or may not have been recorded is reported and not repeated`() {
    var alice = ReconnectingClient()
    for line in ["/msg bob psst", "/kick carol", "hello"] { alice.type(line) }
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    alice.resume()
    alice.receive(ok: "history", ReconnectingClient.past("lobby", []))
    _ = alice.look()
    alice.receive(error: .historyUnavailable, to: "history")
    let outputs = alice.look()
    for line in ["/msg bob psst", "/kick carol", "hello"] {
      #expect(
        outputs.contains(
          .show(.error("This line may or may not have been sent before the connection was lost: \(line)"))))
      #expect(!outputs.contains(.send(line)))
    }
  }

  @Test func `an empty line reconnects at once, if there is no connection`() {
    var alice = ReconnectingClient()
    alice.type("")
    #expect(alice.look() == [])
    alice.apply(.connectionEnded(nil))
    _ = alice.look()
    alice.type(" ")
    #expect(alice.look() == [.connectNow])
    #expect(alice.talk.session.overview.unacknowledged == [])
    alice.apply(.connected)
    _ = alice.look()
    alice.type("")
    #expect(alice.look() == [])
  }

  @Test func `after a connection lost before the join, the client joins the same room`() {
    var talk = Conversation(room: "ops", password: "correct-horse", seesOwnTyping: false, reconnects: true)
    _ = talk.isGreeted()
    #expect(talk.receives(ok: "login", Conversation.entered()).contains(.send("/join ops")))
    _ = talk.session.apply(.connectionEnded(nil))
    _ = talk.session.apply(.connected)
    _ = talk.isGreeted()
    #expect(talk.receives(ok: "login", Conversation.entered()).contains(.send("/switch lobby")))
    #expect(
      talk.receives(ok: "switch", .moved(room: .lobby, current: .lobby)).contains(.send("/join ops")))
    #expect(talk.session.state == .joining)
  }

  @Test func `a server that falls silent during a reconnection is given up too`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil), at: 1000)
    alice.reconnect()
    _ = alice.look()
    alice.apply(.tick, at: 29_000)
    #expect(alice.look() == [])
    alice.apply(.tick, at: 31_000)
    #expect(alice.look() == [.disconnect, .connect(attempt: 2)])
  }

  @Test func `a client that has quit does not reconnect`() {
    var alice = ReconnectingClient()
    alice.type("/quit")
    alice.apply(.connectionEnded(nil))
    #expect(alice.look().last == .exit(.ok))
  }

  @Test func `rooms that the server has forgotten are joined again, with their password`() {
    var alice = ReconnectingClient()
    alice.type("/join den sesame-open")
    alice.receive(ok: "join", .moved(room: name("den"), current: name("den")))
    alice.receive(ok: "history", ReconnectingClient.past("den", []))
    alice.apply(.connectionEnded(nil))
    _ = alice.look()
    alice.reconnect(to: [])
    let sent = alice.lookSent()
    #expect(sent.contains("/join ops") && sent.contains("/join den sesame-open") && sent.contains("/switch den"))
    #expect(sent.contains("/history den since 0"))
  }

  @Test func `messages not fetched before the next loss are still new after it`() {
    var alice = ReconnectingClient()
    alice.hear("alice?", id: 11, in: "lobby")
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    alice.resume()
    for room in ["lobby", "ops"] { alice.receive(ok: "history", ReconnectingClient.past(room, [])) }
    let lobby = alice.talk.session.overview[.lobby]
    #expect(lobby?.unread == 1 && lobby?.isMentioned == true)
  }

  @Test func `member counts are unknown until the server sends them again`() {
    var alice = ReconnectingClient()
    let summary = RoomSummary(name: name("ops"), topic: "", owner: nil, isLocked: false, members: 5)
    alice.receive(.room(summary))
    #expect(alice.talk.session.overview[name("ops")]?.members == 5)
    alice.apply(.connectionEnded(nil))
    #expect(alice.talk.session.overview[name("ops")]?.members == nil && !alice.talk.session.hasAskedForRooms)
    alice.reconnect()
    // Joins and leaves are added to the new count, not to the old one.
    alice.receive(.joined(room: name("ops"), user: name("carol")))
    #expect(alice.talk.session.overview[name("ops")]?.members == nil)
    alice.resume()
  }

  @Test func `a login that the server cannot accept yet is repeated later`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil))
    alice.apply(.connected)
    alice.receive(ok: "format", .format(.json))
    _ = alice.look()
    alice.receive(error: .busy, to: "login")
    let why = "127.0.0.1:7777 refuses the connection; chat keeps trying: No."
    #expect(alice.look() == [Conversation.error(why), .disconnect, .connect(attempt: 2)])
  }

  @Test func `the server's rejection of the connection is shown once`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil))
    _ = alice.look()
    for (attempt, left) in [(2, "59 s"), (3, "58 s")] {
      alice.apply(.connected)
      alice.apply(.received(Array("* Your address is banned from this server (\(left) left): spam".utf8)))
      _ = alice.look()
      alice.apply(.connectionEnded(nil))
      let complaints = alice.look().filter { $0 != .connect(attempt: attempt) }
      #expect(complaints.count == (attempt == 2 ? 1 : 0))
      guard case .show(.error(let sentence))? = complaints.first else { continue }
      #expect(
        sentence.hasSuffix(
          " refuses the connection; chat keeps trying: Your address is banned from this "
            + "server (59 s left): spam"))
    }
  }

  @Test func `a user banned meanwhile sees the ban`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil))
    alice.apply(.connected)
    alice.receive(ok: "format", .format(.json))
    _ = alice.look()
    alice.receive(error: .banned, to: "login")
    #expect(
      alice.look() == [Conversation.error("No."), .ask("(t)ry again, another (n)ame or (q)uit? [t] ")])
  }

  @Test func `lines typed while reconnecting are reported as not sent if the user quits after a rejected login`() {
    for quit in [ClientInput.typed("q"), .typed("/quit"), .endOfInput] {
      var alice = ReconnectingClient()
      alice.apply(.connectionEnded(nil))
      for line in ["hello", "/who"] { alice.type(line) }
      alice.apply(.connected)
      alice.receive(ok: "format", .format(.json))
      alice.receive(error: .wrongPassword, to: "login")
      _ = alice.look()
      alice.apply(quit)
      #expect(alice.look() == [.exit(.loginRefused, because: "not sent: hello / /who")])
    }
  }

  @Test func `a changed password is asked for, and no typed line is lost`() {
    var alice = ReconnectingClient()
    alice.type("hello")
    alice.apply(.connectionEnded(nil))
    alice.type("kept")
    alice.apply(.connected)
    alice.receive(ok: "format", .format(.json))
    alice.receive(error: .wrongPassword, to: "login")
    #expect(alice.look().contains(.show(.error("These lines may or may not have been sent: hello"))))
    alice.type("t")
    alice.apply(.password(Secret("battery-staple")))
    alice.receive(ok: "login", ReconnectingClient.entered(rooms: ["ops"], token: "new-token"))
    #expect(alice.lookSent().contains("kept"))
  }

  @Test func `a kicked client does not reconnect`() {
    var alice = ReconnectingClient()
    alice.receive(.kicked(room: nil, by: "root", reason: ""))
    alice.apply(.connectionEnded(nil))
    guard case .exit(.noServer, _)? = alice.look().last else {
      Issue.record("it does not end")
      return
    }
  }

  @Test func `quitting without a connection reports the unsent lines`() {
    var alice = ReconnectingClient()
    alice.type("one")
    alice.apply(.connectionEnded(nil))
    alice.type("two")
    _ = alice.look()
    alice.type("/quit")
    #expect(
      alice.look() == [.exit(.noServer, because: "no connection; not sent: one / two")])
  }

  @Test func `a silent server is given up, and the timeout is shown`() {
    var alice = ReconnectingClient()
    alice.apply(.tick, at: 1000)
    alice.apply(.received(Array(#"{"event":"ok","time":"2026-11-20T20:11:02Z","command":"ping"}"#.utf8)), at: 1012)
    #expect(alice.talk.session.overview.lagMilliseconds == 12)
    alice.apply(.tick, at: 11_000)
    alice.apply(.tick, at: 21_000)
    #expect(alice.lookSent() == ["/ping", "/ping"])
    alice.apply(.tick, at: 41_000)
    let outputs = alice.look()
    #expect(outputs.contains(.disconnect) && outputs.contains(.connect(attempt: 1)))
  }

  @Test func `the number of unacknowledged lines is limited`() {
    var alice = ReconnectingClient()
    for number in 1...25 { alice.type("line \(number)") }
    #expect(alice.lookSent() == (1...10).map { "line \($0)" })
    for number in 1...3 { alice.hear("line \(number)", id: MessageID(10 + number), from: "alice", isOwn: true) }
    #expect(alice.lookSent() == (11...13).map { "line \($0)" })
  }

  @Test func `files shared meanwhile are shown once, and fetched with --accept-files`() {
    var alice = ReconnectingClient(acceptsFilesIn: "in")
    func file(_ id: MessageID, laterMilliseconds: Int64) -> ListedFile {
      ListedFile(
        file: SharedFile(id: id, room: .lobby, from: Name("bob")!, name: "plan.pdf", size: 1), cksum: 7,
        time: Conversation.time.adding(milliseconds: laterMilliseconds))
    }
    var unfinished = file(10, laterMilliseconds: 2)
    unfinished.isUnfinished = true
    alice.files = [
      unfinished, file(5, laterMilliseconds: -1), file(8, laterMilliseconds: 0), file(9, laterMilliseconds: 1),
      file(11, laterMilliseconds: 2),
    ]
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    alice.resume()
    // This file is announced by an event before the list is requested.
    alice.receive(.file(file(11, laterMilliseconds: 2).file))
    for room in ["lobby", "ops"] { alice.receive(ok: "history", ReconnectingClient.past(room, [])) }
    let outputs = alice.look()
    let told: [MessageID] = outputs.compactMap { output in
      guard case .show(.event(let received, _)) = output, case .event(.file(let file)) = received.content else {
        return nil
      }
      return file.id
    }
    #expect(told == [11, 9])
    #expect(outputs.filter { [.send("/get 9"), .send("/get 11")].contains($0) }.count == 2)
  }
}

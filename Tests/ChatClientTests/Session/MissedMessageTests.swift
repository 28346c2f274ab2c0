import ChatProtocol
import Testing

@testable import chat

/// Messages sent while the client was disconnected.
@Suite struct MissedMessageTests {
  @Test func `missed messages are shown once and in order, even if others arrive meanwhile`() {
    var alice = ReconnectingClient()
    alice.hear("seen", id: 11)
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    _ = alice.look()
    alice.hear("live already", id: 15)
    alice.hear("live too", id: 16)
    alice.resume()
    alice.receive(ok: "history", ReconnectingClient.past("lobby", []))
    #expect(alice.lookShown() == [])
    alice.receive(
      ok: "history", ReconnectingClient.past("ops", [(12, "bob", "one"), (13, "bob", "two")], more: .since(13)))
    #expect(alice.lookShown() == [])
    alice.receive(ok: "history", ReconnectingClient.past("ops", [(14, "bob", "three"), (15, "bob", "live already")]))
    #expect(
      alice.lookShown() == [
        "ops bob: one", "ops bob: two", "ops bob: three", "ops bob: live already", "ops bob: live too",
      ])
    alice.hear("and on", id: 17)
    #expect(alice.lookShown() == ["ops bob: and on"])
  }

  @Test func `the count of missed messages comes first, then all of them in order`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    alice.receive(.privateMessage(PrivateMessage(id: 12, from: name("bob"), to: name("alice"), text: "psst")))
    alice.receive(.privateMessage(PrivateMessage(id: 17, from: name("alice"), to: name("bob"), text: "yes?")))
    alice.resume()
    alice.receive(ok: "history", ReconnectingClient.past("lobby", [(11, "bob", "first"), (14, "bob", "last")]))
    _ = alice.look()
    alice.receive(
      ok: "history", ReconnectingClient.past("ops", [(13, "bob", "between"), (15, "alice", "from my other terminal")]))
    let outputs = alice.look()
    let told = outputs.compactMap { if case .show(let shown) = $0 { shown } else { nil } }
    #expect(told.first == .notice("The connection is back; 4 messages came meanwhile, 1 of them private."))
    let texts = told.compactMap { shown in
      guard case .event(let received, _) = shown else { return nil as String? }
      switch received.content {
      case .event(.message(let message)): return message.text
      case .event(.privateMessage(let message)): return message.text
      default: return nil
      }
    }
    #expect(texts == ["first", "psst", "between", "last", "from my other terminal", "yes?"])
    // Only then is it marked as read.
    #expect(
      outputs.firstIndex(of: .send("/read 17")) ?? 0 > outputs.lastIndex { if case .show = $0 { true } else { false } }!
    )
  }

  @Test func `a private message is marked as read again if the acknowledgement is missing`() {
    var alice = ReconnectingClient()
    let psst = Event.privateMessage(PrivateMessage(id: 12, from: name("bob"), to: name("alice"), text: "psst"))
    alice.receive(psst)
    #expect(alice.lookSent() == ["/read 12"])
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    alice.receive(psst)
    alice.resume()
    for room in ["lobby", "ops"] { alice.receive(ok: "history", ReconnectingClient.past(room, [])) }
    let outputs = alice.look()
    #expect(outputs.contains(.send("/read 12")))
    #expect(outputs.contains(.show(.notice("The connection is back."))))
  }

  @Test func `missed messages over the limit are shown as they arrive`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    alice.resume()
    alice.receive(ok: "history", ReconnectingClient.past("lobby", []))
    _ = alice.look()
    let count = Reconnection.missedMax + 20
    alice.receive(
      ok: "history", ReconnectingClient.past("ops", (1...count).map { (MessageID(10 + $0), "bob", "\($0)") }))
    let outputs = alice.look()
    #expect(
      outputs.first
        == .show(.notice("The connection is back; at least \(Reconnection.missedMax) messages came meanwhile.")))
    #expect(
      outputs.compactMap { if case .show(.event(let received, _)) = $0 { received } else { nil } }.count == count)
    #expect(outputs.count { if case .show(.notice) = $0 { true } else { false } } == 1)
  }

  @Test func `a page without a message for this user is not the last`() {
    var alice = ReconnectingClient()
    alice.apply(.connectionEnded(nil))
    alice.reconnect()
    alice.resume()
    alice.receive(ok: "history", ReconnectingClient.past("lobby", []))
    _ = alice.look()
    for id: MessageID in [400, 800] {
      alice.receive(ok: "history", .history(room: name("ops"), messages: [], more: .since(id)))
      #expect(alice.lookSent() == ["/history ops since \(id)"])
    }
    alice.receive(ok: "history", ReconnectingClient.past("ops", [(900, "bob", "at last")]))
    #expect(alice.lookShown() == ["ops bob: at last"])
  }

  @Test func `the end of the history is known even if its last messages are not shown to this user`() {
    var alice = ReconnectingClient(rooms: [])
    alice.type("/join den")
    alice.receive(ok: "join", .moved(room: name("den"), current: name("den")))
    alice.receive(ok: "history", .history(room: name("den"), messages: [], more: .before(500)))
    alice.apply(.connectionEnded(nil))
    _ = alice.look()
    alice.reconnect(to: ["den"])
    #expect(alice.lookSent().contains("/history den since 500"))
  }

  @Test func `files beyond the first page are requested`() {
    var alice = ReconnectingClient()
    func page(_ ids: [MessageID], more: Continuation?) -> Event {
      let files = ids.map { id in
        ListedFile(
          file: SharedFile(id: id, room: name("ops"), from: name("bob"), name: "plan.pdf", size: 1), cksum: 7,
          time: Conversation.time.adding(milliseconds: Int64(id)))
      }
      return .ok(Reply("files", .files(room: name("ops"), files, more: more)))
    }
    let result = { (event: Event) -> Result<Reply, Refusal> in
      guard case .ok(let reply) = event else { preconditionFailure("a page is a reply") }
      return .success(reply)
    }
    var session = alice.talk.session
    session.receiveMissedFiles(result(page([30, 31], more: .before(30))), since: Conversation.time)
    #expect(session.outputs.contains(.send("/files ops before 30")))
    session.outputs = []
    session.receiveMissedFiles(
      result(page([20, 29], more: .before(20))), since: Conversation.time.adding(milliseconds: 25))
    #expect(!session.outputs.contains { if case .send = $0 { true } else { false } })
    #expect(session.known.files.map(\.id) == [31, 30, 29])
    _ = alice.look()
  }

  @Test func `a history that could not be read is not taken for an empty one`() {
    var alice = ReconnectingClient()
    alice.type("/join den")
    alice.receive(ok: "join", .moved(room: name("den"), current: name("den")))
    alice.receive(error: .historyUnavailable, to: "history")
    alice.apply(.connectionEnded(nil))
    _ = alice.look()
    alice.reconnect(to: ["ops", "den"])
    #expect(!alice.lookSent().contains { $0.hasPrefix("/history den") })
  }
}

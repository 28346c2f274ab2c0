import Testing

@testable import ChatProtocol

private let alice = EventExamples.alice
private let bob = EventExamples.bob
private let ops = EventExamples.ops

private func text(of event: Event) -> String { Dialect.text.text(of: event) }
private func text(of result: Reply.Result, to command: String) -> String { text(of: .ok(Reply(command, result))) }

@Test func `a sender's own message is not repeated`() {
  #expect(text(of: .message(RoomMessage(id: 1, room: ops, from: alice, text: "hi", isOwn: true))) == "")
  #expect(text(of: .message(RoomMessage(id: 1, room: ops, from: alice, text: "hi", isAction: true, isOwn: true))) == "")
}

/// Every text that a user can set, set to a text that looks like a line of the server or of another user.
@Test(arguments: ["* bob joined ops", "ok login you are root", "error banned: go", "[ops] bob: hi", ""])
func `no user's text begins a line`(text hostile: String) {
  let summary = RoomSummary(name: ops, topic: hostile, owner: alice, isLocked: false, members: 2)
  let message = RoomMessage(id: 7, room: ops, from: alice, text: hostile)
  var action = message
  action.isAction = true
  let told: [(Event, String)] = [
    (.message(message), "[ops] alice: \(hostile)\n"),
    (.message(action), "[ops] * alice \(hostile)\n"),
    (
      .privateMessage(PrivateMessage(id: 7, from: alice, to: bob, text: hostile)),
      "[private] alice -> bob: \(hostile)\n"
    ),
  ]
  for (event, line) in told { #expect(text(of: event) == line) }
  let lists: [Event] = [
    .ok(
      Reply(
        "history", .history(room: ops, messages: [PastMessage(time: EventExamples.time, message: action)]))
    ),
    .ok(Reply("rooms", .rooms([summary]))),
    .ok(Reply("info", .info(RoomInfo(summary: summary, created: nil, moderators: [], banned: nil, muted: nil)))),
    .ok(
      Reply(
        "who",
        .who(
          room: ops,
          users: [RoomMember(name: bob, isGuest: false, isMuted: false, role: .member, away: hostile)]))),
    .ok(Reply("topic", .topic(room: ops, text: hostile))),
    .ok(Reply("msg", .sent(id: 7, away: hostile))),
    .topic(room: ops, text: hostile, by: "alice"),
    .left(room: ops, user: bob, reason: hostile),
    .room(summary),
    .kicked(room: ops, by: "alice", reason: hostile),
    .notice(text: hostile),
    .closing(reason: hostile),
  ]
  for event in lists {
    let lines = text(of: event).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.last == "")
    for (index, line) in lines.dropLast().enumerated() {
      let isReply = if case .ok = event { true } else { false }
      #expect(line.hasPrefix(!isReply ? "* " : index == 0 ? "ok " : "  "), "\(line)")
    }
  }
}

@Test(arguments: Array(EventExamples.all.flatMap(\.events)))
func `no resume token is shown`(event: Event) {
  #expect(!text(of: event).contains(EventExamples.token))
}

@Test func `counts use the singular for one and the plural for two`() {
  func summary(members: Int) -> RoomSummary {
    RoomSummary(name: ops, topic: "", owner: nil, isLocked: false, members: members)
  }
  func entered(unread: Int) -> String {
    text(
      of: .entered(user: alice, isOperator: false, room: ops, rooms: [ops], resume: nil, unread: unread), to: "login")
  }
  #expect(text(of: .room(summary(members: 1))) == "* ops is open, 1 member\n")
  #expect(text(of: .room(summary(members: 0))) == "* ops is open, 0 members\n")
  #expect(text(of: .rooms([summary(members: 1)]), to: "rooms").hasPrefix("ok rooms 1 room\n"))
  #expect(text(of: .who(room: ops, users: []), to: "who") == "ok who 0 members in ops\n")
  #expect(text(of: .history(room: ops, messages: []), to: "history") == "ok history 0 messages in ops\n")
  #expect(entered(unread: 0) == "ok login you are alice; your current room is ops\n")
  #expect(entered(unread: 1).hasSuffix("; 1 unread private message follows\n"))
  #expect(entered(unread: 2).hasSuffix("; 2 unread private messages follow\n"))
  let file = SharedFile(id: 7, room: ops, from: alice, name: "x", size: 1)
  #expect(text(of: .file(file)) == "* alice shares x (1 byte) in ops: /get 7\n")
}

@Test func `absent fields leave no gap`() {
  #expect(text(of: .left(room: ops, user: bob, reason: "")) == "* bob left ops\n")
  #expect(text(of: .left(room: ops, user: bob, reason: "left")) == "* bob left ops\n")
  #expect(text(of: .kicked(room: nil, by: "alice", reason: "")) == "* alice kicked you from the server\n")
  #expect(text(of: .closing(reason: "")) == "* Goodbye.\n")
  #expect(text(of: .pong(token: nil), to: "ping") == "ok ping\n")
  #expect(text(of: .sent(id: 7, away: nil), to: "msg") == "ok msg #7\n")
  #expect(text(of: .topic(room: ops, text: ""), to: "topic") == "ok topic ops has no topic\n")
  #expect(text(of: .room(ops, password: nil), to: "create") == "ok create ops\n")
}

@Test func `help on one command shows its aliases and its explanation`() throws {
  let usage = try #require(CommandTable.usage(of: "join"))
  #expect(
    text(of: .help([usage]), to: "help") == """
      ok help /join ROOM [PASSWORD]
        join a room and make it your current one
        also /j
        The messages that you type go to your current room. You can be in several
        rooms; /switch changes between them.

      """)
}

/// A client shows the output of any server.
@Test(arguments: EventSamples.all)
func `every event is shown in whole lines, the greatest numbers included`(event: Event) {
  let shown = Dialect.text.text(of: event)
  let isOwn = if case .message(let message) = event { message.isOwn } else { false }
  #expect(isOwn == shown.isEmpty && (isOwn || shown.utf8.last == UInt8(ascii: "\n")))
}

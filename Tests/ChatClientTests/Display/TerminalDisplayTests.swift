import ChatProtocol
import POSIX
import Terminal
import Testing

@testable import chat

/// A display in a time zone three hours ahead of UTC.
private func display(isStyled: Bool = false, columns: Int? = nil) -> TerminalDisplay {
  TerminalDisplay(isStyled: isStyled, columns: columns, now: { now }) { time in
    let text = Timestamp(milliseconds: time.milliseconds + 3 * 3_600_000).description
    func number(_ first: Int, _ count: Int) -> Int { Int(text.dropFirst(first).prefix(count))! }
    return LocalTime(
      year: number(0, 4), month: number(5, 2), day: number(8, 2), hour: number(11, 2), minute: number(14, 2),
      second: number(17, 2))
  }
}

private let now = Timestamp("2026-11-20T17:05:02.123Z")!
private let inLobby = UserContext(user: Name("alice"), room: .lobby)

private func shown(_ event: Event, _ context: UserContext = inLobby, isStyled: Bool = false) -> [String] {
  display(isStyled: isStyled).lines(of: ReceivedEvent(time: now, event), for: context)
}

private func said(
  _ text: String, in room: String = "lobby", by user: String = "bob", isAction: Bool = false
) -> RoomMessage {
  RoomMessage(id: 7, room: name(room), from: name(user), text: text, isAction: isAction)
}

@Test(
  arguments: [
    (Event.message(said("hello")), "20:05 bob: hello"),
    (.message(said("hello", in: "ops")), "20:05 [ops] bob: hello"),
    (.message(said("waves", isAction: true)), "20:05 * bob waves"),
    (.message(said("waves", in: "ops", isAction: true)), "20:05 [ops] * bob waves"),
    (
      .privateMessage(PrivateMessage(id: 1, from: name("bob"), to: name("alice"), text: "psst")),
      "20:05 (private) bob: psst"
    ),
    (
      .privateMessage(PrivateMessage(id: 1, from: name("alice"), to: name("bob"), text: "psst")),
      "20:05 (private) -> bob: psst"
    ),
    (.joined(room: name("ops"), user: name("bob")), "20:05 -- bob joined ops"),
    (.joined(room: name("ops"), user: name("alice")), "20:05 -- you joined ops"),
    (.left(room: name("ops"), user: name("bob"), reason: "quit"), "20:05 -- bob left ops (quit)"),
    (.left(room: name("ops"), user: name("bob"), reason: ""), "20:05 -- bob left ops"),
    (.topic(room: name("ops"), text: "on call", by: "bob"), "20:05 -- bob set the topic of ops: on call"),
    (.topic(room: name("ops"), text: "", by: "bob"), "20:05 -- bob cleared the topic of ops"),
    (
      .room(RoomSummary(name: name("ops"), topic: "on call", owner: name("bob"), isLocked: true, members: 1)),
      "20:05 -- ops: 1 member, locked, topic: on call"
    ),
    (
      .room(RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 5)),
      "20:05 -- lobby: 5 members"
    ),
    (.away(user: name("bob"), text: "tea"), "20:05 -- bob is away: tea"),
    (.away(user: name("alice"), text: nil), "20:05 -- you are away"),
    (.back(user: name("bob")), "20:05 -- bob is back"),
    (
      .file(SharedFile(id: 9, room: name("ops"), from: name("bob"), name: "plan.txt", size: 1)),
      "20:05 -- bob shares plan.txt (1 B) in ops: /get 9"
    ),
    (.kicked(room: name("ops"), by: "bob", reason: "enough"), "20:05 -- You were kicked from ops by bob (enough)"),
    (.kicked(room: nil, by: "root", reason: ""), "20:05 -- You were kicked from the server by root"),
    (.deleted(room: name("ops"), by: "bob"), "20:05 -- bob deleted ops"),
    (.notice(text: "Tea is ready."), "20:05 -- Notice: Tea is ready."),
    (
      .error(CommandError(command: "join", code: .noSuchRoom, message: "There is no room den.")),
      "20:05 !! There is no room den."
    ),
  ])
func `an event is a line`(event: Event, line: String) {
  #expect(shown(event) == [line])
}

@Test func `the server's closing line is shown with the end of the connection`() {
  #expect(shown(.closing(reason: "Bye.")) == [])
}

@Test func `nothing that the server sends controls the terminal`() {
  let hostile = "a\u{1B}[31m\nb\r\u{9B}c\u{202E}d\u{7}"
  let clean = "a\u{FFFD}[31m\u{FFFD}b\u{FFFD}\u{FFFD}c\u{FFFD}d\u{FFFD}"
  #expect(shown(.message(said(hostile))) == ["20:05 bob: \(clean)"])
  #expect(shown(.notice(text: hostile)) == ["20:05 -- Notice: \(clean)"])
  #expect(shown(.topic(room: .lobby, text: hostile, by: hostile)).count == 1)
  let member = RoomMember(name: name("bob"), isGuest: false, isMuted: false, role: .member, away: hostile)
  let who = Reply("who", .who(room: .lobby, users: [member]))
  for line in shown(.ok(who)) { #expect(line.unicodeScalars.allSatisfy { $0 >= " " && $0 != "\u{9B}" }) }
}

@Test func `no message looks like a line of the server`() {
  for text in ["-- bob is away", "!! no", "alice: yes", "* alice waves"] {
    #expect(shown(.message(said(text)))[0].hasPrefix("20:05 bob: "))
    #expect(shown(.message(said(text, isAction: true)))[0].hasPrefix("20:05 * bob "))
  }
}

@Test func `a name has the same colour everywhere, and times and asides are dim`() {
  let message = shown(.message(said("hello")), isStyled: true)[0]
  #expect(message.hasPrefix("\u{1B}[2m20:05\u{1B}[0m \u{1B}[38;5;"))
  #expect(message.hasSuffix("mbob\u{1B}[0m: hello"))
  let aside = shown(.joined(room: .lobby, user: name("bob")), isStyled: true)
  #expect(aside == ["\u{1B}[2m20:05\u{1B}[0m \u{1B}[2m-- bob joined lobby\u{1B}[0m"])
  let fault = CommandError(command: "who", code: .busy, message: "Later.")
  #expect(shown(.error(fault), isStyled: true) == ["\u{1B}[2m20:05\u{1B}[0m \u{1B}[1m!!\u{1B}[0m Later."])
}

@Test(
  arguments: [
    (Reply("logout"), "You are logged out."), (Reply("search"), "Done."),
    (Reply("join", .moved(room: name("ops"), current: name("ops"))), "You are now in ops."),
    (Reply("leave", .moved(room: name("ops"), current: .lobby)), "You left ops and are now in lobby."),
    (Reply("create", .room(name("ops"), password: nil)), "ops was created; you are in it now."),
    (
      Reply("create", .room(name("ops"), password: Secret("abcd-efgh"))),
      "ops was created; you are in it now. Its password (shown once): abcd-efgh"
    ),
    (
      Reply("lock", .room(name("ops"), password: Secret("abcd-efgh"))),
      "ops is locked. Its password (shown once): abcd-efgh"
    ),
    (Reply("unlock", .room(name("ops"), password: nil)), "ops is open to everyone."),
    (Reply("delete", .room(name("ops"), password: nil)), "ops was deleted."),
    (Reply("topic", .topic(room: name("ops"), text: "on call")), "The topic of ops: on call"),
    (Reply("topic", .topic(room: name("ops"), text: "")), "ops has no topic."),
    (Reply("kick", .user(name("bob"))), "bob was kicked from lobby."),
    (Reply("ban", .user(name("bob"))), "bob is banned from lobby."),
    (Reply("unmute", .user(name("bob"))), "bob is no longer muted in lobby."),
    (
      Reply("ignore", .user(name("bob"))),
      "You no longer see messages from bob, private ones included; /unignore bob undoes that."
    ),
    (Reply("msg", .sent(id: 4, away: "at lunch")), "Sent; the user is away: at lunch"),
    (Reply("ping", .pong(token: "x")), "Pong: x"), (Reply("read", .read(upTo: 4)), "Read up to #4."),
    (Reply("history", .history(room: .lobby, messages: [])), "No messages in lobby."),
    (
      Reply("history", .history(room: .lobby, messages: [], more: .before(9))),
      "No messages in lobby since #9; /history lobby before 9 shows older ones."
    ),
    (
      Reply("history", .history(room: .lobby, messages: [], more: .since(9))),
      "No messages in lobby up to #9; /history lobby since 9 shows newer ones."
    ),
    (Reply("history", .conversation(with: name("bob"), messages: [])), "No messages with @bob."),
    (
      Reply("history", .conversation(with: name("bob"), messages: [], more: .before(9))),
      "No messages with @bob since #9; /history @bob before 9 shows older ones."
    ),
    (
      Reply("search", .conversation(with: name("bob"), messages: [], more: .before(9))),
      "No messages found in @bob since #9; /search @bob before #9 TEXT searches older ones."
    ),
    (Reply("search", .history(room: .lobby, messages: [])), "No messages found in lobby."),
    (
      Reply("search", .history(room: .lobby, messages: [], more: .before(9))),
      "No messages found in lobby since #9; /search before #9 TEXT searches older ones."
    ),
    (Reply("rooms", .rooms([])), "There are no rooms."),
    (
      Reply(
        "login",
        .entered(
          user: name("alice"), isOperator: true, room: .lobby, rooms: [.lobby, name("ops")], resume: Secret("x"),
          unread: 1)),
      "You are alice (operator) in lobby, also in ops. /help lists the commands. "
        + "1 unread private message:"
    ),
  ])
func `a reply is a sentence`(reply: Reply, sentence: String) {
  #expect(shown(.ok(reply)) == ["20:05 -- \(sentence)"])
}

@Test func `the reply to a private message shows nothing more`() {
  #expect(shown(.ok(Reply("msg", .sent(id: 4, away: nil)))) == [])
}

@Test func `rooms are a table`() {
  let rooms = [
    RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 12),
    RoomSummary(name: name("ops"), topic: "on call: 田中さん", owner: name("bob"), isLocked: true, members: 3),
  ]
  #expect(
    shown(.ok(Reply("rooms", .rooms(rooms)))) == [
      "20:05 -- 2 rooms:",
      "  ROOM   MEMBERS  ENTRY   OWNER  TOPIC",
      "  lobby       12  open    -",
      "  ops          3  locked  bob    on call: 田中さん",
    ])
}

@Test func `a table fits the terminal`() {
  let rooms = [
    RoomSummary(name: .lobby, topic: String(repeating: "x", count: 99), owner: nil, isLocked: false, members: 1)
  ]
  let lines = display(columns: 40).lines(of: ReceivedEvent(time: now, .ok(Reply("rooms", .rooms(rooms)))), for: inLobby)
  #expect(lines.dropFirst().allSatisfy { $0.count <= 40 })
  #expect(lines.last?.hasSuffix("…") == true)
}

@Test func `the members of a room are a table`() {
  let users = [
    RoomMember(name: name("alice"), isGuest: false, isMuted: false, role: .owner, away: nil),
    RoomMember(name: name("bob"), isGuest: true, isMuted: true, role: .member, away: "at lunch"),
  ]
  #expect(
    shown(.ok(Reply("who", .who(room: name("ops"), users: users)))) == [
      "20:05 -- 2 members in ops:",
      "  USER   ROLE",
      "  alice  owner",
      "  bob    member  guest, muted, away: at lunch",
    ])
}

@Test func `files are a table, and unfinished ones are marked`() {
  func file(_ id: MessageID, _ name: String, isUnfinished: Bool = false) -> ListedFile {
    ListedFile(
      file: SharedFile(id: id, room: .lobby, from: Name("bob")!, name: name, size: 2048), cksum: 7,
      time: Timestamp("2026-11-19T22:30:00Z")!, isUnfinished: isUnfinished)
  }
  let shown = shown(.ok(Reply("files", .files(room: .lobby, [file(7, "a.pdf"), file(12, "b", isUnfinished: true)]))))
  #expect(shown[0] == "20:05 -- 2 files in lobby:")
  #expect(shown[2].hasPrefix("  #7   ") && shown[2].hasSuffix("2.0 KiB  bob  a.pdf"))
  #expect(shown[3].contains(/^  #12  unfinished +2\.0 KiB  bob  b$/))
}

@Test func `the details of a room are a list`() {
  let info = RoomInfo(
    summary: RoomSummary(name: name("ops"), topic: "on call", owner: name("bob"), isLocked: true, members: 3),
    created: Timestamp("2026-11-19T22:30:00Z")!, moderators: [name("carol"), name("dave")], banned: [], muted: nil)
  #expect(
    shown(.ok(Reply("info", .info(info)))) == [
      "20:05 -- About ops:",
      "  topic       on call",
      "  owner       bob",
      "  entry       locked",
      "  members     3",
      "  created     2026-11-20 01:30",
      "  moderators  carol, dave",
      "  banned      none",
    ])
}

@Test func `history shows the day where the local day changes`() {
  let messages = [
    PastMessage(time: Timestamp("2026-11-19T20:59:00Z")!, message: said("good night")),
    PastMessage(time: Timestamp("2026-11-19T21:00:00Z")!, message: said("waves", isAction: true)),
  ]
  #expect(
    shown(.ok(Reply("history", .history(room: .lobby, messages: messages, more: .before(7))))) == [
      "20:05 -- 2 messages in lobby; /history lobby before 7 shows older ones:",
      "  2026-11-19 23:59 bob: good night",
      "  00:00 * bob waves",
    ])
}

@Test func `the help of one command explains it`() {
  let usage = CommandTable.usage(of: "leave")!
  let lines = shown(.ok(Reply("help", .help([usage]))))
  #expect(
    lines == [
      "20:05 -- /leave [ROOM]",
      "  \(usage.summary)",
      "  also /exit, /part",
    ])
}

@Test func `help breaks its lines between words`() {
  for definition in CommandTable.all {
    let reply = Reply("help", .help([definition]))
    let lines = display(columns: 40).lines(of: ReceivedEvent(time: now, .ok(reply)), for: inLobby)
    let words = lines.flatMap { $0.split(separator: " ").map(String.init) }
    #expect(lines.allSatisfy { $0.displayWidth <= 40 || !$0.dropFirst(2).contains(" ") }, "\(lines)")
    #expect(definition.summary.split(separator: " ").allSatisfy { words.contains(String($0)) }, "\(lines)")
  }
}

@Test func `the help of all commands fits a screen, with the most important first`() {
  let unknown = CommandUsage(name: "dance", arguments: "[USER]", summary: "of a later server")
  let usages = ClientCommands.listed(CommandTable.all) + [unknown]
  let lines = display(columns: 80).lines(of: ReceivedEvent(time: now, .ok(Reply("help", .help(usages)))), for: inLobby)
  #expect(lines.count <= 17 && lines.allSatisfy { $0.count < 80 }, "\(lines.joined(separator: "\n"))")
  #expect(lines[1].hasPrefix("  talk       /say ROOM TEXT   /me TEXT   /msg USER TEXT"))
  #expect(lines.contains("  files      /files [ROOM]   /send PATH   /get ID [PATH]   /unsend ID"))
  #expect(lines.last == "  more       /dance [USER]")
  for usage in usages { #expect(lines.count { $0.contains("   \(usage.line)") } == 1) }
}

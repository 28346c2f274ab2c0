@testable import ChatProtocol

/// At least one of every event and every result of a reply, with optional fields both present and absent.
enum EventSamples {
  static let time = Timestamp("2026-11-20T20:11:02.123Z")!

  static func name(_ text: String) -> Name { Name(text)! }

  static let hostile = "say \"hi\" \\ to é 👩‍👩‍👧 \u{2028}\u{9B}31m\u{0}\t\u{7F}"

  static let told: [Event] = [
    .welcome(server: "chat-server", version: "0.1.0"),
    .error(CommandError(command: "join", code: .roomLocked, message: "ops is locked: /join ops PASSWORD")),
    .message(RoomMessage(id: 1042, room: name("lobby"), from: name("Alice"), text: hostile)),
    .message(RoomMessage(id: .max, room: name("ops"), from: name("al.ice-_1"), text: "waves", isAction: true)),
    .message(RoomMessage(id: 0, room: name("ops"), from: name("bob"), text: "", isAction: true, isOwn: true)),
    .privateMessage(PrivateMessage(id: 7, from: name("alice"), to: name("Bob"), text: hostile)),
    .joined(room: name("lobby"), user: name("alice")),
    .left(room: name("lobby"), user: name("alice"), reason: "connection lost"),
    .renamed(user: name("bob"), to: name("Rob")),
    .topic(room: name("ops"), text: "", by: "alice"),
    .room(RoomSummary(name: name("ops"), topic: hostile, owner: name("alice"), isLocked: true, members: 3)),
    .room(RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 0)),
    .invited(room: name("ops"), until: time),
    .room(RoomSummary(name: name("ops"), topic: "", owner: nil, isLocked: true, members: 3, isHidden: true)),
    .away(user: name("alice"), text: hostile),
    .away(user: name("alice"), text: nil),
    .back(user: name("alice")),
    .file(SharedFile(id: 9, room: name("ops"), from: name("alice"), name: "a \"b\".txt", size: .max)),
    .unsent(room: name("ops"), id: 9, name: "a \"b\".txt", by: "root"),
    .kicked(room: name("ops"), by: "alice", reason: "enough"),
    .kicked(room: nil, by: "the operator root", reason: ""),
    .deleted(room: name("ops"), by: "alice"),
    .motd(lines: ["", hostile, "two"]),
    .notice(text: hostile),
    .closing(reason: "the server is stopping"),
  ]

  static let errors: [Event] = ErrorCode.allCases.map {
    .error(CommandError(command: "message", code: $0, message: "What to do."))
  }

  private static let summary = RoomSummary(
    name: name("ops"), topic: "on call", owner: name("alice"), isLocked: true, members: 2)

  static let replies: [Event] = [
    Reply("logout"),
    Reply("format", .format(.json)),
    Reply(
      "login",
      .entered(
        user: name("alice"), isOperator: true, room: .lobby, rooms: [.lobby, name("ops")], resume: Secret("0123abcd"),
        unread: 2)),
    Reply(
      "guest", .entered(user: name("bob"), isOperator: false, room: .lobby, rooms: [], resume: nil, unread: 0)),
    Reply("rooms", .rooms([])),
    Reply("rooms", .rooms([summary, RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 9)])),
    Reply(
      "info", .info(RoomInfo(summary: summary, created: time, moderators: [name("bob")], banned: [], muted: [.lobby]))),
    Reply("info", .info(RoomInfo(summary: summary, created: nil, moderators: [], banned: nil, muted: nil))),
    Reply("who", .who(room: .lobby, users: [])),
    Reply(
      "who",
      .who(
        room: name("ops"),
        users: [
          RoomMember(name: name("alice"), isGuest: false, isMuted: false, role: .owner, away: nil),
          RoomMember(name: name("bob"), isGuest: true, isMuted: true, role: .member, away: hostile),
          RoomMember(name: name("carol"), isGuest: false, isMuted: false, role: .operator, away: ""),
          RoomMember(name: name("dave"), isGuest: false, isMuted: false, role: .moderator, away: nil),
        ])),
    Reply("create", .room(name("ops"), password: Secret("correct-horse"))),
    Reply("create", .room(name("ops"), password: nil)),
    Reply("leave", .moved(room: name("ops"), current: .lobby)),
    Reply("topic", .topic(room: name("ops"), text: "")),
    Reply("kick", .user(name("bob"))),
    Reply("ignore", .ignored([])),
    Reply("ignore", .ignored([name("bob"), name("Carol")])),
    Reply("away", .away(nil)),
    Reply("away", .away(hostile)),
    Reply("msg", .sent(id: 12, away: nil)),
    Reply("msg", .sent(id: 12, away: hostile)),
    Reply("read", .read(upTo: 12)),
    Reply("history", .history(room: .lobby, messages: [])),
    Reply(
      "history",
      .history(
        room: name("ops"),
        messages: [
          PastMessage(time: time, message: RoomMessage(id: 1, room: name("ops"), from: name("alice"), text: hostile)),
          PastMessage(
            time: time, message: RoomMessage(id: 2, room: name("ops"), from: name("bob"), text: "waves", isAction: true)
          ),
        ], more: .before(1))),
    Reply("history", .history(room: .lobby, messages: [], more: .since(.max), ends: .beginning)),
    Reply("search", .conversation(with: name("bob"), messages: [])),
    Reply(
      "history",
      .conversation(
        with: name("bob"),
        messages: [
          PastPrivateMessage(
            time: time, message: PrivateMessage(id: 3, from: name("alice"), to: name("bob"), text: hostile))
        ], more: .before(3), ends: .end)),
    Reply("history", .history(room: .lobby, messages: [], more: .both(before: 7, since: 9))),
    Reply("history", .history(room: .lobby, messages: [], ends: [.beginning, .end])),
    Reply("offer", .offered(OfferedFile(id: 9, name: hostile, ticket: Secret("0123abcd"), offset: .max))),
    Reply("put", .file(9)),
    Reply("unsend", .file(.max)),
    Reply("files", .files(room: .lobby, [])),
    Reply(
      "files",
      .files(
        room: name("ops"),
        [
          ListedFile(
            file: SharedFile(id: 9, room: name("ops"), from: name("alice"), name: hostile, size: .max), cksum: .max,
            time: time, isUnfinished: true)
        ], more: .before(9))),
    Reply(
      "get",
      .fetch(
        FetchedFile(id: 9, name: hostile, size: .max, cksum: 0, ticket: Secret("0123abcd"), offset: 7))),
    Reply("take", .taken(9, bytes: 0)),
    Reply("ping", .pong(token: nil)),
    Reply("ping", .pong(token: "abc")),
    Reply("help", .help(CommandTable.all)),
  ].map { .ok($0) }

  static let all = told + errors + replies
}

@testable import ChatProtocol

/// An event of every kind, by its heading in the module's README.
enum EventExamples {
  static let time = Timestamp("2026-11-20T20:11:02.123Z")!

  static let all: [(heading: String, events: [Event])] = [
    ("welcome", [.welcome(server: "chat", version: "0.1.0")]),
    ("ok", replies.map { .ok($0) }),
    (
      "error",
      [.error(CommandError(command: "join", code: .missingArgument, message: "Usage: /join ROOM [PASSWORD]"))]
    ),
    (
      "message",
      [
        .message(RoomMessage(id: 1042, room: ops, from: alice, text: "hello, world")),
        .message(RoomMessage(id: 1043, room: ops, from: alice, text: "waves", isAction: true)),
        .message(RoomMessage(id: 1044, room: ops, from: bob, text: "hi", isOwn: true)),
      ]
    ),
    ("private", [.privateMessage(PrivateMessage(id: 1045, from: alice, to: bob, text: "lunch?"))]),
    ("joined", [.joined(room: ops, user: carol)]),
    ("left", [.left(room: ops, user: carol, reason: "connection lost")]),
    ("renamed", [.renamed(user: bob, to: Name("rob")!)]),
    ("topic", [.topic(room: ops, text: "all about it", by: "alice"), .topic(room: ops, text: "", by: "alice")]),
    ("room", [.room(RoomSummary(name: ops, topic: "all about it", owner: alice, isLocked: true, members: 120))]),
    ("invited", [.invited(room: ops, until: Timestamp("2026-11-27T20:11:02.123Z")!)]),
    ("away", [.away(user: alice, text: "at lunch")]),
    ("back", [.back(user: alice)]),
    (
      "unread",
      [
        .unread([
          UnreadRoom(room: .lobby, unread: 12, first: 1042),
          UnreadRoom(room: ops, unread: 3, first: 1047),
        ])
      ]
    ),
    ("read", [.read(room: ops, upTo: 1049)]),
    ("file", [.file(SharedFile(id: 1046, room: ops, from: alice, name: "plan.pdf", size: 48_213))]),
    ("unsent", [.unsent(room: ops, id: 1046, name: "plan.pdf", by: "alice")]),
    (
      "kicked",
      [
        .kicked(room: ops, by: "alice", reason: "too loud"),
        .kicked(room: nil, by: "root", reason: "too loud"),
      ]
    ),
    ("deleted", [.deleted(room: ops, by: "alice")]),
    ("motd", [.motd(lines: ["Maintenance on Sunday, 8:00.", "Rules: /info"])]),
    ("notice", [.notice(text: "The server restarts at noon.")]),
    ("closing", [.closing(reason: "The server is stopping.")]),
  ]

  /// Replies with every result.
  static let replies: [Reply] = [
    Reply("logout"),
    Reply(
      "register",
      .entered(user: alice, isOperator: false, room: .lobby, rooms: [.lobby], resume: Secret(token), unread: 0)),
    Reply(
      "login",
      .entered(user: alice, isOperator: true, room: .lobby, rooms: [.lobby, ops], resume: Secret(token), unread: 2)),
    Reply("guest", .entered(user: carol, isOperator: false, room: .lobby, rooms: [.lobby], resume: nil, unread: 0)),
    Reply(
      "rooms",
      .rooms([
        RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 12),
        RoomSummary(name: ops, topic: "all about it", owner: alice, isLocked: true, members: 3),
      ])),
    Reply(
      "info",
      .info(
        RoomInfo(
          summary: RoomSummary(name: ops, topic: "all about it", owner: alice, isLocked: true, members: 3),
          created: Timestamp("2026-11-20T18:00:00.000Z"), moderators: [bob], banned: [Name("mallory")!], muted: []))),
    Reply(
      "who",
      .who(
        room: ops,
        users: [
          RoomMember(name: alice, isGuest: false, isMuted: false, role: .owner, away: nil),
          RoomMember(name: bob, isGuest: false, isMuted: false, role: .moderator, away: "at lunch"),
          RoomMember(name: carol, isGuest: true, isMuted: true, role: .member, away: nil),
        ])),
    Reply("create", .room(ops, password: Secret("kazoo-violet-42"))),
    Reply("unlock", .room(ops, password: nil)),
    Reply("join", .moved(room: ops, current: ops)),
    Reply("leave", .moved(room: ops, current: .lobby)),
    Reply("topic", .topic(room: ops, text: "all about it")),
    Reply("ignore", .user(bob)),
    Reply("ignore", .ignored([bob, Name("mallory")!])),
    Reply("away", .away("at lunch")),
    Reply("away", .away(nil)),
    Reply("msg", .sent(id: 1045, away: "at lunch")),
    Reply("read", .read(upTo: 1045)),
    Reply("read", .roomRead(room: ops, upTo: 1049, unread: 2)),
    Reply(
      "history",
      .history(
        room: ops,
        messages: [
          PastMessage(time: time, message: RoomMessage(id: 1042, room: ops, from: alice, text: "hello, world")),
          PastMessage(
            time: time.adding(milliseconds: 4000),
            message: RoomMessage(id: 1043, room: ops, from: alice, text: "waves", isAction: true)),
        ], more: .before(1042), ends: .end)),
    Reply(
      "history",
      .conversation(
        with: bob,
        messages: [
          PastPrivateMessage(time: time, message: PrivateMessage(id: 1045, from: alice, to: bob, text: "lunch?"))
        ], ends: [.beginning, .end])),
    Reply("offer", .offered(offer(offset: 0))),
    Reply("offer", .offered(offer(offset: 32_768))),
    Reply("put", .file(1046)),
    Reply(
      "files",
      .files(
        room: ops,
        [
          ListedFile(
            file: SharedFile(id: 1046, room: ops, from: alice, name: "plan.pdf", size: 48_213), cksum: 3_015_617_425,
            time: time),
          ListedFile(
            file: SharedFile(id: 1047, room: ops, from: alice, name: "later.iso", size: 1 << 20), cksum: 7,
            time: time.adding(milliseconds: 4000), isUnfinished: true),
        ])),
    Reply(
      "get",
      .fetch(
        FetchedFile(
          id: 1046, name: "plan.pdf", size: 48_213, cksum: 3_015_617_425, ticket: Secret(ticket), offset: 0,
          connectCommand: "nc 127.0.0.1 7777"))),
    Reply("take", .taken(1046, bytes: 48_213)),
    Reply("format", .format(.text)),
    Reply("ping", .pong(token: "READY")),
    Reply("help", .help([CommandTable.usage(of: "leave")!])),
  ]

  private static func offer(offset: UInt64) -> OfferedFile {
    OfferedFile(id: 1046, name: "plan.pdf", ticket: Secret(ticket), offset: offset, connectCommand: "nc 127.0.0.1 7777")
  }

  static let alice = Name("alice")!
  static let bob = Name("bob")!
  static let carol = Name("carol")!
  static let ops = Name("ops")!
  private static let ticket = "c4ca4238a0b923820dcc509a6f75849b"
  static let token = "8f14e45fceea167a5a36dedd4bea2543"
}

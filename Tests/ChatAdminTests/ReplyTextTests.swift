import ChatProtocol
import Terminal
import Testing

@testable import chat_admin

private let bob = Name("bob")!
private let time = Timestamp("2026-11-20T20:11:59.999Z")!
private let now = Timestamp("2026-11-20T20:12:05Z")!

private func shown(_ reply: ControlReply, to request: ControlRequest = .status, columnsMax: Int? = nil) -> String {
  ReplyText(columnsMax: columnsMax, clock: .anHourAhead(of: now)).lines(reply, to: request).joined(separator: "\n")
}

private func room(
  _ name: String, topic: String = "", owner: Name? = nil, isLocked: Bool = false, members: Int = 0,
  created: Timestamp? = nil
) -> RoomInfo {
  RoomInfo(
    summary: RoomSummary(name: Name(name)!, topic: topic, owner: owner, isLocked: isLocked, members: members),
    created: created, moderators: [], banned: [], muted: [])
}

@Test func `rooms are a table`() {
  let rooms = [
    ControlRoom(info: room("lobby", members: 12), members: nil),
    ControlRoom(
      info: room("ops", topic: "誰が当番? on call", owner: Name("alice")!, isLocked: true, members: 1, created: time),
      members: nil),
  ]
  let expected = """
    ROOM   MEMBERS  ACCESS  OWNER  CREATED (CET)     TOPIC
    lobby       12  open    -      -                 -
    ops          1  locked  alice  2026-11-20 21:11  誰が当番? on call
    """
  #expect(shown(.rooms(rooms)) == expected)
}

@Test func `one room is a list of facts and a table of members`() {
  var info = room("ops", owner: Name("alice")!, isLocked: true, members: 2, created: time)
  info.moderators = [Name("bob")!, Name("carol")!]
  info.banned = [Name("eve")!]
  let members = [
    RoomMember(name: Name("alice")!, isGuest: false, isMuted: false, role: .owner, away: "lunch"),
    RoomMember(name: Name("visitor")!, isGuest: true, isMuted: true, role: .member, away: nil),
  ]
  let expected = """
    room        ops
    topic       -
    owner       alice
    access      locked
    created     2026-11-20 21:11 CET
    moderators  bob, carol
    banned      eve
    muted       -
    members     2

    MEMBER   ROLE   MUTED  AWAY
    alice    owner  no     lunch
    visitor  guest  yes    -
    """
  #expect(shown(.room(ControlRoom(info: info, members: members))) == expected)
}

@Test func `users and guests are a table`() {
  func user(_ name: String, isGuest: Bool = false) -> ControlUser {
    ControlUser(
      name: Name(name)!, isGuest: isGuest, isOperator: false, isDisabled: false, email: nil, created: nil,
      lastSeen: nil,
      sessions: 0, rooms: [], away: nil, unread: 0)
  }
  var alice = user("alice")
  alice.isOperator = true
  alice.email = EmailAddress("alice@example.org")
  alice.created = time
  alice.sessions = 2
  alice.rooms = ["a", "b", "c", "d", "e", "f"].map { Name($0)! }
  var bob = user("bob")
  bob.isDisabled = true
  bob.lastSeen = time
  bob.unread = 10
  var visitor = user("visitor", isGuest: true)
  visitor.sessions = 1
  visitor.away = "lunch"
  visitor.rooms = [.lobby]
  let expected = """
    USER     ROLE      STATUS    SESSIONS  UNREAD  LAST SEEN (CET)   CREATED (CET)     EMAIL              ROOMS
    alice    operator  active           2       0  now               2026-11-20 21:11  alice@example.org  a, b, c and 3 more
    bob      user      disabled         0      10  2026-11-20 21:11  -                 -                  -
    visitor  guest     away             1       0  now               -                 -                  lobby
    """
  #expect(shown(.users([alice, bob, visitor])) == expected)
}

@Test func `one user is a list of facts, fewer for a guest`() {
  let alice = ControlUser(
    name: Name("alice")!, isGuest: false, isOperator: true, isDisabled: false,
    email: EmailAddress("alice@example.org"), created: time, lastSeen: time, sessions: 0, rooms: [.lobby],
    away: "lunch", unread: 1, roomRoles: ControlRoomRoles(owned: [Name("ops")!]),
    files: ControlUserFiles(unfinished: 1, bytes: 12_900_000, bytesMax: 256 << 20))
  let expected = """
    user       alice
    role       operator
    status     away: lunch
    e-mail     alice@example.org
    created    2026-11-20 21:11 CET
    last seen  2026-11-20 21:11 CET
    rooms      lobby
    owns       ops
    moderates  -
    unread     1 private message
    files      12.3 MiB of 256.0 MiB, 1 unfinished
    """
  #expect(shown(.user(alice)) == expected)
  let guest = ControlUser(
    name: bob, isGuest: true, isOperator: false, isDisabled: false, email: nil, created: nil, lastSeen: nil,
    sessions: 1, rooms: [.lobby], away: nil, unread: 0, roomRoles: ControlRoomRoles())
  #expect(
    shown(.user(guest))
      == "user       bob\nrole       guest\nstatus     active\nlast seen  now, in 1 session\nrooms      lobby")
}

private let banned = Restriction(
  .init(.ban, .user(bob)), since: Timestamp("2026-11-20T20:11:02Z"), until: Timestamp("2026-11-20T22:11:02Z"),
  by: "root",
  reason: "spam")
private let muted = Restriction(.init(.mute, .user(bob)), by: "root")

@Test func `bans and mutes are a table`() {
  let network = Restriction(.init(.ban, .addresses(AddressBlock("192.0.2.0/24")!)), reason: "scanners")
  #expect(
    shown(.bans([banned, network, muted])) == """
      TARGET        KIND  TYPE     UNTIL (CET)       LEFT        SINCE (CET)       BY    REASON
      bob           ban   user     2026-11-20 23:11  1 h 58 min  2026-11-20 21:11  root  spam
      192.0.2.0/24  ban   network  -                 -           -                 -     scanners
      bob           mute  user     -                 -           -                 root  -
      """)
}

@Test func `bans and mutes are shown with their user`() {
  var user = ControlUser(
    name: bob, isGuest: false, isOperator: false, isDisabled: false, email: nil, created: nil, lastSeen: nil,
    sessions: 0, rooms: [], away: "tea", unread: 0, mute: muted)
  func status() -> String { shown(.users([user])).split(separator: "\n")[1].split(separator: "  ")[2].description }
  #expect(status().hasSuffix("muted until lifted"))
  user.ban = banned
  #expect(status().hasSuffix("banned, 1 h 58 min left"))
  let facts = shown(.user(user))
  #expect(facts.contains("\nbanned     until 2026-11-20 23:11 CET (1 h 58 min left), by root: spam\n"))
  #expect(facts.contains("\nmuted      until lifted, by root\n"))
  user.isDisabled = true
  #expect(status().hasSuffix("disabled"))
}

@Test func `sessions are a table`() {
  let sessions = [
    ControlSession(
      id: 8, user: Name("visitor")!, isGuest: true, address: "127.0.0.1:50318", dialect: .text, room: .lobby,
      connected: time, lastActive: time, outboxBytes: 12_288),
    ControlSession(
      id: 9, user: Name("visitor")!, isGuest: true, address: "127.0.0.1:50320", dialect: .text, room: nil,
      connected: time, lastActive: time, outboxBytes: 0, transfer: ControlTransfer(file: 1046, isUp: false)),
    ControlSession(
      id: 12, user: nil, isGuest: false, address: "[::1]:50319", dialect: .json, room: nil, connected: time,
      lastActive: time, outboxBytes: 0),
  ]
  let expected = """
    SESSION  USER             FORMAT  ROOM               ADDRESS          CONNECTED (CET)   LAST LINE (CET)     QUEUED
          8  visitor (guest)  text    lobby              127.0.0.1:50318  2026-11-20 21:11  2026-11-20 21:11  12.0 KiB
          9  visitor (guest)  text    downloading #1046  127.0.0.1:50320  2026-11-20 21:11  2026-11-20 21:11       0 B
         12  -                json    -                  [::1]:50319      2026-11-20 21:11  2026-11-20 21:11       0 B
    """
  #expect(shown(.sessions(sessions)) == expected)
}

@Test(arguments: [
  (ControlReply.rooms([]), "no rooms"),
  (.users([]), "no users"),
  (.sessions([]), "no sessions"),
  (.bans([]), "no bans or mutes"),
  (.members([]), "no members are connected"),
  (.room(ControlRoom(info: room("ops"), members: [])), "no members are connected"),
])
func `an empty list has a header and a line`(reply: ControlReply, nothing: String) {
  let lines = shown(reply).split(separator: "\n")
  #expect(lines.count >= 2)
  #expect(lines.last ?? "" == nothing)
}

@Test(arguments: [
  (
    ControlReply.roomCreated(Name("ops")!, password: nil), ControlRequest.roomsCreate(Name("ops")!, .open),
    "created room ops (open)"
  ),
  (
    .roomCreated(Name("ops")!, password: nil), .roomsCreate(Name("ops")!, .password(Secret("12345678"))),
    "created room ops (locked with your password)"
  ),
  (
    .roomCreated(Name("ops")!, password: Secret("k7fw-2m9x")), .roomsCreate(Name("ops")!, .generatedPassword),
    "created room ops (locked); password (shown once): k7fw-2m9x"
  ),
  (.roomDeleted(Name("ops")!, members: 0), .status, "deleted room ops; 0 members moved to lobby"),
  (.roomDeleted(Name("ops")!, members: 1), .status, "deleted room ops; 1 member moved to lobby"),
  (.roomDeleted(Name("ops")!, members: 3), .status, "deleted room ops; 3 members moved to lobby"),
  (.roomChanged(.lobby, fields: ["topic"], password: nil), .status, "changed room lobby: topic"),
  (.roomChanged(.lobby, fields: [], password: nil), .status, "no change: room lobby already has these values"),
  (
    .roomChanged(Name("ops")!, fields: ["password"], password: Secret("k7fw-2m9x")), .status,
    "changed room ops: password; password (shown once): k7fw-2m9x"
  ),
  (.roomKicked(Name("ops")!, user: bob, sessions: 2), .status, "kicked bob from ops"),
  (
    .roomKicked(Name("ops")!, user: bob, sessions: 0), .status,
    "kicked bob from ops (bob is not connected)"
  ),
  (.userAdded(bob, password: nil), .status, "added user bob"),
  (.userAdded(bob, password: Secret("k7fw-2m9x")), .status, "added user bob; password (shown once): k7fw-2m9x"),
  (
    .userChanged(bob, fields: ["role", "email"], sessions: 0, password: nil), .usersSet(bob, ControlUserChange()),
    "changed bob: role, email"
  ),
  (
    .userChanged(bob, fields: [], sessions: 0, password: nil), .usersSet(bob, ControlUserChange()),
    "no change: bob already has these values"
  ),
  (
    .userChanged(bob, fields: ["password"], sessions: 0, password: Secret("k7fw-2m9x")), .usersPasswd(bob, nil),
    "changed the password of bob; password (shown once): k7fw-2m9x"
  ),
  (
    .userChanged(bob, fields: ["status"], sessions: 1, password: nil), .usersDisable(bob, reason: nil),
    "disabled bob; 1 session closed"
  ),
  (.userChanged(bob, fields: ["status"], sessions: 0, password: nil), .usersEnable(bob), "enabled bob"),
  (.userChanged(bob, fields: [], sessions: 0, password: nil), .usersEnable(bob), "bob is already enabled"),
  (
    .userDeleted(
      ControlDeletedUser(
        name: bob, hadAccount: true, sessions: 2,
        rooms: ControlRoomRoles(owned: [Name("den")!, Name("ops")!], moderated: [Name("tea")!]), unread: 1)),
    .usersDelete(bob),
    "deleted user bob: 2 sessions closed, 1 unread message deleted, no owner left in: den, ops, moderator removed from: tea"
  ),
  (
    .userDeleted(
      ControlDeletedUser(name: bob, hadAccount: false, sessions: 0, rooms: ControlRoomRoles(), unread: 2)),
    .usersDelete(bob), "deleted user bob: its row in users.csv was already removed, 2 unread messages deleted"
  ),
  (.userKicked(Name("bob")!, sessions: 1), .status, "kicked bob; 1 session closed"),
  (.userKicked(Name("bob")!, sessions: 2), .status, "kicked bob; 2 sessions closed"),
  (
    .restricted(ControlRestricted(banned, sessions: 1, isAccount: true)), .status,
    "banned bob until 2026-11-20 23:11 CET (1 h 58 min left); 1 session closed"
  ),
  (
    .restricted(ControlRestricted(Restriction(.init(.ban, .user(bob))), sessions: 0, isAccount: false)), .status,
    "banned bob (no such account) until lifted; 0 sessions closed"
  ),
  (
    .restricted(ControlRestricted(muted, sessions: 1, isAccount: true)), .status,
    "muted bob until lifted; 1 session notified"
  ),
  (.lifted(ControlRestricted(banned, sessions: 0, isAccount: true)), .status, "unbanned bob"),
  (.lifted(ControlRestricted(muted, sessions: 2, isAccount: true)), .status, "unmuted bob; 2 sessions notified"),
  (
    .wouldBe(.restricted(ControlRestricted(banned, sessions: 2, isAccount: true))), .status,
    "would ban bob until 2026-11-20 23:11 CET (1 h 58 min left) and close 2 sessions"
  ),
  (
    .wouldBe(
      .restricted(
        ControlRestricted(Restriction(.init(.ban, .addresses(AddressBlock("::/0")!))), sessions: 2, isAccount: nil))),
    .status, "would ban ::/0 until lifted and close 2 sessions; ::/0 includes addresses of this machine"
  ),
  (
    .sessionClosed(42, user: bob), .status,
    "closed session 42 of bob; the client chat reconnects by itself, 'chat-admin users ban bob' prevents that"
  ),
  (.sessionClosed(42, user: nil), .status, "closed session 42 (not logged in)"),
  (.said(.all, sessions: 1), .status, "sent to 1 session"),
  (.said(.all, sessions: 0), .status, "sent, but no one is connected to read it"),
  (
    .settings([
      ControlSetting("rooms", .number(5), standard: .number(100_000)),
      ControlSetting("tls_key", .text(""), standard: .text("")),
      ControlSetting("proxies", .list(["::1", "10.0.0.0/8"]), standard: .list([])),
    ]), .settingsShow,
    """
    NAME     VALUE            DEFAULT
    rooms    5                100000
    tls_key  none             none
    proxies  ::1, 10.0.0.0/8  none
    """
  ),
  (.saved(files: []), .save, "nothing to save: the files are up to date"),
  (.saved(files: ["state.json"]), .save, "saved state.json"),
  (.saved(files: ["users.csv", "rooms.json", "state.json"]), .save, "saved users.csv, rooms.json and state.json"),
  (
    .reloaded(ControlReload(changes: [])), .reload(force: false),
    "no changes; 'chat-admin log --event edited' shows the edits applied so far"
  ),
  (
    .reloaded(
      ControlReload(
        changes: [],
        recent: [ControlRecentEdit(file: "users.csv", changes: 1, time: Timestamp("2026-11-20T20:12:03Z")!)])),
    .reload(force: false),
    """
    users.csv: 1 change applied automatically 2 s ago
    no other changes; 'chat-admin log --event edited' shows the edits applied so far
    """
  ),
  (
    .reloaded(
      ControlReload(
        changes: [
          ControlChange(file: "users.csv", user: Name("dave")!, change: .changed, fields: ["role", "status"]),
          ControlChange(
            file: "users.csv", user: Name("erin")!, change: .changed, fields: ["email"], conflicts: ["email"]),
          ControlChange(file: "rooms.json", room: Name("tea")!, change: .added),
          ControlChange(file: "settings.json", change: .changed, fields: ["guests"]),
        ], settingsForRestart: ["host", "port"], faults: ["data/rooms.json:3: no"])), .reload(force: false),
    """
    users.csv: dave changed (role, status)
    users.csv: erin changed (email); this replaced the server's own change of email
    rooms.json: tea added
    settings.json: changed (guests)
    4 changes applied
    settings.json: host, port changed; takes effect at the next start
    data/rooms.json:3: no
    """
  ),
  (.wouldBe(.stopping), .status, "would notify all users, save everything and stop the server"),
  (.wouldBe(.roomDeleted(Name("ops")!, members: 1)), .status, "would delete room ops and move 1 member to lobby"),
  (.wouldBe(.roomKicked(Name("ops")!, user: bob, sessions: 1)), .status, "would kick bob from ops"),
  (.wouldBe(.userKicked(bob, sessions: 2)), .status, "would kick bob and close 2 sessions"),
  (
    .wouldBe(.userChanged(bob, fields: ["status"], sessions: 0, password: nil)), .status,
    "would disable bob and close 0 sessions"
  ),
  (.wouldBe(.userChanged(bob, fields: [], sessions: 0, password: nil)), .status, "bob is already disabled"),
  (.wouldBe(.sessionClosed(42, user: bob)), .status, "would close session 42 of bob"),
  (.wouldBe(.sessionClosed(42, user: nil)), .status, "would close session 42 (not logged in)"),
  (
    .wouldBe(
      .userDeleted(
        ControlDeletedUser(
          name: bob, hadAccount: true, sessions: 1,
          rooms: ControlRoomRoles(owned: [Name("ops")!], moderated: [Name("den")!]), unread: 2))), .status,
    "would delete user bob: close 1 session, delete 2 unread messages, leave no owner in: ops, "
      + "remove a moderator from: den"
  ),
  (.stopping, .stop(reason: nil), "the server has stopped; everything is saved"),
])
func `the sentence of an action`(reply: ControlReply, request: ControlRequest, line: String) {
  #expect(shown(reply, to: request) == line)
}

@Test func `a table fits the terminal`() {
  let rooms = [ControlRoom(info: room("ops", topic: String(repeating: "long ", count: 40)), members: nil)]
  let lines = shown(.rooms(rooms), columnsMax: 80).split(separator: "\n")
  #expect(lines.allSatisfy { $0.count <= 80 })
  #expect(lines[1].hasSuffix("…"))
}

@Test(arguments: [
  (0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (86_399, "23 h 59 min"), (90_000, "1 d 1 h"),
  (-5, "0 s"),
])
func `a duration is its two largest units`(seconds: Int, text: String) {
  #expect(TimeSpan.words(seconds: Int64(seconds)) == text)
}

@Test(arguments: [
  (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1023.9 KiB"), (1_048_576, "1.0 MiB"),
  (UInt64.max, "15.9 EiB"),
])
func `sizes have a suitable unit`(count: UInt64, text: String) {
  #expect(ReplyText().bytes(count) == text)
}

@Test func `the columns of a stream stay in place as ids grow`() {
  var text = ReplyPrinter(.readLog(ControlLogQuery(.events, isFollowing: true)), json: false, columnsMax: nil)
  let ids = ["9", "10", "999999.12", "1234567", "12345678901"].map { LogPosition($0)! }
  let lines = ids.map { id in
    text.part(
      .events([ControlLogEvent(id: id, time: nil, event: id.id < 100 ? "start" : "file-not-fetched", text: "x")]))
  }
  let places = lines.map { $0.utf8.count }
  #expect(places.dropLast().allSatisfy { $0 == places[0] } && places[4] == places[0] + 1, "\(lines)")
}

@Test func `lists with long names fit 80 columns`() {
  let long = Name("a-name-as-long-as-one-may-be.123")!
  let time = Timestamp("2026-11-20T20:11:02.123Z")!
  let user = ControlUser(
    name: long, isGuest: false, isOperator: true, isDisabled: false, email: EmailAddress("a.long.address@example.org"),
    created: time, lastSeen: time, sessions: 2, rooms: [.lobby, long], away: nil, unread: 12)
  let session = ControlSession(
    id: 123_456, user: Name("visitor")!, isGuest: true, address: "192.0.2.123", dialect: .json, room: .lobby,
    connected: time, lastActive: time, outboxBytes: 1500)
  for reply in [ControlReply.users([user]), .sessions([session])] {
    let lines = ReplyText(columnsMax: 80).lines(reply, to: .status)
    #expect(lines.allSatisfy { $0.displayWidth <= 80 }, "\(lines)")
    let whole = ReplyText(columnsMax: nil).lines(reply, to: .status)
    #expect(whole[0].contains("(") && whole[0].displayWidth > 80 && whole[1].contains("2026-11-20"), "\(whole)")
  }
}

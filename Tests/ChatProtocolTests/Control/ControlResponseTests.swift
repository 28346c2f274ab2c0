import JSON
import Testing

@testable import ChatProtocol

private let time = Timestamp("2026-11-20T20:11:02.123Z")!
private let alice = Name("Alice")!

private let room = RoomInfo(
  summary: RoomSummary(name: Name("ops")!, topic: "on call \u{202E}", owner: alice, isLocked: true, members: 2),
  created: time, moderators: [Name("bob")!], banned: [Name("eve")!], muted: [])

private let bareRoom = RoomInfo(
  summary: RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 0), created: nil, moderators: [],
  banned: nil, muted: nil)

private let members = [
  RoomMember(name: alice, isGuest: false, isMuted: false, role: .owner, away: "lunch"),
  RoomMember(name: Name("visitor")!, isGuest: true, isMuted: true, role: .member, away: nil),
]

private let user = ControlUser(
  name: alice, isGuest: false, isOperator: true, isDisabled: true, email: EmailAddress("alice@example.org"),
  created: time,
  lastSeen: time, sessions: 0, rooms: [.lobby, Name("ops")!], away: "lunch", unread: 3)

private let guest = ControlUser(
  name: Name("visitor")!, isGuest: true, isOperator: false, isDisabled: false, email: nil, created: nil, lastSeen: nil,
  sessions: 1, rooms: [], away: nil, unread: 0)

private let guestWithRooms = {
  var user = guest
  user.roomRoles = ControlRoomRoles(owned: [Name("ops")!])
  user.files = ControlUserFiles(unfinished: 1, bytes: 4096, bytesMax: 8192)
  return user
}()

private let sessions = [
  ControlSession(
    id: .max, user: alice, isGuest: false, address: "127.0.0.1:50000", dialect: .json, room: .lobby, connected: time,
    lastActive: time, outboxBytes: 12),
  ControlSession(
    id: 1, user: nil, isGuest: false, address: "[::1]:50001", dialect: .text, room: nil, connected: time,
    lastActive: time,
    outboxBytes: 0, transfer: ControlTransfer(file: 1046, isUp: true)),
]

private let file = SharedFile(id: 1046, room: Name("ops")!, from: alice, name: "a \"b\".pdf", size: 48_213)

private let fileJSON = #"""
  {"id":1046,"room":"ops","from":"Alice","name":"a \"b\".pdf","size":48213,"cksum":4294967295,\#
  "offered":"2026-11-20T20:11:02.123Z","shared":
  """#

extension FileRecord {
  fileprivate init(_ file: SharedFile, shared: Timestamp?) {
    self.init(
      id: file.id, room: file.room, from: file.from, name: FileName(file.name)!, size: file.size, cksum: .max,
      offered: time,
      shared: shared)
  }
}

private let sessionJSON = #"""
  {"id":1,"user":null,"guest":false,"address":"[::1]:50001","format":"text","room":null,\#
  "connected":"2026-11-20T20:11:02.123Z","last_active":"2026-11-20T20:11:02.123Z","outbox_bytes":0,\#
  "transfer":{"direction":"up","file":1046}}
  """#

private let restriction = Restriction(
  .init(.ban, .addresses(AddressBlock("2001:db8::/32")!)), until: time, by: "root", reason: "so")

private let certificate = ControlTLS(
  fingerprint: "SHA256:4F:1B", names: ["DNS:chat.example.org", "IP:192.0.2.7"], issuer: "CN=\"R3\"", notBefore: time,
  notAfter: time.adding(milliseconds: 1), source: "/etc/tls/full chain.pem", isSelfSigned: false,
  problem: "it expired at 2026-11-20 20:11 UTC; renew it")

private let certificateJSON = #"""
  {"fingerprint":"SHA256:4F:1B","names":["DNS:chat.example.org","IP:192.0.2.7"],"issuer":"CN=\"R3\"",\#
  "not_before":"2026-11-20T20:11:02.123Z","not_after":"2026-11-20T20:11:02.124Z","source":"/etc/tls/full chain.pem",\#
  "self_signed":false,"problem":"it expired at 2026-11-20 20:11 UTC; renew it"}
  """#

private let status = ControlStatus(
  version: "0.1.0", pid: 42, started: time, now: time, address: "127.0.0.1:7777", data: "data", fsync: "everysec",
  sessions: 2, present: 1, accounts: 1_000_000, rooms: 3, bans: 2, mutes: 1, messages: .max, memory: 1 << 40,
  memoryBound: 1 << 41,
  pendingHashes: 0,
  recordingError: "No space left on device", faults: ["data/users.csv:3: the name is empty"],
  rates: ControlRates(
    messages: ControlRate(total: .max, lastSecond: 1, lastTenSeconds: 20, lastMinute: 300),
    deliveries: ControlRate(total: 4, lastSecond: 0, lastTenSeconds: 0, lastMinute: 0),
    connections: ControlRate(total: 5, lastSecond: 0, lastTenSeconds: 0, lastMinute: 1)),
  queues: ControlQueues(
    outboxBytes: 1024, sessionsBehind: 1, historyRequests: 2, throttledSessions: 3, heldTurns: 4),
  files: ControlFileUse(shared: 2, unfinished: 1, bytes: 1 << 40, bytesMax: nil, up: 1, down: 3, transfersMax: 8),
  disk: ControlDisk(
    freeBytes: nil, logBytes: 1 << 40, journalBytes: 21, journalChanges: 2, lastSnapshot: time,
    snapshotFaults: ["users.csv: Input/output error"], lastSync: nil),
  policy: ControlPolicy(
    isRegistrationOpen: false, allowsGuests: true, isBeyondLoopback: true, allowsPlaintext: true,
    changed: [ControlSetting("registration", .flag(false), standard: .flag(true))]), tls: certificate)

private let statusJSON = #"""
  {"version":"0.1.0","pid":42,"started":"2026-11-20T20:11:02.123Z","now":"2026-11-20T20:11:02.123Z",\#
  "address":"127.0.0.1:7777","data":"data","fsync":"everysec","sessions":2,"present":1,"accounts":1000000,\#
  "rooms":3,"bans":2,"mutes":1,"messages":18446744073709551615,"memory_bytes":1099511627776,"memory_bound_bytes":2199023255552,"pending_hashes":0,\#
  "recording_fault":"No space left on device","faults":["data/users.csv:3: the name is empty"],\#
  "rates":{"messages":{"total":18446744073709551615,"last_second":1,"last_10_seconds":20,"last_minute":300},\#
  "deliveries":{"total":4,"last_second":0,"last_10_seconds":0,"last_minute":0},\#
  "connections":{"total":5,"last_second":0,"last_10_seconds":0,"last_minute":1}},\#
  "queues":{"outbox_bytes":1024,"sessions_behind":1,"history_requests":2,"throttled_sessions":3,"held_turns":4},\#
  "files":{"shared":2,"unfinished":1,"bytes":1099511627776,"bytes_max":null,"up":1,"down":3,"transfers_max":8},\#
  "disk":{"free_bytes":null,"log_bytes":1099511627776,"journal_bytes":21,"journal_changes":2,\#
  "last_snapshot":"2026-11-20T20:11:02.123Z","snapshot_faults":["users.csv: Input/output error"],"last_sync":null},\#
  "policy":{"registration":false,"guests":true,"beyond_loopback":true,"allow_plaintext":true,\#
  "changed":[{"name":"registration","value":false,"default":true}]},"tls":\#(certificateJSON)}
  """#

private let replies: [(reply: ControlReply, json: String)] = [
  (ControlReply.rooms([]), #"{"rooms":[]}"#),
  (
    .rooms([ControlRoom(info: bareRoom, members: nil)]),
    #"""
    {"rooms":[{"name":"lobby","topic":"","owner":null,"locked":false,"members":0,"hidden":false,"created":null,"moderators":[],\#
    "banned":null,"muted":null}]}
    """#
  ),
  (
    .room(ControlRoom(info: room, members: members)),
    #"""
    {"room":{"name":"ops","topic":"on call \#u{202E}","owner":"Alice","locked":true,"members":2,"hidden":false,\#
    "created":"2026-11-20T20:11:02.123Z","moderators":["bob"],"banned":["eve"],"muted":[],"members_present":[\#
    {"name":"Alice","guest":false,"muted":false,"standing":"owner","away":"lunch"},\#
    {"name":"visitor","guest":true,"muted":true,"standing":"member","away":null}]}}
    """#
  ),
  (
    .roomCreated(Name("ops")!, password: Secret("k3f-9xw-2mh")),
    #"{"created":{"room":"ops","password":"k3f-9xw-2mh"}}"#
  ),
  (.roomCreated(Name("ops")!, password: nil), #"{"created":{"room":"ops","password":null}}"#),
  (.roomDeleted(Name("ops")!, members: 3), #"{"deleted":{"room":"ops","members":3}}"#),
  (
    .users([user, guest]),
    #"""
    {"users":[{"name":"Alice","guest":false,"role":"operator","status":"disabled","email":"alice@example.org",\#
    "created":"2026-11-20T20:11:02.123Z","last_seen":"2026-11-20T20:11:02.123Z","sessions":0,\#
    "rooms":["lobby","ops"],"away":"lunch","unread":3,"ban":null,"mute":null},\#
    {"name":"visitor","guest":true,"role":"user","status":"active","email":null,"created":null,"last_seen":null,\#
    "sessions":1,"rooms":[],"away":null,"unread":0,"ban":null,"mute":null}]}
    """#
  ),
  (
    .roomChanged(Name("ops")!, fields: ["topic"], password: nil),
    #"{"changed":{"room":"ops","fields":["topic"],"password":null}}"#
  ),
  (
    .roomChanged(Name("ops")!, fields: ["password"], password: Secret("k3f-9xw-2mh")),
    #"{"changed":{"room":"ops","fields":["password"],"password":"k3f-9xw-2mh"}}"#
  ),
  (.bans([]), #"{"bans":[]}"#),
  (
    .bans([restriction]),
    #"""
    {"bans":[{"kind":"ban","user":null,"address":"2001:db8::/32","since":null,"until":"2026-11-20T20:11:02.123Z",\#
    "by":"root","reason":"so"}]}
    """#
  ),
  (
    .restricted(ControlRestricted(restriction, sessions: 3, isAccount: nil)),
    #"""
    {"banned":{"kind":"ban","user":null,"address":"2001:db8::/32","since":null,"until":"2026-11-20T20:11:02.123Z",\#
    "by":"root","reason":"so","account":null,"sessions":3}}
    """#
  ),
  (
    .lifted(ControlRestricted(Restriction(.init(.mute, .user(alice))), sessions: 1, isAccount: false)),
    #"""
    {"unmuted":{"kind":"mute","user":"Alice","address":null,"since":null,"until":null,"by":"","reason":"",\#
    "account":false,"sessions":1}}
    """#
  ),
  (.members([]), #"{"members":[]}"#),
  (
    .members(members),
    #"""
    {"members":[{"name":"Alice","guest":false,"muted":false,"standing":"owner","away":"lunch"},\#
    {"name":"visitor","guest":true,"muted":true,"standing":"member","away":null}]}
    """#
  ),
  (
    .roomKicked(Name("ops")!, user: alice, sessions: 2),
    #"{"kicked":{"room":"ops","user":"Alice","sessions":2}}"#
  ),
  (
    .user(guestWithRooms),
    #"""
    {"user":{"name":"visitor","guest":true,"role":"user","status":"active","email":null,"created":null,"last_seen":null,\#
    "sessions":1,"rooms":[],"away":null,"unread":0,"ban":null,"mute":null,"owns":["ops"],"moderates":[],\#
    "files":{"unfinished":1,"bytes":4096,"bytes_max":8192}}}
    """#
  ),
  (.userAdded(alice, password: nil), #"{"added":{"user":"Alice","password":null}}"#),
  (.userAdded(alice, password: Secret("k3f-9xw-2mh")), #"{"added":{"user":"Alice","password":"k3f-9xw-2mh"}}"#),
  (
    .userChanged(alice, fields: ["role", "email"], sessions: 2, password: nil),
    #"{"changed":{"user":"Alice","fields":["role","email"],"sessions":2,"password":null}}"#
  ),
  (
    .userChanged(alice, fields: ["password"], sessions: 0, password: Secret("k3f-9xw-2mh")),
    #"{"changed":{"user":"Alice","fields":["password"],"sessions":0,"password":"k3f-9xw-2mh"}}"#
  ),
  (
    .userDeleted(
      ControlDeletedUser(
        name: alice, hadAccount: true, sessions: 2,
        rooms: ControlRoomRoles(owned: [Name("ops")!], moderated: [Name("den")!]), unread: 3)),
    #"{"removed":{"user":"Alice","account":true,"sessions":2,"owns":["ops"],"moderates":["den"],"unread":3}}"#
  ),
  (.userKicked(alice, sessions: 2), #"{"kicked":{"user":"Alice","sessions":2}}"#),
  (
    .sessions(sessions),
    #"""
    {"sessions":[{"id":18446744073709551615,"user":"Alice","guest":false,"address":"127.0.0.1:50000",\#
    "format":"json","room":"lobby","connected":"2026-11-20T20:11:02.123Z",\#
    "last_active":"2026-11-20T20:11:02.123Z","outbox_bytes":12,"transfer":null},\#
    \#(sessionJSON)]}
    """#
  ),
  (.sessionClosed(.max, user: alice), #"{"closed":{"session":18446744073709551615,"user":"Alice"}}"#),
  (.sessionClosed(1, user: nil), #"{"closed":{"session":1,"user":null}}"#),
  (
    .files([FileRecord(file, shared: time), FileRecord(file, shared: nil)]),
    #"{"files":[\#(fileJSON)"2026-11-20T20:11:02.123Z"},\#(fileJSON)null}]}"#
  ),
  (.filesDeleted([FileRecord(file, shared: nil)]), #"{"unshared":[\#(fileJSON)null}]}"#),
  (.said(.room(Name("ops")!), sessions: 2), #"{"said":{"room":"ops","user":null,"sessions":2}}"#),
  (.said(.user(alice), sessions: 1), #"{"said":{"room":null,"user":"Alice","sessions":1}}"#),
  (.said(.all, sessions: 0), #"{"said":{"room":null,"user":null,"sessions":0}}"#),
  (
    .settings([
      ControlSetting("host", .text("::1"), standard: .text("127.0.0.1")),
      ControlSetting("rooms", .number(0), standard: .number(100_000)),
      ControlSetting("guests", .flag(false), standard: .flag(true)),
      ControlSetting("proxies", .list(["::1", "10.0.0.0/8"]), standard: .list([])),
    ]),
    #"""
    {"settings":[{"name":"host","value":"::1","default":"127.0.0.1"},{"name":"rooms","value":0,"default":100000},\#
    {"name":"guests","value":false,"default":true},{"name":"proxies","value":["::1","10.0.0.0/8"],"default":[]}]}
    """#
  ),
  (
    .messages([
      PastMessage(
        time: time,
        message: RoomMessage(id: 7, room: .lobby, from: alice, text: "waves \u{202E}", isAction: true))
    ]),
    #"""
    {"messages":[{"id":7,"time":"2026-11-20T20:11:02.123Z","room":"lobby","from":"Alice","action":true,\#
    "text":"waves \#u{202E}"}]}
    """#
  ),
  (.lines(["a \"b\""]), #"{"lines":["a \"b\""]}"#),
  (
    .events([
      ControlLogEvent(
        id: LogPosition(id: 7, line: 2), time: time, event: "left", fields: [.init("room", "ops")], text: "bye"),
      ControlLogEvent(id: LogPosition(), time: nil, event: nil, text: "rubbish"),
    ]),
    #"""
    {"events":[{"id":"7.2","time":"2026-11-20T20:11:02.123Z","event":"left","room":"ops","text":"bye"},\#
    {"id":"0","time":null,"event":null,"text":"rubbish"}]}
    """#
  ),
  (.status(status), #"{"status":\#(statusJSON)}"#),
  (
    .top(
      ControlTop(
        status: status,
        samples: ControlSamples(messages: [1, 20], deliveries: [0, 3], connections: []),
        busiestRooms: [ControlBusyRoom(room: .lobby, members: 3, messagesPerMinute: 120)],
        slowestSessions: [sessions[1]],
        warnings: [ControlWarning(time: time, event: "warning", text: "tea is cold")])),
    #"""
    {"top":{"status":\#(statusJSON),"samples":{"messages":[1,20],"deliveries":[0,3],"connections":[]},\#
    "busiest_rooms":[{"room":"lobby","members":3,"messages_per_minute":120}],"slowest_sessions":[\#(sessionJSON)],\#
    "warnings":[{"time":"2026-11-20T20:11:02.123Z","event":"warning","text":"tea is cold"}]}}
    """#
  ),
  (.tls(certificate), #"{"tls":\#(certificateJSON)}"#),
  (
    .wouldBe(.tls(.blank)),
    #"""
    {"dry_run":true,"tls":{"fingerprint":"","names":[],"issuer":"","not_before":"0000-01-01T00:00:00.000Z",\#
    "not_after":"0000-01-01T00:00:00.000Z","source":"","self_signed":false,"problem":null}}
    """#
  ),
  (.saved(files: ["users.csv", "rooms.json"]), #"{"saved":{"files":["users.csv","rooms.json"]}}"#),
  (
    .reloaded(
      ControlReload(
        changes: [
          ControlChange(file: "users.csv", user: alice, change: .changed, fields: ["role"], conflicts: ["role"]),
          ControlChange(
            file: "rooms.json", room: .lobby, change: .removed, copy: "data/rooms.json.removed-20261120T201102Z"),
        ], settingsForRestart: ["port"], faults: ["data/users.csv:3: no"],
        recent: [
          ControlRecentEdit(file: "rooms.json", changes: 2, time: Timestamp("2026-11-20T20:11:02.123Z")!)
        ])),
    #"""
    {"reloaded":{"changes":[{"file":"users.csv","user":"Alice","room":null,"change":"changed","fields":["role"],\#
    "gave_way":["role"],"copy":null},{"file":"rooms.json","user":null,"room":"lobby","change":"removed","fields":[],\#
    "gave_way":[],"copy":"data/rooms.json.removed-20261120T201102Z"}],"settings_for_restart":["port"],"faults":["data/users.csv:3: no"],\#
    "recent":[{"file":"rooms.json","changes":2,"time":"2026-11-20T20:11:02.123Z","remarks":[]}]}}
    """#
  ),
  (.backup(bytes: 9_876_543_210), #"{"backup":{"bytes":9876543210}}"#),
  (.checked(faults: ["data/users.csv:3: no"]), #"{"checked":{"faults":["data/users.csv:3: no"]}}"#),
  (.wouldBe(.stopping), #"{"dry_run":true,"stopping":true}"#),
  (
    .wouldBe(.userKicked(alice, sessions: 2)), #"{"dry_run":true,"kicked":{"user":"Alice","sessions":2}}"#
  ),
  (.stopping, #"{"stopping":true}"#),
]

@Test(arguments: replies)
func `an answer is one line and reads back as itself`(reply: ControlReply, json: String) throws {
  let response = ControlResponse(id: 7, result: .success(reply))
  #expect(String(decoding: response.encode(), as: UTF8.self) == #"{"id":7,"ok":\#(json)}"# + "\n")
  let decoded = try ControlResponse(decoding: response.encode())
  #expect(decoded == response)
  #expect(String(decoding: decoded.encode(), as: UTF8.self) == String(decoding: response.encode(), as: UTF8.self))
}

@Test(arguments: ControlError.Code.allCases)
func `an error is one line and reads back as itself`(code: ControlError.Code) throws {
  let response = ControlResponse(id: 7, result: .failure(ControlError(code, "say\nwhat to do")))
  let line = #"{"id":7,"error":{"code":"\#(code.rawValue)","message":"say\u000awhat to do"}}"# + "\n"
  #expect(String(decoding: response.encode(), as: UTF8.self) == line)
  #expect(try ControlResponse(decoding: response.encode()) == response)
}

@Test func `an older client reads a newer server's answers`() throws {
  let line = #"{"id":7,"took_ms":3,"ok":{"more":false,"deleted":{"by":"root","room":"ops","members":3}}}"#
  let expected = ControlResponse(id: 7, result: .success(.roomDeleted(Name("ops")!, members: 3)))
  #expect(try ControlResponse(decoding: Array(line.utf8)) == expected)
}

@Test func `the status of an older server is read without the newer members`() throws {
  let bytes = ControlResponse(id: 7, result: .success(.status(status))).encode()
  let line = String(decoding: bytes, as: UTF8.self)
  let older = line.prefix { $0 != "N" } + #"No space left on device"}}}"#
  #expect(older.contains("recording_fault") && !older.contains("rates"))
  guard case .success(.status(let read)) = try ControlResponse(decoding: Array(older.utf8)).result else {
    Issue.record("no status")
    return
  }
  #expect(read.faults == [] && read.rates == nil && read.queues == nil && read.disk == nil && read.policy == nil)
  #expect(read.tls == nil)
}

@Test func `the policy of an older server allows no plaintext`() throws {
  let policy = try JSONValue(
    parsing: Array(#"{"registration":true,"guests":true,"beyond_loopback":true,"changed":[]}"#.utf8))
  let expected = ControlPolicy(
    isRegistrationOpen: true, allowsGuests: true, isBeyondLoopback: true, allowsPlaintext: false, changed: [])
  #expect(try ControlPolicy.read(policy) == expected)
}

@Test func `an unknown code keeps its message`() throws {
  let line = #"{"id":7,"error":{"code":"moon-phase","message":"wait for the new moon"}}"#
  let expected = ControlResponse(id: 7, result: .failure(ControlError(.unknown, "wait for the new moon")))
  #expect(try ControlResponse(decoding: Array(line.utf8)) == expected)
}

@Test(arguments: [
  ("", "the answer is not JSON"),
  ("220 mail.example.org ESMTP", "the answer is not JSON"),
  ("[]", "the answer must be a JSON object"),
  (#"{"ok":{"stopping":true}}"#, #"the answer lacks "id""#),
  (#"{"id":7}"#, #"one of "part", "ok" and "error""#),
  (#"{"id":7,"ok":{"stopping":true},"error":{"code":"busy","message":""}}"#, #"one of "part", "ok" and "error""#),
  (#"{"id":7,"ok":{}}"#, "of a kind that this version does not know"),
  (#"{"id":7,"ok":{"rooms":{}}}"#, #""rooms" of "ok" must be a list"#),
  (#"{"id":7,"ok":{"rooms":[7]}}"#, "\"rooms\" of \"ok\" must be a list, each element a room, in {}"),
  (#"{"id":7,"ok":{"rooms":[{"name":"../x"}]}}"#, #""name" of a room must be a name"#),
  (#"{"id":7,"ok":{"sessions":[{"id":-1}]}}"#, #""id" of a session must be a whole number from 0"#),
  (#"{"id":7,"ok":{"saved":{"files":[7]}}}"#, #""files" of "saved" must be a list, each element a string"#),
  (#"{"id":7,"error":"no"}"#, "\"error\" of the answer must be the error, in {}"),
  (#"{"id":7,"error":{"code":"busy"}}"#, #"the error lacks "message""#),
])
func `the error for an invalid answer says what is wrong`(line: String, problem: String) throws {
  let error = #expect(throws: CodingError.self) { _ = try ControlResponse(decoding: Array(line.utf8)) }
  #expect(try #require(error).problem.contains(problem), "\(error?.problem ?? "")")
}

@Test func `a part of an answer is one line and reads back as itself`() throws {
  let part = ControlResponse(id: 7, part: .users([guest]))
  let line = String(decoding: part.encode(), as: UTF8.self)
  #expect(line.hasPrefix(#"{"id":7,"part":{"users":[{"name":"visitor","#))
  let decoded = try ControlResponse(decoding: part.encode())
  #expect(decoded == part && decoded.isPart)
  #expect(decoded != ControlResponse(id: 7, result: part.result))
  #expect(throws: CodingError.self) {
    try ControlResponse(decoding: Array(#"{"id":7,"part":{"users":[]},"ok":{"users":[]}}"#.utf8))
  }
}

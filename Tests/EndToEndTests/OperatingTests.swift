import POSIX
import Testing

/// The built `chat-admin` against the built server: every command, as text and as JSON.
@Suite struct OperatingTests {
  @Test func `rooms are created, listed, shown and deleted`() throws {
    let server = try TestServer(TestFolder())
    let created = try server.admin("rooms", "create", "ops")
    #expect(created.status == 0)
    let expected = /created room ops \(locked\); password \(shown once\): ([a-z0-9-]{19})\n/
    let password = try #require(created.output.wholeMatch(of: expected)).1
    #expect(
      try server.admin("rooms", "create", "club", "--password-stdin", input: "sesame-open\n").output
        == "created room club (locked with your password)\n")
    #expect(
      try server.admin("rooms", "create", "garden", "--open", "--json").output
        == #"{"created":{"room":"garden","password":null}}"# + "\n")
    let alice = try server.connect("/guest alice")
    #expect(try alice.ask("/join ops \(password)").first == "ok join ops, now your current room")
    #expect(try alice.ask("/join club sesame-open").first == "ok join club, now your current room")

    let list = try server.admin("rooms", "list").output
    #expect(
      list.replacing(/\d{4}-\d\d-\d\d \d\d:\d\d/, with: "YYYY-MM-DD HH:MM") == """
        ROOM    MEMBERS  ACCESS  OWNER  CREATED (UTC)     TOPIC
        club          1  locked  -      YYYY-MM-DD HH:MM  -
        garden        0  open    -      YYYY-MM-DD HH:MM  -
        lobby         1  open    -      -                 -
        ops           1  locked  -      YYYY-MM-DD HH:MM  -

        """)
    let room =
      #""topic":"","owner":null,"locked":true,"members":1,"hidden":false,"created":"TIME","moderators":[],"banned":[],"muted":[]"#
    #expect(try masked(server.admin("rooms", "list", "--json").output).contains(#"{"name":"ops",\#(room)}"#))
    #expect(
      try masked(server.admin("--json", "rooms", "info", "ops").output)
        == #"{"room":{"name":"ops",\#(room),"members_present":[{"name":"alice","guest":true,"muted":false,"#
        + #""standing":"member","away":null}]}}"# + "\n")
    #expect(try server.admin("rooms", "info", "ops").output.contains("\nalice   guest  no     -\n"))

    #expect(
      try server.admin("rooms", "delete", "club").output
        == "deleted room club; 1 member moved to lobby\n")
    let told = try alice.read(until: "deleted club")
    #expect(told.last?.hasSuffix(" deleted club") == true)
    #expect(try alice.ask("/switch club").first?.hasPrefix("error no-such-room: ") == true)
    #expect(
      try server.admin("rooms", "delete", "garden", "--json").output
        == #"{"deleted":{"room":"garden","members":0}}"# + "\n")
    #expect(try server.stop().status == 0)
  }

  @Test func `rooms are changed, their members listed and kicked`() throws {
    let server = try TestServer(TestFolder())
    _ = try server.admin("rooms", "create", "ops", "--open")
    let alice = try server.connect("/register alice correct-horse")
    _ = try alice.ask("/join ops")
    #expect(
      try server.admin("rooms", "set", "ops", "--topic", "Who is on call?", "--owner", "alice").output
        == "changed room ops: topic, owner\n")
    #expect(
      try server.admin("rooms", "set", "ops", "--password-stdin", input: "sesame-open\n").output
        == "changed room ops: password\n")
    let generated = try server.admin("rooms", "set", "ops", "--generate-password").output
    #expect(generated.contains(/^changed room ops: password; password \(shown once\): [a-z0-9-]{19}\n$/))
    #expect(
      try server.admin("rooms", "members", "ops").output
        == "MEMBER  ROLE   MUTED  AWAY\nalice   owner  no     -\n")
    #expect(
      try server.admin("rooms", "members", "ops", "--json").output
        == #"{"members":[{"name":"alice","guest":false,"muted":false,"standing":"owner","away":null}]}"# + "\n")
    #expect(
      try server.admin("rooms", "kick", "ops", "alice", "--reason", "not your shift").output
        == "kicked alice from ops\n")
    try alice.read(until: "not your shift")
    #expect(try server.admin("rooms", "kick", "lobby", "alice").status == 77)
    #expect(try server.admin("rooms", "set", "ops", "--no-owner", "--no-topic", "--open", "--json").status == 0)
    let log = try server.folder.text("chat.log")
    #expect(log.contains(#"admin action="rooms set" room=ops fields="topic,owner" owner=alice by="#))
    #expect(!log.contains("sesame-open"))
    #expect(try server.stop().status == 0)
  }

  @Test func `users and sessions are listed, and a kick closes them with the reason`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/register alice correct-horse alice@example.org")
    let again = try server.connect("/login alice correct-horse", json: true)
    let bob = try server.connect("/guest bob")
    let users = try server.admin("users", "list").output
    #expect(
      users.replacing(/\d{4}-\d\d-\d\d \d\d:\d\d/, with: "YYYY-MM-DD HH:MM") == """
        USER   ROLE   STATUS  SESSIONS  UNREAD  LAST SEEN (UTC)  CREATED (UTC)     EMAIL              ROOMS
        alice  user   active         2       0  now              YYYY-MM-DD HH:MM  alice@example.org  lobby
        bob    guest  active         1       0  now              -                 -                  lobby

        """)
    let bobInJSON =
      #"{"name":"bob","guest":true,"role":"user","status":"active","email":null,"created":null,"last_seen":null,"#
      + #""sessions":1,"rooms":["lobby"],"away":null,"unread":0,"ban":null,"mute":null}"#
    let usersInJSON = masked(try server.admin("users", "list", "--json").output)
    #expect(usersInJSON.contains(bobInJSON))
    let sessions = try server.admin("sessions", "list")
    #expect(sessions.output.split(separator: "\n").count == 4)
    #expect(sessions.output.contains("json    lobby  127.0.0.1  "))
    #expect(try masked(server.admin("sessions", "list", "--json").output).contains(#""user":"bob","guest":true"#))

    #expect(
      try server.admin("users", "kick", "alice", "--reason", "enough for today").output
        == "kicked alice; 2 sessions closed\n")
    #expect(try alice.readToEnd().contains { $0.contains("kicked you from the server (enough for today)") })
    #expect(try again.readToEnd().contains { $0.contains(#""event":"kicked""#) && $0.contains("enough for today") })
    try bob.read(until: "alice left lobby")
    #expect(
      try server.admin("users", "kick", "bob", "--json").output == #"{"kicked":{"user":"bob","sessions":1}}"# + "\n")
    #expect(try server.folder.text("chat.log").contains(#"action="users kick" user=alice by="#))
    #expect(try server.stop().status == 0)
  }

  @Test func `accounts are created, changed, disabled and deleted, and no password is shown or logged`() throws {
    let server = try TestServer(TestFolder())
    #expect(
      try server.admin("users", "add", "bob", "--email", "bob@example.org", input: "battery-staple\n").output
        == "added user bob\n")
    let made = try server.admin("users", "passwd", "bob", "--generate").output
    let expected = /changed the password of bob; password \(shown once\): ([a-z0-9-]{19})\n/
    let password = try String(#require(made.wholeMatch(of: expected)).1)
    #expect(try server.admin("users", "set", "bob", "--role", "operator").output == "changed bob: role\n")
    let bob = try server.connect("/login bob@example.org \(password)")
    #expect(try bob.ask("/create ops").first?.hasPrefix("ok create ops") == true)
    let info = try server.admin("users", "info", "bob").output
    #expect(info.contains("role       operator\n") && info.contains("owns       ops\n"))
    #expect(
      try server.admin("users", "disable", "bob", "--reason", "call the office").output
        == "disabled bob; 1 session closed\n")
    #expect(try bob.readToEnd().last?.contains("call the office") == true)
    #expect(
      try server.admin("users", "enable", "bob", "--json").output.hasPrefix(
        #"{"changed":{"user":"bob","fields":["status"]"#))
    #expect(
      try server.admin("users", "delete", "bob").output
        == "deleted user bob: 0 sessions closed, no owner left in: ops\n")
    #expect(try server.admin("users", "delete", "bob").status == 67)
    let empty = try server.admin("users", "add", "bob")
    #expect(empty.status == 65 && empty.errors.contains("no password on standard input"))
    #expect(try server.stop().status == 0)
    let files = try ["users.csv", "rooms.json", "state.json", "chat.log"].map(server.folder.text)
    #expect(!files[0].contains("bob") && !files[1].contains("bob"))
    // A later bob must not read this one's private messages: nothing else of him is left.
    #expect(
      files[2].matches(of: /"bob"/).count == 1 && files[2].contains(/"first_ids": \{"bob":\d+\}/), "\(files[2])")
    for action in ["users add", "users passwd", "users set", "users disable", "users enable", "users delete"] {
      #expect(files[3].contains(#"admin action="\#(action)" user=bob "#), "\(action)")
    }
    #expect(!files.joined().contains(password) && !files.joined().contains("battery-staple"))
  }

  @Test func `sessions are closed one by one, and all clients see the announcement`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/guest alice")
    let bob = try server.connect("/guest bob")
    #expect(try server.admin("say", "lobby", "tea", "is", "ready").output == "sent to 2 sessions\n")
    #expect(try alice.read(until: "The operator says").last?.hasSuffix("says in lobby: tea is ready") == true)
    #expect(try server.admin("say", "--user", "bob", "for-you-alone").output == "sent to 1 session\n")
    try bob.read(until: "The operator says to you: for-you-alone")
    #expect(
      try server.admin("say", "--all", "closing time", "--json").output
        == #"{"said":{"room":null,"user":null,"sessions":2}}"# + "\n")
    try alice.read(until: "The operator says to all: closing time")
    let list = try server.admin("sessions", "list").output
    let line = try #require(list.split(separator: "\n").first { $0.contains("bob (guest)") })
    let number = String(line.drop { $0 == " " }.prefix { $0 != " " })
    #expect(
      try server.admin("sessions", "close", number, "--reason", "good night").output
        .hasPrefix("closed session \(number) of bob; the client chat reconnects by itself,"))
    #expect(try bob.readToEnd().last?.contains("good night") == true)
    #expect(try server.admin("sessions", "close", number).status == 67)
    let log = try server.folder.text("chat.log")
    #expect(log.contains(#"admin action=say room=lobby by="#) && log.contains(#"text="tea is ready""#))
    #expect(!log.contains("for-you-alone"))
    #expect(try server.stop().status == 0)
  }

  @Test func `a banned or muted user sees that, is listed and may return, also after a crash`() throws {
    let folder = try TestFolder()
    var server = try TestServer(folder)
    let mallory = try server.connect("/register mallory battery-staple")
    let bob = try server.connect("/register bob correct-horse")
    #expect(
      try server.admin("users", "ban", "mallory", "--for", "1d12h", "--reason", "no spam", "--dry-run").output
        .contains(/^would ban mallory until \d{4}-\d\d-\d\d \d\d:\d\d [^ ]+ \(1 d 12 h left\) and close 1 session\n$/))
    let banned = try server.admin("users", "ban", "MALLORY", "--for", "1d12h", "--reason", "no spam").output
    #expect(
      banned.contains(/^banned mallory until \d{4}-\d\d-\d\d \d\d:\d\d .+ \(1 d 12 h left\); 1 session closed\n$/))
    let last = try #require(try mallory.readToEnd().last)
    #expect(last.contains("You are banned from this server until ") && last.hasSuffix("(1 d 12 h left): no spam"))
    #expect(
      try server.admin("users", "mute", "bob", "--reason", "calm down").output
        == "muted bob until lifted; 1 session notified\n")
    let told = "error muted: Not sent: you are muted on this server: calm down"
    #expect(try bob.ask("hello").last == told)
    #expect(
      try masked(server.admin("bans", "add", "2001:db8::/32", "--json").output)
        .replacing(/"by":"[^"]+"/, with: "BY")
        == #"{"banned":{"kind":"ban","user":null,"address":"2001:db8::/32","since":"TIME","until":null,BY,"#
        + #""reason":"","account":null,"sessions":0}}"# + "\n")
    #expect(
      try server.admin("bans", "add", "eve").output
        == "banned eve (no such account) until lifted; 0 sessions closed\n")

    // Nothing was saved on request, and nothing is lost.
    try server.send(.kill)
    _ = try server.finish()
    server = try TestServer(folder)
    let list = try server.admin("bans", "list").output
    #expect(
      list.split(separator: "\n").map { $0.prefix { $0 != " " } } == [
        "TARGET", "eve", "mallory", "2001:db8::/32", "bob",
      ])
    #expect(
      list.contains(
        /\nmallory +ban +user +\d{4}-\d\d-\d\d \d\d:\d\d  1 d 1[12] h +\d{4}-\d\d-\d\d \d\d:\d\d  .+  no spam\n/))
    #expect(list.contains(/\n2001:db8::\/32  ban +network  -/) && list.contains(/\nbob +mute +user +- .+  calm down\n/))
    let again = try server.connect()
    #expect(try again.ask("/login mallory wrong-password").last?.hasPrefix("error wrong-password: ") == true)
    #expect(try again.ask("/login mallory battery-staple").last?.hasSuffix(" left): no spam") == true)
    #expect(try again.ask("/guest eve").last == "error banned: eve is banned from this server.")
    let muted = try server.connect("/login bob correct-horse")
    #expect(try muted.ask("hello").last == told)
    #expect(try server.admin("users", "info", "bob").output.contains(/\nmuted +until lifted, by .+: calm down\n/))
    #expect(try server.admin("users", "list").output.contains(/\ banned, 1 d 1[12] h left\ /))
    #expect(try server.admin("status").output.contains("\nbans       3, and 1 mute\n"))
    #expect(try server.admin("status", "--json").output.contains(#""bans":3,"mutes":1,"#))

    #expect(try server.admin("users", "unmute", "bob").output == "unmuted bob; 1 session notified\n")
    #expect(try server.admin("users", "unban", "mallory").output == "unbanned mallory\n")
    #expect(try server.admin("bans", "remove", "2001:DB8::/32").output == "unbanned 2001:db8::/32\n")
    #expect(try again.ask("/login mallory battery-staple").first?.hasPrefix("ok login") == true)
    #expect(try server.stop().status == 0)
    let state = try folder.text("state.json")
    #expect(state.contains("\"eve\"") && !state.contains("no spam") && !state.contains("calm down"))
    let log = try folder.text("chat.log")
    for action in ["users ban", "users mute", "bans add", "users unmute", "users unban", "bans remove"] {
      #expect(log.contains(#" admin action="\#(action)" "#), "\(action)")
    }
    #expect(log.contains(" login-refused user=mallory address=127.0.0.1 text=\"banned\"\n"))
  }

  @Test func `banning this machine's own address needs a confirmation and never locks the operator out`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/guest alice")
    let refused = try server.admin("bans", "add", "0.0.0.0/0", "--for", "10m")
    #expect(refused.status == 75 && refused.output.isEmpty)
    #expect(
      refused.errors.contains(
        "0.0.0.0/0 includes addresses of this machine; nothing was done. If you mean it, use --yes"))
    #expect(try alice.ask("/ping here").contains { $0.contains("here") })
    #expect(
      try server.admin("bans", "add", "0.0.0.0/0", "--for", "10m", "--reason", "repairs", "--yes").output
        .hasSuffix("; 1 session closed\n"))
    #expect(try alice.readToEnd().last?.hasSuffix(" left): repairs") == true)
    #expect(try server.connect().readToEnd().last?.hasSuffix(" left): repairs") == true)
    #expect(try server.admin("bans", "remove", "127.0.0.1").errors.contains("the ban of 0.0.0.0/0 keeps it out"))
    #expect(try server.admin("bans", "remove", "0.0.0.0/0").status == 0)
    _ = try server.connect("/guest alice")
    #expect(try server.stop().status == 0)
  }

  @Test func `text shows local times, JSON UTC`() throws {
    let server = try TestServer(TestFolder())
    _ = try server.admin("rooms", "create", "tea", "--open")
    func told(_ arguments: String..., by zone: String) throws -> String {
      try Program.run("chat-admin", ["--data", server.folder.path] + arguments, environment: ["TZ": zone]).output
    }
    let json = try told("rooms", "info", "tea", "--json", by: "<+14>-14")
    let created = try #require(json.firstMatch(of: /"created":"(.{10})T(.{5}):[^"]+Z"/))
    let (utc, ahead) = (try told("rooms", "list", by: "UTC"), try told("rooms", "list", by: "<+14>-14"))
    #expect(utc.contains("  CREATED (UTC)  ") && utc.contains("  \(created.1) \(created.2)  "))
    #expect(ahead.contains("  CREATED (+14)  ") && !ahead.contains("  \(created.1) \(created.2)  "))
    #expect(try told("rooms", "info", "tea", by: "UTC").contains("\ncreated     \(created.1) \(created.2) UTC\n"))
    #expect(try told("status", by: "<+14>-14").contains(" +14 ("))
    #expect(try told("top", "--once", by: "<+14>-14").split(separator: "\n").first?.hasSuffix(" +14") == true)
    #expect(try server.stop().status == 0)
  }

  @Test func `the settings in force are shown as the server prints them`() throws {
    let folder = try TestFolder()
    try folder.write("settings.json", #"{"rooms": 5, "guests": false}"#)
    let server = try TestServer(folder)
    let shown = try server.admin("settings", "show").output
    #expect(shown.hasPrefix("NAME "))
    #expect(shown.contains(/\nport +0 +7777\n/) && shown.contains(/\nrooms +5 +100000\n/))
    #expect(shown.contains(/\nguests +false +true\n/))
    let printed = try Program.run("chat-server", ["--data", folder.path, "--port", "0", "--settings"]).output
    let names = printed.matches(of: /"([a-z_]+)":/).map { String($0.1) }
    #expect(shown.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != " " }) } == names)
    try folder.write("settings.json", #"{"rooms": 6}"#)
    _ = try server.admin("reload")
    #expect(
      try server.admin("settings", "show", "--json").output.contains(#"{"name":"rooms","value":6,"default":100000}"#))
    #expect(try server.stop().status == 0)
  }

  @Test func `a folder is checked with and without a server, and is not changed`() throws {
    let folder = try TestFolder()
    let server = try TestServer(folder)
    _ = try server.admin("users", "add", "alice", "--generate")
    _ = try server.admin("save")
    #expect(try server.admin("check").output == "no errors\n")
    let broken = try folder.text("users.csv") + "al ice,*\n"
    try folder.write("users.csv", broken)
    let faults = try server.admin("check")
    #expect(faults.status == 65 && faults.output.hasPrefix("\(folder.path)/users.csv:3: the name"))
    #expect(faults.errors.hasSuffix("the server does not apply it until then\n"))
    #expect(try folder.text("users.csv") == broken)
    let reload = try server.admin("reload")
    #expect(reload.output == faults.output)
    #expect(try server.stop().status == 0)

    let alone = try Program.run("chat-admin", ["check", "--data", folder.path])
    #expect(alone.status == 65 && alone.output == faults.output)
    #expect(alone.errors.hasSuffix("no server starts until then\n"))
    try folder.write("users.csv", "name,password\nalice,*\n")
    let mended = try Program.run("chat-admin", ["check", "--json", "--data", folder.path])
    #expect(mended.status == 0 && mended.output == #"{"checked":{"faults":[]}}"# + "\n")
  }

  @Test func `a dry run shows what the command then does`() throws {
    let server = try TestServer(TestFolder())
    let bob = try server.connect("/register bob correct-horse")
    _ = try bob.ask("/create ops --open")
    #expect(
      try server.admin("users", "delete", "bob", "--dry-run").output
        == "would delete user bob: close 1 session, leave no owner in: ops\n")
    #expect(
      try server.admin("stop", "--dry-run").output == "would notify all users, save everything and stop the server\n")
    #expect(try bob.ask("/ping here").contains { $0.contains("here") })
    #expect(!(try server.folder.text("chat.log")).contains("admin action"))
    // Without a terminal there is no question.
    #expect(
      try server.admin("users", "delete", "bob").output
        == "deleted user bob: 1 session closed, no owner left in: ops\n")
    #expect(try server.stop().status == 0)
  }

  @Test func `status reports, save writes, stop ends`() throws {
    let server = try TestServer(TestFolder())
    let alice = try server.connect("/register alice correct-horse")
    _ = try alice.ask("hello")
    let status = try server.admin("status").output
    for line in [
      "address    127.0.0.1:\(server.port) (this machine only)", "data       \(server.folder.path)",
      "sessions   1", "users      1 connected", "accounts   1", "rooms      1", "slow       no clients",
      "policy     registration on, guests on", "setting    port 0 (default: 7777)",
    ] {
      #expect(status.contains(line + "\n"), "\(line)")
    }
    #expect(status.contains(/\nmessages +[01]\/s; .* 1 since the start\n/))
    #expect(status.contains(/\nrecording  yes \(fsync everysec\); last sync \d+ s ago, 0 turns pending\n/))
    #expect(
      status.contains(/\ndisk       [0-9.]+ [KMGTP]iB free; log \d+ B, journal [0-9.]+ [KiB]+ with \d+ changes?\n/))
    #expect(status.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("data ") }, "\(status)")
    let json = try server.admin("status", "--json").output
    #expect(json.contains(#""sessions":1,"present":1,"accounts":1,"rooms":1,"bans":0,"mutes":0,"messages":1,"#))
    #expect(json.contains(#""rates":{"messages":{"total":1,"#) && json.contains(#""sessions_behind":0,"#))

    let saved = try server.admin("save")
    #expect(saved.status == 0 && saved.output.hasPrefix("saved ") && saved.output.contains("state.json"))
    #expect(masked(try server.folder.text("users.csv")).hasSuffix("\nalice,HASH,user,active,,TIME\n"))
    #expect(try server.folder.text("state.json").contains("\"clean\": false"))
    #expect(try server.admin("save", "--json").output == #"{"saved":{"files":["state.json"]}}"# + "\n")

    let stopped = try server.admin("stop", "--reason", "back in five minutes")
    #expect(
      stopped.output
        == "the server has stopped; everything is saved\n")
    #expect(try alice.readToEnd().last?.contains("back in five minutes") == true)
    #expect(try server.finish().status == 0)
    #expect(try server.folder.text("state.json").contains("\"clean\": true"))
    let nobody = try server.admin("status")
    #expect(nobody.status == 69 && nobody.output.isEmpty)
    #expect(nobody.errors.contains("no server is running") && nobody.errors.contains("chat-server --data"))
  }

  private static let refusals: [([String], Int32)] = [
    (["rooms", "info", "nowhere"], 67), (["rooms", "delete", "lobby"], 77), (["rooms", "create", "lobby"], 73),
    (["users", "unban", "nobody"], 67), (["users", "unmute", "nobody"], 67), (["bans", "remove", "192.0.2.1"], 67),
    (["bans", "add", "192.0.2.1/40"], 65), (["users", "ban", "bob", "--for", "soon"], 64),
    (["users", "mute", "a b"], 65),
    (["bans", "add", "::/0"], 75), (["bans", "list", "x"], 64),
    (["rooms", "create", "no spaces"], 65), (["users", "kick", "nobody"], 67), (["rooms", "frobnicate"], 64),
  ]

  @Test(arguments: refusals)
  func `a failed command has one line with the reason and an exit status`(arguments: [String], status: Int32) throws {
    let folder = try TestFolder()
    let server = try TestServer(folder)
    let end = try Program.run("chat-admin", ["--data", folder.path, "--json"] + arguments)
    #expect(end.status == status && end.output.isEmpty)
    #expect(end.errors.hasPrefix("chat-admin: ") && end.errors.split(separator: "\n").count == 1)
    #expect(try server.stop().status == 0)
  }
}

import ChatProtocol
import Testing

@testable import chat_admin

private let ops = Name("ops")!

@Test(arguments: [
  (["rooms", "list"], AdminCommand.request(.roomsList)),
  (["rooms", "info", "ops"], .request(.roomsInfo(ops))),
  (["rooms", "create", "ops"], .request(.roomsCreate(ops, .generatedPassword))),
  (["rooms", "create", "ops", "--open"], .request(.roomsCreate(ops, .open))),
  (["rooms", "create", "--open", "ops"], .request(.roomsCreate(ops, .open))),
  (["rooms", "create", "ops", "--password-stdin"], .requestWithPassword(.createRoom(ops))),
  (["rooms", "delete", "ops"], .request(.roomsDelete(ops))),
  (["rooms", "set", "ops", "--topic", ""], .request(.roomsSet(ops, ControlRoomChange(topic: "")))),
  (["rooms", "set", "ops", "--no-topic"], .request(.roomsSet(ops, ControlRoomChange(topic: "")))),
  (
    ["rooms", "set", "ops", "--topic", "tea at five", "--owner=bob", "--open"],
    .request(
      .roomsSet(ops, ControlRoomChange(topic: "tea at five", owner: .account(Name("bob")!), access: .open)))
  ),
  (
    ["rooms", "set", "ops", "--no-owner", "--generate-password"],
    .request(.roomsSet(ops, ControlRoomChange(owner: .removed, access: .generatedPassword)))
  ),
  (
    ["rooms", "set", "ops", "--topic", "x", "--password-stdin"],
    .requestWithPassword(.lockRoom(ops, ControlRoomChange(topic: "x")))
  ),
  (["rooms", "members", "ops"], .request(.roomsMembers(ops))),
  (["rooms", "kick", "ops", "bob", "--reason", "so"], .request(.roomsKick(ops, user: Name("bob")!, reason: "so"))),
  (["users", "list"], .request(.usersList)),
  (["users", "info", "ops"], .request(.usersInfo(ops))),
  (["users", "add", "ops"], .requestWithPassword(.addUser(ControlNewUser(name: ops)))),
  (
    ["users", "add", "ops", "--role", "operator", "--email=o@x.org", "--generate"],
    .request(.usersAdd(ControlNewUser(name: ops, email: EmailAddress("o@x.org"), isOperator: true)))
  ),
  (["users", "passwd", "ops"], .requestWithPassword(.changePassword(ops))),
  (["users", "passwd", "ops", "--generate"], .request(.usersPasswd(ops, nil))),
  (["users", "set", "ops", "--role", "user"], .request(.usersSet(ops, ControlUserChange(isOperator: false)))),
  (
    ["users", "set", "ops", "--no-email"],
    .request(.usersSet(ops, ControlUserChange(email: .removed)))
  ),
  (["users", "disable", "ops", "--reason", "so"], .request(.usersDisable(ops, reason: "so"))),
  (["users", "enable", "ops"], .request(.usersEnable(ops))),
  (["users", "delete", "ops"], .request(.usersDelete(ops))),
  (["users", "kick", "ops"], .request(.usersKick(ops, reason: nil))),
  (["users", "kick", "ops", "--reason", "so it is"], .request(.usersKick(ops, reason: "so it is"))),
  (["users", "kick", "--reason=so", "ops"], .request(.usersKick(ops, reason: "so"))),
  (["users", "kick", "ops", "--reason", ""], .request(.usersKick(ops, reason: nil))),
  (["sessions", "list"], .request(.sessionsList)),
  (["sessions", "close", "42"], .request(.sessionsClose(42, reason: nil))),
  (["say", "ops", "hello", "all"], .request(.say(.room(ops), "hello all"))),
  (["say", "--user", "ops", "hello"], .request(.say(.user(ops), "hello"))),
  (["say", "hello", "--all"], .request(.say(.all, "hello"))),
  (["settings", "show"], .request(.settingsShow)),
  (["check"], .request(.check)),
  (["stop", "--dry-run"], .request(.dryRun(.stop(reason: nil)))),
  (["users", "delete", "--dry-run", "ops"], .request(.dryRun(.usersDelete(ops)))),
  (["users", "delete", "ops", "--yes"], .request(.usersDelete(ops))),
  (["status"], .request(.status)),
  (["save"], .request(.save)),
  (["stop"], .request(.stop(reason: nil))),
  (["stop", "--reason", "new version"], .request(.stop(reason: "new version"))),
  ([], .none),
  (["--json"], .none),
  (["--version"], .version),
  (["--version", "--help"], .help(.program)),
  (["--help"], .help(.program)),
  (["help"], .help(.program)),
  (["rooms", "--help"], .help(.commands(AdminVerb.rooms))),
  (["help", "rooms"], .help(.commands(AdminVerb.rooms))),
  (["rooms", "list", "--help"], .help(.commands([AdminVerb.rooms[0]]))),
  (["help", "rooms", "list"], .help(.commands([AdminVerb.rooms[0]]))),
  (["status", "--help"], .help(.commands([AdminVerb.server[0]]))),
])
func `a command line is read as the command it is`(list: [String], command: AdminCommand) throws {
  let options = try AdminOptions(parsing: list)
  #expect(options.command == command)
  #expect(options.place == .data(folder: "data"))
}

@Test(arguments: [
  (["status"], ServerPlace.data(folder: "data"), false),
  (["--data", "/srv/chat", "status"], .data(folder: "/srv/chat"), false),
  (["status", "--data=x", "--json"], .data(folder: "x"), true),
  (["status", "--data", "x", "--data", "y"], .data(folder: "y"), false),
  (["--json", "status", "--control", "/run/chat.sock"], .control(path: "/run/chat.sock"), true),
])
func `which server and which form may stand anywhere on the line`(list: [String], place: ServerPlace, json: Bool) throws
{
  let options = try AdminOptions(parsing: list)
  #expect(options.place == place)
  #expect(options.json == json)
}

@Test(arguments: [
  (["rooms"], chat_admin.ExitStatus.usage, "say what to do with rooms: list, info, create, delete, set, members, kick"),
  (["room", "list"], .usage, "did you mean 'rooms'?"),
  (
    ["xyzzy"], .usage,
    "there is no command 'xyzzy', only rooms, users, bans, sessions, files, say, messages, log, watch, status, top, "
      + "settings, save, backup, restore, reload, check, stop."
  ),
  (["rooms", "lsit"], .usage, "did you mean 'rooms list'?"),
  (["rooms", "xyzzy"], .usage, "rooms has no 'xyzzy', only list, info, create, delete, set, members, kick."),
  (["rooms", "list", "ops"], .usage, "'ops' is one argument too many: chat-admin rooms list"),
  (["rooms", "info"], .usage, "the name of a room is missing: chat-admin rooms info ROOM"),
  (["rooms", "info", "-"], .data, "'-' cannot be the name of a room, which is 1 to 32 letters"),
  (["rooms", "info", "a b"], .data, "'a b' cannot be the name of a room"),
  (["rooms", "info", ""], .data, "'' cannot be the name of a room"),
  (["rooms", "list", "--open"], .usage, "--open does not go with 'rooms list'"),
  (["rooms", "create", "ops", "--open", "--password-stdin"], .usage, "give --open or --password-stdin"),
  (["rooms", "create", "ops", "--password", "12345678"], .usage, "unknown option --password"),
  (["rooms", "set", "ops"], .usage, "say what to set: a topic, an owner or a password"),
  (["rooms", "set", "ops", "--owner", "a b"], .data, "'a b' cannot be the name of a user"),
  (["rooms", "set", "ops", "--topic", "x", "--no-topic"], .usage, "give --topic or --no-topic"),
  (["rooms", "set", "ops", "--owner", "x", "--no-owner"], .usage, "give --owner or --no-owner"),
  (["rooms", "set", "ops", "--open", "--password-stdin"], .usage, "give --open, --password-stdin or --generate"),
  (["rooms", "kick", "ops"], .usage, "the name of a user is missing: chat-admin rooms kick ROOM USER"),
  (["users", "add", "bob", "--email", "bob"], .data, "'bob' cannot be an e-mail address, which has one '@'"),
  (["users", "add", "bob", "--role", "king"], .usage, "'king' is no role; there are user and operator"),
  (["users", "passwd", "bob", "12345678"], .usage, "'12345678' is one argument too many"),
  (["users", "set", "bob"], .usage, "say what to set: --email ADDRESS, --no-email or --role user|operator"),
  (["users", "set", "bob", "--email", "a@b.org", "--no-email"], .usage, "give --email or --no-email"),
  (["users", "delete", "bob", "--yes", "--dry-run"], .usage, "give one of them"),
  (["users", "enable", "bob", "--dry-run"], .usage, "--dry-run does not go with 'users enable'"),
  (
    ["users", "ban", "bob", "--for", "soon"], .usage, "'soon' is no time that --for takes, which is a number with s, m"
  ),
  (["users", "mute", "bob", "--for", ""], .usage, "'' is no time"),
  (["users", "ban", "a b"], .data, "'a b' cannot be the name of a user"),
  (["users", "unban", "bob", "--for", "2h"], .usage, "--for"),
  (["bans", "add"], .usage, "a name or an address is missing: chat-admin bans add WHAT [--for TIME]"),
  (["bans", "add", "a b"], .data, "'a b' cannot be the name of a user"),
  (["bans", "add", "10.0.0"], .data, "'10.0.0' is no address, which is one such as 192.0.2.7"),
  (["bans", "add", "10.0.0"], .data, "for the name 10.0.0: chat-admin users ban"),
  (["bans", "add", "300.1.2.3"], .data, "is no address"),
  (["bans", "add", "10.0.0.1/33"], .data, "is no address"),
  (["bans", "add", "alice/24"], .data, "is no address"),
  (["bans", "add", "fe80::1%eth0"], .data, "is no address"),
  (["bans", "add", "10.1.2.3/8"], .data, "'10.1.2.3/8' has bits behind its 8; write 10.0.0.0/8, or 10.1.2.3 alone"),
  (["bans", "remove", "2001:db8::1/32"], .data, "write 2001:db8::/32, or 2001:db8::1 alone"),
  (["sessions", "close"], .usage, "the number of a session is missing: chat-admin sessions close SESSION"),
  (["sessions", "close", "alice"], .usage, "'alice' is no number of a session; 'chat-admin sessions list' shows them"),
  (["say", "ops"], .usage, "the text is missing: chat-admin say ROOM TEXT | --user USER TEXT | --all TEXT"),
  (["say", "--user", "ops", "--all", "hello"], .usage, "say it to one user or to all"),
  (["users", "kick", "bob", "enough", "now"], .usage, "a text of several words stands in quotes"),
  (["users", "kick", "bob", "--reason"], .usage, "--reason needs a value"),
  (["status", "--data", "x", "--control", "y"], .usage, "give one of them"),
  (["status", "--data", ""], .usage, "need a path"),
  (["status", "--dta", "x"], .usage, "did you mean --data?"),
  (["help", "xyzzy"], .usage, "there is no command 'xyzzy'"),
  (["help", "rooms", "list", "extra"], .usage, "unexpected argument 'extra'"),
  (["help", "status", "extra"], .usage, "unexpected argument 'extra'"),
  (["--version", "rooms"], .usage, "unexpected argument 'rooms'"),
  (["--json", "--version"], .usage, "--json does not apply to --version"),
  (["backup"], .usage, "the name of a file is missing: chat-admin backup FILE"),
  (["backup", ""], .usage, "the name of a file is missing: chat-admin backup FILE"),
  (["restore", "a.tar", "b.tar"], .usage, "'b.tar' is one argument too many: chat-admin restore FILE"),
  (["top", "--count", "0"], .usage, "'0' is no whole number from 1 to 1000000000: chat-admin top"),
  (["top", "--interval", "1.5"], .usage, "'1.5' is no whole number from 1 to 3600"),
  (["top", "--once", "--count", "2"], .usage, "--once is --count 1: give one of the two"),
  (["status", "--once"], .usage, "--once"),
  (["rooms", "lsit", "--help"], .usage, "did you mean 'rooms list'?"),
])
func `a command line that is wrong says how it is right`(
  list: [String], status: chat_admin.ExitStatus, message: String
) throws {
  let failure = #expect(throws: AdminError.self) { _ = try AdminOptions(parsing: list) }
  #expect(failure?.status == status)
  #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
}

/// Options without which a verb asks for more, or for something else first.
private let sufficient = [
  "bans add": ["192.0.2.0/24"], "bans remove": ["::1"], "rooms set": ["--open"], "sessions close": ["42"],
  "files delete": ["1046"], "say": ["hello"], "users add": ["dave", "--generate"],
  "users passwd": ["--generate"],
  "users set": ["--role", "user"], "backup": ["chat.tar"], "restore": ["chat.tar"],
]

@Test func `every verb of the control protocol has its command`() throws {
  var verbs: [String] = []
  for verb in AdminVerb.all {
    let words = verb.name.split(separator: " ").map(String.init) + (verb.arguments.hasPrefix("ROOM") ? ["ops"] : [])
    let user =
      verb.arguments.contains("USER") && !["rooms set", "say", "messages", "log", "watch"].contains(verb.name)
      ? ["bob"] : []
    let list = words + user + (sufficient[verb.name] ?? [])
    switch try AdminOptions(parsing: list).command {
    case .request(let request): verbs.append(request.verb)
    case .top: verbs.append(ControlRequest.top.verb)
    case .backup: verbs.append(ControlRequest.backup.verb)
    default: break
    }
  }
  // A backup is restored where no server is asked.
  #expect(verbs == AdminVerb.all.map(\.name).filter { $0 != "restore" })
  #expect(verbs == ControlRequest.verbs)
}

@Test(arguments: [
  (["top"], TopOptions()), (["top", "--once"], TopOptions(count: 1, isOnce: true)),
  (["top", "--count", "3", "--interval", "10"], TopOptions(count: 3, interval_s: 10)),
])
func `top says how often it looks`(list: [String], expected: TopOptions) throws {
  #expect(try AdminOptions(parsing: list).command == .top(expected))
}

@Test(arguments: [
  ("alice", Restriction.Subject.user(Name("alice")!)), ("a.b", .user(Name("a.b")!)), ("1-2.3", .user(Name("1-2.3")!)),
  ("10", .user(Name("10")!)), ("dead.beef", .user(Name("dead.beef")!)),
  ("10.0.0.1", .addresses(AddressBlock("10.0.0.1")!)), ("10.0.0.0/8", .addresses(AddressBlock("10.0.0.0/8")!)),
  ("10.0.0.1/32", .addresses(AddressBlock("10.0.0.1")!)), ("::1", .addresses(AddressBlock("::1")!)),
  ("2001:DB8::/32", .addresses(AddressBlock("2001:db8::/32")!)),
  ("::ffff:10.0.0.0/104", .addresses(AddressBlock("10.0.0.0/8")!)),
])
func `a name and an address are told apart by how they are written`(word: String, subject: Restriction.Subject) throws {
  let terms = ControlTerms(span: TimeSpan("1d12h"), reason: "so")
  let added = try AdminOptions(parsing: ["bans", "add", word, "--for", "1d12h", "--reason", "so"]).command
  #expect(added == .request(.bansAdd(subject, terms)))
  #expect(try AdminOptions(parsing: ["bans", "remove", word]).command == .request(.bansRemove(subject)))
}

@Test func `a user who is called like an address is banned as a user`() throws {
  let command = try AdminOptions(parsing: ["users", "ban", "10.0.0.1"]).command
  #expect(command == .request(.usersBan(Name("10.0.0.1")!, ControlTerms())))
}

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
  (["rooms", "create", "ops", "--password-stdin"], .requestWithPassword(.roomsCreate(ops, .generatedPassword))),
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
    .requestWithPassword(.roomsSet(ops, ControlRoomChange(topic: "x")))
  ),
  (["rooms", "members", "ops"], .request(.roomsMembers(ops))),
  (["rooms", "kick", "ops", "bob", "--reason", "so"], .request(.roomsKick(ops, user: Name("bob")!, reason: "so"))),
  (["users", "list"], .request(.usersList)),
  (["users", "info", "ops"], .request(.usersInfo(ops))),
  (["users", "add", "ops"], .requestWithPassword(.usersAdd(ControlNewUser(name: ops)))),
  (
    ["users", "add", "ops", "--role", "operator", "--email=o@x.org", "--generate"],
    .request(.usersAdd(ControlNewUser(name: ops, email: EmailAddress("o@x.org"), isOperator: true)))
  ),
  (["users", "passwd", "ops"], .requestWithPassword(.usersPasswd(ops, nil))),
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
  (["status", "--help"], .help(.commands([AdminVerb.status]))),
])
func `a command line is parsed into its command`(list: [String], command: AdminCommand) throws {
  let options = try AdminOptions(parsing: list)
  #expect(options.command == command)
  #expect(options.location == .data(folder: "data"))
}

@Test(arguments: [
  (["status"], ServerLocation.data(folder: "data"), false),
  (["--data", "/srv/chat", "status"], .data(folder: "/srv/chat"), false),
  (["status", "--data=x", "--json"], .data(folder: "x"), true),
  (["status", "--data", "x", "--data", "y"], .data(folder: "y"), false),
  (["--json", "status", "--control", "/run/chat.sock"], .control(path: "/run/chat.sock"), true),
])
func `the server and the format may be given anywhere on the line`(list: [String], location: ServerLocation, json: Bool)
  throws
{
  let options = try AdminOptions(parsing: list)
  #expect(options.location == location)
  #expect(options.json == json)
}

@Test(arguments: [
  (["rooms"], chat_admin.ExitStatus.usage, "'rooms' needs one of: list, info, create, delete, set, members, kick"),
  (["room", "list"], .usage, "did you mean 'rooms'?"),
  (["xyzzy"], .usage, "unknown command 'xyzzy'; see chat-admin --help"),
  (["rooms", "lsit"], .usage, "did you mean 'rooms list'?"),
  (
    ["rooms", "xyzzy"], .usage,
    "unknown command 'rooms xyzzy'; 'rooms' takes one of: list, info, create, delete, set, members, kick"
  ),
  (["rooms", "list", "ops"], .usage, "unexpected argument 'ops'; usage: chat-admin rooms list"),
  (["rooms", "info"], .usage, "missing ROOM; usage: chat-admin rooms info ROOM"),
  (["rooms", "info", "-"], .data, "'-' is not a valid room name (1 to 32 letters"),
  (["rooms", "info", "a b"], .data, "'a b' is not a valid room name"),
  (["rooms", "info", ""], .data, "'' is not a valid room name"),
  (["rooms", "list", "--open"], .usage, "--open does not apply to 'rooms list'"),
  (
    ["rooms", "create", "ops", "--open", "--password-stdin"], .usage,
    "--open and --password-stdin exclude each other; give one of them"
  ),
  (["rooms", "create", "ops", "--password", "12345678"], .usage, "unknown option --password"),
  (["rooms", "set", "ops"], .usage, "nothing to set: give a topic, an owner or a password"),
  (["rooms", "set", "ops", "--owner", "a b"], .data, "'a b' is not a valid user name"),
  (["rooms", "set", "ops", "--topic", "x", "--no-topic"], .usage, "--topic and --no-topic exclude each other"),
  (["rooms", "set", "ops", "--owner", "x", "--no-owner"], .usage, "--owner and --no-owner exclude each other"),
  (["rooms", "set", "ops", "--open", "--password-stdin"], .usage, "--open and --password-stdin exclude each other"),
  (["rooms", "kick", "ops"], .usage, "missing USER; usage: chat-admin rooms kick ROOM USER"),
  (["users", "add", "bob", "--email", "bob"], .data, "'bob' is not a valid e-mail address (one '@'"),
  (["users", "add", "bob", "--role", "king"], .usage, "'king' is not a role: use user or operator"),
  (["users", "passwd", "bob", "12345678"], .usage, "unexpected argument '12345678'"),
  (["users", "set", "bob"], .usage, "nothing to set: give --email ADDRESS, --no-email or --role user|operator"),
  (["users", "set", "bob", "--email", "a@b.org", "--no-email"], .usage, "--email and --no-email exclude each other"),
  (["users", "delete", "bob", "--yes", "--dry-run"], .usage, "--dry-run and --yes exclude each other; give one"),
  (["users", "enable", "bob", "--dry-run"], .usage, "--dry-run does not apply to 'users enable'"),
  (
    ["users", "ban", "bob", "--for", "soon"], .usage, "'soon' is not a duration: use a number with s, m"
  ),
  (["users", "mute", "bob", "--for", ""], .usage, "'' is not a duration"),
  (["users", "ban", "a b"], .data, "'a b' is not a valid user name"),
  (["users", "unban", "bob", "--for", "2h"], .usage, "--for"),
  (["bans", "add"], .usage, "missing TARGET; usage: chat-admin bans add TARGET [--for TIME]"),
  (["bans", "add", "a b"], .data, "'a b' is not a valid user name"),
  (["bans", "add", "10.0.0"], .data, "'10.0.0' is not an address; write one like 192.0.2.7"),
  (["bans", "add", "10.0.0"], .data, "to ban a user of this name: chat-admin users ban 10.0.0"),
  (["bans", "add", "300.1.2.3"], .data, "is not an address"),
  (["bans", "add", "10.0.0.1/33"], .data, "is not an address"),
  (["bans", "add", "alice/24"], .data, "is not an address"),
  (["bans", "add", "fe80::1%eth0"], .data, "is not an address"),
  (["bans", "add", "10.1.2.3/8"], .data, "'10.1.2.3/8' has bits set after its first 8; write 10.0.0.0/8 or 10.1.2.3"),
  (["bans", "remove", "2001:db8::1/32"], .data, "write 2001:db8::/32 or 2001:db8::1"),
  (["sessions", "close"], .usage, "missing SESSION; usage: chat-admin sessions close SESSION"),
  (["sessions", "close", "alice"], .usage, "'alice' is not a session number; 'chat-admin sessions list' shows them"),
  (["say", "ops"], .usage, "missing TEXT; usage: chat-admin say ROOM TEXT | --user USER TEXT | --all TEXT"),
  (["say", "--user", "ops", "--all", "hello"], .usage, "--user and --all exclude each other"),
  (["users", "kick", "bob", "enough", "now"], .usage, "put a text of several words in quotes"),
  (["users", "kick", "bob", "--reason"], .usage, "--reason needs a value"),
  (["status", "--data", "x", "--control", "y"], .usage, "give one of them"),
  (["status", "--data", ""], .usage, "need a path"),
  (["status", "--dta", "x"], .usage, "did you mean --data?"),
  (["help", "xyzzy"], .usage, "unknown command 'xyzzy'"),
  (["help", "rooms", "list", "extra"], .usage, "unexpected argument 'extra'"),
  (["help", "status", "extra"], .usage, "unexpected argument 'extra'"),
  (["--version", "rooms"], .usage, "unexpected argument 'rooms'"),
  (["--json", "--version"], .usage, "--json does not apply to --version"),
  (["backup"], .usage, "missing FILE; usage: chat-admin backup FILE"),
  (["backup", ""], .usage, "missing FILE; usage: chat-admin backup FILE"),
  (["restore", "a.tar", "b.tar"], .usage, "unexpected argument 'b.tar'; usage: chat-admin restore FILE"),
  (["top", "--count", "0"], .usage, "'0' is not a whole number from 1 to 1000000000; usage: chat-admin top"),
  (["top", "--interval", "1.5"], .usage, "'1.5' is not a whole number from 1 to 3600"),
  (["top", "--once", "--count", "2"], .usage, "--once and --count exclude each other"),
  (["status", "--once"], .usage, "--once"),
  (["rooms", "lsit", "--help"], .usage, "did you mean 'rooms list'?"),
])
func `an invalid command line says what is valid`(
  list: [String], status: chat_admin.ExitStatus, message: String
) throws {
  let failure = #expect(throws: AdminError.self) { _ = try AdminOptions(parsing: list) }
  #expect(failure?.status == status)
  #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
}

/// The arguments that a verb needs besides a room or a user.
private let sufficient = [
  "bans add": ["192.0.2.0/24"], "bans remove": ["::1"], "rooms set": ["--open"], "sessions close": ["42"],
  "files delete": ["1046"], "say": ["hello"], "users add": ["dave", "--generate"],
  "users passwd": ["--generate"],
  "users set": ["--role", "user"], "backup": ["chat.tar"], "restore": ["chat.tar"],
]

@Test func `every verb of the control protocol has a command`() throws {
  var verbs: [String] = []
  for verb in AdminVerb.all {
    let words = verb.name.split(separator: " ").map(String.init) + (verb.arguments.hasPrefix("ROOM") ? ["ops"] : [])
    let user =
      verb.arguments.contains("USER") && !["rooms set", "say", "messages", "log", "watch"].contains(verb.name)
      ? ["bob"] : []
    let list = words + user + (sufficient[verb.name] ?? [])
    switch try AdminOptions(parsing: list).command {
    case .request(let request): verbs.append(request.verb.name)
    case .top: verbs.append("top")
    case .backup: verbs.append("backup")
    default: break
    }
  }
  // `restore` does not connect to a server.
  #expect(verbs == AdminVerb.all.map(\.name).filter { $0 != "restore" })
  #expect(verbs == ControlVerb.all.map(\.name))
}

@Test(arguments: [
  (["top"], TopOptions()), (["top", "--once"], TopOptions(count: 1, isOnce: true)),
  (["top", "--count", "3", "--interval", "10"], TopOptions(count: 3, intervalSeconds: 10)),
])
func `top takes a count and an interval`(list: [String], expected: TopOptions) throws {
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
func `a name and an address differ by their spelling`(word: String, subject: Restriction.Subject) throws {
  let terms = ControlTerms(span: TimeSpan("1d12h"), reason: "so")
  let added = try AdminOptions(parsing: ["bans", "add", word, "--for", "1d12h", "--reason", "so"]).command
  #expect(added == .request(.bansAdd(subject, terms)))
  #expect(try AdminOptions(parsing: ["bans", "remove", word]).command == .request(.bansRemove(subject)))
}

@Test func `users ban takes a name that looks like an address`() throws {
  let command = try AdminOptions(parsing: ["users", "ban", "10.0.0.1"]).command
  #expect(command == .request(.usersBan(Name("10.0.0.1")!, ControlTerms())))
}

import Testing

@testable import ChatProtocol

func parse(_ line: String) -> Result<Command, CommandError> { CommandParser.parse(Array(line.utf8).span) }

private func name(_ text: String) -> Name { Name(text)! }

/// A line for every command and every form it has.
private let lines: [(line: String, command: Command)] = [
  ("hello, world", .message("hello, world")),
  ("  hello ", .message("  hello ")),
  ("a\tb", .message("a b")),
  ("héllo 👩‍🚀", .message("héllo 👩‍🚀")),
  ("hello\r", .message("hello")),
  ("//shrug", .message("/shrug")),
  ("//", .message("/")),
  ("///", .message("//")),
  (" /join ops", .message(" /join ops")),

  ("/register alice secret12", .register(name("alice"), Secret("secret12"), nil)),
  (
    "/register alice secret12 a@example.org",
    .register(name("alice"), Secret("secret12"), EmailAddress("a@example.org"))
  ),
  ("/register alice pässwörd", .register(name("alice"), Secret("pässwörd"), nil)),
  ("/login alice x", .login(.name(name("alice")), Secret("x"))),
  ("/login A@Example.org secret12", .login(.email(EmailAddress("a@example.org")!), Secret("secret12"))),
  ("/passwd x secret12", .changePassword(old: Secret("x"), new: Secret("secret12"))),
  ("/logout", .logout),
  ("/guest bob", .guest(name("bob"))),
  ("/nick rob", .nick(name("rob"))),
  ("/resume 0123abcd", .resume(token: Secret("0123abcd"))),

  ("/rooms", .rooms),
  ("/info", .info(room: nil)),
  ("/info ops", .info(room: name("ops"))),
  ("/list", .rooms),
  ("/who", .who(nil)),
  ("/who ops", .who(name("ops"))),
  ("/w bob", .who(name("bob"))),
  ("/whois bob", .who(name("bob"))),
  ("/names ops", .who(name("ops"))),

  ("/create ops", .create(name("ops"), .generatedPassword)),
  ("/create ops secret12", .create(name("ops"), .password(Secret("secret12")))),
  ("/create ops --open", .create(name("ops"), .open)),
  ("/join ops", .join(name("ops"), nil)),
  ("/j ops", .join(name("ops"), nil)),
  ("/join ops x", .join(name("ops"), Secret("x"))),
  ("/leave", .leave(nil)),
  ("/leave ops", .leave(name("ops"))),
  ("/exit ops", .leave(name("ops"))),
  ("/part", .leave(nil)),
  ("/switch ops", .switchRoom(name("ops"))),
  ("/delete ops", .delete(name("ops"))),
  ("/topic", .topic(nil)),
  ("/topic  all  about  it ", .topic("all  about  it")),
  ("/topic -", .topic("")),
  ("/topic - or not", .topic("- or not")),
  ("/kick bob", .kick(name("bob"), reason: nil)),
  ("/kick bob too  loud", .kick(name("bob"), reason: "too  loud")),
  ("/ban bob", .ban(name("bob"))),
  ("/unban bob", .unban(name("bob"))),
  ("/mute bob", .mute(name("bob"))),
  ("/unmute bob", .unmute(name("bob"))),
  ("/op bob", .op(name("bob"))),
  ("/deop bob", .deop(name("bob"))),
  ("/lock", .lock(nil)),
  ("/lock secret12", .lock(Secret("secret12"))),
  ("/unlock", .unlock),
  ("/invite bob", .invite(name("bob"))),
  ("/uninvite bob", .uninvite(name("bob"))),
  ("/hide", .hide),
  ("/unhide", .unhide),

  ("/say ops hello  there", .say(room: name("ops"), "hello  there")),
  ("/say ops /join", .say(room: name("ops"), "/join")),
  ("/me waves", .action("waves")),
  ("/msg bob hi there", .privateMessage(to: name("bob"), "hi there")),
  ("/query bob hi there", .privateMessage(to: name("bob"), "hi there")),
  ("/q bob hi there", .privateMessage(to: name("bob"), "hi there")),
  ("/msg bob a\tb\u{1B}[1m", .privateMessage(to: name("bob"), "a b\u{FFFD}[1m")),
  ("/read 1042", .read(1042)),
  ("/read #1042", .read(1042)),
  ("/read Den #1042", .readRoom(Name("den")!, 1042)),
  ("/read 7 1042", .readRoom(Name("7")!, 1042)),
  ("/read 9223372036854775807", .read(9_223_372_036_854_775_807)),
  ("/away", .away(nil)),
  ("/away gone  fishing", .away("gone  fishing")),
  ("/ignore", .ignore(nil)),
  ("/ignore bob", .ignore(name("bob"))),
  ("/unignore bob", .unignore(name("bob"))),

  ("/history", .history(room: nil, count: nil)),
  ("/history 20", .history(room: nil, count: 20)),
  ("/history ops", .history(room: name("ops"), count: nil)),
  ("/history ops 20", .history(room: name("ops"), count: 20)),
  ("/history 20 10", .history(room: name("20"), count: 10)),
  ("/history since 5", .history(room: name("since"), count: 5)),
  ("/history ops since 1042", .historyFrom(room: name("ops"), .since(.id(1042)))),
  ("/history ops SINCE #0", .historyFrom(room: name("ops"), .since(.id(0)))),
  ("/history ops before 1042", .historyFrom(room: name("ops"), .before(.id(1042)))),
  ("/history @bob", .conversation(with: name("bob"), .last(nil))),
  ("/history @bob 20", .conversation(with: name("bob"), .last(20))),
  ("/history @bob before #1042", .conversation(with: name("bob"), .from(.before(.id(1042))))),
  ("/search @bob  the cake", .conversation(with: name("bob"), .found("the cake", before: nil))),
  ("/search @bob before #9 cake", .conversation(with: name("bob"), .found("cake", before: 9))),
  ("/search @bob", .search("@bob")),
  ("/search @ bob", .search("@ bob")),
  ("/history ops around #1042", .historyFrom(room: name("ops"), .around(.id(1042)))),
  (
    "/history ops before 2026-11-20",
    .historyFrom(room: name("ops"), .before(.time(Timestamp("2026-11-20T00:00:00Z")!)))
  ),
  (
    "/history ops since 2026-11-20 20:15",
    .historyFrom(room: name("ops"), .since(.time(Timestamp("2026-11-20T20:15:00Z")!)))
  ),
  (
    "/history ops around 2026-11-20T20:15:02.5+01:00",
    .historyFrom(room: name("ops"), .around(.time(Timestamp("2026-11-20T19:15:02.500Z")!)))
  ),
  ("/search  the  cake ", .search("the  cake")),
  ("/search before #1042 the  cake", .search("the  cake", before: 1042)),
  ("/search before 5 pm", .search("before 5 pm")),
  ("/search before #5", .search("before #5")),
  ("/search before #noon or so", .search("before #noon or so")),

  ("/offer 48213 3015617425 plan.pdf", .offer(size: 48_213, cksum: 3_015_617_425, FileName("plan.pdf")!)),
  ("/offer 0 4294967295 my  plan.pdf", .offer(size: 0, cksum: .max, FileName("my  plan.pdf")!)),
  ("/files", .files(room: nil)),
  ("/files ops", .files(room: name("ops"))),
  ("/files ops before #1042", .files(room: name("ops"), before: 1042)),
  ("/get #1046", .get(1046, offset: 0)),
  ("/get 1046 4096", .get(1046, offset: 4096)),
  ("/unsend 1046", .unsend(1046)),
  ("/put 0123abcd", .put(ticket: Secret("0123abcd"))),
  ("/take 0123abcd", .take(ticket: Secret("0123abcd"))),

  ("/format text", .format(.text)),
  ("/format JSON", .format(.json)),
  ("/ping", .ping(nil)),
  ("/ping READY", .ping("READY")),
  ("/help", .help(nil)),
  ("/help join", .help("join")),
  ("/help /PART", .help("leave")),
  ("/quit", .quit),
]

@Test(arguments: lines)
func `a line is parsed to its command`(line: String, command: Command) {
  #expect(parse(line) == .success(command))
}

@Test(arguments: lines.filter { $0.line.hasPrefix("/") && !$0.line.hasPrefix("//") })
func `a command is read in any case, with any blanks and with a CR`(line: String, command: Command) {
  let word = line.prefix { $0 != " " }
  let rest = line.dropFirst(word.count)
  #expect(parse(word.uppercased() + rest) == .success(command))
  #expect(parse("\(word) \t \(rest.trimmingPrefix(" ")) \t ") == .success(command))
  #expect(parse(line + "\r") == .success(command))
}

@Test func `every command of the table is among the lines`() {
  let words = Set(lines.filter { $0.line.hasPrefix("/") }.map { $0.line.dropFirst().prefix { $0 != " " } })
  for usage in CommandTable.all {
    for word in [usage.name] + usage.aliases { #expect(words.contains(word[...]), "\(word) is not tested") }
  }
}

@Test(arguments: lines)
func `a command finds the row that read it`(line: String, command: Command) {
  let isCommand = line.hasPrefix("/") && !line.hasPrefix("//")
  let word = isCommand ? String(line.dropFirst().prefix { $0 != " " }) : ""
  #expect(command.definition === (isCommand ? CommandTable.definition(of: word) : .message))
}

/// A command holds its passwords, tokens and tickets as `Secret`, wherever they are in it.
private func holdsSecret(_ value: Any) -> Bool {
  value is Secret || Mirror(reflecting: value).children.contains { holdsSecret($0.value) }
}

@Test(arguments: CommandTable.definitions)
func `a row names the secrets among its arguments, and no other`(definition: CommandDefinition) {
  let hasSecret = lines.contains { $0.command.definition === definition && holdsSecret($0.command) }
  #expect(definition.secrets.isEmpty != hasSecret)
  for name in definition.secrets { #expect(definition.usage.argumentNames.contains { $0.contains(name) }, "\(name)") }
}

@Test(arguments: CommandTable.definitions)
func `a command that changes rows or is public also records`(definition: CommandDefinition) {
  if !definition.flags.isDisjoint(with: [.touchesRows, .isPublic]) { #expect(definition.flags.contains(.records)) }
}

@Test func `a read-only form of a command has no flags`() {
  #expect(Command.topic(nil).flags == [])
  #expect(Command.topic("").flags == [.records, .touchesRows, .isPublic])
  #expect(Command.kick(.lobby, reason: nil).flags == .records)
  #expect(Command.away(nil).flags == .records)
  #expect(Command.login(.name(.lobby), Secret("x")).flags == [.records])
}

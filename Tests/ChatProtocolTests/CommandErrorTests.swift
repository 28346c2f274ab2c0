import Testing
import Text

@testable import ChatProtocol

private func refusal(of line: String) -> CommandError? {
  guard case .failure(let fault) = parse(line) else { return nil }
  return fault
}

@Test(arguments: [
  ("", "message", ErrorCode.emptyLine),
  ("\r", "message", .emptyLine),
  (" \t ", "message", .emptyLine),
  ("/", "message", .unknownCommand),
  ("/ join ops", "message", .unknownCommand),
  ("/frobnicate", "frobnicate", .unknownCommand),
  ("/JION ops", "jion", .unknownCommand),
  ("/usr/bin", "message", .unknownCommand),
  ("/help jion", "help", .unknownCommand),

  ("/register", "register", .missingArgument),
  ("/register alice", "register", .missingArgument),
  ("/login alice ", "login", .missingArgument),
  ("/passwd secret12", "passwd", .missingArgument),
  ("/guest", "guest", .missingArgument),
  ("/resume", "resume", .missingArgument),
  ("/create", "create", .missingArgument),
  ("/join", "join", .missingArgument),
  ("/switch", "switch", .missingArgument),
  ("/delete", "delete", .missingArgument),
  ("/kick", "kick", .missingArgument),
  ("/search", "search", .missingArgument),
  ("/ban", "ban", .missingArgument),
  ("/say", "message", .missingArgument),
  ("/say ops", "message", .missingArgument),
  ("/me ", "message", .missingArgument),
  ("/msg bob", "msg", .missingArgument),
  ("/read", "read", .missingArgument),
  ("/history ops since", "history", .missingArgument),
  ("/format", "format", .missingArgument),

  ("/login alice my secret", "login", .tooManyArguments),
  ("/register alice secret12 a@example.org x", "register", .tooManyArguments),
  ("/part ops now", "leave", .tooManyArguments),
  ("/rooms all", "rooms", .tooManyArguments),
  ("/create ops --open now", "create", .tooManyArguments),
  ("/history ops 20 10", "history", .tooManyArguments),
  ("/history ops since 1 2", "history", .tooManyArguments),
  ("/ping a b", "ping", .tooManyArguments),
  ("/quit now", "quit", .tooManyArguments),

  ("/guest _bob", "guest", .badName),
  ("/guest bøb", "guest", .badName),
  ("/guest 123456789012345678901234567890123", "guest", .badName),
  ("/join #ops", "join", .badName),
  ("/login .alice secret12", "login", .badName),
  ("/login alice@ secret12", "login", .badEmail),
  ("/register alice secret12 example.org", "register", .badEmail),
  ("/register alice secret12 a@b@c", "register", .badEmail),

  ("/register alice secret1", "register", .badPassword),
  ("/passwd secret12 short", "passwd", .badPassword),
  ("/create ops --opne", "create", .badPassword),
  ("/lock short", "lock", .badPassword),
  ("/login alice secret\u{7}12", "login", .badPassword),
  ("/join ops secret\u{202E}12", "join", .badPassword),

  ("/read x", "read", .badNumber),
  ("/read -1", "read", .badNumber),
  ("/read +1", "read", .badNumber),
  ("/read #", "read", .badNumber),
  ("/read 9223372036854775808", "read", .badNumber),
  ("/history 0", "history", .badNumber),
  ("/history ops 0", "history", .badNumber),
  ("/history 99999999999999999999", "history", .badNumber),
  ("/history ops after 5", "history", .badNumber),
  ("/history ops since x", "history", .badNumber),
  ("/format yaml", "format", .badFormat),
])
func `an invalid line gets an error with its code`(line: String, command: String, code: ErrorCode) throws {
  let fault = try #require(refusal(of: line))
  #expect(fault.command == command)
  #expect(fault.code == code)
  #expect(fault.message.hasSuffix(".") || fault.message.contains("Usage: /"))
  #expect(CleanText.string(from: fault.message) == fault.message)
}

@Test(arguments: [
  ("/join", "Usage: /join ROOM [PASSWORD]"),
  ("/join ops my secret", "Usage: /join ROOM [PASSWORD] (a password has no spaces)"),
  ("/rooms all", "Usage: /rooms"),
  ("/SEND x", "There is no command /send. /offer shares a file; /help offer explains it."),
  ("/help send", "There is no command /send. /offer shares a file; /help offer explains it."),
  ("/jion ops", "There is no command /jion. Did you mean /join? /help lists them."),
  ("/frobnicate", "There is no command /frobnicate. /help lists them."),
  (
    "/usr/bin",
    "There is no such command. /help lists them. To send a message that begins with a slash, type two."
  ),
  ("/join #ops", "A room's name is 1 to 32 letters, digits, '_', '-' or '.', beginning with a letter or digit."),
  ("/lock short", "A password has 8 to 256 bytes, without spaces or control characters."),
])
func `an error says what to do`(line: String, message: String) {
  #expect(refusal(of: line)?.message == message)
}

@Test func `new passwords have 8 to 256 bytes; existing ones may be shorter or longer`() {
  for bytes in [1, 7, 8, 256, 257] {
    let password = String(repeating: "p", count: bytes)
    let isFine = bytes >= 8 && bytes <= 256
    for line in ["/register a \(password)", "/passwd x \(password)", "/create a \(password)", "/lock \(password)"] {
      #expect((refusal(of: line) == nil) == isFine, "\(line)")
    }
    for line in ["/login a \(password)", "/passwd \(password) newsecret", "/join a \(password)"] {
      #expect(refusal(of: line) == nil, "\(line)")
    }
  }
  // Bytes, not characters.
  #expect(refusal(of: "/lock ääää") == nil)
}

@Test func `a password that is not UTF-8 is invalid`() {
  var line = Array("/login alice secret".utf8)
  line.append(0xFF)
  #expect(CommandParser.parse(line.span) == .failure(refusal(of: "/login alice secret\u{1}")!))
}

/// Lines with a password in the wrong place.
@Test(arguments: [
  "/register hunter2.secret", "/register alice hunter2.secret extra", "/register hunter2.secret! alice",
  "/login alice hunter2.secret extra", "/login @hunter2.secret x", "/login !hunter2.secret x",
  "/passwd hunter2.secret", "/passwd hunter2.secret hunter2.secret hunter2.secret",
  "/create alice hunter2.secret extra", "/join ops hunter2.secret extra", "/lock hunter2.secret extra",
  "/lock hunter2.secret\u{1}", "/login,alice,hunter2.secret", "/login\u{A0}alice\u{A0}hunter2.secret",
  "/help hunter2.secret", "/resume hunter2.secret extra", "/read hunter2.secret", "/format hunter2.secret",
  "/loginn hunter2.secret",
])
func `an error never repeats a password`(line: String) throws {
  let fault = try #require(refusal(of: line))
  #expect(!"\(fault)".contains("hunter2"))
}

@Test(arguments: [
  ("/join opsssss", "join"), ("/EXIT x", "leave"), ("/me waves and", "message"), ("/unknown x", "message"),
  ("hello", "message"), ("//join", "message"), ("/joinjoinjoin", "message"), ("", "message"), ("/", "message"),
])
func `the error of a line that is too long names its command`(prefix: String, command: String) {
  let fault = CommandParser.tooLong(prefix: Array(prefix.utf8).span, limit: 4096)
  #expect(fault.command == command)
  #expect(fault.code == .lineTooLong)
  #expect(fault.message == "The line is longer than 4096 bytes. Split it into shorter lines.")
}

import Testing

@testable import ChatProtocol

func parse(_ line: String) -> Result<Command, CommandFault> { CommandParser.parse(Array(line.utf8).span) }

private func name(_ text: String) -> Name { Name(text)! }

@Test(arguments: [
  ("hello, world", Command.message("hello, world")),
  ("//shrug", .message("/shrug")),
  ("/join ops", .join(name("ops"), nil)),
  ("/JOIN  ops \t secret12 \r", .join(name("ops"), Secret("secret12"))),
  ("/create ops --open", .create(name("ops"), .open)),
  ("/history 20", .history(room: nil, count: 20)),
  ("/topic -", .topic("")),
])
func `a line is read as the command it is`(line: String, command: Command) {
  #expect(parse(line) == .success(command))
}

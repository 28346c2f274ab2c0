import Testing

@testable import chat_admin

@Test func `the program's help lists every verb, option and exit status`() {
  let run = AdminRun("--help")
  #expect(run.status == .success)
  for verb in AdminVerb.all { #expect(run.output.contains("  \(verb.name)"), "\(verb.name)") }
  for status in ExitStatus.allCases { #expect(run.output.contains("  \(status.rawValue) "), "\(status)") }
  for option in ["--data DIR", "--control PATH", "--json", "--help", "--version"] {
    #expect(run.output.contains(option))
  }
}

@Test(arguments: AdminVerb.all)
func `every verb has a help with an example of itself`(verb: AdminVerb) throws {
  let lines = Help.lines(.commands([verb]))
  #expect(lines.first == verb.summary)
  #expect(lines.contains("Usage: \(verb.usage)"))
  #expect(verb.example.hasPrefix("$ chat-admin \(verb.name)"))
  let example = verb.example.split(separator: "\n")
  #expect(example.count > 1, "the example shows what is printed")
  #expect(lines.allSatisfy { $0.count <= 140 })
}

@Test func `a verb's help reads so`() {
  let expected = """
    Close all sessions of a user, with the reason.

    Usage: chat-admin users kick USER [--reason TEXT] [--dry-run | --yes]

    The user may come back; the account and its rooms stay as they are.

    Options:
      --reason TEXT  what the people concerned are told
      --dry-run      tell what would be done, and do nothing
      --yes          do it without asking; off a terminal nothing is asked anyway

    Example:
      $ chat-admin users kick bob --reason "enough for today"
      kicked bob; 1 session was closed

    'chat-admin --help' lists the options that go with every command, and the exit statuses.

    """
  #expect(AdminRun("users", "kick", "--help").output == expected)
}

@Test func `the version is told`() {
  #expect(AdminRun("--version").output == "chat-admin 0.1.0\n")
}

import Terminal
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
  for option in verb.options { #expect(!option.summary.isEmpty, "--\(option.name)") }
  let example = verb.example.split(separator: "\n")
  #expect(example.count > 1, "the example shows what is printed")
  #expect(lines.allSatisfy { $0.count <= 140 })
}

@Test func `the help of a verb`() {
  let expected = """
    Close all sessions of a user.

    Usage: chat-admin users kick USER [--reason TEXT] [--dry-run | --yes]

    The user can log in again. The account and its rooms do not change.

    Options:
      --reason TEXT  the reason, shown to the users concerned
      --dry-run      show what the command would do, without doing it
      --yes          do not ask for confirmation (a terminal asks, a script does not)

    Example:
      $ chat-admin users kick bob --reason "enough for today"
      kicked bob; 1 session closed

    'chat-admin --help' lists the general options and the exit statuses.

    """
  #expect(AdminRun("users", "kick", "--help").output == expected)
}

@Test func `--version prints the version`() {
  #expect(AdminRun("--version").output == "chat-admin 0.1.0\n")
}

/// Everything about one command in one place: how it is called and explained, and how its arguments are read.
struct CommandDefinition: Sendable {
  let usage: CommandUsage
  /// More than the summary, where there is more to say: whole sentences for `/help COMMAND`.
  let explanation: String?
  /// Makes the command of its arguments. What it leaves on the line is one argument too many.
  let read: @Sendable (inout ArgumentReader) throws(CommandFault) -> Command

  init(
    _ name: String, aliases: [String] = [], _ arguments: String = "", _ summary: String, explanation: String? = nil,
    read: @escaping @Sendable (inout ArgumentReader) throws(CommandFault) -> Command
  ) {
    usage = CommandUsage(name: name, aliases: aliases, arguments: arguments, summary: summary)
    self.explanation = explanation
    self.read = read
  }
}

/// Everything about one command in one place: how it is called and explained, and how its arguments are read.
struct CommandDefinition: Sendable {
  let usage: CommandUsage
  /// More than the summary, where there is more to say: whole sentences for `/help COMMAND`, in lines.
  let explanation: String?
  /// What the reply calls the command: its name, but `message` for whatever says something to a room, so that a
  /// program matches all of these with their replies alike.
  let answeredAs: String
  /// Makes the command of its arguments. What it leaves on the line is one argument too many.
  let read: @Sendable (inout ArgumentReader) throws(CommandError) -> Command

  init(
    _ name: String, aliases: [String] = [], _ arguments: String = "", _ summary: String, explanation: String? = nil,
    answeredAs: String? = nil,
    read: @escaping @Sendable (inout ArgumentReader) throws(CommandError) -> Command
  ) {
    usage = CommandUsage(name: name, aliases: aliases, arguments: arguments, summary: summary)
    self.explanation = explanation
    self.answeredAs = answeredAs ?? name
    self.read = read
  }
}

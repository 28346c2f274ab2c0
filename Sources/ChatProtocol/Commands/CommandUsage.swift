/// A line of `/help`.
package struct CommandUsage: Equatable, Sendable {
  /// Without its slash.
  package var name: String
  package var aliases: [String]
  /// What follows the name: `ROOM [PASSWORD]`.
  package var arguments: String
  package var summary: String

  package init(name: String, aliases: [String] = [], arguments: String, summary: String) {
    self.name = name
    self.aliases = aliases
    self.arguments = arguments
    self.summary = summary
  }
}

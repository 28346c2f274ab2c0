import ChatProtocol
import Text

/// The commands that a user can type: the client's own and the server's.
enum ClientCommands {
  /// The client makes these of the server's `/offer` and `/get`.
  private static let definitions: [(usage: CommandUsage, explanation: [String])] = [
    (
      CommandUsage(name: "send", arguments: "PATH", summary: "share a file of this machine with the current room"),
      [
        "PATH may use a shell's quotes and backslashes. The room sees the file once the server has all of it.",
        "Ctrl-C stops. /send with the same file resumes.",
      ]
    ),
    (
      CommandUsage(name: "get", arguments: "ID [PATH]", summary: "fetch a shared file"),
      [
        "ID is the file's number in the room or in /files. PATH is a folder or the new file's name; "
          + "without it, the file goes into the folder in which chat was started. /get 10 11 fetches two files.",
        "Ctrl-C stops. The same command resumes.",
      ]
    ),
  ]

  static let own = definitions.map(\.usage)

  static func explanation(of name: String) -> [String] {
    definitions.first { $0.usage.name == name }?.explanation ?? []
  }

  /// The server's list, with the client's own commands in place of those that they use, and without those that the
  /// client sends by itself.
  static func listed(_ usages: [CommandUsage]) -> [CommandUsage] {
    usages.flatMap { usage in
      if usage.name == "get" { return own }
      return CommandTable.definition(of: usage.name)?.flags.contains(.forPrograms) == true ? [] : [usage]
    }
  }

  static func section(of usage: CommandUsage) -> CommandSection? {
    own.contains(usage) ? .files : CommandTable.definition(of: usage.name)?.section
  }

  private static let all = own + CommandTable.all.filter { usage in !own.contains { $0.name == usage.name } }

  /// All names and aliases in alphabetical order.
  static let words = all.flatMap { [$0.name] + $0.aliases }.sorted()

  static func usage(of word: String) -> CommandUsage? {
    own.first { $0.name == word.lowercased() } ?? CommandTable.usage(of: word)
  }

  static func nearest(to word: String) -> String? { Spelling.nearest(to: word, among: words) }

  /// Whether a line, misspelled or not, may contain a password, token or ticket, and must not be saved in the history.
  static func mayContainSecret(_ line: String) -> Bool {
    let parts = line.split(separator: " ")
    guard let word = parts.first, word.hasPrefix("/"), !word.hasPrefix("//") else { return false }
    let name = word.dropFirst().lowercased()
    let nearest = CommandTable.nearest(to: name) ?? name
    guard let definition = CommandTable.definition(of: name) ?? CommandTable.definition(of: nearest) else {
      return false
    }
    let names = definition.usage.argumentNames
    guard let first = names.firstIndex(where: { $0.contains(where: definition.secrets.contains) }) else { return false }
    // In place of a secret an option can be typed: `/create ROOM --open`.
    return parts.count > 1 + first && !names[first].contains { $0.hasPrefix("--") && $0 == parts[1 + first] }
  }
}

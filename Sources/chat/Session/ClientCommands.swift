import ChatProtocol
import Text

/// The commands that somebody can type: the client's own, and the server's.
enum ClientCommands {
  /// The client makes these of the server's `/offer` and `/get`.
  static let own = [
    CommandUsage(name: "send", arguments: "PATH", summary: "share a file of this machine with the current room"),
    CommandUsage(name: "get", arguments: "ID [PATH]", summary: "fetch a file that somebody shares"),
  ]

  static let explanations = [
    "send": [
      "Quotes and backslashes in PATH are as in a shell, where no file is called so. It is offered to the room once all of it is on the server. Ctrl-C stops; /send with the same file goes on where it stopped."
    ],
    "get": [
      "ID is the number that /files and the room tell. PATH is a folder, or what the file is to be called; without it the file goes into the folder that chat was started in. /get 10 11 fetches both files. Ctrl-C stops; the same command goes on where it stopped."
    ],
  ]

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

  /// In the order of the alphabet.
  static let words = all.flatMap { [$0.name] + $0.aliases }.sorted()

  static func usage(of word: String) -> CommandUsage? {
    own.first { $0.name == word.lowercased() } ?? CommandTable.usage(of: word)
  }

  static func nearest(to word: String) -> String? { Spelling.nearest(to: word, among: words) }
}

/// Every command there is: from here the parser, `/help`, completion and suggestions take what they know.
package enum CommandTable {
  /// What replies call a line that is no command, and whatever else says something to a room.
  static let messageCommand = "message"

  /// In the order in which `/help` lists them.
  static let definitions: [CommandDefinition] = CommandSection.allCases.flatMap(\.definitions)

  /// A line of `/help` for every command.
  package static let all: [CommandUsage] = definitions.map(\.usage)

  /// The command called so, by its name or an alias, in any case; nil where there is none.
  package static func usage(of word: String) -> CommandUsage? { definition(of: word)?.usage }

  /// What `/help COMMAND` says beyond the summary: a few lines of at most 76 bytes; nil where there is no more to say.
  package static func explanation(of word: String) -> String? { definition(of: word)?.explanation }

  static func definition(of word: String) -> CommandDefinition? {
    indexByWord[word.lowercased()].map { definitions[$0] }
  }

  /// Names and aliases, in lower case.
  private static let indexByWord: [String: Int] = {
    var indexByWord: [String: Int] = [:]
    for (index, definition) in definitions.enumerated() {
      for word in [definition.usage.name] + definition.usage.aliases {
        let former = indexByWord.updateValue(index, forKey: word)
        precondition(former == nil, "two commands are called \(word)")
      }
    }
    return indexByWord
  }()
}

extension CommandUsage {
  /// How the command is typed: `/join ROOM [PASSWORD]`.
  package var line: String { arguments.isEmpty ? "/\(name)" : "/\(name) \(arguments)" }
}

import Text

/// A command's row: all that the parser, `/help`, completion, suggestions, the core and the client know about it.
///
/// `Command.definition` finds the row of a command; the rows are in CommandTable.swift.
package final class CommandDefinition: Sendable {
  /// Name, aliases, arguments and summary, as `/help` shows them.
  package let usage: CommandUsage
  /// What `/help COMMAND` says beyond the summary: whole sentences in lines of at most 76 bytes.
  package let explanation: String?
  package let section: CommandSection
  package let flags: CommandFlags
  /// The flags that do not apply to a form of the command, such as `/topic` without a text.
  let exempt: (@Sendable (Command) -> CommandFlags)?
  /// The arguments that hold a password, token or ticket, by their names in `usage`.
  package let secrets: [String]
  /// The command's name in its reply: its own, but `message` for all that write to a room, so that a program matches
  /// these with their replies alike.
  package let answeredAs: String
  /// Makes the command from its arguments. Anything left on the line is an unexpected argument.
  let read: @Sendable (inout ArgumentReader) throws(CommandError) -> Command

  init(
    _ name: String, aliases: [String] = [], _ arguments: String = "", _ summary: String, explanation: String? = nil,
    in section: CommandSection, _ flags: CommandFlags, exempt: (@Sendable (Command) -> CommandFlags)? = nil,
    secrets: [String] = [], answeredAs: String? = nil,
    read: @escaping @Sendable (inout ArgumentReader) throws(CommandError) -> Command
  ) {
    usage = CommandUsage(name: name, aliases: aliases, arguments: arguments, summary: summary)
    self.explanation = explanation
    self.section = section
    self.flags = flags
    self.exempt = exempt
    self.secrets = secrets
    self.answeredAs = answeredAs ?? name
    self.read = read
  }

  /// Name and aliases.
  package var words: [String] { [usage.name] + usage.aliases }
}

/// What the server must know about a command before it performs it.
package struct CommandFlags: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The command leaves a record. It is refused while records cannot be written.
  package static let records = CommandFlags(rawValue: 1)
  /// The command changes a row of a file that people edit by hand, or looks one up by e-mail address. It waits while
  /// an edit is applied.
  package static let touchesRows = CommandFlags(rawValue: 2)
  /// Others read something that the user wrote: a text, or the name of a room or a file. It is rejected for a muted
  /// user.
  package static let isPublic = CommandFlags(rawValue: 4)
  /// Clients send it themselves; a user of `chat` does not need it.
  package static let forPrograms = CommandFlags(rawValue: 8)
}

/// The sections of `/help`, in order.
package enum CommandSection: CaseIterable, Sendable {
  case account, queries, rooms, moderation, messages, files, connection
}

/// A line of `/help`, of this or of a newer server.
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

  /// How the command is typed: `/join ROOM [PASSWORD]`.
  package var line: String { arguments.isEmpty ? "/\(name)" : "/\(name) \(arguments)" }

  /// The names that each argument has in `arguments`, brackets left out: `[["ROOM"], ["PASSWORD", "--open"]]`.
  package var argumentNames: [[String]] {
    var names: [[String]] = []
    var isBracketed = false
    for word in arguments.split(separator: " ") {
      let name = String(word.filter { !"[]|".contains($0) })
      if isBracketed { names[names.count - 1].append(name) } else { names.append([name]) }
      isBracketed = (isBracketed || word.hasPrefix("[")) && !word.hasSuffix("]")
    }
    return names
  }
}

/// Looks up the rows.
package enum CommandTable {
  /// A line of `/help` for every command.
  package static let all: [CommandUsage] = definitions.map(\.usage)

  /// The row of a name or an alias, in any case; nil if there is none.
  package static func definition(of word: String) -> CommandDefinition? { definitionByWord[word.lowercased()] }

  package static func usage(of word: String) -> CommandUsage? { definition(of: word)?.usage }

  private static let definitionByWord = Dictionary(
    definitions.flatMap { definition in definition.words.map { ($0, definition) } },
    uniquingKeysWith: { one, other in preconditionFailure("/\(one.usage.name) and /\(other.usage.name) share a name") })

  // MARK: Suggestions

  /// Names and aliases, in the order of `/help`.
  private static let words = definitions.flatMap(\.words)

  private static let wordLengthMax = words.map(\.utf8.count).max() ?? 0

  /// The name or alias that was probably meant; nil if none is near.
  package static func nearest(to word: String) -> String? { Spelling.nearest(to: word, among: words) }

  /// Commands that have another name here.
  private static let hints = ["send": "/offer shares a file; /help offer explains it."]

  /// Whether a word can be nothing but a mistyped command: letters alone, and not much longer than one. Any other word
  /// may contain a password, as in `/login,alice,secret`.
  static func isPlainWord(_ word: String) -> Bool {
    (1...wordLengthMax + 2).contains(word.utf8.count)
      && word.utf8.allSatisfy { $0.isASCIILetterOrDigit && !$0.isASCIIDigit }
  }

  /// The message for a word that is not a command. It repeats only a plain word.
  static func message(forUnknown word: String) -> String {
    guard isPlainWord(word) else {
      return "There is no such command. /help lists them. To send a message that begins with a slash, type two."
    }
    let word = word.lowercased()
    if let hint = hints[word] { return "There is no command /\(word). \(hint)" }
    let suggestion = nearest(to: word).map { " Did you mean /\($0)?" } ?? ""
    return "There is no command /\(word).\(suggestion) /help lists them."
  }
}

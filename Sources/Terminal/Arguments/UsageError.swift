import Text

/// Why an argument list makes no sense; sysexits' 64. `description` is one line for standard error, to be put behind the
/// program's name: `chat: there is no option --hots; did you mean --host? See --help`.
package enum UsageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The word as typed, with its dashes; the nearest option's name without.
  case unknownOption(String, nearest: String?)
  case missingValue(option: String, placeholder: String)
  case valueForFlag(option: String)
  case invalidValue(String, option: String, expected: String, nearest: String?)
  /// An option that the program knows but this command of it does not take.
  case misplacedOption(String, command: String)
  case missingArgument(String)
  case unexpectedArgument(String)
  /// A word that should be one of a program's commands.
  case unknownCommand(String, nearest: String?)
  /// Options that exclude each other and whatever else only one program knows: a sentence without its end.
  case other(String)

  package var description: String {
    CleanText.string(from: sentence)
  }

  private var sentence: String {
    switch self {
    case .unknownOption(let word, let nearest):
      "there is no option \(word)" + Self.suggestion(nearest.map { "--\($0)" })
    case .missingValue(let option, let placeholder):
      "--\(option) needs a value: --\(option) \(placeholder); see --help"
    case .valueForFlag(let option):
      "--\(option) takes no value; see --help"
    case .invalidValue(let value, let option, let expected, let nearest):
      "--\(option) cannot be \"\(value)\", only \(expected)" + Self.suggestion(nearest)
    case .misplacedOption(let option, let command):
      "--\(option) does not go with \(command); see --help"
    case .missingArgument(let name):
      "\(name) is missing; see --help"
    case .unexpectedArgument(let argument):
      "\"\(argument)\" is one argument too many; see --help"
    case .unknownCommand(let word, let nearest):
      "there is no command \"\(word)\"" + Self.suggestion(nearest)
    case .other(let sentence):
      "\(sentence); see --help"
    }
  }

  private static func suggestion(_ nearest: String?) -> String {
    nearest.map { "; did you mean \($0)? See --help" } ?? "; see --help"
  }
}

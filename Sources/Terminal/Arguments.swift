import Text

/// A program's parsed command line: options, with or without values, and positionals in order. Options may come before, between
/// and after positionals until `--` ends them. The last of a repeated option wins. A lone `-` is a positional.
package struct Arguments: Equatable, Sendable {
  package private(set) var positionals: [String] = []

  /// The names of the given options, each once, in order. See `requireOptions`.
  package private(set) var given: [String] = []

  private let options: [Option]
  private var values: [String: String] = [:]

  /// `list` does not include the program's name.
  package init(parsing list: [String], options: [Option]) throws(UsageError) {
    self.options = options
    var rest = list[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        positionals += rest
        return
      }
      if argument.hasPrefix("-"), argument != "-" {
        try take(option: argument, following: &rest)
      } else {
        positionals.append(argument)
      }
    }
  }

  private mutating func take(option argument: String, following rest: inout ArraySlice<String>) throws(UsageError) {
    let (word, attached) = Self.split(argument)
    guard let option = options.first(where: { word == "--\($0.name)" || $0.isGiven(byLetter: word) }) else {
      throw .unknownOption(
        word, nearest: Spelling.nearest(to: String(word.drop { $0 == "-" }), among: options.map(\.name)))
    }
    var value = attached
    if let placeholder = option.placeholder {
      // The next word is the value even with one dash, such as a negative number. Two dashes are far more often the next option
      // after a forgotten value; `--name=--value` passes such a value.
      if value == nil, let next = rest.first, !next.hasPrefix("--") { value = rest.popFirst() }
      if value == nil { throw .missingValue(option: option.name, placeholder: placeholder) }
    } else if attached != nil {
      throw .valueForFlag(option: option.name)
    }
    if !given.contains(option.name) { given.append(option.name) }
    values[option.name] = value ?? ""
  }

  /// Splits `--name=value` at the first equals sign.
  private static func split(_ argument: String) -> (word: String, value: String?) {
    guard let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
    return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
  }
}

extension Arguments {
  package func flag(_ name: String) -> Bool {
    precondition(options.contains { $0.name == name && $0.placeholder == nil }, "--\(name) is no declared flag")
    return values[name] != nil
  }

  /// The option's value as typed, possibly empty; nil if not given.
  package func value(_ name: String) -> String? {
    _ = placeholder(of: name)
    return values[name]
  }

  /// The option's value as a decimal number in a range; nil if not given.
  package func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = value(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .invalidValue(
        text, option: name, expected: "a number from \(range.lowerBound) to \(range.upperBound)", nearest: nil)
    }
    return number
  }

  /// The values of `--host` and `--port`; nil if not given. The host may include the port, as programs print it:
  /// `[::1]:7777`, `127.0.0.1:7777`.
  package func address(ports: ClosedRange<Int>) throws(UsageError) -> (host: String?, port: Int?) {
    let port = try integer("port", in: ports)
    guard let text = value("host") else { return (nil, port) }
    let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
    // All colons of an IPv6 address without brackets belong to it.
    let portStart =
      text.hasPrefix("[")
      ? text.lastIndex(of: "]").map { text.index(after: $0) } : colons == 1 ? text.firstIndex(of: ":") : text.endIndex
    guard let portStart, portStart > text.startIndex else {
      throw .invalidValue(text, option: "host", expected: "ADDRESS or ADDRESS:PORT", nearest: nil)
    }
    let host = String(text[..<portStart])
    if portStart == text.endIndex { return (host, port) }
    let digits = text[portStart...].dropFirst()
    guard text[portStart] == ":", digits.allSatisfy(\.isNumber), let own = Int(digits), ports.contains(own) else {
      throw .invalidValue(text, option: "host", expected: "ADDRESS or ADDRESS:PORT", nearest: nil)
    }
    guard port == nil || port == own else { throw .other("--host and --port name two ports; give one of them") }
    return (host, own)
  }

  /// The option's value as a raw value of a type; nil if not given.
  package func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ name: String, of type: Choice.Type
  ) throws(UsageError) -> Choice? {
    guard let text = value(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue)
      throw .invalidValue(
        text, option: name, expected: words.joined(separator: ", "), nearest: Spelling.nearest(to: text, among: words))
    }
    return choice
  }

  /// Throws if a positional is missing or too many. `names` are their names in the usage line.
  package func requirePositionals(_ names: String...) throws(UsageError) {
    if positionals.count < names.count { throw .missingArgument(names[positionals.count]) }
    if positionals.count > names.count { throw .unexpectedArgument(positionals[names.count]) }
  }

  /// Throws if an option was given that does not apply to the command.
  package func requireOptions(_ names: [String], of command: String) throws(UsageError) {
    if let other = given.first(where: { !names.contains($0) }) { throw .misplacedOption(other, command: command) }
  }

  /// Whether a flag such as `--version` was given, which allows no other argument.
  package func flagAlone(_ name: String) throws(UsageError) -> Bool {
    guard flag(name) else { return false }
    try requirePositionals()
    try requireOptions([name], of: "--\(name)")
    return true
  }

  private func placeholder(of name: String) -> String {
    let placeholder = options.first { $0.name == name }?.placeholder
    guard let placeholder else { preconditionFailure("--\(name) is no declared option with a value") }
    return placeholder
  }
}

/// An option of a program, by its name without the dashes. The parser, its errors and its suggestions use a program's list of
/// these.
package struct Option: Hashable, Sendable {
  package let name: String

  /// The value's name in a usage line (`DIR`, `ADDRESS`); nil for a flag.
  package let placeholder: String?

  /// A short form of the flag: `-f` for `--follow`.
  package let letter: Character?

  /// Its line in the help, for programs that make their help from their options.
  package let summary: String

  /// An option without a value: `--json`.
  package static func flag(_ name: String, letter: Character? = nil, summary: String = "") -> Option {
    Option(name: name, placeholder: nil, letter: letter, summary: summary)
  }

  /// An option with a value: `--data DIR` or `--data=DIR`.
  package static func value(_ name: String, _ placeholder: String, summary: String = "") -> Option {
    Option(name: name, placeholder: placeholder, letter: nil, summary: summary)
  }

  package func isGiven(byLetter word: String) -> Bool { letter.map { word == "-\($0)" } ?? false }
}

/// Why a command line is invalid; exit status 64 of sysexits.h(3head). `description` is one line for standard error, after the
/// program's name: `chat: unknown option --hots; did you mean --host? See --help`.
package enum UsageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The word as typed, with its dashes; the nearest option without.
  case unknownOption(String, nearest: String?)
  case missingValue(option: String, placeholder: String)
  case valueForFlag(option: String)
  case invalidValue(String, option: String, expected: String, nearest: String?)
  /// An option that does not apply to this command.
  case misplacedOption(String, command: String)
  case missingArgument(String)
  case unexpectedArgument(String)
  /// A word in place of a command.
  case unknownCommand(String, nearest: String?)
  /// Any other error: a sentence without its end.
  case other(String)

  package var description: String { CleanText.string(from: sentence) }

  private var sentence: String {
    switch self {
    case .unknownOption(let word, let nearest):
      "unknown option \(word)" + Self.suggestion(nearest.map { "--\($0)" })
    case .missingValue(let option, let placeholder):
      "--\(option) needs a value: --\(option) \(placeholder); see --help"
    case .valueForFlag(let option):
      "--\(option) takes no value; see --help"
    case .invalidValue(let value, let option, let expected, let nearest):
      "invalid value '\(value)' for --\(option), expected \(expected)" + Self.suggestion(nearest)
    case .misplacedOption(let option, let command):
      "--\(option) does not apply to \(command); see --help"
    case .missingArgument(let name):
      "missing argument \(name); see --help"
    case .unexpectedArgument(let argument):
      "unexpected argument '\(argument)'; see --help"
    case .unknownCommand(let word, let nearest):
      "unknown command '\(word)'" + Self.suggestion(nearest)
    case .other(let sentence):
      "\(sentence); see --help"
    }
  }

  private static func suggestion(_ nearest: String?) -> String {
    nearest.map { "; did you mean \($0)? See --help" } ?? "; see --help"
  }
}

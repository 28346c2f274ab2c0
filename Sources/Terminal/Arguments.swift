import Text

/// The arguments of a program, sorted by what it declares: options, with values or without, and everything else, the
/// positionals, in order. Options may stand before, between and after positionals until `--` ends them; where one is
/// repeated, the last wins. A lone `-` is a positional.
package struct Arguments: Equatable, Sendable {
  package private(set) var positionals: [String] = []

  /// The names of the options given, each once, in the order they first stood in: a program whose options depend on
  /// its command looks here for those that do not go with it.
  package private(set) var given: [String] = []

  private let options: [Option]
  private var values: [String: String] = [:]

  /// Sorts an argument list that does not include the program's name.
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
      // What follows an option is its value even if it begins with a dash, a negative number say, but two dashes are
      // far more often the next option behind a value forgotten; `--name=--value` still says the other.
      if value == nil, let next = rest.first, !next.hasPrefix("--") { value = rest.popFirst() }
      if value == nil { throw .missingValue(option: option.name, placeholder: placeholder) }
    } else if attached != nil {
      throw .valueForFlag(option: option.name)
    }
    if !given.contains(option.name) { given.append(option.name) }
    values[option.name] = value ?? ""
  }

  /// `--name=value` in two at the first equals sign.
  private static func split(_ argument: String) -> (word: String, value: String?) {
    guard let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
    return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
  }
}

extension Arguments {
  /// Whether the flag was given.
  package func flag(_ name: String) -> Bool {
    precondition(options.contains { $0.name == name && $0.placeholder == nil }, "--\(name) is no declared flag")
    return values[name] != nil
  }

  /// The option's value as typed, possibly empty; nil if it was not given.
  package func value(_ name: String) -> String? {
    _ = placeholder(of: name)
    return values[name]
  }

  /// The option's value as a decimal number in a range; nil if it was not given.
  package func integer(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
    guard let text = value(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .invalidValue(
        text, option: name, expected: "a number from \(range.lowerBound) to \(range.upperBound)", nearest: nil)
    }
    return number
  }

  /// What `--host` and `--port` say; nil for what they do not. The host may come with its port, as programs print it:
  /// `[::1]:7777`, `127.0.0.1:7777`.
  package func address(ports: ClosedRange<Int>) throws(UsageError) -> (host: String?, port: Int?) {
    let port = try integer("port", in: ports)
    guard let text = value("host") else { return (nil, port) }
    let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
    // Of an IPv6 address without brackets all colons are its own.
    let portStart =
      text.hasPrefix("[")
      ? text.lastIndex(of: "]").map { text.index(after: $0) } : colons == 1 ? text.firstIndex(of: ":") : text.endIndex
    guard let portStart, portStart > text.startIndex else {
      throw .invalidValue(text, option: "host", expected: "an address or a host's name", nearest: nil)
    }
    let host = String(text[..<portStart])
    if portStart == text.endIndex { return (host, port) }
    let digits = text[portStart...].dropFirst()
    guard text[portStart] == ":", digits.allSatisfy(\.isNumber), let own = Int(digits), ports.contains(own) else {
      throw .invalidValue(
        text, option: "host", expected: "an address, behind it at most a colon and a port", nearest: nil)
    }
    guard port == nil || port == own else { throw .other("--host and --port name two ports; give one of them") }
    return (host, own)
  }

  /// The option's value as one of a type's raw values; nil if it was not given.
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

  /// Throws unless there are as many positionals as there are names for them: the first that is missing or too many.
  package func requirePositionals(_ names: String...) throws(UsageError) {
    if positionals.count < names.count { throw .missingArgument(names[positionals.count]) }
    if positionals.count > names.count { throw .unexpectedArgument(positionals[names.count]) }
  }

  /// Throws the first option given that is none of these: those that go with the command.
  package func requireOptions(_ names: [String], of command: String) throws(UsageError) {
    if let other = given.first(where: { !names.contains($0) }) { throw .misplacedOption(other, command: command) }
  }

  /// Whether a flag was given that prints something and ends the program: nothing else may be given with it.
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

/// An option that a program knows, by its name without the dashes. A program declares its options as a list; the parser,
/// its errors and its suggestions follow from that.
package struct Option: Hashable, Sendable {
  package let name: String

  /// What the value is called in a usage line (`DIR`, `ADDRESS`); nil for a flag, which has none.
  package let placeholder: String?

  /// A flag that is written often may be given by one letter, `-f` for `--follow`; nil where there is none.
  package let letter: Character?

  /// An option that is there or not: `--json`.
  package static func flag(_ name: String, letter: Character? = nil) -> Option {
    Option(name: name, placeholder: nil, letter: letter)
  }

  /// An option with a value: `--data DIR` or `--data=DIR`.
  package static func value(_ name: String, _ placeholder: String) -> Option {
    Option(name: name, placeholder: placeholder, letter: nil)
  }

  package func isGiven(byLetter word: String) -> Bool { letter.map { word == "-\($0)" } ?? false }
}

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

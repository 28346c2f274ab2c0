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

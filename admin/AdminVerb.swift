import ChatProtocol
import Terminal

/// A command of `chat-admin`: how it is written, what its help says, and how its arguments become a request. The
/// parser, the help, completion and suggestions all read these rows.
struct AdminVerb: Sendable {
  /// An argument that is not an option.
  struct Operand: Equatable, Sendable {
    /// The name in the usage line: `ROOM`.
    var name: String
    var isOptional = false
    var isRepeated = false
    /// The source of completions, if it does not follow from the name.
    var candidates: Completion.Source?

    static let room = Operand(name: "ROOM")
    static let user = Operand(name: "USER")
    static let file = Operand(name: "FILE")

    fileprivate var usage: String {
      let repeated = isRepeated ? "\(name) ..." : name
      return isOptional ? "[\(repeated)]" : repeated
    }
  }

  /// As on the command line and on the wire: `rooms list`, or `status` if the noun is the whole command.
  let name: String
  let operands: [Operand]
  /// The options besides the general ones; those of one group exclude each other.
  let optionGroups: [[Option]]
  /// What follows the name: `ROOM [--open]`.
  let arguments: String
  let summary: String
  /// What the help says beyond the summary; may be empty.
  let details: String
  /// A command line and its output.
  let example: String
  let read: @Sendable (inout VerbArguments) throws(AdminError) -> AdminCommand

  /// `usage` is the text after the name, if it is not the operands and then the options.
  init(
    _ name: String, _ operands: [Operand] = [], options: [[Option]] = [], usage: String? = nil, summary: String,
    details: String = "", example: String,
    read: @escaping @Sendable (inout VerbArguments) throws(AdminError) -> AdminCommand
  ) {
    self.name = name
    self.operands = operands
    optionGroups = options + (ControlVerb.named(name)?.flags.contains(.destructive) == true ? [[.dryRun, .yes]] : [])
    arguments =
      usage
      ?? (operands.map(\.usage) + optionGroups.map { "[\($0.map(\.usage).joined(separator: " | "))]" })
      .joined(separator: " ")
    self.summary = summary
    self.details = details
    self.example = example
    self.read = read
  }

  var options: [Option] { optionGroups.flatMap { $0 } }
  var noun: String { String(name.prefix { $0 != " " }) }
  /// What follows the noun: `list`; nil if the noun is the whole command.
  var word: String? { name == noun ? nil : String(name.dropFirst(noun.count + 1)) }
  var usage: String { "chat-admin \(name)" + (arguments.isEmpty ? "" : " \(arguments)") }

  static let all: [AdminVerb] =
    rooms + users + bans + sessions + files + [say] + log + [
      status, top, settings,
    ] + tls + [save, backup, restore, reload, check, stop]

  static let nouns: [String] = all.reduce(into: []) { nouns, verb in
    if nouns.last != verb.noun { nouns.append(verb.noun) }
  }
}

extension AdminVerb: Equatable {
  static func == (left: AdminVerb, right: AdminVerb) -> Bool { left.name == right.name }
}

extension Option {
  /// `--topic TEXT`, or `-f | --follow`.
  fileprivate var usage: String {
    (letter.map { "-\($0) | " } ?? "") + "--\(name)" + (placeholder.map { " \($0)" } ?? "")
  }
}

/// The arguments after a verb's name. Operands are read in order; an error has the usage of the verb.
struct VerbArguments {
  private let verb: AdminVerb
  private let arguments: Arguments
  private var operands: ArraySlice<String>

  init(of verb: AdminVerb, _ arguments: Arguments, operands: ArraySlice<String>) {
    self.verb = verb
    self.arguments = arguments
    self.operands = operands
  }

  // MARK: - Options

  func flag(_ option: Option) -> Bool { arguments.flag(option.name) }

  /// As typed, possibly empty; nil without the option.
  func value(_ option: Option) -> String? { arguments.value(option.name) }

  /// nil without the option and for an empty text.
  func text(_ option: Option) -> String? { value(option).flatMap { $0.isEmpty ? nil : $0 } }

  func number(_ option: Option, in range: ClosedRange<Int>) throws(AdminError) -> Int? {
    guard let text = value(option) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw usageError("'\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func name(_ option: Option, of kind: String) throws(AdminError) -> Name? {
    guard let text = value(option) else { return nil }
    return try name(text, of: kind)
  }

  func email() throws(AdminError) -> EmailAddress? {
    guard let text = value(.email) else { return nil }
    guard let email = EmailAddress(text) else {
      throw AdminError(.data, "'\(text)' is not a valid e-mail address (\(EmailAddress.rule))")
    }
    return email
  }

  /// Whether the account is an operator's.
  func role() throws(AdminError) -> Bool? {
    switch value(.role) {
    case nil: return nil
    case "user": return false
    case "operator": return true
    case let other?: throw usageError("'\(other)' is not a role: use user or operator")
    }
  }

  /// How long a ban or mute lasts, and why.
  func terms() throws(AdminError) -> ControlTerms {
    guard let text = value(.duration) else { return ControlTerms(reason: self.text(.reason)) }
    guard let span = TimeSpan(text) else {
      throw AdminError(.usage, "'\(text)' is not a duration: use \(TimeSpan.rule); at most 100 years")
    }
    return ControlTerms(span: span, reason: self.text(.reason))
  }

  // MARK: - Operands

  mutating func room() throws(AdminError) -> Name { try name(try next("ROOM"), of: "room") }
  mutating func user() throws(AdminError) -> Name { try name(try next("USER"), of: "user") }
  mutating func optionalRoom() throws(AdminError) -> Name? { operands.isEmpty ? nil : try room() }

  mutating func file() throws(AdminError) -> String {
    let file = try next("FILE")
    if file.isEmpty { throw missing("FILE") }
    return file
  }

  mutating func session() throws(AdminError) -> UInt64 { try number("SESSION", of: "session") }

  /// All remaining operands, at least one.
  mutating func files() throws(AdminError) -> [MessageID] {
    var files: [MessageID] = []
    repeat { files.append(try number("ID", of: "file")) } while !operands.isEmpty
    guard files.count <= ControlRequest.filesMax else {
      throw AdminError(
        .usage, "\(files.count) files are too many for one command; give at most \(ControlRequest.filesMax)")
    }
    return files
  }

  /// A user or an address, distinguished by the spelling: a word with a colon or a slash, or of digits and dots only,
  /// is an address or an error.
  mutating func userOrAddress() throws(AdminError) -> Restriction.Subject {
    let word = try next("TARGET")
    let isNumeric = word.contains(".") && word.allSatisfy { $0 == "." || $0.isASCII && $0.isNumber }
    guard isNumeric || word.contains(":") || word.contains("/") else { return .user(try name(word, of: "user")) }
    guard let block = AddressBlock(word) else {
      let asName = Name(word) == nil ? "" : "; to ban a user of this name: chat-admin users ban \(word)"
      throw AdminError(
        .data, "'\(word)' is not an address; write one like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32\(asName)")
    }
    guard let (network, address) = AddressBlock.meanings(ofAmbiguous: word) else { return .addresses(block) }
    throw AdminError(
      .data, "'\(word)' has bits set after its first \(network.length); write \(network) or \(address)")
  }

  /// The remaining words, as one text.
  mutating func remainingText() throws(AdminError) -> String {
    let text = operands.joined(separator: " ")
    operands = []
    if text.isEmpty { throw missing("TEXT") }
    return text
  }

  /// Fails if arguments are left.
  func finish() throws(AdminError) {
    guard let word = operands.first else { return }
    let hint = verb.options.contains(.reason) ? " (put a text of several words in quotes)" : ""
    throw usageError("unexpected argument '\(word)'\(hint)")
  }

  private mutating func next(_ operand: String) throws(AdminError) -> String {
    guard let word = operands.popFirst() else { throw missing(operand) }
    return word
  }

  private func name(_ word: String, of kind: String) throws(AdminError) -> Name {
    guard let name = Name(word) else {
      throw AdminError(.data, "'\(word)' is not a valid \(kind) name (\(Name.rule))")
    }
    return name
  }

  private mutating func number(_ operand: String, of kind: String) throws(AdminError) -> UInt64 {
    let word = try next(operand)
    guard let number = UInt64(word.hasPrefix("#") ? word.dropFirst() : word[...]) else {
      throw AdminError(.usage, "'\(word)' is not a \(kind) number; 'chat-admin \(kind)s list' shows them")
    }
    return number
  }

  private func missing(_ operand: String) -> AdminError { usageError("missing \(operand)") }

  private func usageError(_ problem: String) -> AdminError { AdminError(.usage, "\(problem); usage: \(verb.usage)") }
}

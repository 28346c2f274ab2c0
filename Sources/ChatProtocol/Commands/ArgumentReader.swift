import Text

/// Reads the arguments of one command, in order. Throws the command's error for invalid arguments.
///
/// No error repeats an argument: it may be a password in the wrong place.
struct ArgumentReader {
  private let definition: CommandDefinition
  /// What follows the command's name, unchanged.
  private let line: [UInt8]
  private var position = 0

  init(of definition: CommandDefinition, _ line: [UInt8]) {
    self.definition = definition
    self.line = line
  }

  private var usage: CommandUsage { definition.usage }

  func error(_ code: ErrorCode, _ message: String) -> CommandError {
    CommandError(command: definition.answeredAs, code: code, message: message)
  }

  // MARK: Pieces of the line

  /// Whether only blanks are left.
  var isAtEnd: Bool { line[position...].allSatisfy(\.isBlank) }

  /// The next word; nil at the end.
  private mutating func nextWord() -> Range<Int>? {
    guard let start = line[position...].firstIndex(where: { !$0.isBlank }) else { return nil }
    position = line[start...].firstIndex(where: \.isBlank) ?? line.count
    return start..<position
  }

  private func text(_ range: Range<Int>) -> String { CleanText.string(from: line.span.extracting(range)) }

  private func required<Value>(_ value: Value?) throws(CommandError) -> Value {
    guard let value else { throw error(.missingArgument, "Usage: \(usage.line)") }
    return value
  }

  /// Throws if anything is left.
  func end() throws(CommandError) {
    if isAtEnd { return }
    let hint = usage.arguments.contains("PASSWORD") ? " (a password has no spaces)" : ""
    throw error(.tooManyArguments, "Usage: \(usage.line)\(hint)")
  }

  // MARK: Words and text

  mutating func optionalWord() -> String? { nextWord().map { text($0) } }

  mutating func word() throws(CommandError) -> String { try required(optionalWord()) }

  /// The rest, without the blanks around it; nil if it is empty or invisible.
  mutating func optionalRest() -> String? {
    let rest = line[position...]
    position = line.count
    guard let first = rest.firstIndex(where: { !$0.isBlank }), let last = rest.lastIndex(where: { !$0.isBlank })
    else { return nil }
    let text = text(first..<last + 1)
    return CleanText.isBlank(text) ? nil : text
  }

  mutating func rest() throws(CommandError) -> String { try required(optionalRest()) }

  /// Skips the next word if it is this one, in any case.
  mutating func skip(_ word: String) -> Bool {
    var ahead = self
    guard ahead.optionalWord()?.lowercased() == word else { return false }
    self = ahead
    return true
  }

  // MARK: Names

  mutating func optionalRoom() throws(CommandError) -> Name? { try optionalName(of: "room") }
  mutating func room() throws(CommandError) -> Name { try required(optionalRoom()) }
  mutating func user() throws(CommandError) -> Name { try required(optionalName(of: "user")) }

  /// A room in front of an id; nil if at most one word is left.
  mutating func roomBeforeID() throws(CommandError) -> Name? {
    var ahead = self
    guard ahead.optionalWord() != nil, !ahead.isAtEnd else { return nil }
    return try optionalRoom()
  }

  private mutating func optionalName(of what: String) throws(CommandError) -> Name? {
    guard let word = optionalWord() else { return nil }
    guard let name = Name(word) else { throw error(.badName, "A \(what)'s name is \(Name.rule).") }
    return name
  }

  /// The rest: a file's name may contain spaces.
  mutating func fileName() throws(CommandError) -> FileName {
    if isAtEnd { return try required(nil) }
    guard let name = optionalRest().flatMap({ FileName($0) }) else {
      throw error(.badName, "A file's name has \(FileName.rule).")
    }
    return name
  }

  mutating func loginName() throws(CommandError) -> LoginName {
    var ahead = self
    guard try ahead.word().utf8.contains(UInt8(ascii: "@")) else { return .name(try user()) }
    return .email(try required(optionalEmail()))
  }

  mutating func optionalEmail() throws(CommandError) -> EmailAddress? {
    guard let word = optionalWord() else { return nil }
    guard let email = EmailAddress(word) else {
      let hint = usage.arguments.contains("PASSWORD") ? " A password has no spaces." : ""
      throw error(.badEmail, "An e-mail address has \(EmailAddress.rule).\(hint)")
    }
    return email
  }

  // MARK: Numbers

  /// A number from 1; `name` is its name in the usage.
  mutating func count(_ name: String) throws(CommandError) -> Int {
    let digits = try word()
    guard digits.utf8.allSatisfy(\.isASCIIDigit), let count = Int(digits), count > 0 else {
      throw error(.badNumber, "\(name) is a whole number from 1. Usage: \(usage.line)")
    }
    return count
  }

  /// A message's id, with or without the `#` that the text dialect writes before it. Within 63 bits, which every JSON
  /// reader has.
  mutating func messageID() throws(CommandError) -> MessageID {
    let word = try word()
    let digits = word.hasPrefix("#") ? word.dropFirst() : word[...]
    guard digits.utf8.allSatisfy(\.isASCIIDigit), let id = Int64(digits) else {
      throw error(.badNumber, "ID is the number of a message or a file, such as 1042. Usage: \(usage.line)")
    }
    return MessageID(id)
  }

  /// `since`, `before` or `around`, with what follows.
  mutating func optionalPlace() throws(CommandError) -> HistoryPlace? {
    if skip("since") { return .since(try moment()) }
    if skip("before") { return .before(try moment()) }
    if skip("around") { return .around(try moment()) }
    return nil
  }

  /// A user's name after `@`, if the next word is that.
  mutating func optionalMentioned() -> Name? {
    var ahead = self
    guard let word = ahead.optionalWord(), word.hasPrefix("@"), let name = Name(String(word.dropFirst())) else {
      return nil
    }
    self = ahead
    return name
  }

  /// The rest: a message's id, or a time.
  mutating func moment() throws(CommandError) -> HistoryPlace.Moment {
    var ahead = self
    if let time = ahead.optionalRest().flatMap({ Timestamp(written: $0) }) {
      self = ahead
      return .time(time)
    }
    do throws(CommandError) { return .id(try messageID()) } catch  where error.code == .badNumber {
      throw self.error(
        .badNumber, "Give a message's number, such as 1042, or a time, such as 2026-11-20T20:15. Usage: \(usage.line)")
    }
  }

  /// `before #ID` in front of a text. Only with its `#`, because `before 5 pm` is a text; and only if a text follows.
  mutating func optionalBefore() -> MessageID? {
    var ahead = self
    guard ahead.skip("before"), let word = ahead.optionalWord(), word.hasPrefix("#"), let id = Int64(word.dropFirst()),
      id >= 0, !ahead.isAtEnd
    else { return nil }
    self = ahead
    return MessageID(id)
  }

  /// A number of bytes, from 0; within 63 bits too.
  mutating func byteCount() throws(CommandError) -> UInt64 {
    let digits = try word()
    guard digits.utf8.allSatisfy(\.isASCIIDigit), let count = Int64(digits) else {
      throw error(.badNumber, "SIZE and OFFSET are numbers of bytes. Usage: \(usage.line)")
    }
    return UInt64(count)
  }

  /// The first of the numbers that cksum(1) prints.
  mutating func cksum() throws(CommandError) -> UInt32 {
    let digits = try word()
    guard digits.utf8.allSatisfy(\.isASCIIDigit), let cksum = UInt32(digits) else {
      throw error(.badNumber, "CKSUM is the first number that cksum prints. Usage: \(usage.line)")
    }
    return cksum
  }

  // MARK: Secrets

  /// The core looks it up: a ticket that was cleaned matches none.
  mutating func ticket() throws(CommandError) -> Secret { try required(optionalWord().map { Secret($0) }) }

  /// A password to check: of any length.
  mutating func optionalPassword() throws(CommandError) -> Secret? {
    guard let range = nextWord() else { return nil }
    let text = text(range)
    // A cleaned password would match other typed ones.
    guard text.utf8.elementsEqual(line[range]) else { throw badPassword() }
    return Secret(text)
  }

  mutating func password() throws(CommandError) -> Secret { try required(optionalPassword()) }

  /// A password to set.
  mutating func optionalNewPassword() throws(CommandError) -> Secret? {
    guard let typed = try optionalPassword() else { return nil }
    guard let password = Secret(choosing: typed.exposed) else { throw badPassword() }
    return password
  }

  mutating func newPassword() throws(CommandError) -> Secret { try required(optionalNewPassword()) }

  private func badPassword() -> CommandError {
    error(.badPassword, "A password has \(Secret.rule).")
  }
}

extension UInt8 {
  /// A space or a tab.
  var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}

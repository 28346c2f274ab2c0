import ChatProtocol
import Terminal

/// What stands after a verb's name, taken off in order. What does not fit becomes a failure that says how the verb is written.
struct VerbArguments {
  private let verb: AdminVerb
  private let arguments: Arguments
  private var operands: ArraySlice<String>

  init(of verb: AdminVerb, _ arguments: Arguments, operands: ArraySlice<String>) {
    self.verb = verb
    self.arguments = arguments
    self.operands = operands
  }

  func flag(_ option: Option) -> Bool { arguments.flag(option.name) }

  /// An empty text is none.
  func text(_ option: Option) -> String? {
    let text = arguments.value(option.name) ?? ""
    return text.isEmpty ? nil : text
  }

  /// nil where the option is not given; an empty text is one.
  func given(_ option: Option) -> String? { arguments.value(option.name) }

  func number(_ option: Option, _ range: ClosedRange<Int>) throws(AdminError) -> Int? {
    guard let text = given(option) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw AdminError(
        .usage,
        "'\(text)' is no whole number from \(range.lowerBound) to \(range.upperBound): \(verb.usage)")
    }
    return number
  }

  func name(_ option: Option, of what: String) throws(AdminError) -> Name? {
    guard let text = given(option) else { return nil }
    guard let name = Name(text) else {
      throw AdminError(.data, "'\(text)' cannot be the name of a \(what), which is \(Name.rule)")
    }
    return name
  }

  func email() throws(AdminError) -> EmailAddress? {
    guard let text = arguments.value(Option.email.name) else { return nil }
    guard let email = EmailAddress(text) else {
      throw AdminError(.data, "'\(text)' cannot be an e-mail address, which has \(EmailAddress.rule)")
    }
    return email
  }

  /// Whether it is an operator's.
  func role() throws(AdminError) -> Bool? {
    switch arguments.value(Option.role.name) {
    case nil: return nil
    case "user": return false
    case "operator": return true
    case let other?: throw AdminError(.usage, "'\(other)' is no role; there are user and operator: \(verb.usage)")
    }
  }

  mutating func room() throws(AdminError) -> Name { try name(of: "room") }
  mutating func user() throws(AdminError) -> Name { try name(of: "user") }

  mutating func optionalRoom() throws(AdminError) -> Name? { operands.isEmpty ? nil : try room() }

  /// All that are left, one at least.
  mutating func files() throws(AdminError) -> [MessageID] {
    var files: [MessageID] = []
    repeat { files.append(try number(of: "file", shownBy: "files list")) } while !operands.isEmpty
    guard files.count <= ControlRequest.files_max else {
      throw AdminError(.usage, "\(files.count) are too many at once; give \(ControlRequest.files_max) at most")
    }
    return files
  }

  mutating func session() throws(AdminError) -> UInt64 {
    try number(of: "session", shownBy: "sessions list")
  }

  private mutating func number(of what: String, shownBy list: String) throws(AdminError) -> UInt64 {
    guard let word = operands.popFirst() else {
      throw AdminError(.usage, "the number of a \(what) is missing: \(verb.usage)")
    }
    guard let number = UInt64(word.hasPrefix("#") ? word.dropFirst() : word[...]) else {
      throw AdminError(.usage, "'\(word)' is no number of a \(what); 'chat-admin \(list)' shows them")
    }
    return number
  }

  mutating func file() throws(AdminError) -> String {
    guard let file = operands.popFirst(), !file.isEmpty else {
      throw AdminError(.usage, "the name of a file is missing: \(verb.usage)")
    }
    return file
  }

  /// How long a ban or mute is to last, and why.
  func terms() throws(AdminError) -> ControlTerms {
    guard let text = given(.duration) else { return ControlTerms(reason: self.text(.reason)) }
    guard let span = TimeSpan(text) else {
      throw AdminError(.usage, "'\(text)' is no time that --for takes, which is \(TimeSpan.rule), at most 100 years")
    }
    return ControlTerms(span: span, reason: self.text(.reason))
  }

  /// An account's name or an address. Which of the two is seen by how it is written, whatever names there are: what has a
  /// colon or a slash, or is nothing but digits and dots, is an address or wrong.
  mutating func nameOrAddress() throws(AdminError) -> Restriction.Subject {
    guard let word = operands.first else {
      throw AdminError(.usage, "a name or an address is missing: \(verb.usage)")
    }
    let isNumbers = word.contains(".") && word.allSatisfy { $0 == "." || $0.isASCII && $0.isNumber }
    guard isNumbers || word.contains(":") || word.contains("/") else { return .user(try user()) }
    operands.removeFirst()
    guard let block = AddressBlock(word) else {
      let asName = Name(word) == nil ? "" : "; for the name \(word): chat-admin users ban, unban"
      throw AdminError(
        .data, "'\(word)' is no address, which is one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32\(asName)")
    }
    // Whoever writes 10.1.2.3/8 means one or the other.
    guard let slash = word.firstIndex(of: "/"), AddressBlock(String(word[..<slash])) != nil,
      let address = AddressBlock(String(word[..<slash])), address.prefix != block.prefix
    else { return .addresses(block) }
    throw AdminError(.data, "'\(word)' has bits behind its \(block.length); write \(block), or \(address) alone")
  }

  /// All that is left, as one text.
  mutating func rest(_ what: String) throws(AdminError) -> String {
    let text = operands.joined(separator: " ")
    operands = []
    guard !text.isEmpty else { throw AdminError(.usage, "the \(what) is missing: \(verb.usage)") }
    return text
  }

  private mutating func name(of what: String) throws(AdminError) -> Name {
    guard let word = operands.popFirst() else {
      throw AdminError(.usage, "the name of a \(what) is missing: \(verb.usage)")
    }
    guard let name = Name(word) else {
      throw AdminError(.data, "'\(word)' cannot be the name of a \(what), which is \(Name.rule)")
    }
    return name
  }

  /// Fails where something was not taken.
  func end() throws(AdminError) {
    guard let word = operands.first else { return }
    let hint = verb.options.contains(.reason) ? " (a text of several words stands in quotes)" : ""
    throw AdminError(.usage, "'\(word)' is one argument too many: \(verb.usage)\(hint)")
  }
}

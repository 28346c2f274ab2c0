import ChatProtocol
import Terminal

/// The candidates for the word at the cursor, from the words before it and the rows of `AdminVerb`. Shell completion
/// (`--complete`) and the console use it.
struct Completion: Equatable {
  /// The source of candidates that are not in the table.
  enum Source: Equatable {
    /// The server's rooms.
    case room
    /// The server's users.
    case user
    /// Banned or muted users, and addresses too unless `namesOnly`.
    case restricted(Restriction.Kind, namesOnly: Bool)
    /// Files and folders, which the shell knows.
    case path

    /// Those of the server's bans and mutes that fit.
    func names(in bans: [Restriction]) -> [String] {
      guard case .restricted(let kind, let namesOnly) = self else { return [] }
      return bans.filter { ban in
        if case .addresses = ban.subject, namesOnly { return false }
        return ban.kind == kind
      }.map(\.subject.description)
    }
  }

  /// Candidates from the table, in its order: nouns, verbs, options and choices.
  var words: [String] = []
  private(set) var source: Source?
  /// The typed part of the word, without `stem`.
  private(set) var typed: String
  /// What precedes the completed part of the word: `--data=`, or nothing.
  private(set) var stem = ""

  /// `before` are the words before the cursor's, without the program's name. `typed` is the part of the word before the
  /// cursor; it may be empty. `general` are the options that go with every verb.
  init(
    _ typed: String, after before: [String], verbs: [AdminVerb] = AdminVerb.all, general: [Option] = Option.general
  ) {
    self.typed = typed
    let line = TypedLine(before, verbs: verbs, general: general)
    if let option = line.optionWithoutValue {
      offer(valuesOf: option.placeholder ?? "")
    } else if line.allowsOptions, let equals = typed.firstIndex(of: "="), typed.hasPrefix("-") {
      let name = typed[..<equals].drop { $0 == "-" }
      self.typed = String(typed[typed.index(after: equals)...])
      stem = String(typed[...equals])
      offer(valuesOf: line.options.first { $0.name == name }?.placeholder ?? "")
    } else if line.allowsOptions, typed.hasPrefix("-") {
      offer(line.options.filter { !line.given.contains($0.name) }.map { "--\($0.name)" })
    } else {
      offer(line.nextWords)
      source = line.nextOperand?.candidates
      if source == nil { offer(valuesOf: line.nextOperand?.name ?? "") }
    }
  }

  /// Those of the names that continue the typed part, in upper or lower case.
  func matching(_ names: some Sequence<String>) -> [String] {
    let typed = self.typed.lowercased()
    return names.filter { $0.lowercased().hasPrefix(typed) }.map { stem + $0 }
  }

  private mutating func offer(_ words: [String]) {
    self.words += words.filter { $0.hasPrefix(typed) }.map { stem + $0 }
  }

  /// `placeholder` is as in a usage line: `ROOM`, `DIR`, `always|everysec|no`. Any other is free text.
  private mutating func offer(valuesOf placeholder: String) {
    switch placeholder {
    case "ROOM": source = .room
    case "USER": source = .user
    case "DIR", "FILE", "PATH": source = .path
    default: if placeholder.contains(where: \.isLowercase) { offer(placeholder.split(separator: "|").map(String.init)) }
    }
  }
}

/// The words before the cursor, as far as they can be parsed; errors in them are ignored.
private struct TypedLine {
  private let verbs: [AdminVerb]
  private let general: [Option]
  private var positionals: [String] = []
  private(set) var given: Set<String> = []
  /// Set if the last word is an option that needs a value.
  private(set) var optionWithoutValue: Option?
  /// False after `--`.
  private(set) var allowsOptions = true

  init(_ words: [String], verbs: [AdminVerb], general: [Option]) {
    self.verbs = verbs
    self.general = general
    let known = general + verbs.flatMap(\.options)
    for word in words {
      if optionWithoutValue != nil {
        optionWithoutValue = nil
      } else if allowsOptions, word == "--" {
        allowsOptions = false
      } else if allowsOptions, word.hasPrefix("--") {
        let name = String(word.dropFirst(2).prefix { $0 != "=" })
        given.insert(name)
        if !word.contains("="), let option = known.first(where: { $0.name == name }), option.placeholder != nil {
          optionWithoutValue = option
        }
      } else if allowsOptions, let option = known.first(where: { $0.isGiven(byLetter: word) }) {
        given.insert(option.name)
      } else {
        positionals.append(word)
      }
    }
  }

  /// The verb, if its whole name is there.
  private var verb: AdminVerb? {
    guard let noun = positionals.first else { return nil }
    return verbs.first { $0.name == noun || positionals.count > 1 && $0.name == "\(noun) \(positionals[1])" }
  }

  var options: [Option] { general + (verb?.options ?? []) }

  /// The next part of a verb's name.
  var nextWords: [String] {
    let nouns: [String] = verbs.reduce(into: []) { nouns, verb in if nouns.last != verb.noun { nouns.append(verb.noun) }
    }
    if positionals.isEmpty { return nouns + ["help"] }
    let named = positionals[0] == "help" ? positionals.dropFirst() : positionals[...]
    guard let noun = named.first else { return nouns }
    return named.count == 1 ? verbs.filter { $0.noun == noun }.compactMap(\.word) : []
  }

  /// The operand that comes next.
  var nextOperand: AdminVerb.Operand? {
    guard let verb else { return nil }
    let index = positionals.count - (verb.word == nil ? 1 : 2)
    if index < verb.operands.count { return verb.operands[index] }
    return verb.operands.last.flatMap { $0.isRepeated ? $0 : nil }
  }
}

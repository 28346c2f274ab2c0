import ChatProtocol
import Terminal

/// What may stand where the cursor is on a command line of `chat-admin`, from the words before it and the table of verbs:
/// a pure value. The completion of the shells (`--complete`) and that of whoever else reads such lines live from it, so
/// that a verb which is in the table is completed everywhere.
struct Completion: Equatable {
  /// What only others can list.
  enum Subject: Equatable {
    /// Names of rooms, of the server.
    case room
    /// Names of users, of the server.
    case user
    /// Names that are banned or muted, and addresses too where not `isName`.
    case restricted(Restriction.Kind, isName: Bool)
    /// A file or folder, of whoever completes.
    case path
  }

  /// Nouns, verbs, options and choices that go on with what is typed, in the order of the table.
  var words: [String] = []
  private(set) var subject: Subject?
  /// What is typed of the word, without what `stem` holds.
  private(set) var typed: String
  /// What every candidate begins with and is no part of its name: `--data=`, or nothing.
  private(set) var stem = ""

  /// `before` are the whole words that stand before the one that is being typed, the program's name left out; `typed`,
  /// which may be empty, is what stands of that one before the cursor. `general` are the options that go with every verb.
  init(
    _ typed: String, after before: [String], verbs: [AdminVerb] = AdminVerb.all, general: [Option] = Option.general
  ) {
    self.typed = typed
    let line = CommandLine(before, verbs: verbs, general: general)
    if let option = line.optionWithoutValue {
      expect(option.placeholder ?? "")
    } else if line.isOptionAllowed, let equals = typed.firstIndex(of: "="), typed.hasPrefix("-") {
      let name = typed[..<equals].drop { $0 == "-" }
      self.typed = String(typed[typed.index(after: equals)...])
      stem = String(typed[...equals])
      expect(line.options.first { $0.name == name }?.placeholder ?? "")
    } else if line.isOptionAllowed, typed.hasPrefix("-") {
      offer(line.options.filter { !line.given.contains($0.name) }.map { "--\($0.name)" })
    } else {
      offer(line.nextWords)
      subject = line.nextSubject
      if subject == nil { expect(line.nextOperand ?? "") }
    }
  }

  /// Of names or other texts that are known from elsewhere, those that go on with what is typed, without regard to case.
  func matching(_ names: some Sequence<String>) -> [String] {
    let typed = self.typed.lowercased()
    return names.filter { $0.lowercased().hasPrefix(typed) }.map { stem + $0 }
  }

  private mutating func offer(_ words: [String]) {
    self.words += words.filter { $0.hasPrefix(typed) }.map { stem + $0 }
  }

  /// A placeholder as in a usage line: `ROOM`, `DIR`, `always|everysec|no`. One that is not known is a text of its own.
  private mutating func expect(_ placeholder: String) {
    switch placeholder {
    case "ROOM": subject = .room
    case "USER": subject = .user
    case "DIR", "FILE", "PATH": subject = .path
    default: if placeholder.contains(where: \.isLowercase) { offer(placeholder.split(separator: "|").map(String.init)) }
    }
  }
}

/// The words before the cursor, read as far as they make sense: no error of theirs matters here.
private struct CommandLine {
  private let verbs: [AdminVerb]
  private let general: [Option]
  private var positionals: [String] = []
  private(set) var given: Set<String> = []
  /// The last word is an option whose value comes next.
  private(set) var optionWithoutValue: Option?
  /// False behind `--`.
  private(set) var isOptionAllowed = true

  init(_ words: [String], verbs: [AdminVerb], general: [Option]) {
    self.verbs = verbs
    self.general = general
    let known = general + verbs.flatMap(\.options)
    for word in words {
      if optionWithoutValue != nil {
        optionWithoutValue = nil
      } else if isOptionAllowed, word == "--" {
        isOptionAllowed = false
      } else if isOptionAllowed, word.hasPrefix("--") {
        let name = String(word.dropFirst(2).prefix { $0 != "=" })
        given.insert(name)
        if !word.contains("="), let option = known.first(where: { $0.name == name }), option.placeholder != nil {
          optionWithoutValue = option
        }
      } else if isOptionAllowed, let option = known.first(where: { $0.isGiven(byLetter: word) }) {
        given.insert(option.name)
      } else {
        positionals.append(word)
      }
    }
  }

  /// The verb whose whole name stands there.
  private var verb: AdminVerb? {
    guard let noun = positionals.first else { return nil }
    return verbs.first { $0.name == noun || positionals.count > 1 && $0.name == "\(noun) \(positionals[1])" }
  }

  var options: [Option] { general + (verb?.options ?? []) }

  /// What may come next that is part of a verb's name.
  var nextWords: [String] {
    if positionals.isEmpty { return nouns + ["help"] }
    let named = positionals[0] == "help" ? positionals.dropFirst() : positionals[...]
    guard let noun = named.first else { return nouns }
    guard named.count == 1 else { return [] }
    return verbs.filter { $0.noun == noun && $0.name != noun }.map { String($0.name.dropFirst(noun.count + 1)) }
  }

  private var nouns: [String] {
    verbs.reduce(into: []) { nouns, verb in if nouns.last != verb.noun { nouns.append(verb.noun) } }
  }

  /// What the verb itself says about its first argument, if that comes next.
  var nextSubject: Completion.Subject? {
    guard let verb, positionals.count == verb.name.split(separator: " ").count else { return nil }
    return verb.completes
  }

  /// What the usage of the verb calls the argument that comes next; one with dots behind it comes again and again.
  var nextOperand: String? {
    guard let verb else { return nil }
    let operands = verb.operands
    let index = positionals.count - verb.name.split(separator: " ").count
    if index < operands.count { return operands[index].trimmingDots }
    guard let last = operands.last, last != last.trimmingDots else { return nil }
    return last.trimmingDots
  }
}

extension AdminVerb {
  /// The placeholders of its usage that stand for arguments, in order, without brackets, options and their values.
  fileprivate var operands: [String] {
    var operands: [String] = []
    var isValue = false
    for part in arguments.split(whereSeparator: { " []()".contains($0) }).map(String.init) where part != "|" {
      if part.hasPrefix("--") {
        isValue = options.contains { "--\($0.name)" == part && $0.placeholder != nil }
      } else if isValue {
        isValue = false
      } else if !part.allSatisfy({ ".…".contains($0) }) {
        operands.append(part)
      } else if let last = operands.popLast() {
        operands.append(last + part)
      }
    }
    return operands
  }
}

extension String {
  fileprivate var trimmingDots: String { String(prefix { !".…".contains($0) }) }
}

extension Completion.Subject {
  /// What fits of the bans and mutes that the server lists.
  func names(in bans: [Restriction]) -> [String] {
    guard case .restricted(let kind, let isName) = self else { return [] }
    return bans.filter { ban in
      if case .addresses = ban.subject, isName { return false }
      return ban.kind == kind
    }.map(\.subject.description)
  }
}

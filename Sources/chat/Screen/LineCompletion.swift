import ChatProtocol
import Text

/// What the word before the cursor may become.
struct LineCompletion {
  struct Word: Equatable {
    var text: String
    /// What follows it where it is the only one.
    var ending = " "
  }

  /// More than these are not shown at once.
  static let shownMax = 60

  /// The word as far as it is typed.
  let typed: String
  let words: [Word]
  /// What the command takes, where there is nothing to choose from.
  let hint: String?

  init(_ text: String, names: KnownNames, user: Name?) {
    var parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let typed = parts.popLast() ?? ""
    self.typed = typed
    let before = parts.filter { !$0.isEmpty }
    guard text.hasPrefix("/"), !text.hasPrefix("//") else {
      // A name at the beginning of a message speaks to somebody.
      words = Self.users(names, but: user, typed).map { Word(text: $0, ending: before.isEmpty ? ": " : " ") }
      hint = nil
      return
    }
    guard let command = before.first else {
      let typedName = typed.dropFirst().lowercased()
      let found = CommandTable.all.flatMap { [$0.name] + $0.aliases }.filter { $0.hasPrefix(typedName) }
      words = found.sorted().map { Word(text: "/\($0)") }
      hint = words.isEmpty ? CommandTable.nearest(to: typedName).map { "Do you mean /\($0)?" } : nil
      return
    }
    guard let usage = CommandTable.usage(of: String(command.dropFirst())) else {
      words = []
      hint = CommandTable.nearest(to: String(command.dropFirst())).map { "Do you mean /\($0)?" }
      return
    }
    hint = usage.arguments.isEmpty ? "/\(usage.name) takes nothing more" : "\(usage.line): \(usage.summary)"
    words = Self.words(for: Self.argument(before.count - 1, of: usage), names, user, typed)
  }

  /// What stands there in the usage: `ROOM` of `ROOM [PASSWORD]`.
  private static func argument(_ index: Int, of usage: CommandUsage) -> [String] {
    // Words in brackets are one argument: `[PASSWORD | --open]`.
    var arguments: [[String]] = []
    var isBracketed = false
    for word in usage.arguments.split(separator: " ") {
      let name = String(word.filter { !"[]|".contains($0) })
      if isBracketed { arguments[arguments.count - 1].append(name) } else { arguments.append([name]) }
      isBracketed = (isBracketed || word.hasPrefix("[")) && !word.hasSuffix("]")
    }
    // A text takes the rest of the line.
    return index < arguments.count ? arguments[index] : arguments.last ?? []
  }

  private static func words(
    for arguments: [String], _ names: KnownNames, _ user: Name?, _ typed: String
  ) -> [Word] {
    arguments.flatMap { words(for: $0, names, user, typed) }
  }

  private static func words(for argument: String, _ names: KnownNames, _ user: Name?, _ typed: String) -> [Word] {
    switch argument {
    case "ROOM": matching(names.rooms.map(\.text), typed).sorted().map { Word(text: $0) }
    case "USER", "NAME": users(names, but: user, typed).map { Word(text: $0) }
    case "TEXT", "REASON", "TOPIC":
      typed.isEmpty ? [] : users(names, but: user, typed).map { Word(text: $0) }
    case "COMMAND": matching(CommandTable.all.map(\.name), typed).map { Word(text: $0) }
    case "text", "json": matching(["json", "text"], typed).map { Word(text: $0) }
    default: matching(argument.hasPrefix("--") ? [argument] : [], typed).map { Word(text: $0) }
    }
  }

  /// Who spoke last comes first.
  private static func users(_ names: KnownNames, but user: Name?, _ typed: String) -> [String] {
    let others = names.users.filter { $0 != user }.map(\.text)
    return typed.isEmpty ? Array(others.prefix(shownMax)) : matching(others, typed)
  }

  private static func matching(_ words: [String], _ typed: String) -> [String] {
    let typed = typed.lowercased()
    return words.filter { $0.lowercased().hasPrefix(typed) }
  }
}

import ChatProtocol
import Text

/// What the word before the cursor may become.
struct LineCompletion {
  struct Word: Equatable {
    var text: String
    /// What follows it where it is the only one.
    var ending = " "
    /// What is shown of it beside others; nil shows the text.
    var label: String?
  }

  /// More than these are not shown at once.
  static let shownMax = 60

  /// The word as far as it is typed.
  let typed: String
  let words: [Word]
  /// What the command takes, where there is nothing to choose from.
  let hint: String?

  /// `paths` gives the paths that go on as one that is typed does, folders with a slash at their end.
  init(_ text: String, names: KnownNames, user: Name?, paths: (String) -> [String] = { _ in [] }) {
    var parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let typed = parts.popLast() ?? ""
    let before = parts.filter { !$0.isEmpty }
    guard text.hasPrefix("/"), !text.hasPrefix("//") else {
      self.typed = typed
      hint = nil
      // A name at the beginning of a message speaks to somebody.
      let ending = before.isEmpty && !typed.hasPrefix("@") ? ": " : " "
      words = Self.mentioned(names, but: user, typed).map { Word(text: $0, ending: ending) }
      return
    }
    guard let command = before.first else {
      self.typed = typed
      let typedName = typed.dropFirst().lowercased()
      words = ClientCommands.words.filter { $0.hasPrefix(typedName) }.map { Word(text: "/\($0)") }
      hint = words.isEmpty ? ClientCommands.nearest(to: typedName).map { "Do you mean /\($0)?" } : nil
      return
    }
    guard let usage = ClientCommands.usage(of: String(command.dropFirst())) else {
      self.typed = typed
      words = []
      hint = ClientCommands.nearest(to: String(command.dropFirst())).map { "Do you mean /\($0)?" }
      return
    }
    hint = usage.arguments.isEmpty ? "/\(usage.name) takes nothing more" : "\(usage.line): \(usage.summary)"
    if let path = Self.path(in: text, of: usage) {
      self.typed = path
      words = paths(path).map { Word(text: $0, ending: $0.hasSuffix("/") ? "" : " ") }
    } else {
      self.typed = typed
      words = Self.words(for: Self.argument(before.count - 1, of: usage), names, user, typed)
    }
  }

  /// A path takes the rest of the line, spaces and all; nil where the cursor is not in one.
  private static func path(in text: String, of usage: CommandUsage) -> String? {
    let arguments = usage.arguments.split(separator: " ")
    guard arguments.last?.contains("PATH") == true else { return nil }
    var rest = text.drop { $0 == " " }
    // The command itself, and what comes before the path.
    for _ in 0..<arguments.count {
      rest = rest.drop { $0 != " " }
      if rest.isEmpty { return nil }
      rest = rest.drop { $0 == " " }
    }
    return String(rest)
  }

  /// What stands there in the usage: `ROOM` of `ROOM [PASSWORD]`.
  private static func argument(_ index: Int, of usage: CommandUsage) -> [String] {
    let arguments = usage.argumentNames
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
      typed.isEmpty ? [] : mentioned(names, but: user, typed).map { Word(text: $0) }
    case "COMMAND": matching(ClientCommands.words, typed).map { Word(text: $0) }
    case "ID":
      names.files.filter { "\($0.id)".hasPrefix(typed) }.map { Word(text: "\($0.id)", label: "\($0.id) \($0.name)") }
    case "text", "json": matching(["json", "text"], typed).map { Word(text: $0) }
    default: matching(argument.hasPrefix("--") ? [argument] : [], typed).map { Word(text: $0) }
    }
  }

  /// Who spoke last comes first.
  private static func users(_ names: KnownNames, but user: Name?, _ typed: String) -> [String] {
    let others = names.users.filter { $0 != user }.map(\.text)
    return typed.isEmpty ? Array(others.prefix(shownMax)) : matching(others, typed)
  }

  /// Within a text, where a name may have an `@` before it.
  private static func mentioned(_ names: KnownNames, but user: Name?, _ typed: String) -> [String] {
    guard typed.hasPrefix("@") else { return users(names, but: user, typed) }
    return users(names, but: user, String(typed.dropFirst())).map { "@\($0)" }
  }

  private static func matching(_ words: [String], _ typed: String) -> [String] {
    let typed = typed.lowercased()
    return words.filter { $0.lowercased().hasPrefix(typed) }
  }
}

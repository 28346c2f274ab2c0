import ChatProtocol
import Text

/// Completes the word before the cursor.
struct LineCompletion {
  struct Word: Equatable {
    var text: String
    /// Follows the word if it is the only one.
    var ending = " "
    /// The form in a list of several; nil for the text.
    var label: String?
  }

  /// The longest list of words.
  static let shownMax = 60

  /// The typed beginning of the word.
  let typed: String
  let words: [Word]
  /// The command's usage, if there is no word to choose from.
  let hint: String?

  /// `paths` completes a path; folders end with a slash.
  init(_ text: String, names: KnownNames, user: Name?, paths: (String) -> [String] = { _ in [] }) {
    var parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let typed = parts.popLast() ?? ""
    let before = parts.filter { !$0.isEmpty }
    guard text.hasPrefix("/"), !text.hasPrefix("//") else {
      self.typed = typed
      hint = nil
      // A name at the beginning of a message addresses that user.
      let ending = before.isEmpty && !typed.hasPrefix("@") ? ": " : " "
      words = Self.mentioned(names, but: user, typed).map { Word(text: $0, ending: ending) }
      return
    }
    guard let command = before.first else {
      self.typed = typed
      let typedName = typed.dropFirst().lowercased()
      words = ClientCommands.words.filter { $0.hasPrefix(typedName) }.map { Word(text: "/\($0)") }
      hint = words.isEmpty ? ClientCommands.nearest(to: typedName).map { "Did you mean /\($0)?" } : nil
      return
    }
    guard let usage = ClientCommands.usage(of: String(command.dropFirst())) else {
      self.typed = typed
      words = []
      hint = ClientCommands.nearest(to: String(command.dropFirst())).map { "Did you mean /\($0)?" }
      return
    }
    hint = usage.arguments.isEmpty ? "/\(usage.name) takes no more arguments" : "\(usage.line): \(usage.summary)"
    if let path = Self.path(in: text, of: usage) {
      self.typed = path
      words = paths(path).map { Word(text: $0, ending: $0.hasSuffix("/") ? "" : " ") }
    } else {
      self.typed = typed
      words = Self.words(for: Self.argument(before.count - 1, of: usage), names, user, typed)
    }
  }

  /// The beginning of a path, which is the rest of the line, spaces included; nil if the cursor is not in one.
  private static func path(in text: String, of usage: CommandUsage) -> String? {
    let arguments = usage.arguments.split(separator: " ")
    guard arguments.last?.contains("PATH") == true else { return nil }
    var rest = text.drop { $0 == " " }
    // Skips the command and the arguments before the path.
    for _ in 0..<arguments.count {
      rest = rest.drop { $0 != " " }
      if rest.isEmpty { return nil }
      rest = rest.drop { $0 == " " }
    }
    return String(rest)
  }

  /// The argument's names in the usage: `ROOM` of `ROOM [PASSWORD]`.
  private static func argument(_ index: Int, of usage: CommandUsage) -> [String] {
    let arguments = usage.argumentNames
    // The last argument takes the rest of the line.
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
    case "ROOM-or-USER": words(for: "ROOM", names, user, typed) + words(for: "USER", names, user, typed)
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

  /// The latest speaker first.
  private static func users(_ names: KnownNames, but user: Name?, _ typed: String) -> [String] {
    let others = names.users.filter { $0 != user }.map(\.text)
    return typed.isEmpty ? Array(others.prefix(shownMax)) : matching(others, typed)
  }

  /// In a text, where a name may follow an `@`.
  private static func mentioned(_ names: KnownNames, but user: Name?, _ typed: String) -> [String] {
    guard typed.hasPrefix("@") else { return users(names, but: user, typed) }
    return users(names, but: user, String(typed.dropFirst())).map { "@\($0)" }
  }

  private static func matching(_ words: [String], _ typed: String) -> [String] {
    let typed = typed.lowercased()
    return words.filter { $0.lowercased().hasPrefix(typed) }
  }
}

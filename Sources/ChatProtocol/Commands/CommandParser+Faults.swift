import Text

extension CommandParser {
  static let emptyLine = CommandError(
    command: CommandTable.messageCommand, code: .emptyLine, message: "The line is empty. Type a message, or /help.")

  /// Repeats the word only where it can be nothing but a mistyped command: in anything else a password may hide, as in
  /// `/login,alice,secret`.
  static func unknownCommand(_ word: Span<UInt8>) -> CommandError {
    let text = CleanText.string(from: word)
    guard CommandTable.isPlainWord(text) else {
      return CommandError(
        command: CommandTable.messageCommand, code: .unknownCommand, message: CommandTable.sentence(forUnknown: text))
    }
    return CommandError(
      command: text.lowercased(), code: .unknownCommand, message: CommandTable.sentence(forUnknown: text))
  }
}

extension CommandTable {
  /// A word of letters alone, not much longer than a command.
  static func isPlainWord(_ word: String) -> Bool {
    (1...wordLengthMax + 2).contains(word.utf8.count)
      && word.utf8.allSatisfy { $0.isASCIILetterOrDigit && !$0.isASCIIDigit }
  }

  static func sentence(forUnknown word: String) -> String {
    guard isPlainWord(word) else {
      return "There is no such command. /help lists them; a message that begins with a slash is typed with two."
    }
    if let hint = hints[word.lowercased()] { return "There is no command /\(word.lowercased()). \(hint)" }
    let suggestion = nearest(to: word).map { " Did you mean /\($0)?" } ?? ""
    return "There is no command /\(word.lowercased()).\(suggestion) /help lists them."
  }
}

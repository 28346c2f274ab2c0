import Text

/// Parses a line into a command. The same in every dialect.
package enum CommandParser {
  /// `line` has no LF. A CR at its end is dropped, and so is a byte-order mark at its beginning: some editors
  /// begin a file with one. Telnet's commands are removed.
  ///
  /// A line that begins with `/` is a command, one that begins with `//` a message without the first slash, and any
  /// other line a message as it is.
  package static func parse(_ line: Span<UInt8>) -> Result<Command, CommandError> {
    if TelnetBytes.mayOccur(in: line) { return parse(text: TelnetBytes.removed(from: line).span) }
    return parse(text: line)
  }

  private static func parse(text line: Span<UInt8>) -> Result<Command, CommandError> {
    let endsInCR = !line.isEmpty && line[line.count - 1] == UInt8(ascii: "\r")
    let line = line.extracting(line.byteOrderMarkCount..<line.count - (endsInCR ? 1 : 0))
    guard !line.isEmpty else { return .failure(emptyLine) }
    guard line[0] == UInt8(ascii: "/") else {
      let text = CleanText.string(from: line)
      if line[0].isBlank || line[0] >= 0x80, CleanText.isBlank(text) { return .failure(emptyLine) }
      return .success(.message(text))
    }
    if line.count > 1, line[1] == UInt8(ascii: "/") {
      return .success(.message(CleanText.string(from: line.extracting(1...))))
    }
    do {
      return .success(try command(line))
    } catch {
      return .failure(error)
    }
  }

  /// The error for a line that is longer than `limit` bytes, of which only the beginning is known.
  package static func tooLong(prefix: Span<UInt8>, limit: Int) -> CommandError {
    let isCommand = !prefix.isEmpty && prefix[0] == UInt8(ascii: "/")
    let definition = isCommand ? CommandTable.definition(of: word(of: prefix).text) : nil
    return CommandError(
      command: (definition ?? .message).answeredAs, code: .lineTooLong,
      message: "The line is longer than \(limit) bytes. Split it into shorter lines.")
  }

  private static func command(_ line: Span<UInt8>) throws(CommandError) -> Command {
    let (word, end) = word(of: line)
    guard let definition = CommandTable.definition(of: word) else { throw unknownCommand(word) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(line.count - end)
    for index in end..<line.count { bytes.append(line[index]) }
    var arguments = ArgumentReader(of: definition, bytes)
    let command = try definition.read(&arguments)
    try arguments.end()
    return command
  }

  /// The word after the slash, and where it ends.
  private static func word(of line: Span<UInt8>) -> (text: String, end: Int) {
    var end = 1
    while end < line.count, !line[end].isBlank { end += 1 }
    return (CleanText.string(from: line.extracting(1..<end)), end)
  }

  private static let emptyLine = CommandError(
    command: CommandDefinition.message.answeredAs, code: .emptyLine,
    message: "The line is empty. Type a message, or /help.")

  private static func unknownCommand(_ word: String) -> CommandError {
    CommandError(
      command: CommandTable.isPlainWord(word) ? word.lowercased() : CommandDefinition.message.answeredAs,
      code: .unknownCommand, message: CommandTable.message(forUnknown: word))
  }
}

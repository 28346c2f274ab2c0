import Text

/// Makes of a line what its sender asks for. The same in every dialect.
package enum CommandParser {
  /// `line` comes without its LF; a CR at its end is dropped, and a byte-order mark at its beginning: a file that some editors
  /// write begins with one, and so may any line where files are put together.
  ///
  /// A line that begins with `/` is a command, one that begins with `//` a message with the first slash taken away,
  /// and any other line a message as it stands. What Telnet puts in between is taken away before.
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

  /// The fault for a line that is longer than `limit` bytes, of which only the beginning is known.
  package static func tooLong(prefix: Span<UInt8>, limit: Int) -> CommandError {
    let definition =
      prefix.isEmpty || prefix[0] != UInt8(ascii: "/") ? nil : definition(in: prefix, to: wordEnd(prefix))
    return CommandError(
      command: definition?.answeredAs ?? CommandTable.messageCommand, code: .lineTooLong,
      message: "The line is longer than \(limit) bytes. Send it in shorter ones.")
  }

  private static func command(_ line: Span<UInt8>) throws(CommandError) -> Command {
    let end = wordEnd(line)
    guard let definition = definition(in: line, to: end) else { throw unknownCommand(line.extracting(1..<end)) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(line.count - end)
    for index in end..<line.count { bytes.append(line[index]) }
    var arguments = ArgumentReader(of: definition, bytes)
    let command = try definition.read(&arguments)
    try arguments.end()
    return command
  }

  /// Where the word after the slash ends.
  private static func wordEnd(_ line: Span<UInt8>) -> Int {
    var end = 1
    while end < line.count, !line[end].isBlank { end += 1 }
    return end
  }

  private static func definition(in line: Span<UInt8>, to end: Int) -> CommandDefinition? {
    CommandTable.definition(of: CleanText.string(from: line.extracting(1..<end)))
  }

}

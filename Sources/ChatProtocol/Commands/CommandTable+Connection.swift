extension CommandTable {
  /// The connection itself.
  static let connection: [CommandDefinition] = [
    CommandDefinition(
      "format", "text|json", "choose what the server's lines look like",
      explanation: """
        text is for people; json, one object a line, is for programs. Commands are
        the same in both.
        """
    ) { arguments throws(CommandError) in
      guard let dialect = Dialect(rawValue: try arguments.word().lowercased()) else {
        throw arguments.fault(.badFormat, "There are two formats: /format text and /format json.")
      }
      return .format(dialect)
    },
    CommandDefinition(
      "ping", "[TOKEN]", "ask for an answer, with the token in it"
    ) { arguments in
      .ping(arguments.optionalWord())
    },
    CommandDefinition(
      "help", "[COMMAND]", "list the commands, or explain one"
    ) { arguments throws(CommandError) in
      try help(&arguments)
    },
    CommandDefinition("quit", "", "close the connection") { _ in .quit },
  ]

  /// Names the command as the table does, so that whoever answers finds it there.
  private static func help(_ arguments: inout ArgumentReader) throws(CommandError) -> Command {
    guard let typed = arguments.optionalWord() else { return .help(nil) }
    let word = typed.hasPrefix("/") ? String(typed.dropFirst()) : typed
    guard let usage = CommandTable.usage(of: word) else {
      throw arguments.fault(.unknownCommand, CommandTable.sentence(forUnknown: word))
    }
    return .help(usage.name)
  }
}

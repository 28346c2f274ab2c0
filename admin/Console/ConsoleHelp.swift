extension Help {
  /// What `help` says in a console.
  static var console: [String] {
    ["Commands:"] + summaries(AdminVerb.all)
      + [
        "", "With a command: --json for the answer as one JSON document, --help for more about it.",
        "help COMMAND shows it with an example; quit, exit or Ctrl-D leaves.",
        "A text of several words stands in quotes. A line that begins with a space is not kept in the history.",
      ]
  }
}

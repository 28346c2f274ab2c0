import Terminal

/// What `--help` prints, at every level; it is made from the rows of `AdminVerb` and `Option`.
enum Help {
  static func lines(_ topic: HelpTopic) -> [String] {
    switch topic {
    case .program: program
    case .commands(let verbs): verbs.count == 1 ? lines(of: verbs[0]) : lines(ofAll: verbs)
    }
  }

  private static var program: [String] {
    ["Operates a running chat server over its control socket.", "", "Usage: chat-admin [OPTION …] [COMMAND]", ""]
      + ["Commands:"] + summaries(AdminVerb.all) + ["", "Options, anywhere on the line:"]
      + options(Option.general)
      + ["", "For shell completion, as the first option:"] + options([.complete])
      + [
        "", "Example:", "  chat-admin rooms create ops --open", "",
        "'chat-admin COMMAND --help' shows a command with an example. Times are local; with --json they are UTC.", "",
        "Without a command, chat-admin is a console with line editing, history and Tab completion. If standard",
        "input is not a terminal, it reads commands from there, one a line.", "",
        "Exit statuses (sysexits):",
      ] + columns(ExitStatus.allCases.map { ("\($0.rawValue)", $0.help) })
  }

  private static func lines(ofAll verbs: [AdminVerb]) -> [String] {
    let noun = verbs[0].noun
    return ["Usage: chat-admin \(noun) VERB", "", "Verbs:"] + summaries(verbs)
      + ["", "Example:"] + example(of: verbs[0])
      + ["", "See also: 'chat-admin \(noun) VERB --help', 'chat-admin --help'."]
  }

  private static func lines(of verb: AdminVerb) -> [String] {
    var lines = [verb.summary, "", "Usage: \(verb.usage)"]
    if !verb.details.isEmpty { lines += [""] + verb.details.split(separator: "\n").map(String.init) }
    if !verb.options.isEmpty { lines += ["", "Options:"] + options(verb.options) }
    return lines + ["", "Example:"] + example(of: verb)
      + ["", "'chat-admin --help' lists the general options and the exit statuses."]
  }

  /// What `help` prints in a console.
  static var console: [String] {
    ["Commands:"] + summaries(AdminVerb.all)
      + [
        "", "Every command takes --json (print the answer as JSON) and --help (show its help with an example).",
        "help COMMAND also shows that help. quit, exit or Ctrl-D leaves the console.",
        "Put a text of several words in quotes. A line that begins with a space is not saved in the history.",
      ]
  }

  private static func summaries(_ verbs: [AdminVerb]) -> [String] {
    columns(verbs.map { ($0.arguments.isEmpty ? $0.name : "\($0.name) \($0.arguments)", $0.summary) })
  }

  private static func example(of verb: AdminVerb) -> [String] {
    verb.example.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" }
  }

  private static func options(_ options: [Option]) -> [String] {
    columns(
      options.map { option in
        let letter = option.letter.map { "-\($0), " } ?? ""
        return ("\(letter)--\(option.name)" + (option.placeholder.map { " \($0)" } ?? ""), option.summary)
      })
  }

  /// Two columns. A left cell that is very long has a line of its own, so that it does not widen the column.
  private static func columns(_ rows: [(String, String)]) -> [String] {
    let widthOfLong = 46
    let widths = rows.map(\.0.displayWidth)
    let width = widths.filter { $0 <= widthOfLong }.max() ?? widths.max() ?? 0
    return rows.flatMap { left, right in
      left.displayWidth > width
        ? ["  \(left)", "  \("".padded(toColumns: width))  \(right)"]
        : ["  \(left.padded(toColumns: width))  \(right)"]
    }
  }
}

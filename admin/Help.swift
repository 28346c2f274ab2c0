import Terminal

/// What `--help` says, at every level; it is made of the verbs, so it lists them all.
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
      + ["", "For the completion of shells, as the first option:"] + options([.complete])
      + [
        "", "Example:", "  chat-admin rooms create ops --open", "",
        "'chat-admin COMMAND --help' shows a command with an example. Times are local; with --json they are in UTC.",
        "",
        "Without a command: a console, with line editing, history and Tab; or, where standard input is no terminal,",
        "the commands that it holds, one a line.", "",
        "Exit statuses (sysexits):",
      ] + statuses
  }

  private static func lines(ofAll verbs: [AdminVerb]) -> [String] {
    let noun = verbs[0].noun
    return ["Usage: chat-admin \(noun) VERB", "", "Verbs:"] + summaries(verbs)
      + ["", "Example:"] + example(of: verbs[0])
      + ["", "'chat-admin \(noun) VERB --help' shows a verb with its options, 'chat-admin --help' the rest."]
  }

  private static func lines(of verb: AdminVerb) -> [String] {
    var lines = [verb.summary, "", "Usage: \(verb.usage)"]
    if !verb.explanation.isEmpty { lines += [""] + verb.explanation.split(separator: "\n").map(String.init) }
    if !verb.options.isEmpty { lines += ["", "Options:"] + options(verb.options) }
    return lines + ["", "Example:"] + example(of: verb)
      + ["", "'chat-admin --help' lists the options that go with every command, and the exit statuses."]
  }

  static func summaries(_ verbs: [AdminVerb]) -> [String] {
    columns(verbs.map { ($0.arguments.isEmpty ? $0.name : "\($0.name) \($0.arguments)", $0.summary) })
  }

  private static func example(of verb: AdminVerb) -> [String] {
    verb.example.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" }
  }

  private static func options(_ options: [Option]) -> [String] {
    columns(
      options.map { option in
        let value = option.placeholder.map { " \($0)" } ?? ""
        let letter = option.letter.map { "-\($0), " } ?? ""
        return ("\(letter)--\(option.name)\(value)", meaning(of: option))
      })
  }

  private static func meaning(of option: Option) -> String {
    switch option {
    case .data: "the server's data folder; data if not given"
    case .control: "the server's control socket, where it is not DIR/control.sock"
    case .json: "print the answer as one JSON document on one line"
    case .help: "show this"
    case .version: "show the version"
    case .complete: "print what may stand in the place of the last WORD, one a line; / is a path"
    case .open: "let everybody in"
    case .passwordFromStandardInput: "read the password from standard input, one line"
    case .force: "take over also an edit that drops more than half of the accounts or rooms"
    case .dryRun: "tell what would be done, and do nothing"
    case .yes: "do it without asking; off a terminal nothing is asked anyway"
    case .user: "say it to this user alone"
    case .everybody: "say it to everybody"
    case .topic: "what the room is about"
    case .noTopic: "take the topic away"
    case .owner: "give the room to this account"
    case .noOwner: "take the room from its owner: operators rule it"
    case .generatePassword: "lock the room with a password that is made up and printed, this once"
    case .email: "the account's e-mail address, with which one may log in too"
    case .noEmail: "take the e-mail address away"
    case .role: "user, or operator, who has the owner's rights in every room"
    case .generate: "make a password up and print it, this once"
    case .follow: "go on with what comes"
    case .since: "from this time on, or after this id"
    case .until: "before this time, or up to this id"
    case .from: "only what names this user as from, user or by"
    case .grep: "only what holds this text, in any case"
    case .last: "only the last so many of what stands there"
    case .room: "only what names this room"
    case .event: "only this event, the second word of a line"
    case .duration: "how long: 30s, 10m, 2h, 7d, 4w, or 1d12h; until it is lifted if not given"
    case .reason: "what the people concerned are told"
    case .once: "look once, and leave what was seen on the screen"
    case .count: "end after so many looks"
    case .interval: "seconds from one look to the next; 1 if not given"
    default: preconditionFailure("--\(option.name) has no meaning yet")
    }
  }

  private static var statuses: [String] {
    columns(ExitStatus.allCases.map { ("\($0.rawValue)", $0.meaning) })
  }

  /// A cell that is very long has its line alone, so that it does not push all others aside.
  private static func columns(_ rows: [(String, String)]) -> [String] {
    let widths = rows.map(\.0.displayWidth)
    let width = widths.filter { $0 <= columnsOfLong }.max() ?? widths.max() ?? 0
    return rows.flatMap { left, right in
      left.displayWidth > width
        ? ["  \(left)", "  \("".padded(toColumns: width))  \(right)"]
        : ["  \(left.padded(toColumns: width))  \(right)"]
    }
  }

  private static let columnsOfLong = 46
}

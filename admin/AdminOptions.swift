import ChatProtocol
import Terminal
import Text

/// The action of a command line.
enum AdminCommand: Equatable {
  /// The command line names no command.
  case none
  case help(HelpTopic)
  case version
  /// `--complete WORD…`: candidates for the last word.
  case complete(typed: String, after: [String])
  case request(ControlRequest)
  /// A request that sets a password, which is read once the rest of the command line is known to be right.
  case requestWithPassword(ControlRequest)
  case top(TopOptions)
  /// Back up the running server to a file, `-` for standard output.
  case backup(file: String)
  /// Restore a backup into a folder that no server uses.
  case restore(file: String)
}

/// The subject of `--help`.
enum HelpTopic: Equatable {
  case program
  /// One verb, or all of a noun.
  case commands([AdminVerb])
}

/// A command line of `chat-admin`, parsed.
struct AdminOptions: Equatable {
  var location: ServerLocation
  /// Print the answer as JSON.
  var json = false
  /// Skip the question before actions that cannot be undone.
  var assumesYes = false
  var command: AdminCommand

  init(parsing list: [String]) throws(AdminError) {
    if list.first == "--\(Option.complete.name)" {
      let before = Array(list.dropFirst().dropLast())
      // A line that is still being typed has no errors yet.
      let arguments = try? Arguments(parsing: before, options: Option.all)
      location = arguments.flatMap { try? Self.location($0) } ?? .standard
      command = .complete(typed: list.count > 1 ? list[list.count - 1] : "", after: before)
      return
    }
    let arguments = try Self.usage { () throws(UsageError) in try Arguments(parsing: list, options: Option.all) }
    location = try Self.location(arguments)
    json = arguments.flag(Option.json.name)
    assumesYes = arguments.flag(Option.yes.name)
    command = try Self.command(arguments)
  }

  private static func usage<Value>(_ body: () throws(UsageError) -> Value) throws(AdminError) -> Value {
    do throws(UsageError) { return try body() } catch { throw AdminError(.usage, error.description) }
  }

  private static func location(_ arguments: Arguments) throws(AdminError) -> ServerLocation {
    switch (arguments.value(Option.data.name), arguments.value(Option.control.name)) {
    case (nil, nil): return .standard
    case ("", _), (_, ""): throw AdminError(.usage, "--data and --control need a path; see chat-admin --help")
    case (let folder?, nil): return .data(folder: folder)
    case (nil, let path?): return .control(path: path)
    case (_?, _?): throw AdminError(.usage, "--data and --control both name the server; give one of them")
    }
  }

  private static func command(_ arguments: Arguments) throws(AdminError) -> AdminCommand {
    let words = arguments.positionals
    if words.first == "help" { return .help(try topic(words.dropFirst(), isWholeLine: true)) }
    if arguments.flag(Option.help.name) { return .help(try topic(words[...])) }
    let isVersion = try usage { () throws(UsageError) in try arguments.flagAlone(Option.version.name) }
    if isVersion { return .version }
    guard let noun = words.first else { return .none }
    let verb = try verb(noun, words.dropFirst().first)
    try usage { () throws(UsageError) in
      try arguments.requireOptions((Option.general + verb.options).map(\.name), of: "'\(verb.name)'")
    }
    for group in verb.optionGroups {
      let given = group.filter { arguments.given.contains($0.name) }.map { "--\($0.name)" }
      if given.count > 1 {
        throw AdminError(.usage, "\(given.joined(separator: " and ")) exclude each other; give one of them")
      }
    }
    var rest = VerbArguments(of: verb, arguments, operands: words.dropFirst(verb.word == nil ? 1 : 2))
    let command = try verb.read(&rest)
    try rest.finish()
    guard arguments.flag(Option.dryRun.name), case .request(let request) = command else { return command }
    return .request(.dryRun(request))
  }

  private static func verb(_ noun: String, _ word: String?) throws(AdminError) -> AdminVerb {
    let verbs = try verbs(of: noun)
    if let verb = verbs.first, verb.word == nil { return verb }
    let words = verbs.compactMap(\.word)
    let all = words.joined(separator: ", ")
    guard let word else {
      throw AdminError(.usage, "'\(noun)' needs one of: \(all); see chat-admin \(noun) --help")
    }
    guard let index = words.firstIndex(of: word) else {
      let suggestion = Spelling.nearest(to: word, among: words).map { "; did you mean '\(noun) \($0)'?" } ?? ""
      throw AdminError(.usage, "unknown command '\(noun) \(word)'; '\(noun)' takes one of: \(all)\(suggestion)")
    }
    return verbs[index]
  }

  private static func verbs(of noun: String) throws(AdminError) -> [AdminVerb] {
    let verbs = AdminVerb.all.filter { $0.noun == noun }
    guard verbs.isEmpty else { return verbs }
    let suggestion = Spelling.nearest(to: noun, among: AdminVerb.nouns).map { "did you mean '\($0)'? See" } ?? "see"
    throw AdminError(.usage, "unknown command '\(noun)'; \(suggestion) chat-admin --help")
  }

  /// `isWholeLine`: the words are the name of a command and nothing else; `--help` may also follow a whole command.
  private static func topic(_ words: ArraySlice<String>, isWholeLine: Bool = false) throws(AdminError) -> HelpTopic {
    guard let noun = words.first else { return .program }
    let verbs = try verbs(of: noun)
    let length = verbs[0].word == nil ? 1 : 2
    if isWholeLine, let extra = words.dropFirst(length).first {
      throw AdminError(.usage, UsageError.unexpectedArgument(extra).description)
    }
    guard length == 2, let word = words.dropFirst().first else { return .commands(verbs) }
    return .commands([try verb(noun, word)])
  }
}

extension Option {
  static let data = Option.value("data", "DIR", summary: "the server's data folder (default: data)")
  static let control = Option.value(
    "control", "PATH", summary: "the server's control socket, if it is not DIR/control.sock")
  static let json = Option.flag("json", summary: "print the answer as one JSON document on one line")
  static let help = Option.flag("help", letter: "h", summary: "show this help")
  static let version = Option.flag("version", summary: "show the version")
  /// Only as the first word: everything after it is a line that is being typed.
  static let complete = Option.value(
    "complete", "WORD…", summary: "print candidates for the last WORD, one a line; / means a path")

  static let dryRun = Option.flag("dry-run", summary: "show what the command would do, without doing it")
  static let yes = Option.flag("yes", summary: "do not ask for confirmation (a terminal asks, a script does not)")
  static let reason = Option.value("reason", "TEXT", summary: "the reason, shown to the users concerned")
  static let duration = Option.value(
    "for", "TIME", summary: "how long: 30s, 10m, 2h, 7d, 4w, 1d12h (default: until lifted)")
  static let open = Option.flag("open", summary: "no password: everyone may join")
  static let passwordFromStandardInput = Option.flag(
    "password-stdin", summary: "read the password from standard input, one line")
  static let generatePassword = Option.flag(
    "generate-password", summary: "lock the room with a generated password, printed once")
  static let topic = Option.value("topic", "TEXT", summary: "set the topic")
  static let noTopic = Option.flag("no-topic", summary: "remove the topic")
  static let owner = Option.value("owner", "USER", summary: "make this account the owner")
  static let noOwner = Option.flag("no-owner", summary: "remove the owner; operators manage the room")
  static let email = Option.value(
    "email", "ADDRESS", summary: "the account's e-mail address, which also works as a login name")
  static let noEmail = Option.flag("no-email", summary: "remove the e-mail address")
  static let role = Option.value(
    "role", "user|operator", summary: "user, or operator with the owner's rights in every room")
  static let generate = Option.flag("generate", summary: "generate a password and print it once")
  static let user = Option.value("user", "USER", summary: "send it to this user only")
  static let everyone = Option.flag("all", summary: "send it to every connected user")
  static let follow = Option.flag("follow", letter: "f", summary: "keep printing new lines as they are written")
  static let since = Option.value("since", "T", summary: "from this time on, or after this id")
  static let until = Option.value("until", "T", summary: "before this time, or up to this id")
  static let from = Option.value("from", "USER", summary: "only lines that name this user as from, user or by")
  static let grep = Option.value("grep", "TEXT", summary: "only lines that contain this text, in upper or lower case")
  static let last = Option.value("last", "N", summary: "only the last N lines")
  static let room = Option.value("room", "ROOM", summary: "only lines that name this room")
  static let event = Option.value("event", "NAME", summary: "only this event, the second word of a log line")
  static let once = Option.flag("once", summary: "print one reading and exit")
  static let count = Option.value("count", "N", summary: "exit after N readings")
  static let interval = Option.value("interval", "S", summary: "seconds between readings (default: 1)")
  static let force = Option.flag(
    "force", summary: "apply an edit even if it removes more than half of the accounts or rooms")

  /// The options of every command.
  static let general = [data, control, json, help, version]
  /// The options of any verb too.
  static let all = AdminVerb.all.flatMap(\.options).reduce(into: general + [complete]) { all, option in
    if !all.contains(option) { all.append(option) }
  }
}

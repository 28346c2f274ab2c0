import ChatProtocol
import Terminal
import Text

/// A command line of `chat-admin`, understood.
struct AdminOptions: Equatable {
  var place: ServerPlace
  /// Whether the answer is to be a JSON document.
  var json: Bool
  /// What cannot be undone is done without asking.
  var isSure: Bool
  var command: AdminCommand

  init(parsing list: [String]) throws(AdminError) {
    if list.first == "--\(Option.complete.name)" {
      let before = Array(list.dropFirst().dropLast())
      place = AdminOptions.place(typed: before)
      json = false
      isSure = false
      command = .complete(typed: list.count > 1 ? list[list.count - 1] : "", after: before)
      return
    }
    let arguments: Arguments
    do throws(UsageError) {
      arguments = try Arguments(parsing: list, options: Option.all)
    } catch {
      throw AdminError(.usage, error.description)
    }
    place = try AdminOptions.place(arguments)
    json = arguments.flag(Option.json.name)
    isSure = arguments.flag(Option.yes.name)
    command = try AdminOptions.command(arguments)
  }

  /// Of a line that is still being typed nothing is wrong yet.
  private static func place(typed words: [String]) -> ServerPlace {
    guard let arguments = try? Arguments(parsing: words, options: Option.all) else { return .standard }
    return (try? place(arguments)) ?? .standard
  }

  private static func place(_ arguments: Arguments) throws(AdminError) -> ServerPlace {
    switch (arguments.value(Option.data.name), arguments.value(Option.control.name)) {
    case (nil, nil): return .standard
    case ("", _), (_, ""): throw AdminError(.usage, "--data and --control need a path; see chat-admin --help")
    case (let folder?, nil): return .data(folder: folder)
    case (nil, let path?): return .control(path: path)
    case (_?, _?): throw AdminError(.usage, "--data and --control both say which server: give one of them")
    }
  }

  private static func command(_ arguments: Arguments) throws(AdminError) -> AdminCommand {
    let words = arguments.positionals
    if words.first == "help" { return .help(try topic(words.dropFirst(), isWhole: true)) }
    if arguments.flag(Option.help.name) { return .help(try topic(words[...])) }
    do throws(UsageError) {
      if try arguments.flagAlone(Option.version.name) { return .version }
    } catch {
      throw AdminError(.usage, error.description)
    }
    guard let noun = words.first else { return .none }
    let verb = try verb(noun, words.dropFirst().first)
    do throws(UsageError) {
      try arguments.requireOptions((Option.general + verb.options).map(\.name), of: "'\(verb.name)'")
    } catch {
      throw AdminError(.usage, error.description)
    }
    let operands = words.dropFirst(verb.name == verb.noun ? 1 : 2)
    var rest = VerbArguments(of: verb, arguments, operands: operands)
    let command = try verb.read(&rest)
    try rest.end()
    guard arguments.flag(Option.dryRun.name), case .request(let request) = command else { return command }
    if arguments.flag(Option.yes.name) {
      throw AdminError(
        .usage, "--dry-run changes nothing, so that there is nothing to say --yes to: give one of them")
    }
    return .request(.dryRun(request))
  }

  private static func verb(_ noun: String, _ word: String?) throws(AdminError) -> AdminVerb {
    let verbs = try verbs(of: noun)
    if let verb = verbs.first(where: { $0.name == noun }) { return verb }
    let words = verbs.map { String($0.name.dropFirst(noun.count + 1)) }
    let all = words.joined(separator: ", ")
    guard let word else {
      throw AdminError(.usage, "say what to do with \(noun): \(all); 'chat-admin \(noun) --help' tells more")
    }
    guard let index = words.firstIndex(of: word) else {
      let meant = Spelling.nearest(to: word, among: words).map { "; did you mean '\(noun) \($0)'?" } ?? "."
      throw AdminError(.usage, "\(noun) has no '\(word)', only \(all)\(meant)")
    }
    return verbs[index]
  }

  private static func verbs(of noun: String) throws(AdminError) -> [AdminVerb] {
    let verbs = AdminVerb.all(of: noun)
    guard verbs.isEmpty else { return verbs }
    let meant = Spelling.nearest(to: noun, among: AdminVerb.nouns).map { "; did you mean '\($0)'?" } ?? "."
    let all = AdminVerb.nouns.joined(separator: ", ")
    throw AdminError(.usage, "there is no command '\(noun)', only \(all)\(meant) See chat-admin --help")
  }

  /// `isWhole`: the words are a command's name and nothing else. Behind a command that was typed out, `--help` asks about it.
  private static func topic(_ words: ArraySlice<String>, isWhole: Bool = false) throws(AdminError) -> HelpTopic {
    guard let noun = words.first else { return .program }
    let verbs = try verbs(of: noun)
    let length = verbs[0].name == noun ? 1 : 2
    if isWhole, let extra = words.dropFirst(length).first {
      throw AdminError(.usage, UsageError.unexpectedArgument(extra).description)
    }
    guard length == 2, let word = words.dropFirst().first else { return .commands(verbs) }
    return .commands([try verb(noun, word)])
  }
}

extension Option {
  static let data = Option.value("data", "DIR")
  static let control = Option.value("control", "PATH")
  static let json = Option.flag("json")
  static let help = Option.flag("help", letter: "h")
  static let version = Option.flag("version")
  static let open = Option.flag("open")
  static let passwordFromStandardInput = Option.flag("password-stdin")
  static let force = Option.flag("force")
  static let dryRun = Option.flag("dry-run")
  static let yes = Option.flag("yes")
  static let user = Option.value("user", "USER")
  static let everybody = Option.flag("all")
  static let topic = Option.value("topic", "TEXT")
  static let noTopic = Option.flag("no-topic")
  static let owner = Option.value("owner", "USER")
  static let noOwner = Option.flag("no-owner")
  static let generatePassword = Option.flag("generate-password")
  static let email = Option.value("email", "ADDRESS")
  static let noEmail = Option.flag("no-email")
  static let role = Option.value("role", "user|operator")
  static let generate = Option.flag("generate")
  static let follow = Option.flag("follow", letter: "f")
  static let since = Option.value("since", "T")
  static let until = Option.value("until", "T")
  static let from = Option.value("from", "USER")
  static let grep = Option.value("grep", "TEXT")
  static let last = Option.value("last", "N")
  static let room = Option.value("room", "ROOM")
  static let event = Option.value("event", "NAME")
  static let reason = Option.value("reason", "TEXT")
  static let once = Option.flag("once")
  static let count = Option.value("count", "N")
  static let interval = Option.value("interval", "S")
  static let duration = Option.value("for", "TIME")

  /// Those that go with every command.
  static let general = [data, control, json, help, version]
  /// Only as the first word: all that follows is a line that somebody types.
  static let complete = Option.value("complete", "WORD…")
  /// And those that any verb takes.
  static let all = AdminVerb.all.flatMap(\.options).reduce(into: general + [complete]) { all, option in
    if !all.contains(option) { all.append(option) }
  }
}

import ChatProtocol
import JSON
import POSIX
import Terminal
import Text

/// The whole of `chat-admin`: a command line in, lines and an exit status out.
struct AdminProgram: ~Copyable {
  /// How long `stop` waits for the server's end.
  private static let stop_ms_max: Int32 = 30_000
  /// `save` and `stop` are answered when the disk has everything, which takes as long as it takes.
  static let save_ms_max: Int32 = 120_000

  var surroundings: AdminEnvironment
  /// Kept for the next command of a console.
  private var connection: AdminConnection?

  init(in surroundings: AdminEnvironment) { self.surroundings = surroundings }

  static func run(_ arguments: [String], in surroundings: AdminEnvironment) -> ExitStatus {
    do throws(AdminError) {
      let options = try AdminOptions(parsing: arguments)
      guard options.command != .none else { return try console(options, in: surroundings) }
      var program = AdminProgram(in: surroundings)
      try program.run(options)
      return .success
    } catch {
      surroundings.tell(error)
      return error.status
    }
  }

  /// Commands one after the other: from a person at a terminal, or from a script.
  private static func console(
    _ options: AdminOptions, in surroundings: AdminEnvironment
  ) throws(AdminError) -> ExitStatus {
    guard surroundings.isAtTerminal else {
      var script = ScriptConsole(options, in: surroundings)
      return try script.run()
    }
    var console = try TerminalConsole.open(options, in: surroundings)
    return try console.run()
  }

  mutating func run(_ options: AdminOptions) throws(AdminError) {
    switch options.command {
    case .none: throw AdminError(.usage, "give a command, such as: chat-admin status")
    case .version: try print(["chat-admin \(chatVersion)"])
    case .help(let topic): try print(Help.lines(topic))
    case .complete(let typed, let before):
      try print(ShellCompletion(typed, after: before).lines(from: &self, options))
    case .top(let top): try watch(top, options)
    case .request(let request): try perform(request, options)
    case .backup(let file): try backup(to: file, options)
    case .restore(let file): try restore(file, options)
    case .requestWithPassword(let request): try perform(request.request(try password(for: request)), options)
    }
  }

  private mutating func perform(_ request: ControlRequest, _ options: AdminOptions) throws(AdminError) {
    // A connection on which something failed is not used again.
    guard var connection = try connect(options.place, for: request) else { return try checkOffline(options) }
    if ControlRequest.destructive.contains(request.verb), !options.isSure {
      if surroundings.isInteractive {
        do throws(AdminError) {
          try confirm(request, &connection)
        } catch {
          throw suggesting(what: request, error, options)
        }
      } else if let danger = request.danger {
        throw AdminError(.tryAgain, "\(danger); nothing was done; give --yes if that is meant")
      }
    }
    let patience_ms =
      request.isAnsweredWhenSaved ? Self.save_ms_max : request.isFollowing ? nil : surroundings.silence_ms_max
    var text = AnswerText(request, json: options.json, columnsMax: surroundings.columnsMax)
    let reply: ControlReply
    do throws(AdminError) {
      reply = try connection.ask(request, silence_ms_max: patience_ms) { (part) throws(AdminError) in
        try write(text.part(part))
      }
    } catch {
      // Whoever follows ends that by Ctrl-C.
      if request.isFollowing, surroundings.interruption?.hasCome == true { return }
      throw text.withPlace(suggesting(what: request, error, options))
    }
    if reply == .stopping { try awaitStop(&connection) }
    try write(text.last(reply))
    try complain(reply)
    self.connection = consume connection
  }

  /// The one of the last command, unless the server has closed it meanwhile, by ending for example.
  mutating func takeConnection(to place: ServerPlace) throws(AdminError) -> AdminConnection {
    if let connection = self.connection.take(), !connection.isOver { return connection }
    return try AdminConnection.open(to: place, interruption: surroundings.interruption)
  }

  mutating func keep(_ connection: consuming AdminConnection) { self.connection = consume connection }

  /// For the completion of a line, which asks for more than its user does: what rooms and users there are. What came is given
  /// to `part` in pieces; one that throws ends it.
  mutating func ask(
    _ request: ControlRequest, _ options: AdminOptions, silence_ms_max: Int32,
    part: (ControlReply, _ isLast: Bool) throws(AdminError) -> Void
  ) throws(AdminError) {
    var connection = try takeConnection(to: options.place)
    let last = try connection.ask(request, silence_ms_max: silence_ms_max) { (reply) throws(AdminError) in
      try part(reply, false)
    }
    try part(last, true)
    self.connection = consume connection
  }

  /// Asks a person whether it is meant, telling what would be done.
  private func confirm(_ request: ControlRequest, _ connection: inout AdminConnection) throws(AdminError) {
    if case .dryRun = request { return }
    let reply = try connection.ask(.dryRun(request), silence_ms_max: surroundings.silence_ms_max)
    let told = AdminText().lines(reply, to: request).map { CleanText.string(from: $0) }.joined(separator: "\n")
    var question = "\(told)\nDo that? [y/N] "
    while true {
      let answer: String?
      do throws(Errno) {
        answer = try surroundings.readAnswer(question)
      } catch {
        throw AdminError(.inputOutput, "cannot read the answer from standard input: \(error)")
      }
      switch Confirmation(answer ?? "") {
      case .yes: return
      case .no: throw AdminError(.tryAgain, "nothing was done; answer y, or give --yes")
      case nil: question = "Do that? Answer y or n. [y/N] "
      }
    }
  }

  private func complain(_ reply: ControlReply, isOffline: Bool = false) throws(AdminError) {
    switch reply {
    case .reloaded(let reload) where !reload.faults.isEmpty:
      throw AdminError(
        .data,
        AdminText().notTakenOver(
          reload.faults,
          meanwhile: "mend the file and reload; until then the server goes on with what it last read"))
    case .checked(let faults) where !faults.isEmpty:
      let meanwhile =
        isOffline ? "mend it; no server starts with it" : "mend it; until then the server does not take it over"
      throw AdminError(.data, AdminText().notTakenOver(faults, meanwhile: meanwhile))
    default: break
    }
  }

  /// nil where there is nobody to ask and `check` can do without.
  private mutating func connect(
    _ place: ServerPlace, for request: ControlRequest
  ) throws(AdminError) -> AdminConnection? {
    do throws(AdminError) {
      return try takeConnection(to: place)
    } catch {
      guard request == .check, error.status == .unavailable, case .data(let folder) = place,
        let status = try? File.status(folder), status.isDirectory
      else { throw error }
      return nil
    }
  }

  private func checkOffline(_ options: AdminOptions) throws(AdminError) {
    guard case .data(let folder) = options.place else { preconditionFailure("a socket is no folder to be checked") }
    let found = try OfflineCheck(program: surroundings.serverProgram).findings(in: folder)
    var text = AnswerText(.check, json: options.json, columnsMax: surroundings.columnsMax)
    try write(text.last(.checked(faults: found.lines)))
    if !found.isFit {
      try complain(.checked(faults: found.lines.filter { !OfflineCheck.Findings.isWarning($0) }), isOffline: true)
    }
  }

  /// Ends when the server has: what a script does next may be to start it again.
  private func awaitStop(_ connection: inout AdminConnection) throws(AdminError) {
    guard connection.awaitEnd(timeout_ms: Self.stop_ms_max) else {
      throw AdminError(
        .tryAgain,
        "the server has saved everything and has not ended after \(Self.stop_ms_max / 1000) seconds; look at its log")
    }
  }

  private func password(for request: PasswordRequest) throws(AdminError) -> Secret {
    let bytes = try readPassword("password for \(request.owner): ")
    guard let text = String(validating: bytes, as: UTF8.self), let password = Secret(choosing: text) else {
      let found = bytes.isEmpty ? "there is no password on standard input" : "that cannot be a password"
      throw AdminError(.data, "\(found); one has \(Secret.rule)")
    }
    // What is typed unseen is typed twice: a slip would lock somebody out.
    if surroundings.isInteractive, try readPassword("the same once more: ") != bytes {
      throw AdminError(.data, "the two are not the same; nothing was done, try again")
    }
    return password
  }

  private func readPassword(_ prompt: String) throws(AdminError) -> [UInt8] {
    do throws(Errno) {
      return try surroundings.readPassword(prompt)
    } catch .fileTooLarge {
      throw AdminError(.data, "standard input is too long for a password, which has \(Secret.rule)")
    } catch .interrupted {
      throw AdminError(.data, "no password was given; nothing was done")
    } catch {
      throw AdminError(.inputOutput, "cannot read the password from standard input: \(error)")
    }
  }

  /// Everything that goes to standard output: not a byte of it is obeyed by a terminal.
  func print(_ lines: [String]) throws(AdminError) { try write(AnswerText.clean(lines)) }

  func write(_ text: String) throws(AdminError) {
    guard !text.isEmpty else { return }
    do throws(Errno) {
      try surroundings.write(text)
    } catch {
      throw AdminError(.inputOutput, "cannot write to standard output: \(error)")
    }
  }
}

/// The answer to a question whether something is meant.
enum Confirmation {
  case yes, no

  /// nil for what is neither the letter nor the word; no answer is a no.
  init?(_ answer: String) {
    switch answer.lowercased().filter({ $0 != " " }) {
    case "y", "yes": self = .yes
    case "", "n", "no": self = .no
    default: return nil
    }
  }
}

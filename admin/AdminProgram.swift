import ChatProtocol
import POSIX
import Text

/// `chat-admin`: a command line in, text and an exit status out.
struct AdminProgram: ~Copyable {
  private static let stopTimeout = Duration.seconds(30)
  /// `save`, `stop` and `backup` answer once everything is on the disk.
  static let saveTimeout = Duration.seconds(120)

  var environment: AdminEnvironment
  /// For the next command of a console.
  private var connection: AdminConnection?

  init(in environment: AdminEnvironment) { self.environment = environment }

  static func run(_ arguments: [String], in environment: AdminEnvironment) -> ExitStatus {
    do throws(AdminError) {
      let options = try AdminOptions(parsing: arguments)
      if options.command == .none {
        if environment.isAtTerminal {
          var console = try TerminalConsole.open(options, in: environment)
          return try console.run()
        }
        var console = ScriptConsole(options, in: environment)
        return try console.run()
      }
      var program = AdminProgram(in: environment)
      try program.run(options)
      return .success
    } catch {
      environment.report(error)
      return error.status
    }
  }

  mutating func run(_ options: AdminOptions) throws(AdminError) {
    switch options.command {
    case .none: throw AdminError(.usage, "no command given; try: chat-admin status")
    case .version: try print(["chat-admin \(chatVersion)"])
    case .help(let topic): try print(Help.lines(topic))
    case .complete(let typed, let before): try print(shellCandidates(typed, after: before, options))
    case .top(let top): try self.top(top, options)
    case .request(let request): try perform(request, options)
    case .requestWithPassword(let request): try perform(try withPassword(request), options)
    case .backup(let file): try backup(to: file, options)
    case .restore(let file): try restore(file, options)
    }
  }

  private mutating func perform(_ request: ControlRequest, _ options: AdminOptions) throws(AdminError) {
    // A connection on which a request failed is not used again.
    guard var connection = try connect(options.location, for: request) else { return try checkFolder(options) }
    do throws(AdminError) {
      try confirm(request, options, &connection)
    } catch {
      throw suggesting(for: request, error, options)
    }
    let timeout =
      request.flags.contains(.saves) ? Self.saveTimeout : request.isFollowing ? nil : environment.replyTimeout
    var printer = ReplyPrinter(request, json: options.json, columnsMax: environment.columnsMax)
    let reply: ControlReply
    do throws(AdminError) {
      reply = try connection.ask(request, timeout: timeout) { (part) throws(AdminError) in
        try write(printer.part(part))
      }
    } catch {
      // Ctrl-C is the normal end of following the log.
      if request.isFollowing, environment.interruption?.isInterrupted == true { return }
      throw printer.resumable(suggesting(for: request, error, options))
    }
    if reply == .stopping { try waitForStop(&connection) }
    try write(printer.last(reply))
    try requireNoFaults(in: reply)
    keep(connection)
  }

  // MARK: - Connections

  /// The connection of the last command, or a new one if the server has closed it.
  mutating func takeConnection(to location: ServerLocation) throws(AdminError) -> AdminConnection {
    if let connection = self.connection.take(), !connection.isOver { return connection }
    return try AdminConnection.open(to: location, interruption: environment.interruption)
  }

  /// Keeps a connection for the next command.
  mutating func keep(_ connection: consuming AdminConnection) { self.connection = consume connection }

  /// nil if no server is running and `check` can do without one.
  private mutating func connect(
    _ location: ServerLocation, for request: ControlRequest
  ) throws(AdminError) -> AdminConnection? {
    do throws(AdminError) {
      return try takeConnection(to: location)
    } catch {
      guard request == .check, error.status == .unavailable, case .data(let folder) = location,
        let status = try? File.status(folder), status.isDirectory
      else { throw error }
      return nil
    }
  }

  /// Returns when the server has exited: a script may start it again next.
  private func waitForStop(_ connection: inout AdminConnection) throws(AdminError) {
    guard connection.waitForEnd(until: .now + Self.stopTimeout) else {
      throw AdminError(
        .tryAgain,
        "the server has saved everything but is still running after \(Self.stopTimeout.components.seconds) seconds; "
          + "check its log")
    }
  }

  // MARK: - Checking

  private func checkFolder(_ options: AdminOptions) throws(AdminError) {
    guard case .data(let folder) = options.location else { preconditionFailure("only a folder can be checked") }
    let result = try FolderCheck(program: environment.serverProgram).run(on: folder)
    var printer = ReplyPrinter(.check, json: options.json, columnsMax: environment.columnsMax)
    try write(printer.last(.checked(faults: result.lines)))
    if !result.isValid {
      let faults = result.lines.filter { !FolderCheck.isWarning($0) }
      throw AdminError(.data, "\(ReplyText().count(ofFaults: faults)): fix the file; no server starts until then")
    }
  }

  private func requireNoFaults(in reply: ControlReply) throws(AdminError) {
    switch reply {
    case .reloaded(let reload) where !reload.faults.isEmpty:
      throw AdminError(
        .data,
        "\(ReplyText().count(ofFaults: reload.faults)): fix the file and reload; until then the server keeps the data it has"
      )
    case .checked(let faults) where !faults.isEmpty:
      throw AdminError(
        .data, "\(ReplyText().count(ofFaults: faults)): fix the file; the server does not apply it until then")
    default: break
    }
  }

  // MARK: - Questions

  /// Before an action that cannot be undone: shows what would happen and asks the user. Without a terminal, rejects
  /// only what was probably not intended.
  private func confirm(
    _ request: ControlRequest, _ options: AdminOptions, _ connection: inout AdminConnection
  ) throws(AdminError) {
    guard request.flags.contains(.destructive), !options.assumesYes else { return }
    guard environment.isInteractive else {
      if case .bansAdd(let subject, _) = request, let danger = subject.danger {
        throw AdminError(.tryAgain, "\(danger); nothing was done. If you mean it, use --yes")
      }
      return
    }
    let reply = try connection.ask(.dryRun(request), timeout: environment.replyTimeout)
    let preview = ReplyText().lines(reply, to: request).map { CleanText.string(from: $0) }.joined(separator: "\n")
    var question = "\(preview)\nContinue? [y/N] "
    while true {
      let answer: String?
      do throws(Errno) {
        answer = try environment.readAnswer(question)
      } catch {
        throw AdminError(.inputOutput, "cannot read the answer from standard input: \(error)")
      }
      switch Confirmation(answer ?? "") {
      case .yes: return
      case .no: throw AdminError(.tryAgain, "cancelled; nothing was done. Answer y to continue, or use --yes")
      case nil: question = "Please answer y or n. Continue? [y/N] "
      }
    }
  }

  private func withPassword(_ request: ControlRequest) throws(AdminError) -> ControlRequest {
    switch request {
    case .roomsCreate(let room, _): return .roomsCreate(room, .password(try password(for: "room \(room)")))
    case .roomsSet(let room, var change):
      change.access = .password(try password(for: "room \(room)"))
      return .roomsSet(room, change)
    case .usersAdd(var user):
      user.password = try password(for: user.name.text)
      return .usersAdd(user)
    case .usersPasswd(let user, _): return .usersPasswd(user, try password(for: user.text))
    default: preconditionFailure("\(request.verb.name) takes no password")
    }
  }

  private func password(for owner: String) throws(AdminError) -> Secret {
    let bytes = try readPassword("password for \(owner): ")
    guard let text = String(validating: bytes, as: UTF8.self), let password = Secret(choosing: text) else {
      let problem = bytes.isEmpty ? "no password on standard input" : "invalid password"
      throw AdminError(.data, "\(problem); a password has \(Secret.rule)")
    }
    // A password typed without an echo is typed twice, because a typing error would lock the user out.
    if environment.isInteractive, try readPassword("repeat the password: ") != bytes {
      throw AdminError(.data, "the passwords differ; nothing was done. Try again")
    }
    return password
  }

  private func readPassword(_ prompt: String) throws(AdminError) -> [UInt8] {
    do throws(Errno) {
      return try environment.readPassword(prompt)
    } catch .fileTooLarge {
      throw AdminError(.data, "standard input is too long for a password; a password has \(Secret.rule)")
    } catch .interrupted {
      throw AdminError(.data, "no password given; nothing was done")
    } catch {
      throw AdminError(.inputOutput, "cannot read the password from standard input: \(error)")
    }
  }

  // MARK: - Output

  /// Writes lines to standard output, without control characters.
  func print(_ lines: [String]) throws(AdminError) { try write(ReplyPrinter.clean(lines)) }

  /// Writes clean text to standard output.
  func write(_ text: String) throws(AdminError) {
    guard !text.isEmpty else { return }
    do throws(Errno) {
      try environment.write(text)
    } catch {
      throw AdminError(.inputOutput, "cannot write to standard output: \(error)")
    }
  }
}

/// The answer to a yes-or-no question.
enum Confirmation {
  case yes, no

  /// nil for any other answer than the letters and the words; an empty answer means no.
  init?(_ answer: String) {
    switch answer.lowercased().filter({ $0 != " " }) {
    case "y", "yes": self = .yes
    case "", "n", "no": self = .no
    default: return nil
    }
  }
}

import ChatProtocol
import Glibc
import POSIX
import Terminal
import Text

/// The console: a person at a terminal gives commands, one after the other.
struct TerminalConsole: ~Copyable {
  private static let prompt = "chat-admin> "
  /// More candidates are no help to anybody.
  private static let names_max = 200
  private static let keyToken: UInt64 = 0
  private static let signalToken: UInt64 = 1

  private let options: AdminOptions
  private let surroundings: AdminEnvironment
  private let interruption: Interruption
  private let history: LineFile
  /// Leaves the terminal as it was, whatever happens.
  private let mode: TerminalMode
  private let keyboard: FileDescriptor
  private let screen: FileDescriptor
  private let poller: Poller
  private let ahead: TypedAhead
  private var program: AdminProgram
  private var input: LineInput

  static func open(_ options: AdminOptions, in surroundings: AdminEnvironment) throws(AdminError) -> TerminalConsole {
    do throws(Errno) {
      return try TerminalConsole(options, surroundings)
    } catch {
      throw Self.failure(error)
    }
  }

  private init(_ options: AdminOptions, _ surroundings: AdminEnvironment) throws(Errno) {
    let interruption = try Interruption()
    let mode = try TerminalMode(of: STDIN_FILENO)
    let keyboard = try FileDescriptor(duplicating: STDIN_FILENO)
    let screen = try FileDescriptor(duplicating: STDOUT_FILENO)
    let poller = try Poller(events_max: 2)
    try poller.add(keyboard.rawValue, token: Self.keyToken, interest: .readable)
    try poller.add(interruption.rawValue, token: Self.signalToken, interest: .readable)
    var own = surroundings
    let ahead = TypedAhead()
    own.interruption = interruption
    own.readPassword = { prompt throws(Errno) in
      Array((try ahead.readSecret(prompt, unless: interruption) ?? "").utf8)
    }
    own.readAnswer = { question throws(Errno) in try ahead.readAnswer(question, unless: interruption) }
    own.write = { text throws(Errno) in try Self.write(text, unless: interruption, surroundings) }
    let size = TerminalSize.of(STDOUT_FILENO)
    self.options = options
    self.surroundings = own
    self.interruption = interruption
    self.ahead = ahead
    history = LineFile(path: LineFile.statePath("admin_history"))
    input = LineInput(
      prompt: Self.prompt, columns: size?.columns ?? 80, rows: size?.rows ?? 24,
      promptStyle: Environment.allowsStyles ? .bold : .plain, history: LineHistory(history.load()))
    program = AdminProgram(in: own)
    self.mode = mode
    self.keyboard = keyboard
    self.screen = screen
    self.poller = poller
  }

  private static func failure(_ errno: Errno) -> AdminError {
    AdminError(.inputOutput, "cannot use the terminal: \(errno)")
  }

  /// A long answer in pieces, so that Ctrl-C ends it.
  private static func write(
    _ text: String, unless interruption: Interruption, _ surroundings: AdminEnvironment
  ) throws(Errno) {
    let bytesAPiece = 1 << 14
    var rest = text.utf8[...]
    while !rest.isEmpty {
      if interruption.check() { throw .interrupted }
      // A piece ends with a line.
      let end = rest.dropFirst(bytesAPiece).firstIndex(of: UInt8(ascii: "\n")).map { rest.index(after: $0) }
      try surroundings.write(String(rest[..<(end ?? rest.endIndex)]) ?? "")
      rest = rest[(end ?? rest.endIndex)...]
    }
  }

  /// Until `quit`, Ctrl-D, SIGTERM or SIGHUP.
  mutating func run() throws(AdminError) -> ExitStatus {
    do throws(Errno) {
      try greet()
      try takeTerminal()
      // In the end too, where the terminal is still there.
      defer { try? screen.writeAll(LineInput.end) }
      input.show()
      while try work(), try wait() {}
      input.hide()
      try flush()
      return .success
    } catch .inputOutput {
      // The terminal has gone, which is as good an end as any.
      return .success
    } catch {
      throw Self.failure(error)
    }
  }

  private func greet() throws(Errno) {
    let text =
      "chat-admin \(chatVersion), server at \(CleanText.string(from: options.place.socketPath)). "
      + "help lists the commands, Tab completes, Ctrl-D leaves."
    let lines = StyledText.wrapped(text, toColumns: TerminalSize.of(screen.rawValue)?.columns ?? 80, indent: 2)
    try screen.writeAll(lines.map { $0 + "\n" }.joined())
  }

  /// Every key for the line editor.
  private func takeTerminal() throws(Errno) {
    try mode.enterRaw()
    try screen.writeAll(LineInput.begin)
  }

  /// For what is not the line editor: what is typed is not shown, but Ctrl-C is a signal.
  private func lendTerminal() throws(Errno) {
    try mode.enterRaw(keepingInterrupt: true)
    try screen.writeAll(LineInput.end)
  }

  /// As it was found.
  private func returnTerminal() throws(Errno) {
    try screen.writeAll(LineInput.end)
    mode.restore()
  }

  private mutating func flush() throws(Errno) { try screen.writeAll(input.takeOutput()) }

  /// All that was typed. False at the console's end.
  private mutating func work() throws(Errno) -> Bool {
    while let event = input.next() {
      try flush()
      switch event {
      case .entered(let line): guard try perform(line) else { return false }
      case .pasted(let lines, let line): input.type(lines, into: line)
      case .completionRequested(let text): complete(text)
      case .interrupted: break
      case .endOfInput: return false
      case .suspended: try suspend()
      }
      if interruption.isEnding { return false }
      input.show()
    }
    try flush()
    return true
  }

  /// For keys or signals. False when no more will come.
  private mutating func wait() throws(Errno) -> Bool {
    var ready: Set<UInt64> = []
    try poller.wait(timeout_ms: input.patience_ms ?? -1) { ready.insert($0.token) }
    if ready.isEmpty { input.pause() }
    if ready.contains(Self.signalToken) { try noteSignals() }
    guard !interruption.isEnding, ready.contains(Self.keyToken) else { return !interruption.isEnding }
    let bytes = try keyboard.read(upTo: 4096)
    input.feed(bytes)
    return !bytes.isEmpty
  }

  private mutating func noteSignals() throws(Errno) {
    _ = interruption.check()
    if interruption.takeStop() {
      input.hide()
      try flush()
      try suspend()
      input.show()
    }
    // Whoever stopped it otherwise has written below the line.
    if interruption.takeResumption() {
      input.hide()
      try takeTerminal()
      input.show()
    }
    // SIGINT from elsewhere is what the key is.
    if interruption.hasCome { input.feed([0x03]) }
    interruption.hasCome = false
    noteSize()
  }

  private mutating func noteSize() {
    guard interruption.hasNewSize, let size = TerminalSize.of(screen.rawValue) else { return }
    interruption.hasNewSize = false
    input.resize(columns: size.columns, rows: size.rows)
  }

  /// False at `quit`.
  private mutating func perform(_ text: String) throws(Errno) -> Bool {
    remember(text)
    let line: ConsoleLine
    do throws(AdminError) {
      line = try ConsoleLine(text, in: options)
    } catch {
      tell(error)
      return true
    }
    switch line {
    case .nothing: return true
    case .quit: return false
    case .help, .command: break
    }
    interruption.hasCome = false
    program.surroundings.columnsMax = TerminalSize.of(screen.rawValue)?.columns
    ahead.take(from: &input)
    if line.takesScreen { try returnTerminal() } else { try lendTerminal() }
    let failure = failure(of: line)
    if let failure { tell(failure) }
    if failure != nil, ahead.wasSecretAsked { try dropTypedAhead() }
    try takeTerminal()
    ahead.giveBack(to: &input)
    interruption.hasCome = false
    noteSize()
    return true
  }

  /// What may be a password, once more, for a command that has failed.
  private func dropTypedAhead() throws(Errno) {
    mode.dropTyped()
    guard ahead.drop() else { return }
    try screen.writeAll("-- What you typed ahead was dropped, as it may hold a password.\n")
  }

  private func tell(_ failure: AdminError) {
    surroundings.tell(failure, columnsMax: TerminalSize.of(STDERR_FILENO)?.columns)
  }

  private mutating func failure(of line: ConsoleLine) -> AdminError? {
    do throws(AdminError) {
      if case .command(let command) = line { try program.run(command) } else { try program.print(Help.console) }
      return nil
    } catch {
      guard interruption.hasCome, error.status == .inputOutput else { return error }
      return AdminError(.tryAgain, "the rest is not shown")
    }
  }

  private mutating func remember(_ text: String) {
    guard text.first?.isWhitespace == false, input.history.append(text) else { return }
    if ConsoleLine.mayBeKept(text, in: options) { history.append(text) }
  }

  private mutating func complete(_ text: String) {
    let line = LineWords(text)
    let completion = ConsoleLine.completion(of: line)
    var candidates = completion.words
    var areMore = false
    if let subject = completion.subject {
      let live = LiveNames(subject, for: completion, from: &program, options, names_max: Self.names_max)
      candidates += completion.matching(live.names)
      areMore = live.areMore
    }
    let common = areMore ? "" : CandidateList.commonBeginning(of: candidates)
    if candidates.isEmpty {
      input.ring()
    } else if candidates.count == 1, !areMore {
      input.complete(replacing: line.lastLength, with: candidates[0] + " ")
    } else if common.count > completion.stem.count + completion.typed.count {
      input.complete(replacing: line.lastLength, with: common)
    } else {
      let columns = TerminalSize.of(screen.rawValue)?.columns ?? 80
      input.show(above: CandidateList(candidates, more: areMore).lines(columnsMax: columns))
    }
  }

  /// As Ctrl-Z does with other programs; the shell's `fg` brings it back.
  private func suspend() throws(Errno) {
    try returnTerminal()
    try interruption.stopProcess()
    try takeTerminal()
  }
}

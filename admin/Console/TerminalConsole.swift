import ChatProtocol
import Glibc
import POSIX
import Terminal
import Text

/// The console at a terminal: line editing, history and completion around the commands.
struct TerminalConsole: ~Copyable {
  private static let prompt = "chat-admin> "
  private static let candidatesMax = 200
  private static let keyToken: UInt64 = 0
  private static let signalToken: UInt64 = 1

  private let options: AdminOptions
  private let environment: AdminEnvironment
  private let interruption: Interruption
  private let history: LineFile
  /// Restores the terminal at any end.
  private let mode: TerminalMode
  private let keyboard: FileDescriptor
  private let screen: FileDescriptor
  private let poller: Poller
  private let typeAhead: TypeAhead
  private var program: AdminProgram
  private var input: LineInput

  static func open(_ options: AdminOptions, in environment: AdminEnvironment) throws(AdminError) -> TerminalConsole {
    do throws(Errno) { return try TerminalConsole(options, environment) } catch { throw .terminal(error) }
  }

  private init(_ options: AdminOptions, _ environment: AdminEnvironment) throws(Errno) {
    let interruption = try Interruption()
    let mode = try TerminalMode(of: STDIN_FILENO)
    let keyboard = try FileDescriptor(duplicating: STDIN_FILENO)
    let screen = try FileDescriptor(duplicating: STDOUT_FILENO)
    let poller = try Poller(eventsMax: 2)
    try poller.add(keyboard.rawValue, token: Self.keyToken, interest: .readable)
    try poller.add(interruption.rawValue, token: Self.signalToken, interest: .readable)
    var own = environment
    let typeAhead = TypeAhead()
    own.interruption = interruption
    own.readPassword = { prompt throws(Errno) in
      Array((try typeAhead.readSecret(prompt, unless: interruption) ?? "").utf8)
    }
    own.readAnswer = { question throws(Errno) in try typeAhead.readAnswer(question, unless: interruption) }
    own.write = { text throws(Errno) in try Self.write(text, unless: interruption, environment) }
    let size = TerminalSize.of(STDOUT_FILENO)
    self.options = options
    self.environment = own
    self.interruption = interruption
    self.typeAhead = typeAhead
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

  /// Writes in pieces that end with a line, so that Ctrl-C can end a long output.
  private static func write(
    _ text: String, unless interruption: Interruption, _ environment: AdminEnvironment
  ) throws(Errno) {
    var rest = text.utf8[...]
    while !rest.isEmpty {
      if interruption.check() { throw .interrupted }
      let end = rest.dropFirst(1 << 14).firstIndex(of: UInt8(ascii: "\n")).map { rest.index(after: $0) }
      try environment.write(String(rest[..<(end ?? rest.endIndex)]) ?? "")
      rest = rest[(end ?? rest.endIndex)...]
    }
  }

  /// Until `quit`, Ctrl-D, SIGTERM or SIGHUP.
  mutating func run() throws(AdminError) -> ExitStatus {
    do throws(Errno) {
      try greet()
      try enterEditing()
      defer { try? screen.writeAll(LineInput.end) }
      input.show()
      while try handleInput(), try wait() {}
      input.hide()
      try flush()
      return .success
    } catch .inputOutput {
      // The terminal is closed: a normal end.
      return .success
    } catch {
      throw .terminal(error)
    }
  }

  private func greet() throws(Errno) {
    let text =
      "chat-admin \(chatVersion), server at \(CleanText.string(from: options.location.socketPath)). "
      + "Type help for the commands, Tab to complete, Ctrl-D to leave."
    let lines = StyledText.wrapped(text, toColumns: TerminalSize.of(screen.rawValue)?.columns ?? 80, indent: 2)
    try screen.writeAll(lines.map { $0 + "\n" }.joined())
  }

  // MARK: - The terminal's modes

  /// Every key goes to the line editor.
  private func enterEditing() throws(Errno) {
    try mode.enterRaw()
    try screen.writeAll(LineInput.begin)
  }

  /// For a running command: typed keys are not shown, and Ctrl-C is a signal.
  private func enterCommand() throws(Errno) {
    try mode.enterRaw(keepingInterrupt: true)
    try screen.writeAll(LineInput.end)
  }

  private func restoreTerminal() throws(Errno) {
    try screen.writeAll(LineInput.end)
    mode.restore()
  }

  /// Ctrl-Z; the shell's `fg` resumes.
  private func suspend() throws(Errno) {
    try restoreTerminal()
    try interruption.stopProcess()
    try enterEditing()
  }

  private mutating func flush() throws(Errno) { try screen.writeAll(input.takeOutput()) }

  // MARK: - Keys and signals

  /// Handles everything that was typed. False at the console's end.
  private mutating func handleInput() throws(Errno) -> Bool {
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

  /// Waits for keys or signals. False at the console's end.
  private mutating func wait() throws(Errno) -> Bool {
    var ready: Set<UInt64> = []
    try poller.wait(timeoutMilliseconds: input.waitLimitMilliseconds ?? -1) { ready.insert($0.token) }
    if ready.isEmpty { input.pause() }
    if ready.contains(Self.signalToken) { try takeSignals() }
    guard !interruption.isEnding, ready.contains(Self.keyToken) else { return !interruption.isEnding }
    let bytes = try keyboard.read(upTo: 4096)
    input.feed(bytes)
    return !bytes.isEmpty
  }

  private mutating func takeSignals() throws(Errno) {
    _ = interruption.check()
    if interruption.takeStop() {
      input.hide()
      try flush()
      try suspend()
      input.show()
    }
    // Stopped by another process, which may have written below the line.
    if interruption.takeResume() {
      input.hide()
      try enterEditing()
      input.show()
    }
    // SIGINT from another process acts as the key.
    if interruption.isInterrupted { input.feed([0x03]) }
    interruption.isInterrupted = false
    updateSize()
  }

  private mutating func updateSize() {
    guard interruption.hasNewSize, let size = TerminalSize.of(screen.rawValue) else { return }
    interruption.hasNewSize = false
    input.resize(columns: size.columns, rows: size.rows)
  }

  // MARK: - Commands

  /// False at `quit`.
  private mutating func perform(_ text: String) throws(Errno) -> Bool {
    remember(text)
    let line: ConsoleLine
    do throws(AdminError) {
      line = try ConsoleLine(text, in: options)
    } catch {
      report(error)
      return true
    }
    switch line {
    case .nothing: return true
    case .quit: return false
    case .help, .command: break
    }
    interruption.isInterrupted = false
    program.environment.columnsMax = TerminalSize.of(screen.rawValue)?.columns
    typeAhead.take(from: &input)
    if line.takesScreen { try restoreTerminal() } else { try enterCommand() }
    let error = run(line)
    if let error { report(error) }
    if error != nil, typeAhead.hasAskedForSecret { try dropTypeAhead() }
    try enterEditing()
    typeAhead.giveBack(to: &input)
    interruption.isInterrupted = false
    updateSize()
    return true
  }

  private mutating func run(_ line: ConsoleLine) -> AdminError? {
    do throws(AdminError) {
      if case .command(let command) = line { try program.run(command) } else { try program.print(Help.console) }
      return nil
    } catch {
      guard interruption.isInterrupted, error.status == .inputOutput else { return error }
      return AdminError(.tryAgain, "output interrupted")
    }
  }

  /// After a failed command that asked for a password: what was typed ahead may be the password again.
  private func dropTypeAhead() throws(Errno) {
    mode.dropTyped()
    guard typeAhead.drop() else { return }
    try screen.writeAll("-- Discarded what you typed ahead, because it may contain a password.\n")
  }

  private func report(_ error: AdminError) {
    environment.report(error, columnsMax: TerminalSize.of(STDERR_FILENO)?.columns)
  }

  private mutating func remember(_ text: String) {
    guard text.first?.isWhitespace == false, input.history.append(text) else { return }
    if ConsoleLine.maySave(text, in: options) { history.append(text) }
  }

  private mutating func complete(_ text: String) {
    let line = ShellWords(text)
    let completion = ConsoleLine.completion(of: line)
    var candidates = completion.words
    var hasMore = false
    if let source = completion.source {
      let found = program.names(from: source, for: completion, options, max: Self.candidatesMax)
      candidates += completion.matching(found.names)
      hasMore = found.hasMore
    }
    let common = hasMore ? "" : CandidateList.commonBeginning(of: candidates)
    if candidates.isEmpty {
      input.ring()
    } else if candidates.count == 1, !hasMore {
      input.complete(replacing: line.lastLength, with: candidates[0] + " ")
    } else if common.count > completion.stem.count + completion.typed.count {
      input.complete(replacing: line.lastLength, with: common)
    } else {
      let columns = TerminalSize.of(screen.rawValue)?.columns ?? 80
      input.show(above: CandidateList(candidates, more: hasMore).lines(columnsMax: columns))
    }
  }
}

/// Input typed while a command runs.
private final class TypeAhead {
  private var bytes: [UInt8] = []
  private(set) var hasAskedForSecret = false

  /// Takes the input typed after the command's line.
  func take(from input: inout LineInput) {
    bytes = input.typedAhead.takeBytes()
    hasAskedForSecret = false
  }

  /// Returns the input that the command did not read: it is the next command.
  func giveBack(to input: inout LineInput) {
    input.feed(bytes)
    bytes = []
  }

  /// Whether there was any input.
  func drop() -> Bool {
    defer { bytes = [] }
    return !bytes.isEmpty
  }

  /// nil at the end of input.
  func readSecret(_ prompt: String, unless interruption: Interruption) throws(Errno) -> String? {
    hasAskedForSecret = true
    return try SecretPrompt.read(prompt, ahead: &bytes, interruption: interruption)
  }

  /// Uses a line that was typed ahead only if it is a yes or no. nil if there is no answer.
  func readAnswer(_ question: String, unless interruption: Interruption) throws(Errno) -> String? {
    let line = bytes.prefix { $0 != 0x0D }
    let isAnswer =
      line.count < bytes.count && !line.isEmpty && Confirmation(String(decoding: line, as: UTF8.self)) != nil
    var used = isAnswer ? Array(bytes[...line.count]) : []
    if isAnswer { bytes.removeFirst(used.count) }
    do throws(Errno) {
      return try SecretPrompt.read(question, isShown: true, ahead: &used, interruption: interruption)
    } catch .interrupted {
      return nil
    }
  }
}

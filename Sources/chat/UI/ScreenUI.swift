import ChatProtocol
import POSIX
import Terminal
import Text

/// The full-screen UI: a terminal's keys, size and signals around a `ChatScreen`. It restores the terminal at the end.
final class ScreenUI: ClientUI {
  private static let readBytes = 4096

  private let keyboard: FileDescriptor
  private let output: FileDescriptor
  private let errors: FileDescriptor
  private let mode: TerminalMode
  private let interruption: Interruption
  private let history: LineFile
  private var screen: ChatScreen
  private var isWatched = false
  private var keyToken: UInt64?
  private var lastKeyNanoseconds: Int64 = 0
  /// The terminal is closed, or a signal ends the client.
  private var isTerminated = false
  private var stopsTransfers = false
  private var endReason: String?
  private var isEnded = false

  /// The descriptors belong to a terminal; `typed` was read from it before. Make it before any thread, see
  /// `Interruption`.
  init(
    _ display: TerminalDisplay, keyboard: consuming FileDescriptor, output: consuming FileDescriptor,
    errors: consuming FileDescriptor, history: LineFile, typed: [UInt8] = []
  ) throws(Errno) {
    let interruption = try Interruption()
    let mode = try TerminalMode(of: keyboard.rawValue)
    let size = TerminalSize.of(output.rawValue)
    screen = ChatScreen(
      display, columns: size?.columns ?? 80, rows: size?.rows ?? 24, history: LineHistory(history.load()))
    screen.paths = PathNames.completions(of:)
    self.history = history
    self.keyboard = keyboard
    self.output = output
    self.errors = errors
    self.interruption = interruption
    self.mode = mode
    try takeTerminal()
    _ = screen.next(.nothing)
    screen.feed(typed)
    screen.begin()
  }

  private func takeTerminal() throws(Errno) {
    try mode.enterRaw()
    mode.restoreOnCrash(writing: LineInput.end)
    try output.writeAll(LineInput.begin)
  }

  // MARK: Input

  func watch(with poller: borrowing Poller, tokensFrom tokenMin: UInt64, awaited: AwaitedInput) throws(Errno) {
    guard !isWatched else { return }
    try poller.add(keyboard.rawValue, token: tokenMin, interest: .readable)
    try poller.add(interruption.rawValue, token: tokenMin + 1, interest: .readable)
    keyToken = tokenMin
    isWatched = true
  }

  /// The rest of the screen's key timeout.
  var waitLimitMilliseconds: Int32? {
    screen.waitLimitMilliseconds.map { waitLimitMilliseconds in
      max(
        0, waitLimitMilliseconds - Int32(clamping: (SystemClock.monotonicNanoseconds - lastKeyNanoseconds) / 1_000_000))
    }
  }

  func handle(_ token: UInt64?) throws(Errno) {
    guard let token else {
      if waitLimitMilliseconds == 0 { screen.pause() }
      return
    }
    if token == keyToken { try readKeys() } else { try readSignals() }
  }

  private func readKeys() throws(Errno) {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try keyboard.read(upTo: ScreenUI.readBytes)
    } catch .inputOutput {
      bytes = []
    }
    // The terminal is gone, as SIGHUP says.
    if bytes.isEmpty { return isTerminated = true }
    lastKeyNanoseconds = SystemClock.monotonicNanoseconds
    screen.feed(bytes)
  }

  private func readSignals() throws(Errno) {
    _ = interruption.check()
    if interruption.takeStop() { try suspend() }
    // After SIGSTOP, other programs may have changed the terminal.
    if interruption.takeResume() { try resume() }
    if interruption.isInterrupted { screen.interrupt() }
    interruption.isInterrupted = false
    if interruption.hasNewSize { resize() }
    interruption.hasNewSize = false
    if interruption.takeTermination() { isTerminated = true }
  }

  func next(_ awaited: AwaitedInput) throws(Errno) -> ClientInput? {
    if isTerminated {
      isTerminated = false
      return .terminated
    }
    while let action = screen.next(awaited) {
      for line in screen.takeHistoryLines() { history.append(line) }
      switch action {
      case .entered(let line): return .typed(line)
      case .password(let password): return .password(password)
      case .quit: return .endOfInput
      case .suspend: try suspend()
      case .stopTransfers: stopsTransfers = true
      }
    }
    return nil
  }

  /// Stops the process, as Ctrl-Z does in other programs, until the shell's `fg`.
  private func suspend() throws(Errno) {
    screen.end()
    guard flush(.nothing) else { return }
    try output.writeAll(LineInput.end)
    mode.restore()
    try interruption.stopProcess()
    try resume()
  }

  private func resume() throws(Errno) {
    try takeTerminal()
    resize()
    screen.begin()
  }

  private func resize() {
    guard let size = TerminalSize.of(output.rawValue) else { return }
    screen.resize(columns: size.columns, rows: size.rows)
  }

  // MARK: Output

  func show(_ item: DisplayItem) { screen.show(item) }
  func ask(_ question: String) { screen.ask(.open(question)) }
  func askPassword(_ question: String) { screen.ask(.password(question)) }
  func restoreInput(_ line: String) { screen.restoreInput(line) }

  func show(_ overview: Overview, _ names: KnownNames) {
    screen.show(overview)
    screen.names = names
  }

  func takeTransferStop() -> Bool {
    defer { stopsTransfers = false }
    return stopsTransfers
  }

  /// The user sees what is not sent.
  func unreadInput() -> UnreadInput { UnreadInput() }

  func end(because reason: String?) {
    screen.end()
    endReason = reason
    isEnded = true
  }

  func flush(_ awaited: AwaitedInput) -> Bool {
    do throws(Errno) {
      let text = screen.takeOutput()
      if !text.isEmpty { try output.writeAll(text) }
      guard isEnded else { return true }
      try output.writeAll(LineInput.end)
      // A shell would show and save the rest of a password.
      mode.restore(droppingTyped: screen.mayTerminalHoldPassword)
      if let endReason { try errors.writeAll(ErrorText.of(endReason)) }
      return true
    } catch {
      // The terminal is gone.
      return false
    }
  }
}

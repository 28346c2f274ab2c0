import ChatProtocol
import POSIX
import Terminal
import Text

/// A person at a terminal: its keys, its size and its signals, around the `ChatScreen`. Leaves the terminal as it was.
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
  private var lastKey_ns: Int64 = 0
  /// The terminal or the system wants this to end.
  private var hasEnded = false
  private var isToStop = false
  private var lastWords: String?
  private var isOver = false

  /// The descriptors are a terminal's; `typed` was read from it before. Made before any thread is, see `Interruption`.
  init(
    _ display: TerminalDisplay, keyboard: consuming FileDescriptor, output: consuming FileDescriptor,
    errors: consuming FileDescriptor, history: LineFile, typed: [UInt8] = []
  ) throws(Errno) {
    let interruption = try Interruption()
    let mode = try TerminalMode(of: keyboard.rawValue)
    let size = TerminalSize.of(output.rawValue)
    screen = ChatScreen(
      display, columns: size?.columns ?? 80, rows: size?.rows ?? 24, history: LineHistory(history.load()))
    screen.paths = PathNames.beginning(with:)
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

  /// Until nothing has come for as long as the screen wants to wait.
  var patience_ms: Int32? {
    screen.patience_ms.map { patience_ms in
      max(0, patience_ms - Int32(clamping: (SystemClock.monotonic_ns - lastKey_ns) / 1_000_000))
    }
  }

  func take(_ token: UInt64?) throws(Errno) {
    guard let token else {
      if patience_ms == 0 { screen.pause() }
      return
    }
    if token == keyToken { try readKeys() } else { try noteSignals() }
  }

  private func readKeys() throws(Errno) {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try keyboard.read(upTo: ScreenUI.readBytes)
    } catch .inputOutput {
      bytes = []
    }
    // A terminal that has gone is what SIGHUP tells of.
    if bytes.isEmpty { return hasEnded = true }
    lastKey_ns = SystemClock.monotonic_ns
    screen.feed(bytes)
  }

  private func noteSignals() throws(Errno) {
    _ = interruption.check()
    if interruption.takeStop() { try suspend() }
    // Whoever was stopped from elsewhere (SIGSTOP) finds the terminal as others left it.
    if interruption.takeResumption() { try resume() }
    // SIGINT from elsewhere is what the key is.
    if interruption.hasCome { screen.interrupt() }
    interruption.hasCome = false
    if interruption.hasNewSize, let size = TerminalSize.of(output.rawValue) {
      screen.resize(columns: size.columns, rows: size.rows)
    }
    interruption.hasNewSize = false
    if interruption.takeEnding() { hasEnded = true }
  }

  /// What is typed is seen at once, but for what waits until it is known what it answers.
  func next(_ awaited: AwaitedInput) throws(Errno) -> ClientInput? {
    if hasEnded {
      hasEnded = false
      return .terminated
    }
    while let deed = screen.next(awaited) {
      for line in screen.takeRemembered() { history.append(line) }
      switch deed {
      case .said(let line): return .typed(line)
      case .answeredSecretly(let secret): return .secret(secret)
      case .left: return .endOfInput
      case .suspended: try suspend()
      case .stopped: isToStop = true
      }
    }
    return nil
  }

  /// As Ctrl-Z does with other programs; the shell's `fg` brings it back.
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
    if let size = TerminalSize.of(output.rawValue) { screen.resize(columns: size.columns, rows: size.rows) }
    screen.begin()
  }

  // MARK: Output

  func show(_ shown: Shown) { screen.show(shown) }
  func ask(_ question: String) { screen.ask(.open(question)) }
  func askSecret(_ question: String) { screen.ask(.secret(question)) }
  func giveBack(_ line: String) { screen.giveBack(line) }

  func show(_ overview: Overview, _ names: KnownNames) {
    screen.show(overview)
    screen.names = names
  }

  func takeStop() -> Bool {
    defer { isToStop = false }
    return isToStop
  }

  /// They stand on the screen.
  func unreadLines() -> UnreadLines { UnreadLines() }

  func end(because reason: String?) {
    screen.end()
    lastWords = reason
    isOver = true
  }

  func flush(_ awaited: AwaitedInput) -> Bool {
    do throws(Errno) {
      let text = screen.takeOutput()
      if !text.isEmpty { try output.writeAll(text) }
      guard isOver else { return true }
      try output.writeAll(LineInput.end)
      // The rest of a password is nothing for a shell, which would show it and keep it.
      mode.restore(droppingTyped: screen.mayTerminalHoldSecret)
      if let lastWords { try errors.writeAll("chat: \(CleanText.string(from: lastWords))\n") }
      return true
    } catch {
      // The terminal has gone: nobody is there to be told.
      return false
    }
  }
}

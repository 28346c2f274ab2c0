import ChatProtocol
import POSIX
import Terminal
import Text

/// A person at a terminal: its keys, its size and its signals, around the `ChatScreen`. Leaves the terminal as it was.
final class ScreenFront: ClientFront {
  /// How long an Esc may take to become another key.
  private static let undecided_ms: Int32 = 50
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
  /// What was typed and is not taken to the session yet.
  private var deeds: [ChatScreen.Deed] = []
  private var hasEnded = false
  private var isToStop = false
  private var lastWords: String?
  private var isOver = false

  /// The descriptors are a terminal's. Made before any thread is, see `Interruption`.
  init(
    _ display: TerminalDisplay, keyboard: consuming FileDescriptor, output: consuming FileDescriptor,
    errors: consuming FileDescriptor, history: LineFile
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
    screen.begin()
  }

  private func takeTerminal() throws(Errno) {
    try mode.enterRaw()
    mode.restoreOnCrash(writing: LineInput.end)
    try output.writeAll(LineInput.begin)
  }

  // MARK: Input

  func watch(with poller: borrowing Poller, tokensFrom tokenMin: UInt64, wantsTyped: Bool) throws(Errno) {
    guard !isWatched else { return }
    try poller.add(keyboard.rawValue, token: tokenMin, interest: .readable)
    try poller.add(interruption.rawValue, token: tokenMin + 1, interest: .readable)
    keyToken = tokenMin
    isWatched = true
  }

  var patience_ms: Int32? { screen.isUndecided ? ScreenFront.undecided_ms : nil }

  func take(_ token: UInt64?) throws(Errno) {
    guard let token else { return screen.pause() }
    if token == keyToken {
      let bytes = try keyboard.read(upTo: ScreenFront.readBytes)
      if bytes.isEmpty { throw .inputOutput }
      screen.feed(bytes)
    } else {
      try noteSignals()
    }
  }

  private func noteSignals() throws(Errno) {
    _ = interruption.check()
    if interruption.takeStop() { try suspend() }
    // Whoever was stopped from elsewhere (SIGSTOP) finds the terminal as others left it.
    if interruption.takeResumption() { try resume() }
    // SIGINT from elsewhere is what the key is.
    if interruption.hasCome { screen.feed([0x03]) }
    interruption.hasCome = false
    if interruption.hasNewSize, let size = TerminalSize.of(output.rawValue) {
      screen.resize(columns: size.columns, rows: size.rows)
    }
    interruption.hasNewSize = false
    if interruption.isEnding { hasEnded = true }
  }

  /// What is typed is seen at once; lines wait for a session that has no use for them yet.
  func next(wantsTyped: Bool) throws(Errno) -> ClientInput? {
    while let deed = screen.next() {
      for line in screen.takeRemembered() { history.append(line) }
      switch deed {
      case .suspended: try suspend()
      case .stopped: isToStop = true
      default: deeds.append(deed)
      }
    }
    switch deeds.first {
    case .said(let line) where wantsTyped:
      deeds.removeFirst()
      return .typed(line)
    case .answeredSecretly(let secret):
      deeds.removeFirst()
      return .secret(secret)
    case .left:
      deeds.removeFirst()
      return .endOfInput
    default:
      guard deeds.isEmpty, hasEnded else { return nil }
      hasEnded = false
      return .endOfInput
    }
  }

  /// As Ctrl-Z does with other programs; the shell's `fg` brings it back.
  private func suspend() throws(Errno) {
    screen.end()
    guard flush() else { return }
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

  func flush() -> Bool {
    do throws(Errno) {
      let text = screen.takeOutput()
      if !text.isEmpty { try output.writeAll(text) }
      guard isOver else { return true }
      try output.writeAll(LineInput.end)
      mode.restore()
      if let lastWords { try errors.writeAll("chat: \(CleanText.string(from: lastWords))\n") }
      return true
    } catch {
      // The terminal has gone: nobody is there to be told.
      return false
    }
  }
}

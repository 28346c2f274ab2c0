import ChatProtocol
import Glibc
import POSIX
import Terminal

/// `top` on a terminal: the whole screen, drawn anew with every answer, until somebody has seen enough.
///
/// Keys, signals and the server are waited for together, so that a server which says nothing keeps nobody from leaving.
struct TopScreen: ~Copyable {
  private static let keyToken: UInt64 = 0
  private static let signalToken: UInt64 = 1
  private static let serverToken: UInt64 = 2

  private let options: TopOptions
  private let silence_ms_max: Int32
  private let interruption: Interruption
  /// Leaves the terminal as it was, whatever happens.
  private let mode: TerminalMode
  private let keyboard: FileDescriptor
  private let screen: FileDescriptor
  private let poller: Poller
  private var keys = KeyDecoder()
  private var painter = ScreenPainter(isStyled: Environment.allowsStyles)
  private var last: ControlTop?
  private var shownCount = 0
  private var isOver = false
  /// When it was last asked, on the monotonic clock.
  private var asked_ns = SystemClock.monotonic_ns

  static func open(
    _ options: TopOptions, on connection: borrowing AdminConnection, in surroundings: AdminEnvironment
  ) throws(AdminError) -> TopScreen {
    do throws(Errno) {
      return try TopScreen(options, server: connection.rawValue, surroundings)
    } catch {
      throw Self.failure(error)
    }
  }

  private init(_ options: TopOptions, server: CInt, _ surroundings: AdminEnvironment) throws(Errno) {
    let interruption = if let known = surroundings.interruption { known } else { try Interruption() }
    let mode = try TerminalMode(of: STDIN_FILENO)
    let keyboard = try FileDescriptor(duplicating: STDIN_FILENO)
    let screen = try FileDescriptor(duplicating: STDOUT_FILENO)
    let poller = try Poller(events_max: 3)
    try poller.add(keyboard.rawValue, token: Self.keyToken, interest: .readable)
    try poller.add(interruption.rawValue, token: Self.signalToken, interest: .readable)
    try poller.add(server, token: Self.serverToken, interest: .readable)
    self.options = options
    silence_ms_max = surroundings.silence_ms_max
    self.interruption = interruption
    self.mode = mode
    self.keyboard = keyboard
    self.screen = screen
    self.poller = poller
  }

  private static func failure(_ errno: Errno) -> AdminError {
    AdminError(.inputOutput, "cannot use the terminal: \(errno)")
  }

  /// Until q, Ctrl-C, SIGTERM or SIGHUP, or until it has shown as much as was asked for.
  mutating func run(_ connection: inout AdminConnection) throws(AdminError) {
    defer { leave() }
    do throws(Errno) {
      try enter()
    } catch {
      throw Self.failure(error)
    }
    while !isOver {
      askIfDue(&connection)
      try draw()
      try wait(&connection)
    }
  }

  private mutating func enter() throws(Errno) {
    try mode.enterRaw()
    try screen.writeAll(ScreenPainter.begin)
    painter.forget()
  }

  /// A terminal that is gone needs nothing.
  private func leave() {
    try? screen.writeAll(ScreenPainter.end)
    mode.restore()
  }

  // MARK: The server

  private mutating func askIfDue(_ connection: inout AdminConnection) {
    guard !connection.isAwaiting, SystemClock.monotonic_ns >= due_ns else { return }
    asked_ns = SystemClock.monotonic_ns
    connection.begin(.top)
  }

  /// When to ask next.
  private var due_ns: Int64 { last == nil ? 0 : asked_ns + Int64(options.interval_s) * 1_000_000_000 }

  private mutating func takeAnswer(_ connection: inout AdminConnection) throws(AdminError) {
    guard let reply = try connection.takeAnswer(to: .top) else { return }
    guard case .top(let top) = reply else {
      throw AdminError(.software, "the server answers something else; is it of another version than this chat-admin?")
    }
    last = top
    shownCount += 1
    guard shownCount == options.count else { return }
    try draw()
    isOver = true
  }

  // MARK: The screen

  private mutating func draw() throws(AdminError) {
    let size = TerminalSize.of(screen.rawValue)
    let (columns, rows) = (size?.columns ?? 80, size?.rows ?? 24)
    let silent_s = (SystemClock.monotonic_ns - asked_ns) / 1_000_000_000
    let note = silent_s > options.interval_s ? "the server has not answered for \(silent_s) s" : nil
    let lines =
      last.map { TopView(columns: columns, rows: rows, note: note).lines($0) }
      ?? [ScreenLine(note ?? "asking the server …")]
    let output = painter.paint(lines, columns: columns, rows: rows)
    do throws(Errno) {
      if !output.isEmpty { try screen.writeAll(output) }
    } catch .inputOutput {
      // The terminal has gone, which is as good an end as any.
      isOver = true
    } catch {
      throw Self.failure(error)
    }
  }

  // MARK: Waiting

  private mutating func wait(_ connection: inout AdminConnection) throws(AdminError) {
    var ready: Set<UInt64> = []
    do throws(Errno) {
      if isOver { return }
      try poller.wait(timeout_ms: timeout_ms(connection)) { ready.insert($0.token) }
      if ready.contains(Self.signalToken) { try noteSignals() }
      if ready.contains(Self.keyToken) {
        let bytes = try keyboard.read(upTo: 4096)
        if bytes.isEmpty { isOver = true }
        try note(keys.decode(bytes))
      } else {
        try note(keys.pause())
      }
    } catch .inputOutput {
      isOver = true
    } catch {
      throw Self.failure(error)
    }
    if ready.contains(Self.serverToken), !isOver { try takeAnswer(&connection) }
    guard connection.isAwaiting, SystemClock.monotonic_ns >= asked_ns + Int64(silence_ms_max) * 1_000_000 else {
      return
    }
    throw connection.silence(of: silence_ms_max, at: .top)
  }

  /// While an answer is awaited, at least once a second: how long that takes is shown.
  private func timeout_ms(_ connection: borrowing AdminConnection) -> Int32 {
    let patience_ms = keys.patience_ms ?? .max
    if connection.isAwaiting { return min(1000, silence_ms_max, patience_ms) }
    return min(patience_ms, Int32(clamping: max(0, (due_ns - SystemClock.monotonic_ns + 999_999) / 1_000_000)))
  }

  private mutating func note(_ pressed: [Key]) throws(Errno) {
    for key in pressed {
      switch key {
      case .text(let text) where text.lowercased().contains("q"): isOver = true
      case .control("C"), .control("D"): isOver = true
      case .control("L"): painter.forget()
      case .control("Z"): try suspend()
      default: break
      }
    }
  }

  private mutating func noteSignals() throws(Errno) {
    if interruption.check() { isOver = true }
    if interruption.takeStop() { try suspend() }
    // Whoever stopped it otherwise has left the terminal as they liked.
    if interruption.takeResumption() {
      leave()
      try enter()
    }
  }

  private mutating func suspend() throws(Errno) {
    leave()
    try interruption.stopProcess()
    try enter()
  }
}

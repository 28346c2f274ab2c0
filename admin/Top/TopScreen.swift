import ChatProtocol
import Glibc
import POSIX
import Terminal

/// `top` on a terminal: the whole screen, redrawn with every answer.
///
/// It waits for keys, signals and the server together, so that the user can quit even if the server does not answer.
struct TopScreen: ~Copyable {
  private static let keyToken: UInt64 = 0
  private static let signalToken: UInt64 = 1
  private static let serverToken: UInt64 = 2

  private let options: TopOptions
  private let replyTimeout: Duration
  private let interruption: Interruption
  /// Restores the terminal at any end.
  private let mode: TerminalMode
  private let keyboard: FileDescriptor
  private let screen: FileDescriptor
  private let poller: Poller
  private var keys = KeyDecoder()
  private var painter = ScreenPainter(isStyled: Environment.allowsStyles)
  private var last: ControlTop?
  private var shownCount = 0
  private var isOver = false
  private var askedAt = SuspendingClock.now

  static func open(
    _ options: TopOptions, on connection: borrowing AdminConnection, in environment: AdminEnvironment
  ) throws(AdminError) -> TopScreen {
    do throws(Errno) {
      return try TopScreen(options, server: connection.rawValue, environment)
    } catch {
      throw .terminal(error)
    }
  }

  private init(_ options: TopOptions, server: CInt, _ environment: AdminEnvironment) throws(Errno) {
    let interruption = if let known = environment.interruption { known } else { try Interruption() }
    let mode = try TerminalMode(of: STDIN_FILENO)
    let keyboard = try FileDescriptor(duplicating: STDIN_FILENO)
    let screen = try FileDescriptor(duplicating: STDOUT_FILENO)
    let poller = try Poller(eventsMax: 3)
    try poller.add(keyboard.rawValue, token: Self.keyToken, interest: .readable)
    try poller.add(interruption.rawValue, token: Self.signalToken, interest: .readable)
    try poller.add(server, token: Self.serverToken, interest: .readable)
    self.options = options
    replyTimeout = environment.replyTimeout
    self.interruption = interruption
    self.mode = mode
    self.keyboard = keyboard
    self.screen = screen
    self.poller = poller
  }

  /// Until q, Ctrl-C, SIGTERM or SIGHUP, or until it has shown the requested number of readings.
  mutating func run(_ connection: inout AdminConnection) throws(AdminError) {
    defer { leave() }
    do throws(Errno) { try enter() } catch { throw .terminal(error) }
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

  private func leave() {
    try? screen.writeAll(ScreenPainter.end)
    mode.restore()
  }

  // MARK: The server

  private var dueAt: SuspendingClock.Instant { last == nil ? askedAt : askedAt + .seconds(options.intervalSeconds) }

  private mutating func askIfDue(_ connection: inout AdminConnection) {
    guard !connection.isAwaitingReply, SuspendingClock.now >= dueAt else { return }
    askedAt = .now
    connection.send(.top)
  }

  private mutating func takeReply(_ connection: inout AdminConnection) throws(AdminError) {
    guard let reply = try connection.takeReply(to: .top) else { return }
    guard case .top(let top) = reply else { throw .unexpectedReply }
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
    let silentSeconds = (SuspendingClock.now - askedAt).components.seconds
    let note = silentSeconds > options.intervalSeconds ? "no answer from the server for \(silentSeconds) s" : nil
    let lines =
      last.map { TopView(columns: columns, rows: rows, note: note).lines($0) }
      ?? [ScreenLine(note ?? "waiting for the server …")]
    let output = painter.paint(lines, columns: columns, rows: rows)
    do throws(Errno) {
      if !output.isEmpty { try screen.writeAll(output) }
    } catch .inputOutput {
      // The terminal is closed: a normal end.
      isOver = true
    } catch {
      throw .terminal(error)
    }
  }

  // MARK: Waiting

  private mutating func wait(_ connection: inout AdminConnection) throws(AdminError) {
    var ready: Set<UInt64> = []
    do throws(Errno) {
      if isOver { return }
      try poller.wait(timeoutMilliseconds: timeoutMilliseconds(connection)) { ready.insert($0.token) }
      if ready.contains(Self.signalToken) { try takeSignals() }
      if ready.contains(Self.keyToken) {
        let bytes = try keyboard.read(upTo: 4096)
        if bytes.isEmpty { isOver = true }
        try take(keys.decode(bytes))
      } else {
        try take(keys.pause())
      }
    } catch .inputOutput {
      isOver = true
    } catch {
      throw .terminal(error)
    }
    if ready.contains(Self.serverToken), !isOver { try takeReply(&connection) }
    guard connection.isAwaitingReply, SuspendingClock.now >= askedAt + replyTimeout else { return }
    throw connection.timeoutError(after: replyTimeout, at: .top)
  }

  /// While a reply is pending, at most a second: the screen shows how long it has been.
  private func timeoutMilliseconds(_ connection: borrowing AdminConnection) -> Int32 {
    let next = connection.isAwaitingReply ? min(SuspendingClock.now + .seconds(1), askedAt + replyTimeout) : dueAt
    return min(next.millisecondsLeft, keys.waitLimitMilliseconds ?? .max)
  }

  private mutating func take(_ pressed: [Key]) throws(Errno) {
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

  private mutating func takeSignals() throws(Errno) {
    if interruption.check() { isOver = true }
    if interruption.takeStop() { try suspend() }
    // Whatever stopped the process may have changed the terminal.
    if interruption.takeResume() {
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

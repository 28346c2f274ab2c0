import ChatProtocol
import POSIX

/// Carries a session between the server's socket, standard input and what people see. All rules are the session's; here
/// is only what takes a system call.
struct ClientLoop: ~Copyable {
  /// No event is nearly as long; what is longer is no event.
  private static let eventBytesMax = 16 << 20
  /// Far longer than the server takes, which says by itself that a line is too long.
  private static let typedBytesMax = 1 << 20
  private static let readBytes = 64 << 10

  private enum Token {
    static let socket: UInt64 = 1
    static let input: UInt64 = 2
  }

  private var session: ClientSession
  private var screen: Screen
  private let socket: FileDescriptor
  private let input: FileDescriptor
  private let poller: Poller
  /// How long the server may take where it owes an answer at once.
  private let answerTimeout_ms: Int64
  /// Asks for a secret; nil where none was given.
  private let askSecret: (String) -> Secret?

  private var received = LineFramer(lineBytesMax: eventBytesMax)
  private var typed = LineFramer(lineBytesMax: typedBytesMax)
  /// Bytes for the server that the kernel has not taken yet.
  private var unsent: [UInt8] = []
  private var isSendBlocked = false
  private var inputState = InputState.open
  private var isInputWatched = false
  private var answerDue_ns: Int64?
  private var status: ExitStatus?

  private enum InputState {
    case open
    /// A file, which is always ready: epoll(7) does not take it.
    case alwaysReady
    case ended
    /// The session knows that it has ended.
    case told
  }

  /// A connected socket, standard input, and where lines are shown.
  init(
    _ session: ClientSession, socket: consuming FileDescriptor, input: consuming FileDescriptor,
    screen: consuming Screen,
    answerTimeout_ms: Int64 = 10_000, askSecret: @escaping (String) -> Secret?
  ) throws(Errno) {
    self.session = session
    self.screen = screen
    self.socket = socket
    self.input = input
    self.answerTimeout_ms = answerTimeout_ms
    self.askSecret = askSecret
    poller = try Poller(events_max: 2)
  }

  /// Runs until the session ends.
  mutating func run() throws(Errno) -> ExitStatus {
    try socket.setNonBlocking()
    try socket.setNoDelay()
    try poller.add(socket.rawValue, token: Token.socket, interest: .readable)
    try perform(session.start())
    while status == nil {
      if try takeTyped() { continue }
      try watchInput()
      try turn()
    }
    return status!
  }

  /// Waits for something to happen and takes it to the session.
  private mutating func turn() throws(Errno) {
    var isSocketReady = false
    var isInputReady = inputState == .alwaysReady && session.wantsTyped
    try poller.wait(timeout_ms: isInputReady ? 0 : timeLeft_ms()) { event in
      if event.token == Token.socket { isSocketReady = true } else { isInputReady = true }
    }
    if isSocketReady { try useSocket() }
    if isInputReady, status == nil { try readInput() }
    if let answerDue_ns, SystemClock.monotonic_ns >= answerDue_ns { try apply(.noAnswer) }
  }

  private mutating func apply(_ input: ClientInput) throws(Errno) {
    try perform(session.apply(input))
  }

  private mutating func perform(_ outputs: [ClientOutput]) throws(Errno) {
    for output in outputs {
      switch output {
      case .send(let line):
        unsent += line.utf8
        unsent.append(UInt8(ascii: "\n"))
      case .show(let shown): screen.show(shown)
      case .ask(let question): screen.ask(question)
      case .askSecret(let question):
        try flush()
        try apply(.secret(askSecret(question)))
      case .exit(let status, let reason):
        screen.end(because: reason)
        self.status = status
      }
    }
    try flush()
    followDeadline()
  }

  /// Shown first, then sent: what the server is told was read stands on the screen.
  private mutating func flush() throws(Errno) {
    guard screen.flush() else {
      status = .inputOutput
      return
    }
    try sendUnsent()
  }

  // MARK: The socket

  private mutating func useSocket() throws(Errno) {
    try sendUnsent()
    do throws(Errno) {
      guard let bytes = try socket.receive(upTo: ClientLoop.readBytes) else { return }
      if bytes.isEmpty { return try endConnection(nil) }
      received.append(bytes.span)
    } catch {
      return try endConnection(error.description)
    }
    while status == nil, let frame = received.next() { try take(frame) }
  }

  private mutating func take(_ frame: LineFramer.Frame) throws(Errno) {
    switch frame {
    case .line(let range): try apply(.received(Array(received.buffer[range])))
    case .tooLong: try apply(.receivedTooLong)
    }
  }

  private mutating func endConnection(_ reason: String?) throws(Errno) {
    while status == nil, let frame = received.finish() { try take(frame) }
    try apply(.connectionEnded(reason))
  }

  private mutating func sendUnsent() throws(Errno) {
    while !unsent.isEmpty {
      do throws(Errno) {
        guard let count = try socket.send(unsent) else { break }
        unsent.removeFirst(count)
      } catch {
        // The server has gone. Why, it may have said before, and reading comes to the end by itself.
        unsent = []
      }
    }
    guard isSendBlocked == unsent.isEmpty else { return }
    isSendBlocked = !unsent.isEmpty
    try poller.modify(
      socket.rawValue, token: Token.socket, interest: isSendBlocked ? [.readable, .writable] : .readable)
  }

  // MARK: Standard input

  /// Gives the session the next line that has been read, or the end, if it wants one.
  private mutating func takeTyped() throws(Errno) -> Bool {
    guard session.wantsTyped, inputState != .told else { return false }
    switch inputState == .ended ? typed.finish() : typed.next() {
    case .line(let range):
      screen.noteTyped()
      try apply(.typed(String(decoding: typed.buffer[range], as: UTF8.self)))
    case .tooLong: try apply(.typedTooLong)
    case nil:
      guard inputState == .ended else { return false }
      inputState = .told
      try apply(.endOfInput)
    }
    return true
  }

  /// Input that nobody wants yet is left where it is; a pipe that has ended would wake the loop for ever.
  private mutating func watchInput() throws(Errno) {
    let isWatched = session.wantsTyped && inputState == .open
    guard isWatched != isInputWatched else { return }
    if isWatched {
      do {
        try poller.add(input.rawValue, token: Token.input, interest: .readable)
      } catch .notPermitted {
        inputState = .alwaysReady
        return
      }
    } else {
      try poller.remove(input.rawValue)
    }
    isInputWatched = isWatched
  }

  private mutating func readInput() throws(Errno) {
    let bytes = try input.read(upTo: ClientLoop.readBytes)
    if bytes.isEmpty { inputState = .ended } else { typed.append(bytes.span) }
  }

  // MARK: Time

  private mutating func followDeadline() {
    if !session.isAwaitingServer {
      answerDue_ns = nil
    } else if answerDue_ns == nil {
      answerDue_ns = SystemClock.monotonic_ns + answerTimeout_ms * 1_000_000
    }
  }

  private func timeLeft_ms() -> Int32 {
    guard let answerDue_ns else { return -1 }
    let left_ms = (answerDue_ns - SystemClock.monotonic_ns + 999_999) / 1_000_000
    return Int32(clamping: max(0, left_ms))
  }
}

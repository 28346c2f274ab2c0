import ChatProtocol
import POSIX

/// Carries a session between the server's socket and whoever uses the client. All rules are the session's; here is only what
/// takes a system call.
struct ClientLoop: ~Copyable {
  /// No event is nearly as long; what is longer is no event.
  private static let eventBytesMax = 16 << 20
  private static let readBytes = 64 << 10

  private enum Token {
    static let socket: UInt64 = 1
    /// The front's, and those above it.
    static let front: UInt64 = 2
  }

  private var session: ClientSession
  private let front: any ClientFront
  private let socket: FileDescriptor
  private let poller: Poller
  /// How long the server may take where it owes an answer at once.
  private let answerTimeout_ms: Int64

  private var received = LineFramer(lineBytesMax: eventBytesMax)
  /// Bytes for the server that the kernel has not taken yet.
  private var unsent: [UInt8] = []
  private var isSendBlocked = false
  private var answerDue_ns: Int64?
  private var status: ExitStatus?

  /// A connected socket.
  init(
    _ session: ClientSession, socket: consuming FileDescriptor, front: any ClientFront,
    answerTimeout_ms: Int64 = 10_000
  ) throws(Errno) {
    self.session = session
    self.front = front
    self.socket = socket
    self.answerTimeout_ms = answerTimeout_ms
    poller = try Poller(events_max: 4)
  }

  /// Runs until the session ends.
  mutating func run() throws(Errno) -> ExitStatus {
    try socket.setNonBlocking()
    try socket.setNoDelay()
    try poller.add(socket.rawValue, token: Token.socket, interest: .readable)
    try perform(session.start())
    while status == nil {
      if let input = try front.next(wantsTyped: session.wantsTyped) {
        try apply(input)
        continue
      }
      guard front.flush() else { return .inputOutput }
      try front.watch(with: poller, tokensFrom: Token.front, wantsTyped: session.wantsTyped)
      try turn()
    }
    return status!
  }

  /// Waits for something to happen and takes it to the session.
  private mutating func turn() throws(Errno) {
    var isSocketReady = false
    var frontTokens: [UInt64] = []
    let timeLeft_ms = timeLeft_ms()
    let frontPatience_ms = front.patience_ms
    let timeout_ms = [timeLeft_ms, frontPatience_ms].compactMap(\.self).min() ?? -1
    try poller.wait(timeout_ms: timeout_ms) { event in
      if event.token == Token.socket { isSocketReady = true } else { frontTokens.append(event.token) }
    }
    if isSocketReady { try useSocket() }
    guard status == nil else { return }
    for token in frontTokens { try front.take(token) }
    if frontPatience_ms != nil, frontTokens.isEmpty { try front.take(nil) }
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
      case .show(let shown): front.show(shown)
      case .ask(let question): front.ask(question)
      case .askSecret(let question): front.askSecret(question)
      case .exit(let status, let reason):
        front.end(because: reason)
        self.status = status
      }
    }
    front.show(session.overview, session.known)
    try flush()
    followDeadline()
  }

  /// Shown first, then sent: what the server is told was read stands on the screen.
  private mutating func flush() throws(Errno) {
    guard front.flush() else {
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

  // MARK: Time

  private mutating func followDeadline() {
    if !session.isAwaitingServer {
      answerDue_ns = nil
    } else if answerDue_ns == nil {
      answerDue_ns = SystemClock.monotonic_ns + answerTimeout_ms * 1_000_000
    }
  }

  private func timeLeft_ms() -> Int32? {
    guard let answerDue_ns else { return nil }
    let left_ms = (answerDue_ns - SystemClock.monotonic_ns + 999_999) / 1_000_000
    return Int32(clamping: max(0, left_ms))
  }
}

import ChatProtocol
import POSIX

/// Carries a session between the server's socket and whoever uses the client. All rules are the session's; here is only what
/// takes a system call.
struct ClientLoop: ~Copyable {
  /// How often the session is told that time passes.
  private static let tick_ns: Int64 = 10_000_000_000
  /// How long the server may take to acknowledge what was sent before a signal came that ends the client.
  private static let terminating_ns: Int64 = 2_000_000_000

  private enum Token {
    static let connector: UInt64 = 0
    static let socket: UInt64 = 1
    static let files: UInt64 = 2
    /// The front's, and those above it.
    static let front: UInt64 = 3
  }

  private var session: ClientSession
  private let front: any ClientUI
  private let poller: Poller
  /// nil while there is none.
  private var connection: ServerConnection?
  private let connector: Connector
  private let files: TransferRunner
  /// How long the server may take where it owes an answer at once.
  private let answerTimeout_ms: Int64
  private var answerDue_ns: Int64?
  private var tickDue_ns: Int64
  private var status: ExitStatus?

  /// A connected socket, and what makes another.
  init(
    _ session: ClientSession, socket: consuming FileDescriptor, connector: Connector, front: any ClientUI,
    answerTimeout_ms: Int64 = 10_000
  ) throws(Errno) {
    let poller = try Poller(events_max: 4)
    let connection = try ServerConnection(socket, poller, token: Token.socket)
    let files = try TransferRunner(host: connector.host, port: connector.port)
    try poller.add(files.rawValue, token: Token.files, interest: .readable)
    try poller.add(connector.rawValue, token: Token.connector, interest: .readable)
    self.session = session
    self.front = front
    self.connector = connector
    self.connection = connection
    self.files = files
    self.answerTimeout_ms = answerTimeout_ms
    self.poller = poller
    tickDue_ns = SystemClock.monotonic_ns + ClientLoop.tick_ns
  }

  /// Runs until the session ends.
  mutating func run() throws(Errno) -> ExitStatus {
    try perform(session.start())
    while status == nil {
      if let input = try front.next(session.awaited) {
        try apply(input)
        continue
      }
      guard front.flush(session.awaited) else { return .inputOutput }
      try front.watch(with: poller, tokensFrom: Token.front, awaited: session.awaited)
      try turn()
    }
    return status!
  }

  /// Waits for something to happen and takes it to the session.
  private mutating func turn() throws(Errno) {
    var isSocketReady = false
    var isConnectorReady = false
    var areFilesReady = false
    var frontTokens: [UInt64] = []
    let frontPatience_ms = front.patience_ms
    try poller.wait(timeout_ms: timeLeft_ms(frontPatience_ms)) { event in
      switch event.token {
      case Token.socket: isSocketReady = true
      case Token.connector: isConnectorReady = true
      case Token.files: areFilesReady = true
      default: frontTokens.append(event.token)
      }
    }
    if isSocketReady { try useConnection() }
    if isConnectorReady { try takeConnection() }
    if areFilesReady { try takeFiles() }
    guard status == nil else { return }
    for token in frontTokens { try front.take(token) }
    if front.takeStop() {
      files.stopAll()
      try apply(.filesStopped)
    }
    if frontPatience_ms != nil, frontTokens.isEmpty { try front.take(nil) }
    try noteTime()
    if !files.isIdle || session.comeback != nil { showOverview() }
  }

  private mutating func apply(_ input: ClientInput) throws(Errno) {
    if input == .terminated { hurryDeadline() }
    try perform(session.apply(input, at: SystemClock.monotonic_ns / 1_000_000))
  }

  private mutating func perform(_ outputs: [ClientOutput]) throws(Errno) {
    var parts: [ClientInput] = []
    for output in outputs {
      switch output {
      case .send(let line): connection?.send(line)
      case .show(let shown): front.show(shown)
      case .ask(let question): front.ask(question)
      case .askSecret(let question): front.askSecret(question)
      case .giveBack(let line): front.giveBack(line)
      case .measure(let number, let path): files.measure(number, path)
      case .upload(let number, let path, let ticket, let offset, let size):
        files.upload(number, path, ticket: ticket, offset: offset, size: size)
      case .download(let number, let file, let wish):
        if let offset = files.download(number, file, wish: wish) { parts.append(.partIsThere(number, offset)) }
      case .disconnect: disconnect()
      case .connect(let attempt):
        disconnect()
        connector.connect(attempt: attempt, end_ns: session.givesUp_ms.map { $0 * 1_000_000 })
      case .connectNow: connector.connectNow()
      case .exit(let status, let reason):
        front.end(because: reason)
        self.status = status
      }
    }
    showOverview()
    // Shown first, then sent: what the server is told was read stands on the screen.
    guard front.flush(session.awaited) else {
      status = .inputOutput
      return
    }
    try connection?.flush(poller)
    followDeadline()
    for part in parts where status == nil { try apply(part) }
  }

  private func showOverview() {
    var overview = session.overview
    overview.transfers = files.progress() + overview.transfers
    overview.nextAttempt_s = connector.timeLeft_ns.map { Int(($0 + 999_999_999) / 1_000_000_000) }
    front.show(overview, session.known)
  }

  private mutating func takeFiles() throws(Errno) {
    for message in files.takeMessages() where status == nil {
      switch message {
      case .measured(let number, let path, let size, let cksum):
        try apply(.measured(number, path: path, size: size, cksum: cksum))
      case .ended(let number, let end, let moved): try apply(.transferEnded(number, end, moved: moved))
      }
    }
  }

  // MARK: The connection

  private mutating func useConnection() throws(Errno) {
    guard let connection else { return }
    try connection.flush(poller)
    connection.read()
    while status == nil, self.connection === connection, let received = connection.next() {
      switch received {
      case .line(let line): try apply(.received(line))
      case .tooLong: try apply(.receivedTooLong)
      case .end(let reason):
        disconnect()
        try apply(.connectionEnded(reason))
      }
    }
  }

  private mutating func disconnect() {
    connection?.remove(from: poller)
    connection = nil
  }

  private mutating func takeConnection() throws(Errno) {
    guard let socket = connector.takeSocket() else { return try apply(.notConnected) }
    connection = try ServerConnection(socket, poller, token: Token.socket)
    try apply(.connected)
  }

  // MARK: Time

  private mutating func followDeadline() {
    if !session.isAwaitingServer {
      answerDue_ns = nil
    } else if answerDue_ns == nil {
      answerDue_ns = SystemClock.monotonic_ns + answerTimeout_ms * 1_000_000
    }
  }

  /// Who sends a signal does not wait long.
  private mutating func hurryDeadline() {
    answerDue_ns = min(answerDue_ns ?? .max, SystemClock.monotonic_ns + Self.terminating_ns)
  }

  private mutating func noteTime() throws(Errno) {
    let now_ns = SystemClock.monotonic_ns
    connector.beginIfDue()
    if let answerDue_ns, now_ns >= answerDue_ns {
      self.answerDue_ns = nil
      try apply(.noAnswer)
    }
    if let due_ms = session.filesDue_ms, now_ns / 1_000_000 >= due_ms { try apply(.filesDue) }
    if now_ns >= tickDue_ns, status == nil {
      tickDue_ns = now_ns + ClientLoop.tick_ns
      try apply(.tick)
    }
    if let givesUp_ms = session.givesUp_ms, now_ns >= givesUp_ms * 1_000_000, status == nil {
      try apply(.outOfPatience(front.unreadLines()))
    }
  }

  private func timeLeft_ms(_ frontPatience_ms: Int32?) -> Int32 {
    let now_ns = SystemClock.monotonic_ns
    let refreshTime_ns: Int64? = files.isIdle ? nil : TransferRunner.refresh_ms * 1_000_000
    let sessionLeft_ns = [session.filesDue_ms, session.givesUp_ms].map { $0.map { $0 * 1_000_000 - now_ns } }
    // The seconds that are shown.
    let secondLeft_ns = session.settings.hasOverview ? connector.timeLeft_ns.map { ($0 - 1) % 1_000_000_000 + 1 } : nil
    let left_ns =
      ([answerDue_ns.map { $0 - now_ns }, connector.timeLeft_ns, tickDue_ns - now_ns, refreshTime_ns, secondLeft_ns]
      + sessionLeft_ns).compactMap(\.self)
    let left_ms = Int32(clamping: max(0, ((left_ns.min() ?? 0) + 999_999) / 1_000_000))
    return min(left_ms, frontPatience_ms ?? .max)
  }
}

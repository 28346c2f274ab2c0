import ChatProtocol
import POSIX

/// Runs a session between the server's socket and the UI. All rules are the session's; this makes the system calls.
struct ClientLoop: ~Copyable {
  /// The interval of `ClientInput.tick`.
  private static let tick_ns: Int64 = 10_000_000_000
  /// After a signal that ends the client, how long the server may take to acknowledge what was sent.
  private static let terminationTimeout_ns: Int64 = 2_000_000_000

  private enum Token {
    static let connector: UInt64 = 0
    static let socket: UInt64 = 1
    static let transfers: UInt64 = 2
    /// The UI's, and those above it.
    static let ui: UInt64 = 3
  }

  private var session: ClientSession
  private let ui: any ClientUI
  private let poller: Poller
  /// Nil while there is none.
  private var connection: ServerConnection?
  private let connector: Connector
  private let transfers: TransferRunner
  /// How long the server may take to answer if it owes an answer at once.
  private let answerTimeout_ms: Int64
  private var answerDue_ns: Int64?
  private var tickDue_ns: Int64
  private var status: ExitStatus?

  /// `socket` is connected; `connector` makes the next one.
  init(
    _ session: ClientSession, socket: consuming FileDescriptor, connector: Connector, ui: any ClientUI,
    answerTimeout_ms: Int64 = 10_000
  ) throws(Errno) {
    let poller = try Poller(events_max: 4)
    let connection = try ServerConnection(socket, poller, token: Token.socket)
    let transfers = try TransferRunner(host: connector.host, port: connector.port)
    try poller.add(transfers.rawValue, token: Token.transfers, interest: .readable)
    try poller.add(connector.rawValue, token: Token.connector, interest: .readable)
    self.session = session
    self.ui = ui
    self.connector = connector
    self.connection = connection
    self.transfers = transfers
    self.answerTimeout_ms = answerTimeout_ms
    self.poller = poller
    tickDue_ns = SystemClock.monotonic_ns + ClientLoop.tick_ns
  }

  /// Runs until the session ends.
  mutating func run() throws(Errno) -> ExitStatus {
    try perform(session.start())
    while status == nil {
      if let input = try ui.next(session.awaited) {
        try apply(input)
        continue
      }
      guard ui.flush(session.awaited) else { return .inputOutput }
      try ui.watch(with: poller, tokensFrom: Token.ui, awaited: session.awaited)
      try turn()
    }
    return status!
  }

  /// Waits for events and passes them to the session.
  private mutating func turn() throws(Errno) {
    var isSocketReady = false
    var isConnectorReady = false
    var areTransfersReady = false
    var uiTokens: [UInt64] = []
    let uiPatience_ms = ui.patience_ms
    try poller.wait(timeout_ms: timeLeft_ms(uiPatience_ms)) { event in
      switch event.token {
      case Token.socket: isSocketReady = true
      case Token.connector: isConnectorReady = true
      case Token.transfers: areTransfersReady = true
      default: uiTokens.append(event.token)
      }
    }
    if isSocketReady { try readConnection() }
    if isConnectorReady { try finishConnecting() }
    if areTransfersReady { try readTransfers() }
    guard status == nil else { return }
    for token in uiTokens { try ui.handle(token) }
    if ui.takeTransferStop() {
      transfers.stopAll()
      try apply(.transfersStopped)
    }
    if uiPatience_ms != nil, uiTokens.isEmpty { try ui.handle(nil) }
    try applyTimers()
    if !transfers.isIdle || session.reconnection != nil { showOverview() }
  }

  private mutating func apply(_ input: ClientInput) throws(Errno) {
    if input == .terminated {
      answerDue_ns = min(answerDue_ns ?? .max, SystemClock.monotonic_ns + Self.terminationTimeout_ns)
    }
    try perform(session.apply(input, at: SystemClock.monotonic_ns / 1_000_000))
  }

  private mutating func perform(_ outputs: [ClientOutput]) throws(Errno) {
    var parts: [ClientInput] = []
    for output in outputs {
      switch output {
      case .send(let line): connection?.send(line)
      case .show(let item): ui.show(item)
      case .ask(let question): ui.ask(question)
      case .askPassword(let question): ui.askPassword(question)
      case .restoreInput(let line): ui.restoreInput(line)
      case .measure(let number, let path): transfers.measure(number, path)
      case .upload(let number, let path, let ticket, let offset, let size):
        transfers.upload(number, path, ticket: ticket, offset: offset, size: size)
      case .download(let number, let file, let destination):
        let offset = transfers.download(number, file, destination: destination)
        if let offset { parts.append(.partExists(number, offset)) }
      case .disconnect: disconnect()
      case .connect(let attempt):
        disconnect()
        connector.connect(attempt: attempt, end_ns: session.reconnectDeadline_ms.map { $0 * 1_000_000 })
      case .connectNow: connector.connectNow()
      case .exit(let status, let reason):
        ui.end(because: reason)
        self.status = status
      }
    }
    showOverview()
    // Shown before it is sent: the user has seen what the server is told they have read.
    guard ui.flush(session.awaited) else {
      status = .inputOutput
      return
    }
    try connection?.flush(poller)
    if !session.isAwaitingServer {
      answerDue_ns = nil
    } else if answerDue_ns == nil {
      answerDue_ns = SystemClock.monotonic_ns + answerTimeout_ms * 1_000_000
    }
    for part in parts where status == nil { try apply(part) }
  }

  private func showOverview() {
    var overview = session.overview
    overview.transfers = transfers.progress() + overview.transfers
    overview.nextAttempt_s = connector.timeLeft_ns.map { Int(($0 + 999_999_999) / 1_000_000_000) }
    ui.show(overview, session.known)
  }

  private mutating func readTransfers() throws(Errno) {
    for input in transfers.takeInputs() where status == nil { try apply(input) }
  }

  // MARK: The connection

  private mutating func readConnection() throws(Errno) {
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

  private mutating func finishConnecting() throws(Errno) {
    guard let socket = connector.takeSocket() else { return try apply(.notConnected) }
    connection = try ServerConnection(socket, poller, token: Token.socket)
    try apply(.connected)
  }

  // MARK: Time

  private mutating func applyTimers() throws(Errno) {
    let now_ns = SystemClock.monotonic_ns
    connector.beginIfDue()
    if let answerDue_ns, now_ns >= answerDue_ns {
      self.answerDue_ns = nil
      try apply(.noAnswer)
    }
    if let due_ms = session.transferDue_ms, now_ns / 1_000_000 >= due_ms { try apply(.transferDue) }
    if now_ns >= tickDue_ns, status == nil {
      tickDue_ns = now_ns + ClientLoop.tick_ns
      try apply(.tick)
    }
    if let deadline_ms = session.reconnectDeadline_ms, now_ns >= deadline_ms * 1_000_000, status == nil {
      try apply(.reconnectTimedOut(ui.unreadInput()))
    }
  }

  private func timeLeft_ms(_ uiPatience_ms: Int32?) -> Int32 {
    let now_ns = SystemClock.monotonic_ns
    let refresh_ns: Int64? = transfers.isIdle ? nil : TransferRunner.refresh_ms * 1_000_000
    let sessionLeft_ns = [session.transferDue_ms, session.reconnectDeadline_ms].map {
      $0.map { $0 * 1_000_000 - now_ns }
    }
    // The status line counts seconds.
    let secondLeft_ns = session.settings.hasOverview ? connector.timeLeft_ns.map { ($0 - 1) % 1_000_000_000 + 1 } : nil
    let left_ns =
      ([answerDue_ns.map { $0 - now_ns }, connector.timeLeft_ns, tickDue_ns - now_ns, refresh_ns, secondLeft_ns]
      + sessionLeft_ns).compactMap(\.self)
    let left_ms = Int32(clamping: max(0, ((left_ns.min() ?? 0) + 999_999) / 1_000_000))
    return min(left_ms, uiPatience_ms ?? .max)
  }
}

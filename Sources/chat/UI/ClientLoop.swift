import ChatProtocol
import POSIX

/// Runs a session between the server's socket and the UI. All rules are the session's; this makes the system calls.
struct ClientLoop: ~Copyable {
  /// The interval of `ClientInput.tick`.
  private static let tickNanoseconds: Int64 = 10_000_000_000
  /// After a signal that ends the client, how long the server may take to acknowledge what was sent.
  private static let terminationTimeoutNanoseconds: Int64 = 2_000_000_000

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
  private let answerTimeoutMilliseconds: Int64
  private var answerDueNanoseconds: Int64?
  private var tickDueNanoseconds: Int64
  private var status: ExitStatus?

  /// `connector` makes the next connection.
  init(
    _ session: ClientSession, _ connected: consuming ConnectedSocket, connector: Connector, ui: any ClientUI,
    answerTimeoutMilliseconds: Int64 = 10_000
  ) throws(Errno) {
    let poller = try Poller(eventsMax: 4)
    let connection = try ServerConnection(connected, poller, token: Token.socket)
    let transfers = try TransferRunner(connector.endpoint)
    try poller.add(transfers.rawValue, token: Token.transfers, interest: .readable)
    try poller.add(connector.rawValue, token: Token.connector, interest: .readable)
    self.session = session
    self.ui = ui
    self.connector = connector
    self.connection = connection
    self.transfers = transfers
    self.answerTimeoutMilliseconds = answerTimeoutMilliseconds
    self.poller = poller
    tickDueNanoseconds = SystemClock.monotonicNanoseconds + ClientLoop.tickNanoseconds
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
    let uiPatienceMilliseconds = ui.waitLimitMilliseconds
    try poller.wait(timeoutMilliseconds: timeLeftMilliseconds(uiPatienceMilliseconds)) { event in
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
    if uiPatienceMilliseconds != nil, uiTokens.isEmpty { try ui.handle(nil) }
    try applyTimers()
    if !transfers.isIdle || session.reconnection != nil { showOverview() }
  }

  private mutating func apply(_ input: ClientInput) throws(Errno) {
    if input == .terminated {
      answerDueNanoseconds = min(
        answerDueNanoseconds ?? .max, SystemClock.monotonicNanoseconds + Self.terminationTimeoutNanoseconds)
    }
    try perform(session.apply(input, at: SystemClock.monotonicNanoseconds / 1_000_000))
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
        connector.connect(
          attempt: attempt, endNanoseconds: session.reconnectDeadlineMilliseconds.map { $0 * 1_000_000 })
      case .connectNow: connector.connectNow()
      case .exit(let status, let reason):
        ui.end(because: reason)
        self.status = status
      }
    }
    showOverview()
    // Shown before it is sent, so that the user has seen what the client marks as read.
    guard ui.flush(session.awaited) else {
      status = .inputOutput
      return
    }
    try connection?.flush(poller)
    if !session.isAwaitingServer {
      answerDueNanoseconds = nil
    } else if answerDueNanoseconds == nil {
      answerDueNanoseconds = SystemClock.monotonicNanoseconds + answerTimeoutMilliseconds * 1_000_000
    }
    for part in parts where status == nil { try apply(part) }
  }

  private func showOverview() {
    var overview = session.overview
    overview.transfers = transfers.progress() + overview.transfers
    overview.nextAttemptSeconds = connector.timeLeftNanoseconds.map { Int(($0 + 999_999_999) / 1_000_000_000) }
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
    // TLS may have to answer.
    try connection.flush(poller)
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
    let connected: ConnectedSocket?
    do throws(ConnectionError) {
      connected = try connector.take()
    } catch {
      return try apply(ClientInput(error))
    }
    guard let connected else { return }
    connection = try ServerConnection(connected, poller, token: Token.socket)
    try apply(.connected)
  }

  // MARK: Time

  private mutating func applyTimers() throws(Errno) {
    let nowNanoseconds = SystemClock.monotonicNanoseconds
    connector.beginIfDue()
    if let answerDueNanoseconds, nowNanoseconds >= answerDueNanoseconds {
      self.answerDueNanoseconds = nil
      try apply(.noAnswer)
    }
    if let dueMilliseconds = session.transferDueMilliseconds, nowNanoseconds / 1_000_000 >= dueMilliseconds {
      try apply(.transferDue)
    }
    if nowNanoseconds >= tickDueNanoseconds, status == nil {
      tickDueNanoseconds = nowNanoseconds + ClientLoop.tickNanoseconds
      try apply(.tick)
    }
    if let deadlineMilliseconds = session.reconnectDeadlineMilliseconds,
      nowNanoseconds >= deadlineMilliseconds * 1_000_000, status == nil
    {
      try apply(.reconnectTimedOut(ui.unreadInput()))
    }
  }

  private func timeLeftMilliseconds(_ uiPatienceMilliseconds: Int32?) -> Int32 {
    let nowNanoseconds = SystemClock.monotonicNanoseconds
    let refreshNanoseconds: Int64? = transfers.isIdle ? nil : TransferRunner.refreshMilliseconds * 1_000_000
    let sessionLeftNanoseconds = [session.transferDueMilliseconds, session.reconnectDeadlineMilliseconds].map {
      $0.map { $0 * 1_000_000 - nowNanoseconds }
    }
    // The status line counts seconds.
    let secondLeftNanoseconds =
      session.settings.hasOverview ? connector.timeLeftNanoseconds.map { ($0 - 1) % 1_000_000_000 + 1 } : nil
    let leftNanoseconds =
      ([
        answerDueNanoseconds.map { $0 - nowNanoseconds }, connector.timeLeftNanoseconds,
        tickDueNanoseconds - nowNanoseconds, refreshNanoseconds, secondLeftNanoseconds,
      ]
      + sessionLeftNanoseconds).compactMap(\.self)
    let leftMilliseconds = Int32(clamping: max(0, ((leftNanoseconds.min() ?? 0) + 999_999) / 1_000_000))
    return min(leftMilliseconds, uiPatienceMilliseconds ?? .max)
  }
}

/// The user's or script's side of the client: the source of input lines, and the place to show output.
protocol ClientUI: AnyObject {
  /// Registers its descriptors with the loop's poller, with tokens from `tokenMin` up.
  func watch(with poller: borrowing Poller, tokensFrom tokenMin: UInt64, awaited: AwaitedInput) throws(Errno)

  /// How long the loop may wait for events; nil without limit.
  var waitLimitMilliseconds: Int32? { get }

  /// A descriptor is readable; nil if `waitLimitMilliseconds` have passed.
  func handle(_ token: UInt64?) throws(Errno)

  /// The next input for a session that awaits `awaited`; nil if there is none for now.
  func next(_ awaited: AwaitedInput) throws(Errno) -> ClientInput?

  func show(_ item: DisplayItem)
  /// Asks a question, which the next line answers.
  func ask(_ question: String)
  /// Asks for a password, which is not shown.
  func askPassword(_ question: String)
  /// Puts a line that the server refused back into the input.
  func restoreInput(_ line: String)
  func show(_ overview: Overview, _ names: KnownNames)
  /// Whether the user stopped all transfers since the last call.
  func takeTransferStop() -> Bool
  /// The input that the session has not taken, for the error at the end.
  func unreadInput() throws(Errno) -> UnreadInput
  /// Shows the error that ends the client, if there is one.
  func end(because reason: String?)

  /// Writes the output. What is typed from here on is for `awaited`: the user may answer a question as soon as they see it. Returns
  /// false if the output is closed.
  func flush(_ awaited: AwaitedInput) -> Bool
}

import ChatProtocol
import JSON

/// The options of a client session.
struct ClientSettings: Equatable, Sendable {
  /// The server's address for messages: `127.0.0.1:7777`.
  var server: String
  /// The user to log in; nil asks.
  var name: LoginName?
  /// The room to join after the login.
  var room: Name?
  /// From CHAT_PASSWORD.
  var password: Secret?
  /// A user is there and can be asked. Otherwise the input is a script's: one line at a time, each after the
  /// acknowledgement of the one before, and errors set the exit status.
  var isInteractive: Bool
  /// Typed lines stay on the screen, so that own messages are not shown again.
  var seesOwnTyping: Bool
  /// The client has a status line.
  var hasOverview = false
  /// The folder into which shared files are fetched unasked.
  var acceptsFilesIn: String? = nil
  /// The client reconnects after a lost connection.
  var reconnects = false
  /// For how long it tries; nil: without limit.
  var reconnectTimeoutMilliseconds: Int64? = nil
  /// Events go to standard output as the server wrote them.
  var isJSON: Bool
}

/// A client's side of the conversation as a pure value, without a socket, a terminal or a clock: inputs go in, actions come out.
///
/// A session begins in the text dialect, as every connection does, and asks for json at once. Until then it keeps the server's
/// lines only as the reason in case the server disconnects. In json every sent line gets exactly one reply, in order, so
/// `pending` knows what each is about. Then the session logs in, with the command line's name and password or with
/// what it asks for, joins the room of `--room`, and sends lines and shows events until the input or the connection ends.
///
/// A script's lines go out one at a time, each after the acknowledgement of the one before. So an error names its line, the server's
/// rate limit only slows the script down, and at the end of input no line can be lost.
struct ClientSession {
  enum State: Equatable {
    /// Until the server speaks json.
    case greeting
    /// Until the user answers a question.
    case asking(AwaitedInput)
    /// Until the reply to `/login`, `/register` or `/guest`.
    case loggingIn
    /// Until the reply to `/join`, before any line of input is sent.
    case joining
    case chatting
    /// There is no connection.
    case disconnected
    /// There is a new connection, until missed messages are here.
    case reconnecting
    case leaving(ExitStatus)
    case ended
  }

  let settings: ClientSettings
  var state = State.greeting
  var pending = PendingReplies()
  var context = UserContext()
  var login: LoginState
  var reconnection: Reconnection?
  var transfers = TransferQueue()
  var history = RoomHistory()

  /// For the status line and for Tab.
  var overview = Overview()
  var known = KnownNames()
  var hasAskedForRooms = false
  var privateRead = PrivateReadMark()
  var readMarks = RoomReadMarks()

  /// Typed lines that wait for their turn.
  var unsent: [QueuedLine] = []
  var linesTyped = 0
  var linesRefused = 0
  var isInputEnded = false

  /// Why the server is about to close the connection.
  var closingReason: String?
  /// A line before json that does not belong to the text dialect.
  var foreignGreeting: String?
  var hasShownUnknownEvent = false

  /// The time of the current input, of a monotonic clock.
  var nowMilliseconds: Int64 = 0
  /// When the server sent something last.
  var lastReceivedMilliseconds: Int64 = 0
  /// When the unanswered `/ping` was sent.
  var pingSentMilliseconds: Int64?
  /// The server's time in its last event on a connection that was not lost.
  var lastServerTime: Timestamp?

  /// The outputs of the current input.
  var outputs: [ClientOutput] = []

  init(_ settings: ClientSettings) {
    self.settings = settings
    login = LoginState(name: settings.name, password: settings.password)
  }

  /// The actions for a new connection.
  mutating func start() -> [ClientOutput] {
    send("/format json", expecting: .format)
    return takeOutputs()
  }

  /// `nowMilliseconds` is the time of a monotonic clock.
  mutating func apply(_ input: ClientInput, at nowMilliseconds: Int64 = 0) -> [ClientOutput] {
    if state == .ended { return [] }
    self.nowMilliseconds = nowMilliseconds
    switch input {
    case .received(let line): receive(line)
    case .receivedTooLong:
      fail(.protocolError, "\(settings.server) sends lines without an end: it is not a chat server")
    case .typed(let line): receiveInput(line)
    case .typedUnusable(let reason):
      if state == .chatting { linesTyped += 1 }
      refuseLine(linesTyped, reason)
    case .endOfInput, .terminated: endInput()
    case .password(let password): answerPassword(password)
    case .connectionEnded(let reason): endConnection(reason)
    case .noAnswer: endWithoutAnswer()
    case .connected:
      state = .greeting
      send("/format json", expecting: .format)
    case .notConnected: awaitNextAttempt()
    case .notEncrypted(let reason): retryEncryption(reason)
    case .untrusted(let reason): refuseServer(reason)
    case .reconnectTimedOut(let unread): giveUpReconnecting(unread)
    case .tick:
      tick()
      sendReadMark()
    case .measured(let number, let path, let size, let cksum): offer(number, path: path, size: size, cksum: cksum)
    case .partExists(let number, let offset): getRest(number, from: offset)
    case .transferEnded(let number, let end, let moved): endTransfer(number, end, moved: moved)
    case .transfersStopped: stopTransfers()
    case .transferDue: break
    }
    sendUnsent()
    startTransfers()
    askForHistoryEnd()
    refreshOverview()
    return takeOutputs()
  }

  /// What the next line of input answers.
  var awaited: AwaitedInput {
    if login.isAnswerDiscarded { return .password }
    switch state {
    case .asking(let awaited): return awaited
    case .disconnected, .reconnecting: return takesLines ? .line : .nothing
    case .greeting: return reconnection != nil && takesLines ? .line : .nothing
    case .chatting where settings.isInteractive: return takesLines ? .line : .nothing
    case .chatting: return !isInputEnded && isReadyForScript ? .line : .nothing
    default: return .nothing
    }
  }

  /// Whether a user may type. After a `/join` that may ask for a password, input waits: it may be the password.
  private var takesLines: Bool {
    let joins =
      (unacknowledgedLines.contains { $0.command?.isJoinWithoutPassword == true })
      || unsent.contains { Command(parsing: $0.text)?.isJoinWithoutPassword == true }
    return settings.isInteractive && !isInputEnded && !joins
  }

  /// Whether the server owes an answer at once, so that long silence means that it is stuck or no chat server.
  var isAwaitingServer: Bool {
    switch state {
    case .greeting, .leaving: true
    case .chatting: isInputEnded && settings.isInteractive && transfers.isEmpty
    default: false
    }
  }

  /// The typed lines that the server has not acknowledged.
  var unacknowledgedLines: [TypedLine] { (reconnection?.unacknowledged ?? []) + pending.typedLines }

  // MARK: Outputs

  mutating func output(_ output: ClientOutput) { outputs.append(output) }

  mutating func send(_ line: String, expecting reply: PendingReply) {
    if settings.reconnects, line.hasPrefix("/") { login.noteSent(Command(parsing: line)) }
    output(.send(line))
    pending.append(reply)
  }

  mutating func show(_ event: ReceivedEvent) {
    // With --json the server's line was shown.
    if !settings.isJSON { output(.show(.event(event, context))) }
  }

  mutating func show(_ line: JSONValue) {
    if settings.isJSON { output(.show(.json(line))) }
  }

  mutating func showNotice(_ sentence: String) { output(.show(.notice(sentence))) }
  mutating func showError(_ sentence: String) { output(.show(.error(sentence))) }

  /// Ends the session with an error.
  mutating func fail(_ status: ExitStatus, _ sentence: String) { exit(status, because: sentence) }

  mutating func exit(_ status: ExitStatus, because sentence: String? = nil) {
    showMissed()
    output(.exit(status, because: sentence))
    state = .ended
  }

  private mutating func takeOutputs() -> [ClientOutput] {
    defer { outputs = [] }
    return outputs
  }
}

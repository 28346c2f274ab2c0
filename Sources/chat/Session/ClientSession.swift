import ChatProtocol
import JSON

/// A client's side of the conversation, without a socket, a terminal or a clock: what happens goes in, what to do about it
/// comes out.
///
/// A session begins in the text dialect, as every connection does, and asks for json at once; what the server says until
/// then is for people and is kept only as the reason in case it hangs up. In json every line sent is answered by exactly
/// one reply, in order, so `pending` holds what each was about. Coming in asks for a name and a password, or takes them
/// from the command line and the environment; whoever is refused may choose what to do, and a script ends. Then lines go
/// out as they were typed and events come in, until the input ends, or the connection for good.
///
/// A script's lines go out one at a time, each after the acknowledgement of the one before: an error is told with the line
/// it belongs to, the server's limit on commands a second only slows the script down, and at the end of input there is
/// nothing that could be lost.
struct ClientSession {
  let settings: ClientSettings

  var phase = Phase.greeting
  /// What was sent and is not answered, in the order in which it was sent.
  var pending: [PendingReply] = []
  var viewpoint = Viewpoint()
  /// What the input has asked for, collected until it is handed over.
  var outputs: [ClientOutput] = []

  /// Who is trying to come in.
  var loginName: LoginName?
  /// Used once: a second attempt with the same password is of no use.
  var unusedPassword: Secret?
  /// Why the server is about to close the connection.
  var lastWords: String?
  /// What was said before anything in json and is no line of the text dialect either.
  var strangeGreeting: String?

  /// Lines of input so far, so that a refused one can be named.
  var linesTyped = 0
  var linesRefused = 0
  var isInputEnded = false
  /// The connection went while a password was asked for, which is still being typed.
  var isSecretInVain = false

  /// The last private message that was shown, and the last one that the server was told of.
  var lastPrivateShown: MessageID = 0
  var lastPrivateTold: MessageID = 0
  var hasMetUnfamiliar = false

  /// What is shown of all this all the time, and what Tab may complete.
  var overview = Overview()
  var known = KnownNames()
  /// The server was asked which rooms there are.
  var hasSurveyed = false

  /// What it takes to come back after the connection was lost.
  var credentials: Credentials?
  /// Sent, and not known to be good yet.
  var tried: Credentials?
  var resumeToken: Secret?
  /// Passwords of rooms that were entered.
  var roomKeys: [Name: Secret] = [:]
  /// The last message of each room that was shown, or was there before one came.
  var lastSeen: [Name: MessageID] = [:]
  /// Rooms that would not tell where their past ends.
  var pastless: Set<Name> = []
  var comeback: Reconnection?
  /// What the server's clock said last, but for on the way back.
  var lastHeard: Timestamp?
  var unsent: [WaitingLine] = []
  /// Files on their way, by a number of the client's own.
  var transfers: [Int: FileTransfer] = [:]
  var lastTransfer = 0
  var isGuest = false
  /// Somebody put this user off the server.
  var wasPutOff = false
  /// The time of what happens now, of a clock that never jumps.
  var now_ms: Int64 = 0
  /// When the server said something last.
  var heard_ms: Int64 = 0
  /// When the server was asked whether it is there, and has not answered yet.
  var pingSent_ms: Int64?

  enum Phase: Equatable {
    /// Until the server speaks json.
    case greeting
    case asking(Question)
    /// Until the reply to `/login`, `/register` or `/guest`.
    case comingIn
    /// Until the reply to `/join`, before any line of input is taken.
    case enteringRoom
    case chatting
    /// There is no connection.
    case lost
    /// There is one again; until what was missed is there.
    case comingBack
    case leaving(ExitStatus)
    case over
  }

  enum Question: Equatable {
    case name
    case choice([Choice])
    case secret(SecretCommand)
  }

  init(_ settings: ClientSettings) {
    self.settings = settings
    loginName = settings.name
    unusedPassword = settings.password
  }

  /// What to do once the connection stands.
  mutating func start() -> [ClientOutput] {
    send("/format json", expecting: .format)
    return takeOutputs()
  }

  /// `now_ms` is of a clock that never jumps.
  mutating func apply(_ input: ClientInput, at now_ms: Int64 = 0) -> [ClientOutput] {
    if phase == .over { return [] }
    self.now_ms = now_ms
    switch input {
    case .received(let line): receive(line)
    case .receivedTooLong: fail(.protocolFault, "\(settings.server) sends lines without an end: that is no chat server")
    case .typed(let line): take(line)
    case .typedUnusable(let reason): takeUnusable(reason)
    case .endOfInput, .terminated: endInput()
    case .secret(let secret): takeAnswer(secret)
    case .connectionEnded(let reason): endConnection(reason)
    case .noAnswer: giveUpWaiting()
    case .connected: greetAgain()
    case .notConnected: awaitNextAttempt()
    case .outOfPatience(let unread): giveUpConnection(unread)
    case .tick: tick()
    case .measured(let number, let path, let size, let cksum): takeMeasured(number, path, size, cksum)
    case .partIsThere(let number, let offset): getRest(number, from: offset)
    case .transferEnded(let number, let end, let moved): endTransfer(number, end, moved: moved)
    case .filesStopped: stopFiles()
    case .filesDue: break
    }
    sendUnsent()
    goOnWithFiles()
    askWherePastEnds()
    refreshOverview()
    return takeOutputs()
  }

  /// What the next line of input answers.
  var awaited: AwaitedInput {
    if isSecretInVain { return .secret }
    switch phase {
    case .asking(.name): return .name
    case .asking(.choice(let choices)): return .choice(choices)
    case .asking(.secret): return .secret
    // Behind the command that may ask for a password there may be one.
    case .lost, .comingBack: return settings.isInteractive && !isInputEnded && !mayAskForPassword ? .line : .nothing
    case .greeting:
      return settings.isInteractive && comeback != nil && !isInputEnded && !mayAskForPassword ? .line : .nothing
    case .chatting:
      return !isInputEnded && (settings.isInteractive ? !mayAskForPassword : isReadyForScript) ? .line : .nothing
    default: return .nothing
    }
  }

  /// Whether a line of input would be of use now. Until then it stays where it is.
  var wantsTyped: Bool { awaited.isLine }

  /// Whether the server owes an answer that comes at once, so that long silence means that it is none or is stuck.
  var isAwaitingServer: Bool {
    switch phase {
    case .greeting, .leaving: true
    case .chatting: isInputEnded && settings.isInteractive && transfers.isEmpty
    default: false
    }
  }

  // MARK: What every part uses

  mutating func send(_ line: String, expecting reply: PendingReply) {
    if settings.comesBack, line.hasPrefix("/") { noteCredentials(understood(line)) }
    outputs.append(.send(line))
    pending.append(reply)
  }

  mutating func show(_ event: ReceivedEvent) {
    // With --json the line itself has been shown.
    if !settings.isJSON { outputs.append(.show(.event(event, viewpoint))) }
  }

  mutating func show(_ line: JSONValue) {
    if settings.isJSON { outputs.append(.show(.raw(line))) }
  }

  mutating func note(_ sentence: String) { outputs.append(.show(.note(sentence))) }
  mutating func complain(_ sentence: String) { outputs.append(.show(.complaint(sentence))) }

  /// Ends the session with a sentence that says why.
  mutating func fail(_ status: ExitStatus, _ sentence: String) {
    exit(status, because: sentence)
  }

  mutating func exit(_ status: ExitStatus, because sentence: String? = nil) {
    showKept()
    outputs.append(.exit(status, because: sentence))
    phase = .over
  }

  private mutating func takeOutputs() -> [ClientOutput] {
    let taken = outputs
    outputs = []
    return taken
  }
}

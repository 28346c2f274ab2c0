import ChatProtocol
import JSON

/// An input of a client session.
enum ClientInput: Equatable, Sendable {
  /// A line from the server, without its line end.
  case received([UInt8])
  /// The server sent a line longer than any of the protocol.
  case receivedTooLong
  /// A line of input, without its line end: something to send, or the answer to `ClientOutput.ask`.
  case typed(String)
  /// A line of input that cannot be sent, and why.
  case typedUnusable(because: String)
  case endOfInput
  /// SIGTERM or SIGHUP.
  case terminated
  /// The answer to `ClientOutput.askPassword`; nil after Ctrl-D or Ctrl-C.
  case password(Secret?)
  /// The connection ended, with the system's reason if there is one.
  case connectionEnded(String?)
  /// The server did not answer in time.
  case noAnswer
  /// Answers to `ClientOutput.connect`.
  case connected
  case notConnected
  /// Something answered, but not with TLS, and why.
  case notEncrypted(String)
  /// The server's certificate is not trusted any more, and why.
  case untrusted(String)
  /// Answers `ClientOutput.measure`. `path` is the file that the typed path means.
  case measured(Int, path: String, size: UInt64, cksum: UInt32)
  /// Answers `ClientOutput.download`: so many bytes of the file are already here.
  case partExists(Int, UInt64)
  /// `moved`: the bytes transferred over this connection.
  case transferEnded(Int, TransferEnd, moved: UInt64 = 0)
  /// The user stopped all transfers.
  case transfersStopped
  /// The time of `ClientSession.transferDueMilliseconds` has come.
  case transferDue
  /// The time of `ClientSession.reconnectDeadlineMilliseconds` has come. `UnreadInput` is not sent any more.
  case reconnectTimedOut(UnreadInput)
  /// About ten seconds have passed.
  case tick
}

/// An action that a client session asks for, in order.
enum ClientOutput: Equatable, Sendable {
  /// A line to the server, without its line end.
  case send(String)
  case show(DisplayItem)
  /// Asks a question, which the next typed line answers.
  case ask(String)
  /// Asks for a password, which is not shown.
  case askPassword(String)
  /// Puts a line that the server refused back into the input, to be edited.
  case restoreInput(String)
  /// Computes the size and checksum of a file, for the transfer of this number.
  case measure(Int, path: String)
  case upload(Int, path: String, ticket: Secret, offset: UInt64, size: UInt64)
  case download(Int, FetchedFile, destination: String?)
  case disconnect
  /// Makes a new connection, after a delay that grows with the number of the attempt: 1 is the first.
  case connect(attempt: Int)
  /// Makes the next attempt without further delay.
  case connectNow
  /// Ends the client, with an error for standard error if there is one.
  case exit(ExitStatus, because: String? = nil)
}

/// Something to show to the user, or to the program that reads standard output.
enum DisplayItem: Equatable, Sendable {
  /// An event or a reply, as this user sees it.
  case event(ReceivedEvent, UserContext)
  /// An event as the server wrote it, for `--json`.
  case json(JSONValue)
  /// A message of the client itself.
  case notice(String)
  /// An error message of the client itself.
  case error(String)
}

/// The user and their current room. Messages need not name either.
struct UserContext: Equatable, Sendable {
  var user: Name?
  /// Nil before the login, and while it is not known.
  var room: Name?
}

/// Lines of input that were not sent.
struct UnreadInput: Equatable, Sendable {
  var count = 0
  /// Whether there may be more than `count`.
  var mayBeMore = false
}

/// What the next line of input answers.
enum AwaitedInput: Equatable, Sendable {
  /// Nothing until the server answers: input waits.
  case nothing
  /// A message or a command.
  case line
  case name
  case choice([LoginChoice])
  case password

  /// Whether the input is shown while it is typed.
  var isShown: Bool {
    switch self {
    case .line, .name, .choice: true
    case .nothing, .password: false
    }
  }
}

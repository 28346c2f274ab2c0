package import ChatProtocol

/// All that the world can tell the core. The core's state is what these, in their order, made of it.
package enum Input: Sendable {
  /// The first of all: the server serves.
  case started
  /// A client connected and is to be welcomed. `address` is its IP address, without a port.
  case connected(SessionID, address: String)
  /// A line that the client's dialect could read.
  case command(SessionID, Command, entropy: Entropy)
  /// A line that it could not: answered in its turn like a command.
  case fault(SessionID, CommandError)
  /// The answer to `Effect.verifyPassword`.
  case passwordVerified(SessionID, Bool)
  /// The answer to `Effect.hashPassword` for a session. nil where it could not be made.
  case passwordHashed(SessionID, hash: String?)
  /// The answer to `Effect.hashPassword` for a control request.
  case controlPasswordHashed(ControlID, hash: String?)
  /// The answer to `Effect.hashStoredPassword`, with the secret that was hashed.
  case storedPasswordHashed(StoredSecret.Owner, Secret, hash: String?)
  /// The queue of passwords was full: instead of the answer.
  case passwordRefused(SessionID)
  /// The answer to `Effect.readHistory`.
  case historyRead(SessionID, HistoryResult)
  /// The answer to `Effect.checkFile`.
  case fileChecked(SessionID, FileCheckResult)
  /// What `Effect.beginTransfer` came to. The connection waits for `Effect.close`.
  case transferEnded(SessionID, TransferResult)
  /// A private message to this name was taken by the kernel for a session of the text dialect, and so counts as read.
  case privateMessageTaken(to: Name, MessageID)
  case control(ControlID, ControlRequest, from: ControlPeer, entropy: Entropy)
  /// After `Effect.replyPart`: the client has taken what there was of its answer.
  case controlReady(ControlID)
  /// Nobody waits for this answer any more.
  case controlGone(ControlID)
  /// Somebody changed files by hand, or asked to look for that.
  case edited(Edit)
  /// Somebody changed files by hand in a way that is not applied, and why.
  case editRejected(reasons: [String])
  /// After `Effect.continueEdit`.
  case editContinues
  /// The log goes on in a file that begins here, or was cut: it is to begin with a line that bears an id.
  case logReopened(file: String)
  /// About once a second, while there is something that waits for time to pass.
  case tick
  /// The connection is gone, or is to be closed by the loop; `reason` is told to the others.
  case disconnected(SessionID, reason: String)
  /// Whether records can be kept. While not, `reason` says why, and what would need a record is refused.
  case recording(Bool, reason: String)
  /// The server ends: everybody is told and closed.
  case stop(reason: String)
}

/// Random bytes for what needs a secret, drawn by the loop so that the core draws none. 32 bytes of getrandom(2).
package struct Entropy: Equatable, Sendable {
  package var bytes: [UInt8]
  package init(_ bytes: [UInt8]) { self.bytes = bytes }
  /// For commands that need none.
  package static let none = Entropy([])
}

/// A request on the control socket that waits for its reply: the loop's number for it.
package struct ControlID: Hashable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// Who is behind a control connection, as the kernel says (SO_PEERCRED).
package struct ControlPeer: Equatable, Sendable {
  package var user: String
  package var uid: UInt32
  package var pid: Int32
  package init(user: String, uid: UInt32, pid: Int32) {
    self.user = user
    self.uid = uid
    self.pid = pid
  }
}

/// What the log held.
package enum HistoryResult: Equatable, Sendable {
  /// Oldest first. Where the page is not full, `more` says that the bound on what is read was reached: there may be others from
  /// that id on. `olderCompressed`: older ones may stand in pieces of the log that were compressed, which are not read.
  case messages([PastMessage], more: Continuation? = nil, olderCompressed: Bool = false)
  case unavailable(reason: String)
}

/// A password that somebody typed into a file as `plain:SECRET`.
package struct StoredSecret: Equatable, Sendable {
  package enum Owner: Hashable, Sendable {
    case account(Name)
    case room(Name)
  }

  package var owner: Owner
  package var secret: Secret
  package init(owner: Owner, secret: Secret) {
    self.owner = owner
    self.secret = secret
  }
}

/// What the core starts from: what the store read from the files.
package struct InitialState: Equatable, Sendable {
  package var settings: Settings
  package var accounts: Accounts
  package var rooms: [RoomRecord]
  package var users: PackedTable<UserState>
  package var mail: [Mail]
  package var restrictions: [Restriction]
  package var files: [FileRecord]
  /// Greater than every id that was ever given out.
  package var nextID: MessageID
  package var clockSteps: ClockSteps
  /// By how many milliseconds the wall clock was set between the last save and the start, as far as can be told; 0 where it was
  /// not.
  package var clockStepMilliseconds: Int64
  /// A crypt(5) string as costly as a new password's that no password fits: a login to a name that does not exist
  /// is checked against it, so that it takes as long as any other.
  package var decoyHash: String

  package init(
    settings: Settings = Settings(), accounts: Accounts = [], rooms: [RoomRecord] = [],
    users: PackedTable<UserState> = [],
    mail: [Mail] = [], restrictions: [Restriction] = [], files: [FileRecord] = [], nextID: MessageID = 1,
    clockSteps: ClockSteps = ClockSteps(), clockStepMilliseconds: Int64 = 0, decoyHash: String
  ) {
    self.settings = settings
    self.accounts = accounts
    self.rooms = rooms
    self.users = users
    self.mail = mail
    self.restrictions = restrictions
    self.files = files
    self.nextID = nextID
    self.clockSteps = clockSteps
    self.clockStepMilliseconds = clockStepMilliseconds
    self.decoyHash = decoyHash
  }
}

/// A session for as long as it lives: a place in the loop's table, and a number that no other session of this run has.
///
/// A place is used again as soon as its session is gone; the number, its generation, keeps an answer that comes late
/// (a hashed password, a page of history) from reaching whoever sits there now.
package struct SessionID: Hashable, Sendable {
  package let slot: Int32
  package let generation: UInt32

  package init(slot: Int32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// The session's number in `chat-admin sessions list` and in the log.
  package var number: UInt64 { UInt64(generation) }
}

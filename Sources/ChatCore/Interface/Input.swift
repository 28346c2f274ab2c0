package import ChatProtocol

/// Everything that happens to the core. Its state is determined by its inputs, in order.
package enum Input: Sendable {
  /// The first input.
  case started
  /// Random bytes. Due before the next input while `Core.needsEntropy`.
  case entropy([UInt8])
  /// A client connected and gets the greeting. `address` is its IP address, without a port.
  case connected(SessionID, address: String)
  case command(SessionID, Command)
  /// A line that is not a valid command. It is answered in its turn, like a command.
  case invalidCommand(SessionID, CommandError)
  /// After `Effect.start`. The session's next line may be decoded.
  case completed(SessionID, WorkResult)
  /// After `Effect.hashControlPassword`. nil if too many passwords wait.
  case controlPasswordHashed(ControlID, hash: String?)
  /// After `Effect.hashStoredPassword`.
  case storedPasswordHashed(StoredSecret, hash: String?)
  /// After `Effect.beginTransfer`. The connection stays open until `Effect.close`.
  case transferEnded(SessionID, TransferResult)
  /// The kernel accepted a private message for a session of the text dialect, so it counts as read.
  case privateMessageTaken(to: Name, MessageID)
  case control(ControlID, ControlRequest, from: ControlPeer)
  /// After `Effect.replyPart`: the client has taken that part.
  case controlReady(ControlID)
  /// The client of this request has disconnected.
  case controlGone(ControlID)
  /// Files were edited by hand, or a request asked for a reload.
  case edited(Edit)
  /// Files were edited by hand in a way that is not applied.
  case editRejected(reasons: [String])
  /// After `Effect.continueEdit`.
  case editContinues
  /// The log continues in a new or emptied file, which must begin with a line that has an id.
  case logReopened(file: String)
  /// About once a second, while something waits for time to pass.
  case tick
  /// The connection is lost, or the loop closes it. Other users get `reason`.
  case disconnected(SessionID, reason: String)
  /// Whether records can be kept. If not, `reason` says why, and commands that need a record are refused.
  case recording(Bool, reason: String)
  /// The server stops: all sessions get `reason` and are closed.
  case stop(reason: String)
}

/// The result of the work that `Effect.start` began for a session.
package enum WorkResult: Sendable {
  case passwordVerified(Bool)
  /// nil if the system cannot hash the password.
  case passwordHashed(String?)
  case historyRead(HistoryResult)
  case fileChecked(FileCheckResult)
  /// The queue is full.
  case refused
}

/// The loop's number of a request on the control socket.
package struct ControlID: Hashable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// The client of a control connection, by the kernel (SO_PEERCRED).
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

/// A page of the log.
package enum HistoryResult: Equatable, Sendable {
  /// Oldest first. If the page is not full, `more` means that the limit of bytes was reached: there may be further
  /// messages from that id. `olderCompressed`: older ones may be in compressed pieces of the log, which are not read.
  /// Of a private message, `room` is the recipient. `firstID`: where a history that the query gave only a time for begins.
  case messages(
    [PastMessage], more: Continuation? = nil, olderCompressed: Bool = false, firstID: MessageID? = nil)
  case unavailable(reason: String)
}

/// A password typed into a file by hand as `plain:SECRET`.
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

/// The state that the store read from the files.
package struct InitialState: Equatable, Sendable {
  package var settings: Settings
  /// The message of the day: its lines, cleaned.
  package var motd: [String]
  package var accounts: Accounts
  package var rooms: [RoomRecord]
  package var users: PackedTable<UserState>
  package var mail: [Mail]
  package var restrictions: [Restriction]
  package var files: [FileRecord]
  /// As in `Record.pastBegins`.
  package var pasts: [Name: MessageID]
  /// Greater than every id used before.
  package var nextID: MessageID
  /// nil where no read mark was ever set.
  package var counts: MessageCounts?
  package var recent: [RecentMessages]
  package var clockSteps: ClockSteps
  /// By how much the wall clock was set between the last save and the start, as far as is known.
  package var clockStepMilliseconds: Int64
  /// A crypt(5) string that no password matches, as costly as a new one: a login with an unknown name is checked
  /// against it, so that it takes as long as any other.
  package var decoyHash: String

  package init(
    settings: Settings = Settings(), motd: [String] = [], accounts: Accounts = [], rooms: [RoomRecord] = [],
    users: PackedTable<UserState> = [],
    mail: [Mail] = [], restrictions: [Restriction] = [], files: [FileRecord] = [],
    pasts: [Name: MessageID] = [:], nextID: MessageID = 1, counts: MessageCounts? = nil,
    recent: [RecentMessages] = [],
    clockSteps: ClockSteps = ClockSteps(), clockStepMilliseconds: Int64 = 0, decoyHash: String
  ) {
    self.settings = settings
    self.motd = motd
    self.accounts = accounts
    self.rooms = rooms
    self.users = users
    self.mail = mail
    self.restrictions = restrictions
    self.files = files
    self.pasts = pasts
    self.nextID = nextID
    self.counts = counts
    self.recent = recent
    self.clockSteps = clockSteps
    self.clockStepMilliseconds = clockStepMilliseconds
    self.decoyHash = decoyHash
  }
}

/// A session: a slot in the loop's table, and a generation that no other session of this run has.
///
/// A slot is used again when its session has ended. The generation keeps a late result (a hashed password, a page of
/// history) from the next session of the slot.
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

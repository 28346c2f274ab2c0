import ChatProtocol

/// The rules of the server as a deterministic state machine: inputs in, effects out.
///
/// It reads no clock, draws no random number and does no I/O: the same inputs in the same order give the same state
/// and the same effects on any machine. Where a rule needs the world (a password checked, a page of the log), it emits
/// an effect, notes in the session what for, and goes on when the answer comes as an input; whatever may have changed
/// meanwhile is looked at again then.
///
/// `Rules/` holds one concern a file, as extensions of this.
package struct Core: Sendable {
  package internal(set) var settings: Settings
  let decoyHash: String

  var sessions = SessionTable()
  var people = SlotTable(vacancy: Person(name: .lobby, isGuest: true))
  /// Places in `people`. Names present are unique, guests' included.
  var present: [Name: Int32] = [:]
  var rooms = SlotTable(vacancy: Room(RoomRecord(name: .lobby)))
  var roomsByName: [Name: Int32] = [:]
  var roomRanking = RoomRanking()
  /// How many rooms guests of a network have made that are still there.
  var guestRooms: [Network: Int] = [:]
  var accounts: Accounts
  /// What is kept of accounts that are not here.
  var offlineUsers: PackedTable<UserState>
  /// The messages that wait for each account, oldest first; nothing where none do.
  var unread: [Name: [Mail]] = [:]
  /// How many rooms each name owns or moderates: such a name is reserved also where its account's row is gone.
  var ownershipCounts: [Name: Int] = [:]
  /// Who, of those present, ignores a name.
  var ignorers: [Name: Set<Int32>] = [:]
  /// Who holds each `/resume` token.
  var tokens: [Secret: SessionID] = [:]
  var failedLogins = Attempts<Network>()
  var failedGuesses = Attempts<Guess>()
  var passwordChecks = PasswordChecks()
  var registrations = Attempts<Network>()
  var restrictions: Restrictions
  var files = SharedFiles()
  var tickets = Tickets()
  /// Connections that the core has forgotten as sessions, or is about to, because bytes of files travel there.
  var transfers: [SessionID: RunningTransfer] = [:]
  /// Rooms whose members are owed a `room` event.
  var roomsOwingCount: [Int32] = []
  /// What the operator asked for and waits for a password to be hashed.
  var pendingControl: [ControlID: PendingControl] = [:]
  /// Lists for the operator that are told in parts.
  var listings: [ControlID: Listing] = [:]
  /// The edit that is being taken over, as far as it has not been yet.
  var edit: ActiveEdit?
  /// What came meanwhile and waits for the edit, in order.
  var waitingForEdit: Pieces<Input> = []
  /// What is to be told to those who asked for a look at the files.
  var reloads: [ControlID: ReloadAnswer] = [:]
  /// The last edit of each file that was taken over without anybody having asked.
  var automaticReloads: [String: AutomaticReload] = [:]
  /// Accounts that are members of rooms which were taken out of their file while the server was down.
  var membersOfGoneRooms: [UserState] = []
  /// Passwords typed into the files by hand that wait to be hashed.
  var plainPasswords: [StoredSecret] = []
  /// One of them is being hashed.
  var isHashingPlainPassword = false
  var nextID: MessageID
  var messageCount: UInt64 = 0
  var busyRooms = RoomActivity()
  /// nil while records can be kept, else why not.
  var recordingError: String?
  var isStopping = false

  /// What the rules have done so far beyond what shows in their effects, in microseconds, roughly: grows with whatever a command has
  /// to look at.
  package internal(set) var work = 0

  /// The time of the input that is being applied: `now` labels, `steady` measures.
  var time = TurnTime(wall: Timestamp(milliseconds: 0), steady: SteadyTime(milliseconds: 0))
  var now: Timestamp { time.wall }
  var steady: SteadyTime { time.steady }
  /// What both clocks said when the wall clock was last set, or the first input came; nil before that.
  var clockAnchor: TurnTime?
  var clockSteps: ClockSteps
  /// By how much the wall clock was set between the last save and the start, as far as can be told.
  let clockSetBeforeStart_ms: Int64
  /// What the input that is being applied asked for so far.
  var effects: [Effect] = []

  package init(_ initial: InitialState) {
    settings = initial.settings
    decoyHash = initial.decoyHash
    accounts = initial.accounts
    offlineUsers = initial.users
    nextID = initial.nextID
    restrictions = Restrictions(initial.restrictions)
    clockSteps = initial.clockSteps
    clockSetBeforeStart_ms = initial.clockSet_ms
    restore(initial)
  }

  /// Takes one input and appends what is to happen because of it to `effects`, in order.
  /// The steady time never goes back from one call to the next; the wall clock may be set in either direction.
  package mutating func apply(_ input: Input, at time: TurnTime, into effects: inout [Effect]) {
    self.time = time
    swap(&self.effects, &effects)
    noteClock()
    dispatch(input)
    swap(&self.effects, &effects)
  }

  private mutating func dispatch(_ input: Input) {
    guard !isStopping else {
      refuseStopping(input)
      return
    }
    guard !mustWaitForEdit(input) else {
      wait(input)
      return
    }
    perform(input)
  }

  mutating func perform(_ input: Input) {
    switch input {
    case .started: start()
    case .connected(let id, let address): connect(id, address)
    case .command(let id, let command, let entropy):
      guard sessions.contains(id) else { return }
      perform(command, by: id, entropy)
    case .fault(let id, let fault):
      guard sessions.contains(id) else { return }
      send(.error(fault), to: id)
    case .passwordVerified(let id, let matches): passwordVerified(id, matches)
    case .passwordHashed(let id, let hash): passwordHashed(id, hash)
    case .passwordRefused(let id): passwordRefused(id)
    case .controlPasswordHashed(let id, let hash): controlPasswordHashed(id, hash)
    case .storedPasswordHashed(let stored, let secret, let hash): storedPasswordHashed(stored, secret, hash)
    case .historyRead(let id, let result): historyRead(id, result)
    case .fileLookedAt(let id, let answer): fileLookedAt(id, answer)
    case .transferEnded(let id, let end): transferEnded(id, end)
    case .privateMessageTaken(let recipient, let message): markRead(recipient, upTo: message)
    case .control(let id, let request, let peer, let entropy): control(id, request, peer, entropy)
    case .controlReady(let id):
      continueListing(id)
      continueReload(id)
    case .controlGone(let id):
      listings[id] = nil
      reloads[id] = nil
    case .edited(let edit):
      begin(edit)
      continueEdit()
    case .editRefused(let reasons): notifyOperators(reasons)
    case .editContinues: continueEdit()
    case .logReopened(let file): logReopened(file)
    case .tick: tick()
    case .disconnected(let id, let reason):
      guard sessions.contains(id) else { return }
      disconnect(id, reason: reason)
    case .recording(let possible, let reason): setRecording(possible ? nil : reason)
    case .stop(let reason): stop(reason: reason)
    }
  }

  private mutating func tick() {
    failedLogins.forgetOld(at: steady)
    failedGuesses.forgetOld(at: steady)
    registrations.forgetOld(at: steady)
    liftOver()
    sendOwedCounts()
    reckonPaces()
    endOldFiles()
    cutUnwelcomeTransfers()
  }
}

/// What goes on when the operator's password is hashed. `shown` is one that was made up, and is told with the answer.
enum PendingControl: Sendable {
  case room(PendingRoom)
  case roomChange(Name, ControlRoomChange, shown: Secret?, ControlPeer)
  case newUser(ControlNewUser, shown: Secret?, ControlPeer)
  case password(Name, shown: Secret?, ControlPeer)
}

/// A room that the operator creates with a password.
struct PendingRoom: Sendable {
  var name: Name
  var shown: Secret?
  var peer: ControlPeer
}

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
  var failedLogins = RateLimiter<Network>()
  var failedAttempts = RateLimiter<PasswordAttempt>()
  var passwordChecks = PasswordChecks()
  var registrations = RateLimiter<Network>()
  var restrictions: Restrictions
  var files = SharedFiles()
  var tickets = Tickets()
  /// Connections that the core has forgotten as sessions, or is about to, because bytes of files travel there.
  var transfers: [SessionID: RunningTransfer] = [:]
  /// Rooms whose members are owed a `room` event.
  var roomsWithCountDue: [Int32] = []
  /// What the operator asked for and waits for a password to be hashed.
  var pendingControl: [ControlID: PendingControl] = [:]
  /// Lists for the operator that are told in parts.
  var listings: [ControlID: Listing] = [:]
  /// The edit that is being taken over, as far as it has not been yet.
  var edit: ActiveEdit?
  /// What came meanwhile and waits for the edit, in order.
  var deferredInputs: Pieces<Input> = []
  /// What is to be told to those who asked for a look at the files.
  var reloads: [ControlID: ReloadReply] = [:]
  /// The last edit of each file that was taken over without anybody having asked.
  var automaticReloads: [String: AutomaticReload] = [:]
  /// Accounts that are members of rooms which were taken out of their file while the server was down.
  var membersOfMissingRooms: [UserState] = []
  /// Passwords typed into the files by hand that wait to be hashed.
  var plainPasswords: [StoredSecret] = []
  /// One of them is being hashed.
  var isHashingPlainPassword = false
  var nextID: MessageID
  var messageCount: UInt64 = 0
  var roomActivity = RoomActivity()
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
  let clockStepBeforeStartMilliseconds: Int64
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
    clockStepBeforeStartMilliseconds = initial.clockStepMilliseconds
    restore(initial)
  }

  /// Takes one input and appends what is to happen because of it to `effects`, in order.
  /// The steady time never goes back from one call to the next; the wall clock may be set in either direction.
  package mutating func apply(_ input: Input, at time: TurnTime, into effects: inout [Effect]) {
    self.time = time
    swap(&self.effects, &effects)
    detectClockStep()
    dispatch(input)
    swap(&self.effects, &effects)
  }

  private mutating func dispatch(_ input: Input) {
    guard !isStopping else {
      refuseStopping(input)
      return
    }
    guard !mustDefer(input) else {
      deferInput(input)
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
    case .fileChecked(let id, let answer): fileChecked(id, answer)
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
    case .editRejected(let reasons): notifyOperators(reasons)
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
    failedLogins.removeExpired(at: steady)
    failedAttempts.removeExpired(at: steady)
    registrations.removeExpired(at: steady)
    liftExpired()
    sendDueCounts()
    updateMessageRates()
    removeOldFiles()
    cutForbiddenTransfers()
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

extension Core {
  /// Puts what the files held in its places, once, before the first input.
  mutating func restore(_ initial: InitialState) {
    for record in initial.rooms { addRoom(Room(record)) }
    if roomsByName[.lobby] == nil { addRoom(Room(RoomRecord(name: .lobby))) }
    for user in offlineUsers {
      // A room that was taken out of its file is left by all: one made anew under its name is another.
      let left = user.rooms.filter { $0 == .lobby || roomsByName[$0] != nil }
      if left.count < user.rooms.count { membersOfMissingRooms.append(user) }
      for room in left { addAbsentMember(user.name, in: room) }
    }
    for was in membersOfMissingRooms {
      var user = was
      user.rooms.removeAll { $0 != .lobby && roomsByName[$0] == nil }
      offlineUsers.set(user)
    }
    for mail in initial.mail { unread[mail.message.to, default: []].append(mail) }
    for record in initial.files {
      files.insert(SharedFileEntry(record: record, isRecorded: true, touched: steady))
    }
    for account in accounts.withPlainPassword {
      if let secret = account.password.plainSecret {
        plainPasswords.append(StoredSecret(owner: .account(account.name), secret: secret))
      }
    }
    for record in initial.rooms {
      if let secret = record.password?.plainSecret {
        plainPasswords.append(StoredSecret(owner: .room(record.name), secret: secret))
      }
    }
    // The next to be hashed is taken from the end.
    plainPasswords.reverse()
  }

  /// The first thing that happens: what the files do not say yet is recorded.
  mutating func start() {
    for was in membersOfMissingRooms { record(.user(UserChange(from: was, to: offlineUsers[was.name]!))) }
    membersOfMissingRooms = []
    setRecording(nil)
    startClock()
    liftExpired()
    removeFilesOfMissingRooms()
    fillMissingFileTimes()
    hashNextPlainPassword()
  }

  @discardableResult
  mutating func addRoom(_ room: Room) -> Int32 {
    if let owner = room.owner { ownershipCounts[owner, default: 0] += 1 }
    for moderator in room.moderators.names { ownershipCounts[moderator, default: 0] += 1 }
    let slot = rooms.insert(room)
    roomRanking.insert(slot, memberCount: room.memberCount)
    roomsByName[room.name] = slot
    return slot
  }

  /// Keeps in mind that an account which is not here is a member of a room.
  mutating func addAbsentMember(_ name: Name, in room: Name) {
    guard room != .lobby, let slot = roomsByName[room] else { return }
    rooms[slot].absentMembers.insert(name)
  }

  /// Hashes the passwords that somebody typed into the files, one after the other, behind everybody who waits.
  mutating func hashNextPlainPassword() {
    guard !isHashingPlainPassword, recordingError == nil, let stored = plainPasswords.popLast() else { return }
    isHashingPlainPassword = true
    effects.append(.hashStoredPassword(stored))
  }

  mutating func storedPasswordHashed(_ owner: StoredSecret.Owner, _ secret: Secret, _ hash: String?) {
    isHashingPlainPassword = false
    guard recordingError == nil else {
      plainPasswords.append(StoredSecret(owner: owner, secret: secret))
      return
    }
    defer { hashNextPlainPassword() }
    guard let hash else { return }
    switch owner {
    case .account(let name):
      guard let account = accounts[name], account.password.plainSecret == secret else { return }
      setPassword(hash, of: account)
      log("password-hashed", [.init("user", name.text)])
    case .room(let name):
      guard let slot = roomsByName[name], rooms[slot].password?.plainSecret == secret else { return }
      let was = rooms[slot].record
      rooms[slot].password = hash
      recordRoom(slot, was: was)
      log("password-hashed", [.init("room", name.text)])
    }
  }
}

extension String {
  /// The secret of a password that was typed by hand as `plain:SECRET`; nil for any other.
  var plainSecret: Secret? { hasPrefix("plain:") ? Secret(String(dropFirst(6))) : nil }
}

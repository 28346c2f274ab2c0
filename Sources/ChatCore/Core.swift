import ChatProtocol

/// The rules of the server as a deterministic state machine: inputs in, effects out.
///
/// It reads no clock, draws no random number and does no I/O: the same inputs in the same order give the same state and
/// the same effects on any machine. If a rule needs slow work (a password checked, a page of the log), it emits an
/// effect, stores the reason in the session, and continues when the result comes as an input. It then checks again what
/// may have changed.
///
/// Each subject has a folder with its state and its rules, which are extensions of this type.
package struct Core: Sendable {
  package internal(set) var settings: Settings
  /// The message of the day, by its lines; empty for none.
  var motd: [String]
  let decoyHash: String

  var sessions = Sessions()
  var users = Users()
  var offline: OfflineUsers
  var accounts: Accounts
  var passwordChecks = PasswordChecks()
  var registrations = RateLimiter<Network>()
  var plainPasswords = PlainPasswords()
  var rooms = Rooms()
  var restrictions: Restrictions
  var files = SharedFiles()
  var tickets = Tickets()
  /// Connections of file transfers. The core forgets their sessions when the bytes begin.
  var transfers: [SessionID: RunningTransfer] = [:]
  var admin = AdminRequests()
  var edits = EditQueue()
  var counts: CountKeeping
  var clock: CoreClock
  var entropy = EntropyPool()

  /// Where the private history of a name begins that another account had before.
  var pasts: [Name: MessageID]
  var nextID: MessageID
  var messageCount: UInt64 = 0
  /// nil while records can be kept, else why not.
  var recordingError: String?
  var isStopping = false
  /// The earlier states of accounts from which the start removed rooms that are no longer in their file, or whose read
  /// marks were beyond the end of their rooms.
  private var changedByStart: [UserState] = []
  private var countsOfMissingRooms: [Name] = []

  /// The approximate work that effects do not show, in microseconds. It grows with the amount of data that a command
  /// reads.
  package internal(set) var work = 0
  /// The effects so far of the input being applied.
  var effects: [Effect] = []

  package init(_ initial: InitialState) {
    settings = initial.settings
    motd = initial.motd
    decoyHash = initial.decoyHash
    accounts = initial.accounts
    offline = OfflineUsers(initial.users, initial.mail)
    pasts = initial.pasts
    nextID = initial.nextID
    restrictions = Restrictions(initial.restrictions)
    clock = CoreClock(initial.clockSteps, stepBeforeStartMilliseconds: initial.clockStepMilliseconds)
    for record in initial.rooms { rooms.insert(Room(record)) }
    if rooms.slot(of: .lobby) == nil { rooms.insert(Room(RoomRecord(name: .lobby))) }
    counts = CountKeeping(isRecorded: initial.counts != nil)
    if let counts = initial.counts { restoreCounts(counts, initial.recent) }
    restoreMembers()
    for record in initial.files {
      files.insert(SharedFileEntry(record: record, isRecorded: true, touched: steady))
    }
    for account in accounts.withPlainPassword { queuePlainPassword(.account(account.name), account.password) }
    for record in initial.rooms { queuePlainPassword(.room(record.name), record.password) }
    plainPasswords.reverse()
  }

  private mutating func restoreCounts(_ initial: MessageCounts, _ recent: [RecentMessages]) {
    let ids = Dictionary(uniqueKeysWithValues: recent.map { ($0.room, $0.ids) })
    for count in initial.rooms {
      guard let slot = rooms.slot(of: count.room) else {
        countsOfMissingRooms.append(count.room)
        continue
      }
      if count.last ?? 0 > initial.upTo {
        rooms[slot].isCountRecorded = false
        counts.changed.append(slot)
      }
      rooms[slot].ordinals = RoomOrdinals(count: count.messages, last: count.last, recent: ids[count.room] ?? [])
    }
  }

  /// Restores the memberships of offline users, except in rooms that were removed from the file: a new one of the same
  /// name is another room.
  private mutating func restoreMembers() {
    for user in offline.states {
      let left = user.rooms.filter { $0 == .lobby || rooms.slot(of: $0) != nil }
      if left.count < user.rooms.count || !user.marks.isEmpty && user.marks != clamped(user.marks) {
        changedByStart.append(user)
      }
      for room in left where room != .lobby { rooms.addAbsentMember(user.name, to: rooms.slot(of: room)!) }
    }
    for was in changedByStart {
      var user = was
      user.rooms.removeAll { $0 != .lobby && rooms.slot(of: $0) == nil }
      user.marks = clamped(user.marks)
      offline.set(user)
    }
  }

  /// Applies one input and appends its effects, in order.
  /// The steady time never goes back from one call to the next; the wall clock may be set in either direction.
  package mutating func apply(_ input: Input, at time: TurnTime, into effects: inout [Effect]) {
    clock.time = time
    swap(&self.effects, &effects)
    detectClockStep()
    dispatch(input)
    swap(&self.effects, &effects)
  }

  /// The first input: records changes that the files do not have yet.
  mutating func start() {
    for was in changedByStart { record(.user(UserChange(from: was, to: offline[was.name]!))) }
    changedByStart = []
    if !countsOfMissingRooms.isEmpty { recordCounts(removed: countsOfMissingRooms) }
    countsOfMissingRooms = []
    setRecording(nil)
    startClock()
    liftExpired()
    removeFilesOfMissingRooms()
    fillMissingFileTimes()
    hashNextPlainPassword()
  }

  mutating func tick() {
    passwordChecks.removeExpired(at: steady)
    registrations.removeExpired(at: steady)
    liftExpired()
    sendDueCounts()
    recordDueCounts()
    rooms.updateMessageRates(at: steady)
    removeOldFiles()
    cutForbiddenTransfers()
  }
}

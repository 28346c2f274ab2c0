package import ChatCore
package import ChatProtocol
package import POSIX

/// The data folder in use: what the loop appends stands in the files, and the readable ones follow by themselves.
///
/// It belongs to the loop's thread. A turn appends its records and log lines and then commits; what depends on them may be
/// sent once `standing` has reached the turn's number. Nothing here waits for a disk: a helper thread syncs, and the store's
/// own thread writes the readable files. When one of them has something to tell, the loop calls `collect`.
package final class Store {
  package let folder: DataFolder
  /// What `--fsync` says.
  package let policy: SyncPolicy

  private let disk: DiskCalls
  private var lock: FolderLock
  /// The folder in use.
  private var identity: FolderIdentity
  private(set) var log: LogFile
  var journal: Journal
  private let ids: IssuedIDs
  private let thread: SnapshotThread
  let syncs: SyncDesk
  let answers: StoreAnswers
  let report: @Sendable (StoreNotice) -> Void
  private(set) var hasEnded = false
  /// Whether anything was appended: until then the files stay as they were found.
  private var hasBegun = false

  var turns = Standing()
  /// Every id below this is covered by a lease that stands, and below the second once the sync under way has ended.
  var standingLease: MessageID
  var syncingLease: MessageID = 0
  /// What kept records from standing after their turn was committed.
  var failure: Errno?

  /// What waits in memory while nothing can be written; nil while all is well.
  private var held: HeldTurns?
  /// What was written may have been lost by the disk, or its file has gone: the readable files are to show everything.
  private var mistrustsJournal = false
  private var logReserve = DiskReserve()
  /// Whether the turn has looked what others did to the log.
  package private(set) var isChecked = false
  /// The log's length, as far as nobody else changed it.
  private var logSize: Int64 = 0

  // What the turn has appended so far.
  private var lines: [UInt8] = []
  private var records: [Record] = []
  /// The time of the last line in the log's form: the lines of a turn have the same.
  private var stampTime: Timestamp?
  private var stamp: [UInt8] = []

  /// A turn that appended more than this gives its buffer back.
  private static let linesBytesKept = 1 << 20
  /// More than one input of the core makes the turn append, as a rule: so much is reserved before each.
  private static let inputBytes = 256 << 10

  init(
    folder: DataFolder, identity: FolderIdentity, policy: SyncPolicy, disk: DiskCalls, lock: consuming FolderLock,
    log: LogFile,
    journal: Journal, ids: IssuedIDs, thread: SnapshotThread, syncs: SyncDesk, answers: StoreAnswers,
    report: @escaping @Sendable (StoreNotice) -> Void
  ) {
    self.folder = folder
    self.identity = identity
    self.policy = policy
    self.disk = disk
    self.lock = lock
    self.log = log
    self.journal = journal
    self.ids = ids
    self.thread = thread
    self.syncs = syncs
    self.answers = answers
    self.report = report
    standingLease = ids.lease
  }

  deinit {
    if hasEnded { return }
    // A server that could not start leaves the folder as it was: a clean end before it stays one.
    guard hasBegun else { return thread.abandon() }
    // A server that fails lets go of its store without a word. What was committed is written all the same, before the
    // lock goes; that it was no clean end is left to be read.
    _ = thread.finish(isClean: false)
  }

  /// Ends as if the process had died: nothing more is written. For tests of what comes after.
  func abandon() {
    hasEnded = true
    thread.abandon()
  }

  /// Reads the past from the log, on any thread.
  package var history: HistoryReader {
    HistoryReader(logPath: folder.log, damage: LogDamage(path: folder.log, report: report))
  }

  /// Adds a change to the turn.
  package func append(_ record: Record) {
    begin()
    if case .mail(let mail) = record { ids.note(mail.message.id) }
    if held != nil {
      held!.records.append(record)
      return
    }
    records.append(record)
    // Which records know of an edit matters to the store's thread; nothing of it is to be done again after a crash.
    if case .edited = record { return }
    journal.append(record)
  }

  /// Adds a line of the log to the turn.
  package func append(_ line: LogRecord, at time: Timestamp) {
    begin()
    switch line {
    case .message(let message): ids.note(message.id)
    case .event(_, let fields, _):
      // A private message to a guest is kept nowhere, but its id was given out.
      if let first = fields.first, first.key == "id", let id = MessageID(first.value) { ids.note(id) }
    }
    if stampTime != time {
      stampTime = time
      stamp.removeAll(keepingCapacity: true)
      stamp.append(timestamp: time)
    }
    if held != nil {
      held!.append(line, stamp)
    } else {
      lines += stamp
      LogFormat.append(line, into: &lines)
    }
  }

  /// The server serves: from now on the files follow.
  private func begin() {
    if hasBegun { return }
    hasBegun = true
    if !hasEnded { thread.post(.begun) }
  }

  // MARK: A turn

  /// Whether something was appended since the last commit that it is to write.
  package var hasUncommitted: Bool { !lines.isEmpty || !records.isEmpty }

  /// How much of the log that is.
  package var uncommittedBytes: Int { lines.count }

  /// Whether there is room on the disk for what the next input may make the turn append.
  package var hasRoom: Bool {
    isHolding
      || isChecked && logReserve.holds(lines.count + Self.inputBytes, behind: logSize)
        && journal.hasRoom(for: Self.inputBytes)
  }

  /// Takes that room, and looks once a turn what others did to the files. When it throws, what was appended before with
  /// room still has its own.
  package func makeRoom() throws(Errno) {
    if !isChecked { try check() }
    isChecked = true
    try logReserve.take(lines.count + Self.inputBytes, behind: logSize, log.preallocate)
    try journal.makeRoom(for: Self.inputBytes)
  }

  /// Writes the turn's records and lines, one write(2) for the journal and one for the log, and has them synced where the
  /// policy or a record asks for it. The turn's number. When it throws, nothing of the turn stands, and nothing that
  /// depends on it may be sent; where an earlier turn could not be synced, nothing of that either. What did not stand is
  /// held, as after `hold`.
  @discardableResult
  package func commit() throws(Errno) -> UInt64 {
    defer { isChecked = false }
    let isFirstUnsynced: Bool
    let hasLease: Bool
    do throws(Errno) {
      try throwFailure()
      if !isHolding { takeLease() }
      hasLease = journal.hasLease
      isFirstUnsynced = try write()
    } catch {
      hold(includingTurn: true)
      turns.commit(awaits: false, wants: false)
      throw error
    }
    if policy == .no { standingLease = journal.isMoving ? standingLease : journal.lease }
    if !records.isEmpty {
      precondition(!hasEnded, "no record comes after the last save")
      thread.post(.records(records, number: journal.lastChange))
    }
    if isFirstUnsynced, policy == .everysec { thread.post(.logWritten) }
    turns.commit(awaits: awaitsSync, wants: hasLease)
    lines.removeAll(keepingCapacity: lines.capacity <= Self.linesBytesKept)
    records.removeAll()
    if hasEnded { try syncAll() } else { startSync() }
    return turns.turn
  }

  /// The number of the last turn.
  package var turn: UInt64 { turns.turn }

  /// A sync that failed is a failure of the turns that awaited it. What the disk has of them nobody knows.
  private func throwFailure() throws(Errno) {
    guard let failure else { return }
    self.failure = nil
    mistrustsJournal = true
    turns.settle()
    throw failure
  }

  /// Whether what the turn says depends on more than that its bytes were written.
  private var awaitsSync: Bool {
    let isBeyondLease = ids.value >= standingLease
    return switch policy {
    case .always: !records.isEmpty || !lines.isEmpty || isBeyondLease
    case .everysec: !records.isEmpty || isBeyondLease
    case .no: journal.isMoving && (!records.isEmpty || isBeyondLease)
    }
  }

  private func takeLease() {
    guard hasBegun, !hasEnded, let lease = ids.nextLease() else { return }
    journal.append(lease: lease)
    ids.take(lease: lease)
  }

  /// Whether the log had been synced up to this turn. When it throws, nothing was written.
  private func write() throws(Errno) -> Bool {
    if !hasUncommitted && isHolding { return false }
    if hasUncommitted, !isChecked { try check() }
    do throws(Errno) {
      try journal.write()
      let isFirstUnsynced = lines.isEmpty ? false : try log.append(lines)
      logSize += Int64(lines.count)
      journal.keep()
      return isFirstUnsynced
    } catch {
      journal.undo()
      throw error
    }
  }

  /// What others did to the files meanwhile. One that was removed is begun anew, because nothing written to it would be
  /// found again; one that was cut has lost the room behind its end.
  private func check() throws(Errno) {
    let status = try log.status()
    if status.links == 0 { try beginLog() } else if status.size != logSize { logReserve.forget() }
    logSize = try log.status().size
    if try journal.isGone() {
      mistrustsJournal = true
      try beginJournal()
    }
  }

  /// Opens `chat.log`, unless that is the file that is open already.
  private func beginLog() throws(Errno) {
    let opened = try LogFile(path: folder.log, disk: disk)
    let (old, new) = (try log.status(), try opened.status())
    if old.device == new.device && old.inode == new.inode { return }
    // The next sync is the new file's alone. It happens once in a while that a log is rotated, so here it is waited for.
    if policy == .always { try log.sync() }
    log.trim()
    log = opened
    logReserve.forget()
    logSize = new.size
    if !hasEnded { thread.post(.logOpened(opened)) }
  }

  /// Goes on in a new journal where that is due: the files are written, and until they are, what was in the old one stands
  /// in memory alone.
  private func beginJournal() throws(Errno) {
    guard mistrustsJournal, !hasEnded, !journal.isMoving else { return }
    if try journal.isGone() { journal.begin(try JournalFile(path: folder.journal, disk: disk)) }
    thread.post(.writeEverything)
    mistrustsJournal = false
  }

  // MARK: While nothing can be written

  package var isHolding: Bool { held != nil }

  /// Why nothing can be written, for people.
  package func reason(for errno: Errno) -> String {
    errno == .noSuchFileOrDirectory ? "\(folder.path) is gone" : "\(errno)"
  }

  /// From now on what is appended waits in memory; what was appended before has its room, and the turn's commit writes it.
  /// The store's thread tries about once a second whether the disk works again, and then reports
  /// `StoreNotice.diskWorks`, upon which `resume` is to be called, between two turns.
  ///
  /// - Parameter includingTurn: no room was taken for the turn, and it waits as well.
  package func hold(includingTurn: Bool = false) {
    if held == nil { held = HeldTurns() }
    if includingTurn {
      held!.prepend(lines, records)
      forgetTurn()
    }
    if !hasEnded { thread.post(.diskFailed) }
  }

  /// What was appended is not to be written now.
  private func forgetTurn() {
    lines = []
    records = []
    journal.forgetTurn()
    // What was leased in the turn stands nowhere.
    ids.take(lease: max(journal.lease, ids.value + 1))
    logReserve.forget()
  }

  /// Writes what waited; how many lines of the log had no room even in memory. When it throws, it still holds. A folder
  /// that was put in the place of the former one is taken into use: all that is known will be written there.
  package func resume() throws(StoreError) -> Int {
    guard let waiting = held else { return 0 }
    precondition(!hasUncommitted, "what has its room is committed before")
    do throws(StoreError) {
      try takeFolder()
      do throws(Errno) {
        try throwFailure()
        try log.cutRest(behind: logSize)
        try journal.cutRest()
        try beginJournal()
        held = nil
        lines = waiting.lines
        for record in waiting.records { append(record) }
        try makeRoom()
        try commit()
        return waiting.linesLost
      } catch {
        throw StoreError(path: folder.log, doing: "written", error)
      }
    } catch {
      forgetTurn()
      held = waiting
      if !hasEnded { thread.post(.diskFailed) }
      throw error
    }
  }

  /// Locks the folder that has the name now, where it is another one than the one in use, and begins its files.
  private func takeFolder() throws(StoreError) {
    do throws(Errno) {
      let identity = try FolderIdentity(of: folder)
      if identity == self.identity { return }
      // Nothing is begun in a folder that another server has.
      let lock: FolderLock
      do throws(StoreError) { lock = try Store.takeLock(of: folder) } catch { throw .wouldBlock }
      try beginLog()
      journal.begin(try JournalFile(path: folder.journal, disk: disk))
      self.lock = lock
      self.identity = identity
      if !hasEnded { thread.post(.folderReplaced(identity)) }
    } catch {
      throw StoreError(path: folder.path, doing: "used", error)
    }
  }

  // MARK: Saving, and the end

  /// Has every readable file written that does not say what is known, and then calls `completion` on the store's thread.
  /// What was committed before is in the files then.
  package func save(completion: @escaping @Sendable (Result<SaveReport, StoreError>) -> Void) {
    precondition(!hasEnded, "no save comes after the last one")
    thread.post(.save(completion))
  }

  /// Has the files looked at now for edits by hand; whatever is found is told by what `open` was given. `force` takes over also
  /// an edit that drops more than half of a file's rows.
  package func look(force: Bool = false, for request: ControlID? = nil) {
    if !hasEnded { thread.post(.look(force: force, request)) }
  }

  /// Calls `completion`, on the store's thread, with what a look for edits would find wrong now. Nothing is taken over.
  package func check(completion: @escaping @Sendable ([Fault]) -> Void) {
    if !hasEnded { thread.post(.check(completion)) }
  }

  /// Goes on in a new `chat.log`, where somebody gave the old one another name.
  package func reopenLog() throws(Errno) {
    if hasUncommitted { try commit() }
    // One that was removed with its folder is no file to go on in; `resume` begins another.
    if !isHolding { try beginLog() }
  }

  /// The last save, waited for. `isClean`: the server ends as it should, which the next one reads in `state.json`. Lines may
  /// still be appended to the log and committed, so that it can tell of the save; records may not.
  /// The lock goes with this value.
  package func finish(isClean: Bool) throws(StoreError) -> SaveReport {
    precondition(!hasEnded, "the last save comes once")
    var heldFailure: StoreError?
    if !hasUncommitted {
      do throws(StoreError) { _ = try resume() } catch { heldFailure = error }
    }
    // What the log and the journal have no room for may still find room in the files.
    if let held, !held.records.isEmpty { thread.post(.records(held.records, number: journal.lastChange)) }
    hasEnded = true
    let result = thread.finish(isClean: isClean)
    defer { log.trim() }
    syncs.finish()
    collect()
    do throws(Errno) { try commit() } catch { throw StoreError(path: folder.log, doing: "written", error) }
    if let heldFailure { throw heldFailure }
    return try result.get()
  }
}

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

  let disk: DiskCalls
  var lock: FolderLock
  /// The folder in use.
  var identity: FolderIdentity
  var log: LogFile
  var journal: Journal
  let ids: IssuedIDs
  let thread: SnapshotThread
  private let backlog: RecordBacklog
  let syncs: SyncWorker
  let answers: StoreAnswers
  let report: @Sendable (StoreNotice) -> Void
  var hasEnded = false
  /// Whether anything was appended: until then the files stay as they were found.
  private var hasBegun = false

  var turns = Standing()
  /// Every id below this is covered by a lease that stands, and below the second once the sync under way has ended.
  var standingLease: MessageID
  var syncingLease: MessageID = 0
  /// See `StoreCondition`.
  var lastSync: Timestamp?
  var lastSnapshot: Timestamp?
  var snapshotFaults: [String: Errno] = [:]
  /// What kept records from standing after their turn was committed.
  var failure: Errno?

  /// What waits in memory while nothing can be written; nil while all is well.
  var held: HeldTurns?
  /// What was written may have been lost by the disk, or its file has gone: the readable files are to show everything.
  var mistrustsJournal = false
  var logReserve = DiskReserve()
  /// Whether the turn has looked what others did to the log.
  package private(set) var isChecked = false
  /// The log's length, as far as nobody else changed it.
  var logSize: Int64 = 0

  /// The position of the last line that was committed, and of the last that was appended.
  package private(set) var position: LogPosition
  var appended: LogPosition
  /// Whether what is committed is kept for `takeCommitted`.
  package var keepsCommitted = false
  private var committed: [CommittedLines] = []
  /// The log is another file since `takeHasNewLog`, or somebody cut it: it does not begin with a line that bears an id.
  var hasNewLog = false

  /// How many records were appended so far.
  package private(set) var recordCount = 0

  // What the turn has appended so far.
  var lines: [UInt8] = []
  var records: [Record] = []
  /// What their rows take beyond what their lines in the journal show, counted as those are (see `RecordBacklog`).
  private var listBytes = 0
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
    journal: Journal, ids: IssuedIDs, thread: SnapshotThread, backlog: RecordBacklog, syncs: SyncWorker,
    answers: StoreAnswers, position: LogPosition, report: @escaping @Sendable (StoreNotice) -> Void
  ) {
    self.position = position
    appended = position
    self.folder = folder
    self.identity = identity
    self.policy = policy
    self.disk = disk
    self.lock = lock
    self.log = log
    self.journal = journal
    self.ids = ids
    self.thread = thread
    self.backlog = backlog
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

  /// The bytes of shared files, for any thread.
  package var files: FilesFolder { FilesFolder(folder.fileBytes) }

  /// Adds a change to the turn.
  package func append(_ record: Record) {
    begin()
    recordCount += 1
    if case .mail(let mail) = record { ids.note(mail.message.id) }
    if case .file(let file, _) = record { ids.note(file.id) }
    if held != nil {
      held!.records.append(record)
      return
    }
    records.append(record)
    listBytes += record.listBytes
    // Which records know of an edit matters to the store's thread; nothing of it is to be done again after a crash.
    if case .edited = record { return }
    journal.append(record)
  }

  /// Adds a line of the log to the turn.
  package func append(_ line: LogRecord, at time: Timestamp) {
    begin()
    // A private message to a guest is kept nowhere, but its id was given out.
    let id = line.id
    if let id { ids.note(id) }
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
      appended.advance(to: line.endsWithID ? nil : id)
    }
  }

  /// What was committed since the last time, while it was to be kept. It may be told once its turns stand.
  package func takeCommitted() -> [CommittedLines] {
    defer { committed = [] }
    return committed
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

  /// How much that is, in the log and in the journal.
  package var uncommittedBytes: Int { lines.count + journal.turnBytes }

  /// Whether there is room on the disk for what the next input may make the turn append.
  package var hasRoom: Bool {
    isHolding
      || isChecked && logReserve.holds(lines.count + Self.inputBytes, behind: logSize)
        && journal.hasRoom(for: Self.inputBytes)
  }

  /// Takes that room, and looks once a turn what others did to the files. When it throws, what was appended before with
  /// room still has its own.
  package func makeRoom() throws(Errno) {
    if !isChecked { try checkFiles() }
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
    let recordsBytes: Int
    do throws(Errno) {
      try throwFailure()
      if !isHolding { takeLease() }
      hasLease = journal.hasLease
      recordsBytes = journal.turnBytes + listBytes
      isFirstUnsynced = try write()
    } catch {
      hold(includingTurn: true)
      isTurnWithheld = false
      turns.commit(awaits: false, wants: false)
      throw error
    }
    if policy == .no { standingLease = journal.isMoving ? standingLease : journal.lease }
    if !records.isEmpty {
      precondition(!hasEnded, "no record comes after the last save")
      backlog.add(recordsBytes)
      thread.post(.records(records, number: journal.lastChange, bytes: recordsBytes))
    }
    if isFirstUnsynced, policy == .everysec { thread.post(.logWritten) }
    let awaits = awaitsSync
    isTurnWithheld = awaits && (policy != .everysec || ids.value >= standingLease)
    turns.commit(awaits: awaits, wants: hasLease)
    if keepsCommitted, !lines.isEmpty {
      committed.append(CommittedLines(lines, from: position, to: appended, turn: turns.turn))
    }
    position = appended
    lines.removeAll(keepingCapacity: lines.capacity <= Self.linesBytesKept)
    records.removeAll()
    listBytes = 0
    if hasEnded { try syncAll() } else { startSync() }
    return turns.turn
  }

  /// More than may wait in memory has been recorded and has not reached its place: nothing more is to be, until `wake` is called.
  package var isBehind: Bool { backlog.isTooMuch || journal.movingBytes > RecordBacklog.bytesMax }
  package static var recordsBytesMax: Int { RecordBacklog.bytesMax }

  /// Whether all that the last turn said depends on a sync, and not only what was said with its records.
  package private(set) var isTurnWithheld = false

  /// The number of the last turn.
  package var turn: UInt64 { turns.turn }

  /// A sync that failed is a failure of the turns that awaited it. What the disk has of them nobody knows.
  func throwFailure() throws(Errno) {
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
    if hasUncommitted, !isChecked { try checkFiles() }
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
}

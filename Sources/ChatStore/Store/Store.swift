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
  private let lock: FolderLock
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

  // What the turn has appended so far.
  private var lines: [UInt8] = []
  private var records: [Record] = []
  /// The time of the last line in the log's form: the lines of a turn have the same.
  private var stampTime: Timestamp?
  private var stamp: [UInt8] = []

  /// A turn that appended more than this gives its buffer back.
  private static let linesBytesKept = 1 << 20

  init(
    folder: DataFolder, policy: SyncPolicy, disk: DiskCalls, lock: consuming FolderLock, log: LogFile,
    journal: Journal, ids: IssuedIDs, thread: SnapshotThread, syncs: SyncDesk, answers: StoreAnswers,
    report: @escaping @Sendable (StoreNotice) -> Void
  ) {
    self.folder = folder
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
  package var history: HistoryReader { HistoryReader(logPath: folder.log) }

  /// Adds a change to the turn.
  package func append(_ record: Record) {
    begin()
    if case .mail(let mail) = record { ids.note(mail.message.id) }
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
    lines += stamp
    LogFormat.append(line, into: &lines)
  }

  /// The server serves: from now on the files follow.
  private func begin() {
    if hasBegun { return }
    hasBegun = true
    if !hasEnded { thread.post(.begun) }
  }

  /// Whether something was appended since the last commit.
  package var hasUncommitted: Bool { !lines.isEmpty || !records.isEmpty }

  /// Writes the turn's records and lines, one write(2) for the journal and one for the log, and has them synced where the
  /// policy or a record asks for it. The turn's number. When it throws, nothing of the turn stands, and nothing that
  /// depends on it may be sent; where an earlier turn could not be synced, nothing of that either.
  @discardableResult
  package func commit() throws(Errno) -> UInt64 {
    defer {
      lines.removeAll(keepingCapacity: lines.capacity <= Self.linesBytesKept)
      records.removeAll()
    }
    if let failure { throw failure }
    takeLease()
    let hasLease = journal.hasLease
    let isFirstUnsynced = try write()
    if policy == .no { standingLease = journal.isMoving ? standingLease : journal.lease }
    if !records.isEmpty {
      precondition(!hasEnded, "no record comes after the last save")
      thread.post(.records(records, number: journal.lastChange))
    }
    if isFirstUnsynced, policy == .everysec { thread.post(.logWritten) }
    turns.commit(awaits: awaitsSync, wants: hasLease)
    if hasEnded { try syncAll() } else { startSync() }
    return turns.turn
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
    do throws(Errno) {
      try journal.write()
      let isFirstUnsynced = lines.isEmpty ? false : try log.append(lines)
      journal.keep()
      return isFirstUnsynced
    } catch {
      journal.undo()
      throw error
    }
  }

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

  /// Goes on in a new `chat.log`, where somebody gave the old one another name.
  package func reopenLog() throws(Errno) {
    try commit()
    let opened = try LogFile(path: folder.log, disk: disk)
    let (old, new) = (try log.status(), try opened.status())
    if old.device == new.device && old.inode == new.inode { return }
    // The next sync is the new file's alone. It happens once in a while that a log is rotated, so here it is waited for.
    if policy == .always { try log.sync() }
    log = opened
    if !hasEnded { thread.post(.logOpened(opened)) }
  }

  /// The last save, waited for. `isClean`: the server ends as it should, which the next one reads in `state.json`. Lines may
  /// still be appended to the log and committed, so that it can tell of the save; records may not.
  /// The lock goes with this value.
  package func finish(isClean: Bool) throws(StoreError) -> SaveReport {
    precondition(!hasEnded, "the last save comes once")
    hasEnded = true
    let result = thread.finish(isClean: isClean)
    syncs.finish()
    collect()
    do throws(Errno) { try commit() } catch { throw StoreError(path: folder.log, doing: "written", error) }
    return try result.get()
  }
}

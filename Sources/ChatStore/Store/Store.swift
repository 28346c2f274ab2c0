package import ChatCore
package import ChatProtocol
package import POSIX

/// The data folder of a running server.
///
/// It belongs to the loop's thread. A turn appends records and log lines and then commits. Output that depends on them may be
/// sent once `durableTurn` has reached the turn's number. Nothing here waits for the disk: one helper thread syncs, another
/// writes the readable files. When one of them completes something, the loop calls `collect`.
package final class Store {
  package let folder: DataFolder
  /// The value of `--fsync`.
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
  private let syncs: SyncWorker
  private let completions: StoreCompletions
  private let report: @Sendable (StoreNotice) -> Void
  var hasEnded = false
  /// Whether anything was appended. Until then the files stay as they are.
  private var hasBegun = false

  var durability = Durability()
  /// When a readable file was written last, and the files whose last write failed.
  private var lastSnapshot: Timestamp?
  private var writeErrors: [String: Errno] = [:]
  /// The error of a sync, which the next commit throws.
  private var pendingError: Errno?

  /// What waits in memory while the disk fails; nil otherwise.
  var held: PendingTurns?
  /// The journal's content may be lost: the readable files must be written in full.
  var mistrustsJournal = false
  var logReserve = DiskReserve()
  var privateReserve = DiskReserve()
  /// Whether the turn has checked the log and journal for changes by other programs.
  package private(set) var isChecked = false
  /// The log's length, as far as no other program changed it.
  var logSize: Int64 = 0
  /// The same of the private log.
  var privateSize: Int64 = 0

  /// The position of the last committed line, and of the last appended one.
  package private(set) var position: LogPosition
  var appended: LogPosition
  /// Whether committed lines are retained for `takeCommitted`.
  package var keepsCommitted = false
  private var committed: [CommittedLines] = []
  /// Whether the log was replaced or cut since `takeHasNewLog`.
  var hasNewLog = false

  /// How many records were appended so far.
  package private(set) var recordCount = 0

  // What the turn has appended so far.
  var lines: [UInt8] = []
  var privateLines: [UInt8] = []
  var records: [Record] = []
  /// Memory of the records beyond the length of their journal lines; see `RecordBacklog`.
  private var listBytes = 0
  /// The time of the last line, formatted: all lines of a turn share it.
  private var stampTime: Timestamp?
  private var stamp: [UInt8] = []

  /// A turn that appended more than this releases its buffer.
  private static let linesBytesKept = 1 << 20
  /// Room that is reserved before each input of the core. Most inputs append far less.
  private static let inputBytes = 256 << 10

  init(
    folder: DataFolder, identity: FolderIdentity, policy: SyncPolicy, disk: DiskCalls, lock: consuming FolderLock,
    log: LogFile, journal: Journal, ids: IssuedIDs, thread: SnapshotThread, backlog: RecordBacklog,
    syncs: SyncWorker, completions: StoreCompletions, position: LogPosition,
    report: @escaping @Sendable (StoreNotice) -> Void
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
    self.completions = completions
    self.report = report
    durability.lease = ids.lease
  }

  deinit {
    if hasEnded { return }
    // A server that could not start leaves the folder as it was: a clean shutdown before it still counts.
    guard hasBegun else { return thread.abandon() }
    // A server that fails drops its store. Committed records are written before the lock is released.
    _ = thread.finish(isClean: false)
  }

  /// Ends as if the process had died, without another write. For tests of the next start.
  func abandon() {
    hasEnded = true
    thread.abandon()
  }

  // MARK: A turn

  /// Adds a record to the turn.
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
    // Only the store's thread needs it. After a crash the edited file itself is read.
    if case .edited = record { return }
    journal.append(record)
  }

  /// Adds a line of the log to the turn.
  package func append(_ line: LogRecord, at time: Timestamp) {
    begin()
    // A private message to a guest is not stored, but its id was issued.
    let id = line.id
    if let id { ids.note(id) }
    setStamp(time)
    if held != nil {
      held!.append(line, stamp)
    } else {
      lines += stamp
      LogFormat.append(line, into: &lines)
      appended.advance(to: line.endsWithID ? nil : id)
    }
  }

  /// Adds a line of the private log to the turn. The log has a line with its id in the same turn.
  package func append(_ message: PrivateMessage, at time: Timestamp) {
    begin()
    setStamp(time)
    let line = LogRecord(message)
    if held != nil {
      held!.append(private: line, stamp)
    } else {
      privateLines += stamp
      LogFormat.append(line, into: &privateLines)
    }
  }

  private func setStamp(_ time: Timestamp) {
    guard stampTime != time else { return }
    stampTime = time
    stamp.removeAll(keepingCapacity: true)
    stamp.append(timestamp: time)
  }

  /// Committed lines since the last call, while `keepsCommitted`. They may be sent once their turns are durable.
  package func takeCommitted() -> [CommittedLines] {
    defer { committed = [] }
    return committed
  }

  /// The server has started: from now on the readable files are written.
  private func begin() {
    if hasBegun { return }
    hasBegun = true
    if !hasEnded { thread.post(.begun) }
  }

  /// Whether the next commit has something to write.
  package var hasUncommitted: Bool { !lines.isEmpty || !privateLines.isEmpty || !records.isEmpty }

  /// The bytes of that, in the logs and in the journal.
  package var uncommittedBytes: Int { lines.count + privateLines.count + journal.turnBytes }

  /// Whether the disk has room reserved for the next input.
  package var hasRoom: Bool {
    isHolding
      || isChecked && logReserve.holds(lines.count + Self.inputBytes, behind: logSize)
        && privateReserve.holds(privateLines.count + Self.inputBytes, behind: privateSize)
        && journal.hasRoom(for: Self.inputBytes)
  }

  /// Reserves that room. Once a turn it also checks the log and journal for changes by other programs. When it throws, earlier
  /// reservations remain valid.
  package func makeRoom() throws(Errno) {
    if !isChecked { try checkFiles() }
    isChecked = true
    try logReserve.take(lines.count + Self.inputBytes, behind: logSize, log.preallocate)
    if let companion = log.companion {
      try privateReserve.take(privateLines.count + Self.inputBytes, behind: privateSize, companion.preallocate)
    }
    try journal.makeRoom(for: Self.inputBytes)
  }

  /// Writes the turn's records and lines, one write(2) for each file, and starts a sync where the policy or a record needs one.
  /// Returns the turn's number. When it throws, nothing of the turn was written, and earlier turns may not have been synced;
  /// the turn waits in memory, as after `hold`.
  @discardableResult
  package func commit() throws(Errno) -> UInt64 {
    defer { isChecked = false }
    let isFirstUnsynced: Bool
    let hasLease: Bool
    let recordsBytes: Int
    do throws(Errno) {
      try throwPendingError()
      if !isHolding { takeLease() }
      hasLease = journal.hasLease
      recordsBytes = journal.turnBytes + listBytes
      isFirstUnsynced = try write()
    } catch {
      hold(includingTurn: true)
      isTurnWithheld = false
      durability.commit(awaits: false, wants: false)
      throw error
    }
    if policy == .no, !journal.isMoving { durability.lease = journal.lease }
    if !records.isEmpty {
      precondition(!hasEnded, "no record follows the last save")
      backlog.add(recordsBytes)
      thread.post(.records(records, number: journal.lastChange, bytes: recordsBytes))
    }
    if isFirstUnsynced, policy == .everysec { thread.post(.logWritten) }
    let awaits = awaitsSync
    isTurnWithheld = awaits && (policy != .everysec || ids.value >= durability.lease)
    durability.commit(awaits: awaits, wants: hasLease)
    if keepsCommitted, !lines.isEmpty {
      committed.append(CommittedLines(lines, from: position, to: appended, turn: durability.turn))
    }
    position = appended
    lines.removeAll(keepingCapacity: lines.capacity <= Self.linesBytesKept)
    privateLines.removeAll(keepingCapacity: privateLines.capacity <= Self.linesBytesKept)
    records.removeAll()
    listBytes = 0
    if hasEnded { try syncAll() } else { startSync() }
    return durability.turn
  }

  /// Whether more records are pending than may wait in memory. Nothing more may be recorded until `wake` is called.
  package var isBehind: Bool { backlog.isTooMuch || journal.movingBytes > RecordBacklog.bytesMax }
  package static var recordsBytesMax: Int { RecordBacklog.bytesMax }

  /// Whether all output of the last turn depends on a sync, and not only that of its records.
  package private(set) var isTurnWithheld = false

  /// The number of the last turn.
  package var turn: UInt64 { durability.turn }

  /// A failed sync fails the turns that awaited it.
  func throwPendingError() throws(Errno) {
    guard let pendingError else { return }
    self.pendingError = nil
    mistrustsJournal = true
    durability.settle()
    throw pendingError
  }

  /// Whether the turn's output depends on a sync.
  private var awaitsSync: Bool {
    let isBeyondLease = ids.value >= durability.lease
    return switch policy {
    case .always: !records.isEmpty || !lines.isEmpty || !privateLines.isEmpty || isBeyondLease
    case .everysec: !records.isEmpty || isBeyondLease
    case .no: journal.isMoving && (!records.isEmpty || isBeyondLease)
    }
  }

  private func takeLease() {
    guard hasBegun, !hasEnded, let lease = ids.nextLease() else { return }
    journal.append(lease: lease)
    ids.take(lease: lease)
  }

  /// Returns whether the log was synced up to this turn. When it throws, nothing was written.
  private func write() throws(Errno) -> Bool {
    if !hasUncommitted && isHolding { return false }
    if hasUncommitted, !isChecked { try checkFiles() }
    do throws(Errno) {
      try journal.write()
      let isEmpty = lines.isEmpty && privateLines.isEmpty
      let isFirstUnsynced = isEmpty ? false : try log.append(lines, private: privateLines)
      logSize += Int64(lines.count)
      privateSize += Int64(privateLines.count)
      journal.keep()
      return isFirstUnsynced
    } catch {
      journal.undo()
      throw error
    }
  }

  // MARK: Syncs

  /// The last turn whose output may be sent, with that of all turns before it.
  package var durableTurn: UInt64 { durability.durableTurn }

  /// Takes the completions of the helper threads. To be called after `wake`, before the turn's commit, which throws their errors.
  package func collect() {
    for completion in completions.takeAll() {
      do throws(Errno) {
        try take(completion)
      } catch {
        pendingError = pendingError ?? error
      }
    }
  }

  private func take(_ completion: StoreCompletions.Completion) throws(Errno) {
    switch completion {
    case .covered(let coverage): journal.note(coverage)
    case .written(let file, let time, let error): didWrite(file, at: time, error)
    case .synced(let error):
      if let error { throw error }
      endSync()
    case .moved(.success(let file), let error):
      try journal.finishMove(file)
      if let error { throw error }
      endSync()
    case .moved(.failure(let reason), _):
      report(.writeFailed(file: "journal.jsonl", reason))
      try journal.finishMove(nil)
      durability.retry()
    }
  }

  private func endSync() {
    durability.end()
    durability.lastSync = Timestamp(milliseconds: SystemClock.nowMilliseconds)
    // Turns that waited for the journal's new file are in it now.
    if policy == .no {
      durability.lease = journal.lease
      durability.settle()
    }
  }

  /// Starts a move of the journal where that is due, or else a sync, unless one is running.
  private func startSync() {
    guard !durability.isSyncing, !hasEnded else { return }
    let log = policy == .always ? log : nil
    if let move = journal.beginMove() {
      durability.begin(lease: journal.lease)
      syncs.move(in: folder, log, move)
    } else if durability.needsSync {
      if policy == .no {
        durability.settle()
      } else {
        durability.begin(lease: journal.lease)
        syncs.sync(journal.file, log)
      }
    }
  }

  /// Syncs on this thread: for the last turns, when the helper thread has ended.
  private func syncAll() throws(Errno) {
    if durability.needsSync, policy != .no { try journal.file.sync() }
    try log.sync()
    durability.settle()
  }

  // MARK: The readable files

  /// Reads history from the log, on any thread.
  package var history: HistoryReader {
    HistoryReader(logPath: folder.log, damage: DamageReporter(path: folder.log, report: report))
  }

  /// The same for private messages.
  package var privateHistory: HistoryReader {
    HistoryReader(logPath: folder.privateLog, damage: DamageReporter(path: folder.privateLog, report: report))
  }

  /// The content of shared files, for any thread.
  package var files: FilesFolder { FilesFolder(folder.fileBytes) }

  /// Writes every readable file that is out of date, and then calls `completion` on the store's thread. The files then show all
  /// committed records.
  package func save(completion: @escaping @Sendable (Result<SaveReport, StoreError>) -> Void) {
    precondition(!hasEnded, "no save follows the last one")
    thread.post(.save(completion))
  }

  /// Looks for hand edits now; the result goes to the closure `edited` of `open`. `force` also accepts an edit that drops more
  /// than half of a file's rows.
  package func scanForEdits(force: Bool = false, for request: ControlID? = nil) {
    if !hasEnded { thread.post(.scanForEdits(force: force, request)) }
  }

  /// Calls `completion`, on the store's thread, with the errors that a scan for edits would find now. Nothing is applied.
  package func check(completion: @escaping @Sendable ([FileError]) -> Void) {
    if !hasEnded { thread.post(.check(completion)) }
  }

  /// Captures all committed data for a backup, and then calls `completion` on the store's thread. To be called between turns.
  package func capture(
    at time: Timestamp, completion: @escaping @Sendable (Result<FolderCapture, StoreError>) -> Void
  ) {
    precondition(!hasUncommitted && !hasEnded, "only committed data is captured")
    do throws(Errno) {
      // A failing disk may have left part of a turn behind the known length.
      let size = isHolding ? logSize : try log.status().size
      let captured = CapturedFile(BackupName.log, size: size, try log.reading())
      var privateLog: CapturedFile?
      if let companion = log.companion {
        let size = isHolding ? privateSize : try companion.status().size
        privateLog = CapturedFile(BackupName.privateLog, size: size, try companion.reading())
      }
      let capturing = FolderCapturing(folder: folder, log: captured, privateLog: privateLog, time: time)
      thread.post(.capture(capturing, completion))
    } catch {
      completion(.failure(StoreError(path: folder.log, doing: "read", error)))
    }
  }

  /// Saves for the last time, and waits for it. `isClean`: the server shuts down normally, which the next start reads in
  /// `state.json`. Log lines may still be appended and committed afterwards, to log the save; records may not. The lock is
  /// released with this value.
  ///
  /// A disk that does not respond is waited for no longer than `timeoutNanoseconds`. Acknowledged changes are then in the
  /// journal, as after a crash.
  package func finish(isClean: Bool, timeoutNanoseconds: Int64 = 60_000_000_000) throws(StoreError) -> SaveReport {
    precondition(!hasEnded, "the last save happens once")
    var holdError: StoreError?
    if !hasUncommitted {
      do throws(StoreError) { _ = try resume() } catch { holdError = error }
    }
    // Records that the journal has no room for may still fit into the files.
    if let held, !held.records.isEmpty { thread.post(.records(held.records, number: journal.lastChange, bytes: 0)) }
    hasEnded = true
    let deadlineNanoseconds = SystemClock.monotonicNanoseconds + timeoutNanoseconds
    let result = thread.finish(isClean: isClean, untilNanoseconds: deadlineNanoseconds)
    guard let result, syncs.finish(untilNanoseconds: deadlineNanoseconds) else {
      throw StoreError(path: folder.path, doing: "written to", .timedOut)
    }
    defer { log.trim() }
    collect()
    do throws(Errno) { try commit() } catch { throw StoreError(path: folder.log, doing: "written", error) }
    if let holdError { throw holdError }
    return try result.get()
  }

  // MARK: Status

  package var status: StoreStatus {
    StoreStatus(
      logBytes: (try? log.status().size) ?? 0, journalBytes: journal.size, journalChanges: journal.uncoveredChanges,
      lastSnapshot: lastSnapshot, writeErrors: writeErrors.map { "\($0.key): \($0.value)" }.sorted(),
      lastSync: [durability.lastSync, log.lastSync].compactMap(\.self).max())
  }

  /// A readable file was written, or could not be.
  func didWrite(_ file: String, at time: Timestamp, _ error: Errno?) {
    writeErrors[file] = error
    if error == nil { lastSnapshot = time }
  }
}

/// The state of the files, for `status`.
package struct StoreStatus: Equatable, Sendable {
  package var logBytes: Int64
  package var journalBytes: Int64
  /// Changes in the journal that some readable file does not show yet.
  package var journalChanges: UInt64
  /// When a readable file was written last; nil before the first time.
  package var lastSnapshot: Timestamp?
  /// Files whose last write failed, and why.
  package var writeErrors: [String]
  /// When the journal or the log was synced last; nil before the first time.
  package var lastSync: Timestamp?
}

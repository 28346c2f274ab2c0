package import ChatCore
package import ChatProtocol
import POSIX

/// What a store read when it was opened.
package struct Loaded: Sendable {
  package var settings: SettingsFile
  package var accounts: Accounts
  package var rooms: [RoomRecord]
  package var users: PackedTable<UserState>
  /// In the order of their ids.
  package var mail: [Mail]
  package var restrictions: [Restriction]
  package var files: [FileRecord]
  /// Greater than every id that was ever given out.
  package var nextID: MessageID
  /// Nothing was ever logged here, as far as can be seen.
  package var isLogEmpty: Bool
  package var clockSteps: ClockSteps
  /// By how much the wall clock was set since the last save, as far as can be told.
  package var clockSet_ms: Int64
  /// What the log is to tell of the opening.
  package var notices: [StoreNotice]
}

extension Store {
  /// Takes a data folder, makes what is missing, and reads everything. Where a file is malformed or another server has the
  /// folder it throws, and nothing was changed.
  ///
  /// - Parameter policy: what the command line says; nil leaves it to `settings.json` and the default, `everysec`.
  /// - Parameter clock: the time of day, for what the store's thread writes.
  /// - Parameter bootClock: how long the machine runs.
  /// - Parameter disk: the calls that write; others than the system's own in tests.
  /// - Parameter report: called on the store's thread with what no completion tells.
  /// - Parameter edited: called on the store's thread with every edit that somebody made by hand, for the core to take over; it
  ///   answers with `Record.edited`. nil: edits are left in the files and not looked at.
  /// - Parameter wake: called on any thread when `collect` has something to do.
  package static func open(
    _ folder: DataFolder, policy: SyncPolicy? = nil, disk: DiskCalls = .real, journalBytesMax: Int64 = 64 << 20,
    clock: @escaping @Sendable () -> Timestamp = { Timestamp(milliseconds: SystemClock.now_ms) },
    bootClock: BootClock = .system,
    report: @escaping @Sendable (StoreNotice) -> Void, edited: (@Sendable (FolderLook) -> Void)? = nil,
    wake: @escaping @Sendable () -> Void = {}
  ) throws(StoreError) -> (Store, Loaded) {
    try folder.make()
    let lock = try takeLock(of: folder)
    var loading = FolderLoading(folder)
    loading.readAll()
    if !loading.faults.isEmpty { throw .malformed(loading.faults) }
    let replay = loading.replay()
    var notices = makePrivate(folder)
    if let path = try mendJournal(of: folder, loading.journal, at: clock()) {
      notices.append(.journalMended(path: path))
    }
    let isJournalEmpty = loading.journal.lines.isEmpty
    let mail = loading.mail.values.joined().sorted { $0.message.id < $1.message.id }
    let known = [
      loading.state.document.head.id, mail.last?.message.id ?? 0, loading.fileRecords.last?.id ?? 0,
      loading.roomRecords.lazy.compactMap(\.firstID).max().map { $0 - 1 } ?? 0, max(1, replay.lease) - 1,
    ].max()!
    let (log, greatest, isLogEmpty) = try openLog(of: folder, known: known, disk, at: clock(), &notices)
    let ids = IssuedIDs(greatest)
    let hasServed = ids.value > 0 || loading.state.file.known != nil
    if !isJournalEmpty || hasServed && !loading.state.document.head.isClean {
      notices.append(.unclean(changes: replay.changes))
    }
    notices += replay.notices
    FilesFolder(folder.fileBytes).mend(loading.fileRecords, gone: loading.goneFiles)
    let fileFaults = loading.warnings + loading.fileFaults
    notices += fileFaults.prefix(fileFaultsTold).map { .fileFault($0.withoutSeverity) }
    if fileFaults.count > fileFaultsTold { notices.append(.moreFileFaults(fileFaults.count - fileFaultsTold)) }
    let journal = try openJournal(of: folder, loading.journal, disk, sizeMax: journalBytesMax)
    let head = loading.state.document.head
    let loaded = Loaded(
      settings: loading.settings, accounts: loading.accounts, rooms: loading.roomRecords,
      users: loading.userStates, mail: mail, restrictions: Array(loading.restrictions.values),
      files: loading.fileRecords, nextID: ids.value + 1, isLogEmpty: isLogEmpty,
      clockSteps: head.clock.steps, clockSet_ms: head.clock.set_ms(since: head.saved, wall: clock(), bootClock),
      notices: notices
    )
    let policy = policy ?? loading.settings.fsync ?? .everysec
    let settings = loading.storedSettings
    let edits = edited.map { EditReader(folder, settings, clock: clock, report: $0) }
    let documents = loading.takeDocuments(at: SystemClock.monotonic_ns)
    let answers = StoreAnswers(wake: wake)
    do throws(Errno) {
      var writer = SnapshotWriter(documents: documents, ids: ids, clock: clock, report: report)
      writer.bootClock = bootClock
      writer.applied = journal.lastChange
      writer.reportCoverage = { answers.post(.covered($0)) }
      writer.reportWritten = { answers.post(.written(file: $0, at: $1, $2)) }
      let identity = try FolderIdentity(of: folder)
      let watch = DiskWatch(folder, identity, disk: disk)
      let backlog = RecordBacklog()
      let thread = try SnapshotThread(
        SnapshotWork(writer: writer, edits: edits, log: log, watch: watch, backlog: backlog, caughtUp: wake))
      let store = Store(
        folder: folder, identity: identity, policy: policy, disk: disk, lock: lock, log: log, journal: journal,
        ids: ids, thread: thread, backlog: backlog, syncs: try SyncWorker(answers), answers: answers,
        position: LogPosition(id: ids.value), report: report)
      return (store, loaded)
    } catch {
      throw .failed(path: folder.path, doing: "served (no thread could be started)", error)
    }
  }

  /// The rest is counted.
  private static let fileFaultsTold = 10

  static func takeLock(of folder: DataFolder) throws(StoreError) -> FolderLock {
    do throws(FolderLock.Failure) {
      return try FolderLock.take(path: folder.lock)
    } catch {
      switch error {
      case .held(let pid):
        throw .held(folder: folder.path, pid: pid, process: pid.flatMap { ProcessTable.name(of: $0) })
      case .failed(let errno): throw StoreError(path: folder.lock, doing: "created", creates: true, errno)
      }
    }
  }

  /// Takes from others what holds secrets, as far as it is ours to change.
  private static func makePrivate(_ folder: DataFolder) -> [StoreNotice] {
    var notices: [StoreNotice] = []
    func restrict(_ path: String, _ status: FileStatus?, to mode: UInt32) {
      guard let status, status.mode & 0o077 != 0, (try? File.changeMode(path, mode)) != nil else { return }
      notices.append(.madePrivate(path: path))
    }
    restrict(folder.path, try? File.status(folder.path), to: 0o700)
    restrict(folder.fileBytes, try? File.status(folder.fileBytes), to: 0o700)
    for file in [folder.users, folder.rooms, folder.state, folder.files, folder.journal, folder.log] {
      // Not what a link leads to: that is somebody else's, maybe a device.
      let status = try? File.statusOfLink(file)
      restrict(file, status?.isRegular == true ? status : nil, to: 0o600)
    }
    return notices
  }

  /// Cuts off what is no whole line at the end of the journal; where it is kept.
  private static func mendJournal(
    of folder: DataFolder, _ contents: JournalContents, at now: Timestamp
  ) throws(StoreError) -> String? {
    do throws(Errno) {
      // A copy that never took the journal's place.
      if try File.statusIfPresent(folder.journal + ".new") != nil { try File.unlink(folder.journal + ".new") }
      guard contents.isTorn else { return nil }
      return try TornTail.cut(
        try File.openRegular(folder.journal, .readWrite), path: folder.journal, from: contents.wholeBytes,
        to: contents.totalBytes, at: now)
    } catch {
      throw StoreError(path: folder.journal, doing: "mended", creates: true, error)
    }
  }

  private static func openJournal(
    of folder: DataFolder, _ contents: JournalContents, _ disk: DiskCalls, sizeMax: Int64
  ) throws(StoreError) -> Journal {
    do throws(Errno) {
      let journal = Journal(
        try JournalFile(path: folder.journal, disk: disk), in: folder, size: contents.wholeBytes,
        lastNumber: contents.lastNumber, sizeMax: sizeMax)
      try File.syncDirectory(folder.path)
      return journal
    } catch {
      throw StoreError(path: folder.journal, doing: "written", creates: true, error)
    }
  }

  /// Mends the end of the log, opens it, and finds the greatest id in it and in `state.json`.
  private static func openLog(
    of folder: DataFolder, known: MessageID, _ disk: DiskCalls, at now: Timestamp,
    _ notices: inout [StoreNotice]
  ) throws(StoreError) -> (LogFile, MessageID, isEmpty: Bool) {
    do throws(Errno) {
      let tail = LogTail(path: folder.log)
      if let path = try tail.mend(at: now) { notices.append(.logMended(path: path)) }
      var damaged: MessageID?
      let logged = try tail.greatestID(known: known) { damaged = $0 }
      if let damaged { notices.append(.idTooGreat(path: folder.log, damaged)) }
      let pieces = try LogPieces(logPath: folder.log)
      let isEmpty = pieces.pieces.allSatisfy { $0.length == 0 } && !pieces.hasOlder && !pieces.hasCompressed
      return (try LogFile(path: folder.log, disk: disk), max(known, logged), isEmpty)
    } catch {
      throw StoreError(path: folder.log, doing: "read or written", creates: true, error)
    }
  }
}

package import ChatCore
package import ChatProtocol
import POSIX

/// The content of the data folder when it was opened.
package struct LoadedData: Sendable {
  package var settings: SettingsFile
  /// The lines of the message of the day.
  package var motd: [String]
  package var accounts: Accounts
  package var rooms: [RoomRecord]
  package var users: PackedTable<UserState>
  /// In the order of their ids.
  package var mail: [Mail]
  package var restrictions: [Restriction]
  package var files: [FileRecord]
  /// As in `Record.pastBegins`.
  package var pasts: [Name: MessageID]
  /// Greater than every issued id.
  package var nextID: MessageID
  /// Whether nothing was ever logged here, as far as the files show.
  package var isLogEmpty: Bool
  package var counts: MessageCounts?
  package var recent: [RecentMessages]
  package var clockSteps: ClockSteps
  /// By how much the wall clock was set since the last save, as far as is known.
  package var clockStepMilliseconds: Int64
  /// Notices for the log.
  package var notices: [StoreNotice]
}

extension Store {
  /// Locks a data folder, creates what is missing, and reads everything. When it throws, because a file is malformed or another
  /// server uses the folder, nothing was changed.
  ///
  /// - Parameter policy: the command line's; nil leaves it to `settings.json` and the default, `everysec`.
  /// - Parameter clock: the wall clock, for what the store's thread writes.
  /// - Parameter bootClock: the time since the machine started.
  /// - Parameter disk: the calls that write; tests replace them.
  /// - Parameter report: called on the store's thread with notices that belong to no completion.
  /// - Parameter edited: called on the store's thread with every hand edit, for the core to apply; it returns `Record.edited`.
  ///   nil: edits are left in the files.
  /// - Parameter wake: called on any thread when `collect` has work.
  package static func open(
    _ folder: DataFolder, policy: SyncPolicy? = nil, disk: DiskCalls = .real, journalBytesMax: Int64 = 64 << 20,
    clock: @escaping @Sendable () -> Timestamp = { Timestamp(milliseconds: SystemClock.nowMilliseconds) },
    bootClock: BootClock = .system,
    report: @escaping @Sendable (StoreNotice) -> Void, edited: (@Sendable (EditScan) -> Void)? = nil,
    wake: @escaping @Sendable () -> Void = {}
  ) throws(StoreError) -> (Store, LoadedData) {
    try folder.make()
    let lock = try takeLock(of: folder)
    var loading = FolderLoading(folder)
    loading.readAll()
    if !loading.errors.isEmpty { throw .malformed(loading.errors) }
    let replay = loading.replay()
    var notices = makePrivate(folder)
    if let path = try repairJournal(of: folder, loading.journal, at: clock()) {
      notices.append(.journalRepaired(path: path))
    }
    let content = loading.content
    let files = content.sortedFiles
    let isJournalEmpty = loading.journal.lines.isEmpty
    let mail = content.mail.values.joined().sorted { $0.message.id < $1.message.id }
    let known = [
      loading.state.document.head.id, mail.last?.message.id ?? 0, files.last?.id ?? 0,
      content.rooms.lazy.compactMap(\.firstID).max().map { $0 - 1 } ?? 0, max(1, replay.lease) - 1,
    ].max()!
    let (log, greatest, isLogEmpty) = try openLog(of: folder, known: known, disk, at: clock(), &notices)
    let ids = IssuedIDs(greatest)
    var counts = content.counts
    let recent = try countMessages(of: folder, content.rooms, &counts)
    let hasServed = ids.value > 0 || loading.state.file.known != nil
    if !isJournalEmpty || hasServed && !loading.state.document.head.isClean {
      notices.append(.uncleanShutdown(changes: replay.changes))
    }
    notices += replay.notices
    FilesFolder(folder.fileBytes).repair(files, gone: loading.goneFiles)
    let fileWarnings = loading.warnings + loading.fileWarnings
    notices += fileWarnings.prefix(fileWarningsMax).map { .fileWarning($0.withoutSeverity) }
    if fileWarnings.count > fileWarningsMax { notices.append(.moreFileWarnings(fileWarnings.count - fileWarningsMax)) }
    let journal = try openJournal(of: folder, loading.journal, disk, sizeMax: journalBytesMax)
    let head = loading.state.document.head
    let loaded = LoadedData(
      settings: loading.settings, motd: loading.motd.lines, accounts: content.accounts, rooms: content.rooms,
      users: content.users, mail: mail, restrictions: Array(content.restrictions.values),
      files: files, pasts: content.pasts, nextID: ids.value + 1, isLogEmpty: isLogEmpty,
      counts: counts, recent: recent, clockSteps: head.clock.steps,
      clockStepMilliseconds: head.clock.setMilliseconds(since: head.saved, wall: clock(), bootClock),
      notices: notices
    )
    let policy = policy ?? loading.settings.fsync ?? .everysec
    let (settings, motd) = (loading.storedSettings, loading.motd)
    let edits = edited.map { EditReader(folder, settings, motd, clock: clock, report: $0) }
    let documents = loading.takeDocuments(at: SystemClock.monotonicNanoseconds)
    let completions = StoreCompletions(wake: wake)
    do throws(Errno) {
      var writer = SnapshotWriter(documents: documents, ids: ids, clock: clock, report: report)
      writer.bootClock = bootClock
      writer.applied = journal.lastChange
      writer.reportCoverage = { completions.post(.covered($0)) }
      writer.reportWritten = { completions.post(.written(file: $0, at: $1, $2)) }
      let identity = try FolderIdentity(of: folder)
      let watch = DiskWatch(folder, identity, disk: disk)
      let backlog = RecordBacklog()
      let thread = try SnapshotThread(
        SnapshotWork(writer: writer, edits: edits, log: log, watch: watch, backlog: backlog, caughtUp: wake))
      let store = Store(
        folder: folder, identity: identity, policy: policy, disk: disk, lock: lock, log: log, journal: journal,
        ids: ids, thread: thread, backlog: backlog, syncs: try SyncWorker(completions), completions: completions,
        position: LogPosition(id: ids.value), report: report)
      return (store, loaded)
    } catch {
      throw .failed(path: folder.path, doing: "served (no thread could be started)", error)
    }
  }

  /// Further warnings are counted.
  private static let fileWarningsMax = 10

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

  /// Removes other users' access to the folder and the files, where their rights can be changed.
  private static func makePrivate(_ folder: DataFolder) -> [StoreNotice] {
    var notices: [StoreNotice] = []
    func restrict(_ path: String, _ status: FileStatus?, to mode: UInt32) {
      guard let status, status.mode & 0o077 != 0, (try? File.changeMode(path, mode)) != nil else { return }
      notices.append(.madePrivate(path: path))
    }
    restrict(folder.path, try? File.status(folder.path), to: 0o700)
    restrict(folder.fileBytes, try? File.status(folder.fileBytes), to: 0o700)
    for file in [
      folder.users, folder.rooms, folder.state, folder.files, folder.journal, folder.log, folder.privateLog,
      folder.tlsKey,
    ] {
      // Not the target of a link: that may be a device.
      let status = try? File.statusOfLink(file)
      restrict(file, status?.isRegular == true ? status : nil, to: 0o600)
    }
    return notices
  }

  /// Cuts off a torn line at the end of the journal; the path of its copy.
  private static func repairJournal(
    of folder: DataFolder, _ contents: JournalContents, at now: Timestamp
  ) throws(StoreError) -> String? {
    do throws(Errno) {
      // A move of the journal that did not finish.
      if try File.statusIfPresent(folder.journal + ".new") != nil { try File.unlink(folder.journal + ".new") }
      guard contents.isTorn else { return nil }
      return try TornEnd.cut(
        try File.openRegular(folder.journal, .readWrite), path: folder.journal, from: contents.wholeBytes,
        to: contents.totalBytes, at: now)
    } catch {
      throw StoreError(path: folder.journal, doing: "repaired", creates: true, error)
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

  private static func countMessages(
    of folder: DataFolder, _ rooms: [RoomRecord], _ counts: inout MessageCounts?
  ) throws(StoreError) -> [RecentMessages] {
    guard var known = counts else { return [] }
    let firstIDs = Dictionary(uniqueKeysWithValues: rooms.lazy.map { ($0.name, $0.firstID ?? 0) })
    do throws(Errno) {
      defer { counts = known }
      return try LogCounting(path: folder.log).complete(&known, firstIDs: firstIDs)
    } catch {
      throw StoreError(path: folder.log, doing: "read", error)
    }
  }

  /// Repairs the end of the log, opens it, and finds the greatest issued id.
  private static func openLog(
    of folder: DataFolder, known: MessageID, _ disk: DiskCalls, at now: Timestamp,
    _ notices: inout [StoreNotice]
  ) throws(StoreError) -> (LogFile, MessageID, isEmpty: Bool) {
    do throws(Errno) {
      let repair = LogRepair(path: folder.log)
      if let path = try repair.cutTornLine(at: now) { notices.append(.logRepaired(path: path)) }
      let privateRepair = LogRepair(path: folder.privateLog)
      if let path = try privateRepair.cutTornLine(at: now) { notices.append(.logRepaired(path: path)) }
      var damaged: MessageID?
      let logged = max(try repair.greatestID(known: known) { damaged = $0 }, try privateRepair.greatestID(known: known))
      if let damaged { notices.append(.idTooGreat(path: folder.log, damaged)) }
      let pieces = try LogPieces(logPath: folder.log)
      let isEmpty = pieces.pieces.allSatisfy { $0.length == 0 } && !pieces.hasOlder && !pieces.hasCompressed
      return (try openLogs(of: folder, disk), max(known, logged), isEmpty)
    } catch {
      throw StoreError(path: folder.log, doing: "read or written", creates: true, error)
    }
  }
}

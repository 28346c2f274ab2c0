package import ChatCore
package import ChatProtocol
import POSIX

/// What a store read when it was opened.
package struct Loaded: Sendable {
  package var settings: SettingsFile
  package var accounts: [Account]
  package var rooms: [RoomRecord]
  package var users: [UserState]
  package var mail: [Mail]
  /// Greater than every id that was ever given out.
  package var nextID: MessageID
  /// What the log is to tell of the opening.
  package var notices: [StoreNotice]
}

extension Store {
  /// Takes a data folder, makes what is missing, and reads everything. Where a file is malformed or another server has the
  /// folder it throws, and nothing was changed.
  ///
  /// - Parameter policy: what the command line says; nil leaves it to `settings.json` and the default, `everysec`.
  /// - Parameter clock: the time of day, for what the store's thread writes.
  /// - Parameter report: called on the store's thread with what no completion tells.
  package static func open(
    _ folder: DataFolder, policy: SyncPolicy? = nil,
    clock: @escaping @Sendable () -> Timestamp = { Timestamp(milliseconds: SystemClock.now_ms) },
    report: @escaping @Sendable (StoreNotice) -> Void
  ) throws(StoreError) -> (Store, Loaded) {
    try folder.make()
    let lock = try takeLock(of: folder)
    var loading = FolderLoading(folder)
    loading.readAll()
    if !loading.faults.isEmpty { throw .malformed(loading.faults) }
    var notices = makePrivate(folder)
    let (log, ids) = try openLog(of: folder, loading.state, at: clock(), &notices)
    let loaded = Loaded(
      settings: loading.settings, accounts: loading.accounts, rooms: loading.roomRecords,
      users: loading.entries.map(\.user), mail: loading.entries.flatMap(\.mail), nextID: ids.value + 1, notices: notices
    )
    let policy = policy ?? loading.settings.fsync ?? .everysec
    let documents = loading.takeDocuments(at: SystemClock.monotonic_ns)
    do throws(Errno) {
      let writer = SnapshotWriter(documents: documents, ids: ids, clock: clock, report: report)
      let thread = try SnapshotThread(SnapshotWork(writer: writer, log: log))
      return (Store(folder: folder, policy: policy, lock: lock, log: log, ids: ids, thread: thread), loaded)
    } catch {
      throw .failed(path: folder.path, doing: "served (no thread could be started)", error)
    }
  }

  private static func takeLock(of folder: DataFolder) throws(StoreError) -> FolderLock {
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
    for file in [folder.users, folder.rooms, folder.state, folder.log] {
      // Not what a link leads to: that is somebody else's, maybe a device.
      let status = try? File.statusOfLink(file)
      restrict(file, status?.isRegular == true ? status : nil, to: 0o600)
    }
    return notices
  }

  /// Mends the end of the log, opens it, and finds the greatest id that was given out.
  private static func openLog(
    of folder: DataFolder, _ state: StoredDocument<StateDocument>, at now: Timestamp, _ notices: inout [StoreNotice]
  ) throws(StoreError) -> (LogFile, IssuedIDs) {
    do throws(Errno) {
      let tail = LogTail(path: folder.log)
      if let path = try tail.mend(at: now) { notices.append(.logMended(path: path)) }
      let head = state.document.head
      let logged = try tail.greatestID(covered: head.saved)
      var greatest = max(head.id, logged, state.document.greatestMailID)
      if !head.isClean && (greatest > 0 || state.file.known != nil) {
        notices.append(.unclean)
        // A private message's id stands in no file until the next write of state.json, and the end of the log may be lost.
        greatest += idsUnrecordedMax
      }
      let log = try LogFile(path: folder.log)
      try File.syncDirectory(folder.path)
      return (log, IssuedIDs(greatest))
    } catch {
      throw StoreError(path: folder.log, doing: "read or written", creates: true, error)
    }
  }

  /// More ids than can be given out in the time that a crash may cost.
  private static let idsUnrecordedMax: MessageID = 100_000
}

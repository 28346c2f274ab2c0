package import ChatCore
package import ChatProtocol
package import POSIX

/// The data folder in use: what the loop appends stands in the files, and the readable ones follow by themselves.
///
/// It belongs to the loop's thread. A turn appends its records and log lines and then commits; after that, what depends on
/// them may be sent. Nothing here waits for the readable files, which the store's own thread writes.
package final class Store {
  package let folder: DataFolder
  /// What `--fsync` says.
  package let policy: SyncPolicy

  private let lock: FolderLock
  private var log: LogFile
  private let ids: IssuedIDs
  private let thread: SnapshotThread
  private var hasEnded = false
  /// Whether anything was appended: until then the files stay as they were found.
  private var hasBegun = false

  // What the turn has appended so far.
  private var lines: [UInt8] = []
  private var records: [Record] = []
  /// The time of the last line in the log's form: the lines of a turn have the same.
  private var stampTime: Timestamp?
  private var stamp: [UInt8] = []

  /// A turn that appended more than this gives its buffer back.
  private static let linesBytesKept = 1 << 20

  init(
    folder: DataFolder, policy: SyncPolicy, lock: consuming FolderLock, log: LogFile, ids: IssuedIDs,
    thread: SnapshotThread
  ) {
    self.folder = folder
    self.policy = policy
    self.lock = lock
    self.log = log
    self.ids = ids
    self.thread = thread
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
  }

  /// Adds a line of the log to the turn.
  package func append(_ line: LogRecord, at time: Timestamp) {
    begin()
    if case .message(let message) = line { ids.note(message.id) }
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

  /// Makes the turn's lines and records stand: one write(2) for the log, under `always` synced. When it throws, none of
  /// them do, and nothing that depends on them may be sent.
  package func commit() throws(Errno) {
    defer {
      lines.removeAll(keepingCapacity: lines.capacity <= Self.linesBytesKept)
      records.removeAll()
    }
    if !lines.isEmpty {
      let isFirstUnsynced = try log.append(lines)
      switch policy {
      case .always: try log.sync()
      case .everysec: if isFirstUnsynced { thread.post(.logWritten) }
      case .no: break
      }
    }
    if !records.isEmpty {
      precondition(!hasEnded, "no record comes after the last save")
      thread.post(.records(records))
    }
  }

  /// Has every readable file written that does not say what is known, and then calls `completion` on the store's thread.
  /// What was committed before is in the files then.
  package func save(completion: @escaping @Sendable (Result<SaveReport, StoreError>) -> Void) {
    precondition(!hasEnded, "no save comes after the last one")
    thread.post(.save(completion))
  }

  /// Goes on in a new `chat.log`, where somebody gave the old one another name.
  package func reopenLog() throws(Errno) {
    try commit()
    let opened = try LogFile(path: folder.log)
    let (old, new) = (try log.status(), try opened.status())
    if old.device == new.device && old.inode == new.inode { return }
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
    do throws(Errno) { try log.sync() } catch { throw StoreError(path: folder.log, doing: "synced", error) }
    return try result.get()
  }
}

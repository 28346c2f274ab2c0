import ChatCore
import POSIX
import Synchronization

/// The store's own thread, which alone uses the documents. The loop posts records and requests to it, and waits for it only at
/// shutdown.
final class SnapshotThread: Sendable {
  enum Message: Sendable {
    /// The server has started. Before that no file is written.
    case begun
    /// A turn's records, the number of its last change in the journal, and the turn's size in the backlog.
    case records([Record], number: UInt64, bytes: Int)
    /// The log is another file from now on.
    case logOpened(LogFile)
    /// Sync the log within about a second.
    case logWritten
    /// The disk fails: probe it until it works.
    case diskFailed
    /// Write every file.
    case writeEverything
    /// Another folder is in use now: write everything there.
    case folderReplaced(FolderIdentity)
    case save(@Sendable (Result<SaveReport, StoreError>) -> Void)
    /// Look for hand edits now.
    case scanForEdits(force: Bool, ControlID?)
    /// Report the errors of hand edits, and apply nothing.
    case check(@Sendable ([FileError]) -> Void)
    /// Capture everything for a backup.
    case capture(FolderCapturing, @Sendable (Result<FolderCapture, StoreError>) -> Void)
    /// Save for the last time, and end the thread.
    case finish(isClean: Bool)
    /// End the thread without another write.
    case abandon
  }

  private final class Shared: Sendable {
    let inbox: Inbox<Message>
    /// The thread takes it out: documents with a second owner would be copied at their first change.
    let work: Mutex<SnapshotWork?>
    let hasStarted = Semaphore()
    let startFailure = Mutex<Errno?>(nil)
    let lastSave = Mutex<Result<SaveReport, StoreError>?>(nil)

    init(_ work: consuming sending SnapshotWork) throws(Errno) {
      inbox = try Inbox()
      self.work = Mutex(work)
    }

    func run() {
      guard var work = work.withLock({ $0.take() }) else { return }
      do throws(Errno) {
        let poller = try Poller(eventsMax: 1)
        try poller.add(inbox.rawValue, token: 0, interest: .readable)
        try work.watchFolder(poller)
        hasStarted.signal()
        let result = work.run(inbox, poller)
        lastSave.withLock { $0 = result }
      } catch {
        startFailure.withLock { $0 = error }
        hasStarted.signal()
      }
    }
  }

  private let shared: Shared
  private let thread: HelperThread

  init(_ work: consuming sending SnapshotWork) throws(Errno) {
    let shared = try Shared(work)
    // Writing a million rows takes a core for seconds; the loop has priority.
    thread = try HelperThread(niceness: 10) { shared.run() }
    self.shared = shared
    shared.hasStarted.wait()
    if let failure = shared.startFailure.withLock({ $0 }) {
      thread.join()
      throw failure
    }
  }

  func post(_ message: Message) { shared.inbox.post(message) }

  /// Saves for the last time, ends the thread, and returns the result; nil where the save still runs at a monotonic time. To be
  /// called once, and not after `abandon`.
  func finish(isClean: Bool, untilNanoseconds deadlineNanoseconds: Int64 = .max) -> Result<SaveReport, StoreError>? {
    post(.finish(isClean: isClean))
    guard thread.join(untilNanoseconds: deadlineNanoseconds) else { return nil }
    guard let result = shared.lastSave.withLock({ $0 }) else { preconditionFailure("the thread has saved") }
    return result
  }

  /// Ends the thread without another save.
  func abandon() {
    post(.abandon)
    thread.join()
  }
}

/// The loop of the store's thread: it handles messages and due work until it ends.
struct SnapshotWork: Sendable {
  private var writer: SnapshotWriter
  /// nil where hand edits are not applied.
  private var edits: EditReader?
  private var log: LogFile
  private var watch: DiskWatch
  private let backlog: RecordBacklog
  /// Called when the backlog is short enough again.
  private let caughtUp: @Sendable () -> Void
  private var logDueNanoseconds: Int64?
  private var logSyncHasFailed = false
  private var hasBegun = false

  private static let logDelayNanoseconds: Int64 = 1_000_000_000

  init(
    writer: SnapshotWriter, edits: EditReader? = nil, log: LogFile, watch: DiskWatch, backlog: RecordBacklog,
    caughtUp: @escaping @Sendable () -> Void
  ) {
    self.writer = writer
    self.edits = edits
    self.log = log
    self.watch = watch
    self.backlog = backlog
    self.caughtUp = caughtUp
    edits?.prepare(&self.writer.documents)
    self.writer.followsEdits = edits != nil
  }

  /// Registers the file watcher with the poller.
  func watchFolder(_ poller: borrowing Poller) throws(Errno) {
    if let watched = edits?.rawValue { try poller.add(watched, token: 1, interest: .readable) }
  }

  /// Returns the result of the last save; nil where there was none.
  mutating func run(
    _ inbox: Inbox<SnapshotThread.Message>, _ poller: borrowing Poller
  ) -> Result<SaveReport, StoreError>? {
    while true {
      // Waiting fails only for a bad descriptor, which is a bug.
      do throws(Errno) { try poller.wait(timeoutMilliseconds: timeoutMilliseconds) { _ in } } catch {
        preconditionFailure("\(error)")
      }
      edits?.takeEvents(&writer.documents, at: SystemClock.monotonicNanoseconds)
      for message in inbox.takeAll() {
        switch message {
        case .begun: hasBegun = true
        case .records(let records, let number, let bytes):
          writer.apply(records, number: number, at: SystemClock.monotonicNanoseconds)
          if backlog.take(bytes) { caughtUp() }
        case .logOpened(let log):
          syncLog()
          self.log = log
        case .logWritten:
          logDueNanoseconds = logDueNanoseconds ?? SystemClock.monotonicNanoseconds + Self.logDelayNanoseconds
        case .diskFailed: watch.beginProbing()
        case .writeEverything: writer.documents.markAllChanged(at: SystemClock.monotonicNanoseconds)
        case .folderReplaced(let identity):
          watch.identity = identity
          edits?.watchAgain()
          writer.documents.markAllChanged(at: SystemClock.monotonicNanoseconds)
        case .save(let completion): completion(writer.save(isClean: false))
        case .scanForEdits(let force, let request): edits?.ask(request, force: force)
        case .check(let completion): completion(edits?.errors(in: writer.documents) ?? [])
        case .capture(let capturing, let completion): completion(capture(capturing))
        case .finish(let isClean): return finish(isClean: isClean)
        case .abandon: return nil
        }
      }
      let nowNanoseconds = SystemClock.monotonicNanoseconds
      if let logDueNanoseconds, logDueNanoseconds <= nowNanoseconds { syncLog() }
      if let notice = watch.check(at: nowNanoseconds, log) { writer.report(notice) }
      if hasBegun {
        edits?.scan(&writer.documents, at: nowNanoseconds)
        writer.writeDue(at: nowNanoseconds)
      }
    }
  }

  private mutating func capture(_ capturing: FolderCapturing) -> Result<FolderCapture, StoreError> {
    do throws(StoreError) {
      return .success(try capturing.take(&writer, settings: edits?.settingsText, motd: edits?.motdText))
    } catch {
      return .failure(error)
    }
  }

  /// The last save. An edit that it meets is merged with the server's changes first.
  private mutating func finish(isClean: Bool) -> Result<SaveReport, StoreError> {
    var notices: [StoreNotice] = []
    var triesLeft = 4
    writer.followsEdits = false
    while true {
      notices += edits?.settle(&writer.documents) ?? []
      let result = writer.save(isClean: isClean)
      triesLeft -= 1
      if edits != nil, triesLeft > 0, writer.documents.hasUnreadEdit { continue }
      return result.map { SaveReport(written: $0.written, notices: notices + $0.notices) }
    }
  }

  /// The time until the next due work, rounded up; -1 for ever.
  private var timeoutMilliseconds: Int32 {
    let documents = writer.documents
    let filesDueNanoseconds =
      hasBegun ? [documents.dueNanoseconds, documents.basesDueNanoseconds, edits?.dueNanoseconds(documents)] : []
    guard
      let dueNanoseconds = (filesDueNanoseconds + [logDueNanoseconds, watch.dueNanoseconds]).compactMap(\.self).min()
    else { return -1 }
    return Int32(clamping: max(0, (dueNanoseconds - SystemClock.monotonicNanoseconds + 999_999) / 1_000_000))
  }

  private mutating func syncLog() {
    logDueNanoseconds = nil
    do throws(Errno) {
      try log.sync()
      logSyncHasFailed = false
    } catch {
      if !logSyncHasFailed { writer.report(.diskFailed(reason: "chat.log cannot be synced: \(error)")) }
      logSyncHasFailed = true
      logDueNanoseconds = SystemClock.monotonicNanoseconds + Self.logDelayNanoseconds
    }
  }
}

/// The size of the records that the loop has posted and the store's thread has not applied yet. Writing a large file, or a disk
/// that hangs, blocks that thread; meanwhile clients must not fill the memory with changes.
///
/// A record counts as long as its line in the journal. That line has only the change of a room's list, so the list is added. In
/// memory a record takes up to eight times that where names are short.
final class RecordBacklog: Sendable {
  static let bytesMax = 32 << 20

  private let bytes = Atomic<Int>(0)

  var isTooMuch: Bool { bytes.load(ordering: .relaxed) > Self.bytesMax }

  func add(_ count: Int) { bytes.add(count, ordering: .relaxed) }

  /// Returns true when the backlog has just become short enough.
  func take(_ count: Int) -> Bool {
    let (before, after) = bytes.subtract(count, ordering: .relaxed)
    return before > Self.bytesMax && after <= Self.bytesMax
  }
}

extension Record {
  /// The size of a room's changed lists. Lists that did not change are shared.
  var listBytes: Int {
    guard case .room(let room, let was?) = self else { return 0 }
    var count = 0
    for (now, before) in [(room.moderators, was.moderators), (room.banned, was.banned), (room.muted, was.muted)]
    where now.count != before.count {
      count += now.count
    }
    return 4 * count
  }
}

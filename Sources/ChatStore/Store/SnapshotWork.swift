import POSIX

/// The life of the store's thread: it waits for messages and for what is due, until it is told to end.
struct SnapshotWork: Sendable {
  private var writer: SnapshotWriter
  /// nil where nobody takes edits over.
  private var edits: EditReader?
  private var log: LogFile
  private var watch: DiskWatch
  private let backlog: RecordBacklog
  /// Called where the backlog is no longer too much.
  private let caughtUp: @Sendable () -> Void
  private var logDue_ns: Int64?
  private var logSyncHasFailed = false
  private var hasBegun = false

  private static let logDelay_ns: Int64 = 1_000_000_000

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

  /// Has the poller wake for what happens in the folder too.
  func watchFolder(_ poller: borrowing Poller) throws(Errno) {
    if let watched = edits?.rawValue { try poller.add(watched, token: 1, interest: .readable) }
  }

  /// Returns what the last save did; nil where there was none.
  mutating func run(
    _ inbox: Inbox<SnapshotThread.Message>, _ poller: borrowing Poller
  ) -> Result<SaveReport, StoreError>? {
    while true {
      // Waiting fails only where the poller itself is broken, which is a bug of ours.
      do throws(Errno) { try poller.wait(timeout_ms: timeout_ms) { _ in } } catch { preconditionFailure("\(error)") }
      edits?.takeEvents(&writer.documents, at: SystemClock.monotonic_ns)
      for message in inbox.takeAll() {
        switch message {
        case .begun: hasBegun = true
        case .records(let records, let number, let bytes):
          writer.apply(records, number: number, at: SystemClock.monotonic_ns)
          if backlog.take(bytes) { caughtUp() }
        case .logOpened(let log):
          syncLog()
          self.log = log
        case .logWritten: logDue_ns = logDue_ns ?? SystemClock.monotonic_ns + Self.logDelay_ns
        case .diskFailed: watch.beginTrying()
        case .writeEverything: writer.documents.noteAllChanged(at: SystemClock.monotonic_ns)
        case .folderReplaced(let identity):
          watch.identity = identity
          edits?.watchAgain()
          writer.documents.noteAllChanged(at: SystemClock.monotonic_ns)
        case .save(let completion): completion(writer.save(isClean: false))
        case .look(let force, let request): edits?.ask(request, force: force)
        case .check(let completion): completion(edits?.faults(in: writer.documents) ?? [])
        case .capture(let capturing, let completion): completion(capture(capturing))
        case .finish(let isClean): return finish(isClean: isClean)
        case .abandon: return nil
        }
      }
      let now_ns = SystemClock.monotonic_ns
      if let logDue_ns, logDue_ns <= now_ns { syncLog() }
      if let notice = watch.look(at: now_ns, log) { writer.report(notice) }
      if hasBegun {
        edits?.look(&writer.documents, at: now_ns)
        writer.writeDue(at: now_ns)
      }
    }
  }

  private mutating func capture(_ capturing: FolderCapturing) -> Result<FolderCapture, StoreError> {
    do throws(StoreError) {
      return .success(try capturing.take(&writer, settings: edits?.settingsText))
    } catch {
      return .failure(error)
    }
  }

  /// The last save. An edit that is met by it is put together with the server's changes first.
  private mutating func finish(isClean: Bool) -> Result<SaveReport, StoreError> {
    var notices: [StoreNotice] = []
    var triesLeft = 4
    writer.followsEdits = false
    while true {
      notices += edits?.settle(&writer.documents) ?? []
      let result = writer.save(isClean: isClean)
      triesLeft -= 1
      if edits != nil, triesLeft > 0, writer.documents.hasMetEdit { continue }
      return result.map { SaveReport(written: $0.written, notices: notices + $0.notices) }
    }
  }

  /// Until the next thing is due, rounded up, so that it is due when the wait ends; -1 for ever.
  private var timeout_ms: Int32 {
    let documents = writer.documents
    let filesDue_ns = hasBegun ? [documents.due_ns, documents.basesDue_ns, edits?.due_ns(documents)] : []
    guard let due_ns = (filesDue_ns + [logDue_ns, watch.due_ns]).compactMap(\.self).min() else { return -1 }
    return Int32(clamping: max(0, (due_ns - SystemClock.monotonic_ns + 999_999) / 1_000_000))
  }

  private mutating func syncLog() {
    logDue_ns = nil
    do throws(Errno) {
      try log.sync()
      logSyncHasFailed = false
    } catch {
      if !logSyncHasFailed { writer.report(.diskFailed(reason: "chat.log cannot be synced: \(error)")) }
      logSyncHasFailed = true
      logDue_ns = SystemClock.monotonic_ns + Self.logDelay_ns
    }
  }
}

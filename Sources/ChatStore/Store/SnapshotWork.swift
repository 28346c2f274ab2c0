import POSIX

/// The life of the store's thread: it waits for messages and for what is due, until it is told to end.
struct SnapshotWork: Sendable {
  private var writer: SnapshotWriter
  private var log: LogFile
  private var logDue_ns: Int64?
  private var logSyncHasFailed = false
  private var hasBegun = false

  private static let logDelay_ns: Int64 = 1_000_000_000

  init(writer: SnapshotWriter, log: LogFile) {
    self.writer = writer
    self.log = log
  }

  /// Returns what the last save did; nil where there was none.
  mutating func run(
    _ inbox: Inbox<SnapshotThread.Message>, _ poller: borrowing Poller
  ) -> Result<SaveReport, StoreError>? {
    while true {
      // Waiting fails only where the poller itself is broken, which is a bug of ours.
      do throws(Errno) { try poller.wait(timeout_ms: timeout_ms) { _ in } } catch { preconditionFailure("\(error)") }
      for message in inbox.takeAll() {
        switch message {
        case .begun: hasBegun = true
        case .records(let records, let number):
          writer.apply(records, number: number, at: SystemClock.monotonic_ns)
        case .logOpened(let log):
          syncLog()
          self.log = log
        case .logWritten: logDue_ns = logDue_ns ?? SystemClock.monotonic_ns + Self.logDelay_ns
        case .save(let completion): completion(writer.save(isClean: false))
        case .finish(let isClean): return writer.save(isClean: isClean)
        case .abandon: return nil
        }
      }
      let now_ns = SystemClock.monotonic_ns
      if let logDue_ns, logDue_ns <= now_ns { syncLog() }
      if hasBegun { writer.writeDue(at: now_ns) }
    }
  }

  /// Until the next thing is due, rounded up, so that it is due when the wait ends; -1 for ever.
  private var timeout_ms: Int32 {
    let filesDue_ns = hasBegun ? writer.documents.due_ns : nil
    guard let due_ns = [filesDue_ns, logDue_ns].compactMap(\.self).min() else { return -1 }
    return Int32(clamping: max(0, (due_ns - SystemClock.monotonic_ns + 999_999) / 1_000_000))
  }

  private mutating func syncLog() {
    logDue_ns = nil
    do throws(Errno) {
      try log.sync()
      if logSyncHasFailed { writer.report(.writeWorksAgain(file: "chat.log")) }
      logSyncHasFailed = false
    } catch {
      if !logSyncHasFailed { writer.report(.writeFailed(file: "chat.log", error)) }
      logSyncHasFailed = true
      logDue_ns = SystemClock.monotonic_ns + Self.logDelay_ns
    }
  }
}

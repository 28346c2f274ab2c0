import ChatProtocol
import POSIX
import Synchronization

/// Tracks which turns are durable, so that their output may be sent.
///
/// One sync covers every turn that was committed before it began. While it runs, turns continue; their output waits behind that
/// of earlier turns.
struct Durability {
  /// The number of the last committed turn.
  private(set) var turn: UInt64 = 0
  /// The sync that runs, and the first turn that needs it; nil where none does.
  private var running: (isRunning: Bool, firstTurn: UInt64?) = (false, nil)
  /// The first turn that needs the next sync.
  private var nextTurn: UInt64?
  private var isSyncWanted = false

  /// Every id below this is covered by a durable lease.
  var lease: MessageID = 0
  /// The same once the running sync has ended.
  private var runningLease: MessageID = 0
  /// When the journal was synced last, or an earlier log; nil before the first time.
  var lastSync: Timestamp?

  /// The last turn whose output may be sent, with that of all turns before it.
  var durableTurn: UInt64 { (running.firstTurn ?? nextTurn ?? turn + 1) - 1 }

  var isSyncing: Bool { running.isRunning }
  /// Whether there is something to sync that the running sync does not cover.
  var needsSync: Bool { nextTurn != nil || isSyncWanted }

  /// A turn was committed. `awaits`: its output depends on a sync. `wants`: a sync should follow, but no output depends on it.
  mutating func commit(awaits: Bool, wants: Bool) {
    turn += 1
    if awaits && nextTurn == nil { nextTurn = turn }
    if awaits || wants { isSyncWanted = true }
  }

  /// A sync begins that covers all turns so far, and the lease.
  mutating func begin(lease: MessageID = 0) {
    precondition(!running.isRunning, "one sync at a time")
    running = (true, nextTurn)
    nextTurn = nil
    isSyncWanted = false
    runningLease = lease
  }

  /// The sync succeeded.
  mutating func end() {
    running = (false, nil)
    lease = max(lease, runningLease)
  }

  /// The sync did nothing: the turns that needed it need the next one.
  mutating func retry() {
    nextTurn = running.firstTurn ?? nextTurn
    isSyncWanted = true
    running = (false, nil)
  }

  /// All committed turns count as durable.
  mutating func settle() {
    running = (false, nil)
    nextTurn = nil
    isSyncWanted = false
  }
}

/// What the store's helper threads report to the loop. The first report wakes the loop, which takes all of them.
final class StoreCompletions: Sendable {
  enum Completion: Sendable {
    case covered(Coverage)
    /// A readable file was written, or could not be.
    case written(file: String, at: Timestamp, Errno?)
    /// The sync has ended.
    case synced(Errno?)
    /// The journal's new file, or why the old one stays; and the error of syncing the folder.
    case moved(Result<JournalFile, Errno>, Errno?)
  }

  private let pending = Mutex<[Completion]>([])
  private let wake: @Sendable () -> Void

  init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

  func post(_ completion: Completion) {
    let isFirst = pending.withLock { pending in
      pending.append(completion)
      return pending.count == 1
    }
    if isFirst { wake() }
  }

  func takeAll() -> [Completion] {
    pending.withLock { pending in
      defer { pending = [] }
      return pending
    }
  }
}

/// Syncs the journal and the log, and moves the journal, on a thread of its own: one job at a time, because one sync covers
/// everything that is pending.
struct SyncWorker {
  private let pool: WorkerPool
  private let completions: StoreCompletions

  init(_ completions: StoreCompletions) throws(Errno) {
    pool = try WorkerPool(threadCount: 1, waitingMax: 1)
    self.completions = completions
  }

  /// Completes with `synced`. `log` is nil where no output depends on it.
  func sync(_ journal: JournalFile, _ log: LogFile?) {
    submit { [completions] in
      do throws(Errno) {
        try journal.sync()
        try log?.sync()
        completions.post(.synced(nil))
      } catch {
        completions.post(.synced(error))
      }
    }
  }

  /// Completes with `moved`.
  func move(in folder: DataFolder, _ log: LogFile?, _ body: @escaping @Sendable () throws(Errno) -> JournalFile) {
    submit { [completions] in
      do throws(Errno) {
        try log?.sync()
        let moved = try body()
        do throws(Errno) {
          try File.syncDirectory(folder.path)
          completions.post(.moved(.success(moved), nil))
        } catch {
          completions.post(.moved(.success(moved), error))
        }
      } catch {
        completions.post(.moved(.failure(error), nil))
      }
    }
  }

  /// Waits for the running job; false where it still runs at a monotonic time.
  func finish(untilNanoseconds deadlineNanoseconds: Int64) -> Bool {
    pool.stop(untilNanoseconds: deadlineNanoseconds, dropsWaiting: false)
  }

  private func submit(_ job: @escaping @Sendable () -> Void) {
    let isAccepted = pool.submit(job)
    precondition(isAccepted, "the next job follows the completion of the last")
  }
}

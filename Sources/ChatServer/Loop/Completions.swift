import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import Synchronization
import TLS

/// What other threads tell the loop.
enum ServerMessage: Sendable {
  /// The answer to work that an effect started: for a session, or for a control request. `pool`: the helpers that did it, nil where it was
  /// not done. `work`: the processor time that it took them, in microseconds.
  case completed(Input, pool: HelperPool.Kind? = nil, work: Int = 0)
  /// The server stopped before the work for this request was done.
  case controlWorkDropped(ControlID)
  /// There was no room for the password in the queue.
  case storedPasswordDropped(StoredSecret)
  /// A part of the log for clients of the control socket.
  case logRead(LogService.Answer)
  case transferEnded(SessionID, TransferResult)
  case saved(ControlID, Result<SaveReport, StoreError>)
  case checked(ControlID, [FileError])
  case captured(ControlID, Result<FolderCapture, StoreError>)
  case backupEnded(BackupStream.End)
  /// The store's thread has something for the operator.
  case notice(StoreNotice)
  /// A thread of the store has something for `Store.collect`.
  case storeAnswered
  /// The store's thread looked for edits in the files.
  case scanned(EditScan)
  /// The files of the certificate have changed.
  case certificate(Result<TLSContext, CertificateError>)
  /// A certificate that was asked for.
  case certificateMade(ControlID, Result<TLSContext, CertificateError>)
  case stop(reason: String)
}

/// The one answer to work that was started: it is posted by `finish`, or by dropping this value.
///
/// So no session waits for ever. Work that is not done, because its queue is full, no thread could start or the server stops, ends
/// with the message that was chosen when it began.
final class Completion: Sendable {
  /// Who waits; nil for a control request.
  let session: SessionID?
  /// Where the session comes from; nil for the operator.
  let network: Network?
  private let inbox: Inbox<ServerMessage>
  private let ifDropped: ServerMessage
  private let isFinished = Atomic(false)

  init(
    _ inbox: Inbox<ServerMessage>, session: SessionID? = nil, network: Network? = nil, ifDropped: ServerMessage
  ) {
    self.inbox = inbox
    self.session = session
    self.network = network
    self.ifDropped = ifDropped
  }

  func finish(_ message: ServerMessage) {
    precondition(!isFinished.exchange(true, ordering: .relaxed), "work has one answer")
    inbox.post(message)
  }

  deinit {
    if !isFinished.load(ordering: .relaxed) { inbox.post(ifDropped) }
  }
}

/// Threads for work that sessions wait for, behind a fair queue with a bound: addresses take turns. A job that finds no room is dropped,
/// which is its answer.
struct HelperPool {
  enum Kind: Sendable { case passwords, pages, searches, files }

  private struct Job {
    let completion: Completion
    let work: @Sendable () -> Input
  }

  private let kind: Kind
  private let threads: WorkerPool
  private var queue = FairQueue<Job>()
  /// Jobs that the threads have, or whose answer the loop has not taken yet.
  private var running = 0
  private let runningMax: Int
  /// How many may wait; 0 means no bound.
  var waitingMax: Int
  private let cancellation = Cancellation()

  /// `runningMax`: how many jobs the threads get at a time. Which is the next is decided when one is done.
  init(
    _ kind: Kind, threadCount: Int = 1, runningMax: Int, waitingMax: Int, niceness: Int
  ) throws(ServerError) {
    do throws(Errno) {
      threads = try WorkerPool(threadCount: threadCount, waitingMax: .max, niceness: niceness)
    } catch {
      throw .system("start a thread", error)
    }
    self.kind = kind
    self.runningMax = runningMax
    self.waitingMax = waitingMax
  }

  /// How many wait or run.
  var pending: Int { queue.count + running }

  mutating func submit(_ completion: Completion, _ work: @escaping @Sendable () -> Input) {
    // Jobs that a thread can take now do not wait.
    let max = waitingMax == 0 ? Int.max : waitingMax + Swift.max(0, runningMax - running)
    _ = queue.append(Job(completion: completion, work: work), for: completion.network, upTo: max)
  }

  /// The loop has taken an answer.
  mutating func jobEnded() { running -= 1 }

  /// Gives the threads as much as they may have.
  mutating func start() {
    while running < runningMax, let job = queue.popFirst() {
      running += 1
      let isAccepted = threads.submit { [kind, cancellation] in
        if cancellation.isCancelled { return }
        let before = SystemClock.threadNanoseconds
        let input = job.work()
        // A password is slow on purpose; that is not charged to the client.
        let work = kind == .passwords ? 0 : Int((SystemClock.threadNanoseconds - before) / 1000)
        job.completion.finish(.completed(input, pool: kind, work: work))
      }
      precondition(isAccepted, "the threads run as long as the server")
    }
  }

  /// Drops what waits. False where a thread is still at work at the deadline.
  mutating func stop(until deadline: Instant) -> Bool {
    cancellation.cancel()
    queue.removeAll()
    return threads.stop(untilNanoseconds: deadline.nanoseconds)
  }
}

import ChatCore
import POSIX
import Synchronization

/// The store's own thread. It has the documents for itself: the loop hands it records and asks for saves, and waits for
/// it only at the very end.
final class SnapshotThread: Sendable {
  enum Message: Sendable {
    /// Something was appended. Before that no file is written, however much it is due.
    case begun
    /// What a turn changed, the number of its last change in the journal, and what it counts in the backlog.
    case records([Record], number: UInt64, bytes: Int)
    /// From now on this is the log that is to be synced.
    case logOpened(LogFile)
    /// The log has something that is to be synced within about a second.
    case logWritten
    /// Nothing can be written: the disk is to be tried until it works.
    case diskFailed
    /// Every file is to be written, whatever it says.
    case writeEverything
    /// Another folder has the name now and is in use: everything is to be written there.
    case folderReplaced(FolderIdentity)
    case save(@Sendable (Result<SaveReport, StoreError>) -> Void)
    /// Somebody wants to know now whether there are edits in the files.
    case look(force: Bool, ControlID?)
    /// Somebody wants to know what is wrong with the files, and nothing else.
    case check(@Sendable ([Fault]) -> Void)
    /// Everything as it is now is wanted for a backup.
    case capture(FolderCapturing, @Sendable (Result<FolderCapture, StoreError>) -> Void)
    /// The last save, after which the thread ends.
    case finish(isClean: Bool)
    /// The thread ends as if the process had died: nothing more is written.
    case abandon
  }

  /// What both threads see.
  private final class Shared: Sendable {
    let inbox: Inbox<Message>
    /// Taken out by the thread, not copied: documents that somebody else held would be copied whole at the first change.
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
        let poller = try Poller(events_max: 1)
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
    // Files of a million rows keep a core busy for seconds; whoever chats meanwhile comes first.
    thread = try HelperThread(niceness: 10) { shared.run() }
    self.shared = shared
    shared.hasStarted.wait()
    if let failure = shared.startFailure.withLock({ $0 }) {
      thread.join()
      throw failure
    }
  }

  func post(_ message: Message) { shared.inbox.post(message) }

  /// Has all that waits written, ends the thread, and returns what the last save did; nil where that is still under way at a
  /// monotonic time. Once, and not after `abandon`.
  func finish(isClean: Bool, until_ns deadline_ns: Int64 = .max) -> Result<SaveReport, StoreError>? {
    post(.finish(isClean: isClean))
    guard thread.join(until_ns: deadline_ns) else { return nil }
    guard let result = shared.lastSave.withLock({ $0 }) else { preconditionFailure("a thread that finishes has saved") }
    return result
  }

  /// Ends the thread without another save.
  func abandon() {
    post(.abandon)
    thread.join()
  }
}

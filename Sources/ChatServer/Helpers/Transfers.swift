import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import Synchronization

/// The helper threads for files: one for each transfer, so that file bytes never meet the loop, one that looks at the disk, and one
/// that removes what is not needed. How many transfers there are at a time is the core's to say.
///
/// Whoever transfers or removes has the processor only where nobody else wants it: the kernel takes milliseconds for some of that, in
/// which a thread that has merely a higher niceness would keep the loop waiting.
struct Transfers {
  private let folder: FilesFolder
  private let inbox: Inbox<ServerMessage>
  private let disk: WorkerPool
  /// Each session waits for one answer, so they need no bound of their own.
  private var questions = FairQueue<(session: SessionID, question: FileQuestion)>()
  private var isLooking = false
  private let removal: WorkerPool
  private let removals = Removals()
  private let pace = DiskPace()
  private var running: [SessionID: (socket: TransferSocket, thread: HelperThread)] = [:]
  /// Files whose bytes go once the turn of that number stands.
  private var discards: [(turn: UInt64, file: MessageID)] = []
  /// While a backup is made: files that it may hold and that were removed since.
  private var setAside: [MessageID]?

  init(folder: FilesFolder, inbox: Inbox<ServerMessage>) throws(ServerError) {
    do {
      disk = try WorkerPool(threadCount: 1, waiting_max: .max, niceness: 5)
      removal = try WorkerPool(threadCount: 1, waiting_max: .max, onlyWhereIdle: true)
    } catch {
      throw .system("start a thread", error)
    }
    self.folder = folder
    self.inbox = inbox
  }

  /// Answers with `Input.fileLookedAt`.
  mutating func ask(_ session: SessionID, at network: Network?, _ question: FileQuestion) {
    questions.append((session, question), for: network)
    lookAtDisk()
  }

  /// The loop has taken the answer.
  mutating func noteAnswer() {
    isLooking = false
    lookAtDisk()
  }

  private mutating func lookAtDisk() {
    guard !isLooking, let (session, question) = questions.popFirst() else { return }
    isLooking = true
    let isAccepted = disk.submit { [folder, inbox] in
      inbox.post { .fileLookedAt(session, folder.answer(question)) }
    }
    precondition(isAccepted, "the pool runs as long as the server")
  }

  /// Ends with `ServerMessage.transferEnded`. `descriptor` is the thread's own.
  mutating func start(
    _ transfer: Transfer, over session: SessionID, _ descriptor: consuming FileDescriptor, firstBytes: [UInt8],
    stall_ms: Int64, bytesPerSecondMax: Int
  ) throws(Errno) {
    let socket = TransferSocket(descriptor, transfer.direction)
    let work = FileTransfer(
      transfer: transfer, folder: folder, socket: socket, firstBytes: firstBytes, stall_ms: stall_ms, pace: pace,
      bytesPerSecondMax: bytesPerSecondMax)
    let thread = try HelperThread(onlyWhereIdle: true) { [inbox] in
      inbox.post(.transferEnded(session, work.run()))
    }
    running[session] = (socket, thread)
  }

  func cut(_ session: SessionID) { running[session]?.socket.cut() }

  func isRunning(_ session: SessionID) -> Bool { running[session] != nil }

  /// The loop has heard of the end.
  mutating func noteEnded(_ session: SessionID) { running[session] = nil }

  mutating func discard(_ file: MessageID, turn: UInt64) { discards.append((turn, file)) }

  /// Removes the bytes of files that the journal no longer has.
  mutating func removeDiscarded(upTo standing: UInt64) {
    guard let first = discards.first, first.turn <= standing else { return }
    let files = discards.prefix { $0.turn <= standing }.map(\.file)
    discards.removeFirst(files.count)
    let isBackedUp = setAside != nil
    if isBackedUp { setAside! += files }
    remove(files.map { isBackedUp ? .setAside($0) : .discard($0) })
  }

  /// From here on the bytes of files that are removed stay for the backup.
  mutating func beginBackup() { setAside = [] }

  mutating func endBackup() {
    guard let files = setAside else { return }
    setAside = nil
    remove(files.map { .discardSetAside($0) })
  }

  private func remove(_ removals: [Removals.Removal]) {
    self.removals.add(removals)
    _ = removal.submit { [folder, removals = self.removals] in removals.run(folder) }
  }

  /// The server ends: what is under way stays as it is. False where a thread is still at work: that is as if the server had died
  /// meanwhile, and the next start mends it.
  mutating func stop(until_ns deadline_ns: Int64) -> Bool {
    for (socket, _) in running.values { socket.cut() }
    var haveEnded = running.values.map { $0.thread.join(until_ns: deadline_ns) }
    running = [:]
    endBackup()
    // A thread that steps back for everybody may never get to it, and after a clean end nobody knows of these any more.
    removals.run(folder)
    haveEnded += [disk.stop(until_ns: deadline_ns), removal.stop(until_ns: deadline_ns)]
    return haveEnded.allSatisfy(\.self)
  }

  /// After the last save: what was removed so late that no turn came behind it.
  mutating func discardRest() {
    for (_, file) in discards { folder.discard(file) }
    discards = []
  }
}

/// What is to be removed, each once, by whichever thread comes first.
private final class Removals: Sendable {
  enum Removal: Sendable {
    case discard(MessageID)
    case setAside(MessageID)
    case discardSetAside(MessageID)
  }

  private let waiting = Mutex<[Removal]>([])

  func add(_ removals: [Removal]) { waiting.withLock { $0 += removals } }

  func run(_ folder: FilesFolder) {
    while let next = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
      switch next {
      case .discard(let file): folder.discard(file)
      case .setAside(let file): folder.setAside(file)
      case .discardSetAside(let file): folder.discardSetAside(file)
      }
    }
  }
}

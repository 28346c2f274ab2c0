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
struct TransferService {
  private let folder: FilesFolder
  private let inbox: Inbox<ServerMessage>
  private let disk: WorkerPool
  /// Each session waits for one answer, so they need no bound of their own.
  private var questions = FairQueue<(session: SessionID, question: FileCheck)>()
  private var isLooking = false
  private let removal: WorkerPool
  private let removals = Removals()
  private let pace = DiskThrottle()
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

  /// Answers with `WorkResult.fileChecked`.
  mutating func ask(_ session: SessionID, at network: Network?, _ question: FileCheck) {
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
      inbox.post { .completed(session, .fileChecked(folder.answer(question))) }
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

// Connections that become a transfer's. The loop keeps the descriptor, and hears of it again when the transfer has ended.
extension Server {
  /// Once all that was sent to the connection before is out, its bytes are the transfer's.
  func beginTransfer(_ transfer: Transfer, over id: SessionID) {
    guard let connection = connections[id], connection.phase == .open else {
      followUps.append(.transferEnded(id, .interrupted(reason: "the connection is gone", bytes: transfer.offset)))
      return
    }
    connection.phase = .transferring
    connection.transfer = transfer
    connection.firstBytes = connection.framer.takeAll()
    connection.framer = LineFramer(lineBytesMax: settings.lineBytes)
    connection.handOverDue_ms = clock.monotonic_ms + timeouts.lastWords_ms
    updateInterest(connection)
    handingOver.append(connection)
  }

  func cutTransfer(_ id: SessionID) {
    guard let connection = connections[id], connection.phase == .transferring else { return }
    if transfers.isRunning(id) {
      transfers.cut(id)
    } else if let end = endBeforeHandOver(connection, "the server ended it") {
      followUps.append(end)
    }
  }

  /// After a flush: those to whom nothing is to be sent any more.
  func handOver() {
    if handingOver.isEmpty { return }
    for connection in handingOver
    where connection.phase == .transferring && !connection.isHandedOver && !connection.isLost {
      if outboxes.waitingBytes(of: connection.id) == 0 {
        handOver(connection)
      } else if connection.handOverDue_ms <= clock.monotonic_ms {
        scheduleClose(connection, .lost)
      }
    }
    handingOver.removeAll { $0.phase != .transferring || $0.isHandedOver || $0.isLost }
  }

  private func handOver(_ connection: Connection) {
    guard let transfer = connection.transfer else { preconditionFailure("a transfer was begun") }
    do throws(Errno) {
      let descriptor = try connection.descriptor.duplicate()
      // A hangup would be told again and again.
      try poller.remove(connection.descriptor.rawValue)
      connection.isHandedOver = true
      try transfers.start(
        transfer, over: connection.id, descriptor, firstBytes: connection.firstBytes,
        stall_ms: timeouts.transferStall_ms, bytesPerSecondMax: settings.transferBytesPerSecond)
      connection.firstBytes = []
    } catch {
      if let end = endBeforeHandOver(connection, "no thread could be started: \(error)") { apply(end) }
    }
  }

  /// What the core is to hear of a transfer that never began; nil where none was to.
  func endBeforeHandOver(_ connection: Connection, _ reason: String) -> Input? {
    guard connection.phase == .transferring, let transfer = connection.transfer else { return nil }
    connection.transfer = nil
    let bytes = transfer.direction == .up ? transfer.offset : 0
    return .transferEnded(connection.id, .interrupted(reason: reason, bytes: bytes))
  }

  func transferEnded(_ id: SessionID, _ end: TransferResult) {
    transfers.noteEnded(id)
    connections[id]?.transfer = nil
    apply(.transferEnded(id, end))
  }

  /// The loop looks after the connection again, for its last words.
  func reclaim(_ connection: Connection) {
    transfers.cut(connection.id)
    guard connection.isHandedOver else { return }
    connection.isHandedOver = false
    connection.interest = []
    do throws(Errno) {
      try poller.add(
        connection.descriptor.rawValue, token: PollerToken.session(connection.id).token,
        interest: connection.interest)
    } catch {
      log("warning", text: "a connection cannot be watched: \(error)")
    }
  }

  /// An `ok` with where its session is connected to, for those who read.
  func reply(_ reply: Reply, withAddressTo id: SessionID) {
    var reply = reply
    if outboxes.dialect(of: id) == .text, let connection = connections[id],
      let address = try? connection.descriptor.localAddress()
    {
      let text = "\(address.ip) \(address.port)"
      switch reply.result {
      case .offered(var offered):
        offered.address = text
        reply.result = .offered(offered)
      case .fetch(var fetched):
        fetched.address = text
        reply.result = .fetch(fetched)
      default: break
      }
    }
    outboxes.send(.ok(reply), at: clock.now, to: id)
  }
}

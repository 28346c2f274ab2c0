import ChatCore
import ChatProtocol
import ChatStore
import POSIX
import Synchronization

/// The helper threads for files: one for each transfer, so that the loop handles no file bytes, one that checks files on the disk, and
/// one that removes files. The core bounds how many transfers there are.
///
/// Transfers and removals run only where no other thread wants the processor: the kernel takes milliseconds for some of that, in
/// which a thread that has merely a higher niceness would delay the loop.
struct TransferService {
  private let folder: FilesFolder
  /// Each session waits for one answer, so the queue needs no bound of its own.
  private var checks: HelperPool
  private let removal: WorkerPool
  private let removals = Removals()
  private let diskThrottle = DiskThrottle()
  private var running: [SessionID: (socket: TransportStream, thread: HelperThread)] = [:]
  /// Files that are removed once the turn of that number is durable.
  private var discards: [(turn: UInt64, file: MessageID)] = []
  /// While a backup is made: files that were removed since, and that it may hold.
  private var setAside: [MessageID]?

  init(folder: FilesFolder) throws(ServerError) {
    checks = try HelperPool(.files, runningMax: 1, waitingMax: 0, niceness: 5)
    do {
      removal = try WorkerPool(threadCount: 1, waitingMax: .max, onlyWhenIdle: true)
    } catch {
      throw .system("start a thread", error)
    }
    self.folder = folder
  }

  // MARK: Checks

  /// Completes with `WorkResult.fileChecked`.
  mutating func check(_ question: FileCheck, _ completion: Completion) {
    guard let session = completion.session else { preconditionFailure("a session asks about a file") }
    checks.submit(completion) { [folder] in .completed(session, .fileChecked(folder.answer(question))) }
    checks.start()
  }

  mutating func jobEnded() {
    checks.jobEnded()
    checks.start()
  }

  // MARK: Transfers

  /// Ends with `ServerMessage.transferEnded`, also where no thread starts. `completion` posts that.
  mutating func start(
    _ transfer: Transfer, over session: SessionID, _ transport: borrowing Transport, firstBytes: [UInt8],
    stallTimeout: Duration, bytesPerSecondMax: Int, _ completion: Completion
  ) throws(Errno) {
    let socket = try transport.stream(transfer.direction == .up ? .incoming : .outgoing)
    let work = FileTransfer(
      transfer: transfer, folder: folder, socket: socket, firstBytes: firstBytes, stallTimeout: stallTimeout,
      diskThrottle: diskThrottle, bytesPerSecondMax: bytesPerSecondMax)
    let thread = try HelperThread(onlyWhenIdle: true) {
      completion.finish(.transferEnded(session, work.run()))
    }
    running[session] = (socket, thread)
  }

  func cut(_ session: SessionID) { running[session]?.socket.cut() }

  func isRunning(_ session: SessionID) -> Bool { running[session] != nil }

  mutating func transferEnded(_ session: SessionID) { running[session] = nil }

  // MARK: Removals

  mutating func discard(_ file: MessageID, turn: UInt64) { discards.append((turn, file)) }

  /// Removes files that the journal no longer has.
  mutating func removeDiscarded(upTo durableTurn: UInt64) {
    guard let first = discards.first, first.turn <= durableTurn else { return }
    let files = discards.prefix { $0.turn <= durableTurn }.map(\.file)
    discards.removeFirst(files.count)
    let isBackedUp = setAside != nil
    if isBackedUp { setAside! += files }
    remove(files.map { isBackedUp ? .setAside($0) : .discard($0) })
  }

  /// From here on files that are removed stay for the backup.
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

  // MARK: The end

  /// Cuts all transfers; they can resume. False where a thread is still at work at the deadline: that is as if the server had died
  /// meanwhile, and the next start repairs it.
  mutating func stop(until deadline: Instant) -> Bool {
    for (socket, _) in running.values { socket.cut() }
    var haveEnded = running.values.map { $0.thread.join(untilNanoseconds: deadline.nanoseconds) }
    running = [:]
    endBackup()
    // The idle thread may never get to it, and after a clean end nothing knows of these files any more.
    removals.run(folder)
    haveEnded += [checks.stop(until: deadline), removal.stop(untilNanoseconds: deadline.nanoseconds)]
    return haveEnded.allSatisfy(\.self)
  }

  /// After the last save: removes what no later turn made durable.
  mutating func discardRest() {
    for (_, file) in discards { folder.discard(file) }
    discards = []
  }
}

/// Files to be removed, each once, by whichever thread comes first.
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

// Connections that a transfer uses. The loop keeps its own side, and continues with it when the transfer has ended.
extension Server {
  /// Once all that was sent to the connection before is out, it belongs to the transfer.
  func beginTransfer(_ transfer: Transfer, over id: SessionID) {
    guard let connection = connections[id], connection.phase == .open else {
      followUps.append(.transferEnded(id, .interrupted(reason: "the connection is gone", bytes: transfer.offset)))
      return
    }
    connection.phase = .transferring
    connection.transfer = transfer
    connection.firstBytes = connection.framer.takeAll()
    connection.framer = LineFramer(lineBytesMax: settings.lineBytes)
    connection.handOverDeadline = clock.instant + timeouts.lastOutput
    updateInterest(connection)
    handingOver.append(connection)
  }

  func cutTransfer(_ id: SessionID) {
    guard let connection = connections[id], connection.phase == .transferring else { return }
    if transfers.isRunning(id) {
      transfers.cut(id)
    } else if let ended = transferEndedBeforeHandOver(connection, "the server ended it") {
      followUps.append(ended)
    }
  }

  /// After a flush: hands over the connections whose output is sent.
  func handOverConnections() {
    if handingOver.isEmpty { return }
    for connection in handingOver
    where connection.phase == .transferring && !connection.isHandedOver && !connection.isLost {
      if outboxes.waitingBytes(of: connection.id) == 0 {
        handOver(connection)
      } else if connection.handOverDeadline <= clock.instant {
        scheduleClose(connection, .lost)
      }
    }
    handingOver.removeAll { $0.phase != .transferring || $0.isHandedOver || $0.isLost }
  }

  private func handOver(_ connection: Connection) {
    guard let transfer = connection.transfer else { preconditionFailure("a transfer was begun") }
    // The poller would report a hangup in every turn.
    connection.transport.unregister(from: poller)
    connection.isHandedOver = true
    let notStarted = TransferResult.interrupted(
      reason: "the server could not start it", bytes: transfer.direction == .up ? transfer.offset : 0)
    do throws(Errno) {
      try transfers.start(
        transfer, over: connection.id, connection.transport, firstBytes: connection.firstBytes,
        stallTimeout: timeouts.transferStall, bytesPerSecondMax: settings.transferBytesPerSecond,
        Completion(inbox, ifDropped: .transferEnded(connection.id, notStarted)))
      connection.firstBytes = []
    } catch {
      log("warning", text: "cannot start a file transfer: \(error)")
    }
  }

  /// The core's input for a transfer that ends before its connection was handed over; nil where there is none.
  func transferEndedBeforeHandOver(_ connection: Connection, _ reason: String) -> Input? {
    guard connection.phase == .transferring, !connection.isHandedOver, let transfer = connection.transfer else {
      return nil
    }
    connection.transfer = nil
    let bytes = transfer.direction == .up ? transfer.offset : 0
    return .transferEnded(connection.id, .interrupted(reason: reason, bytes: bytes))
  }

  func transferEnded(_ id: SessionID, _ end: TransferResult) {
    transfers.transferEnded(id)
    connections[id]?.transfer = nil
    apply(.transferEnded(id, end))
  }

  /// The loop sends the last output of a connection that a transfer used.
  func reclaim(_ connection: Connection) {
    transfers.cut(connection.id)
    guard connection.isHandedOver else { return }
    connection.isHandedOver = false
    connection.interest = []
    do throws(Errno) {
      try connection.transport.register(at: poller, .session(connection.id), connection.interest)
    } catch {
      log("warning", text: "cannot watch a connection: \(error)")
    }
  }

  /// An `ok` with the command that connects to the server as the session is connected, for people to type.
  func reply(_ reply: Reply, withCommandTo id: SessionID) {
    var reply = reply
    if outboxes.dialect(of: id) == .text, let command = connections[id]?.transport.connectCommand {
      switch reply.result {
      case .offered(var offered):
        offered.connectCommand = command
        reply.result = .offered(offered)
      case .fetch(var fetched):
        fetched.connectCommand = command
        reply.result = .fetch(fetched)
      default: break
      }
    }
    outboxes.send(.ok(reply), at: clock.now, to: id)
  }
}

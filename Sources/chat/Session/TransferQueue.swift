import ChatProtocol

/// A file being sent or fetched, as the session sees it.
struct FileTransfer: Equatable, Sendable {
  enum Direction: Equatable, Sendable {
    case sending(path: String, room: Name)
    /// `destination`: the path that the user gave, if any.
    case fetching(MessageID, destination: String?)
  }

  enum State: Equatable, Sendable {
    /// Until that time at least, and until its turn and a connection come.
    case waiting(untilMilliseconds: Int64)
    /// The file is being measured, or the server asked.
    case preparing
    /// Bytes are being transferred.
    case running
  }

  let number: Int
  var direction: Direction
  /// The name for messages.
  var name: String
  /// The line of input that asked for it; nil for --accept-files.
  let line: Int?
  var state = State.waiting(untilMilliseconds: 0)
  var size: UInt64 = 0
  var cksum: UInt32 = 0
  /// The server's id of a file being sent.
  var id: MessageID?
  /// How many connections in a row broke off without a byte.
  var failures = 0
  /// Why it waits, if that is worth showing.
  var waitReason: String?

  var isSending: Bool { if case .sending = direction { true } else { false } }
  var isWaiting: Bool { if case .waiting = state { true } else { false } }
}

/// How the work on a file ended.
enum TransferEnd: Equatable, Sendable {
  /// `path`: where a fetched file is now.
  case done(path: String?)
  case failed(TransferError)
}

/// The progress of a file, for the screen.
struct TransferProgress: Equatable, Sendable {
  enum State: Equatable, Sendable {
    /// Computing the checksum; a size of 0 is not known yet.
    case reading(done: UInt64, size: UInt64)
    case waiting(String)
    case moving(done: UInt64, size: UInt64, bytesPerSecond: UInt64)
  }

  var name: String
  var isSending: Bool
  var state: State
}

/// The files being sent and fetched, in the order in which they were asked for. Two run at a time; the others wait.
struct TransferQueue {
  /// The server bounds the transfers of each user too.
  static let runningMax = 2
  /// How long to wait if the server has no room for another transfer.
  private static let busyDelayMilliseconds: Int64 = 5000
  private static let delayMaxMilliseconds: Int64 = 30_000
  /// How many connections in a row may break off without a byte.
  private static let failuresMax = 10

  private var transfers: [Int: FileTransfer] = [:]
  private var lastNumber = 0

  var isEmpty: Bool { transfers.isEmpty }
  subscript(number: Int) -> FileTransfer? { transfers[number] }
  private var inOrder: [FileTransfer] { transfers.values.sorted { $0.number < $1.number } }

  /// The lines of input whose transfers are not done.
  var lines: [Int] { transfers.values.compactMap(\.line) }

  /// The waiting transfers, for the screen.
  var waiting: [TransferProgress] {
    inOrder.filter(\.isWaiting).map {
      TransferProgress(name: $0.name, isSending: $0.isSending, state: .waiting($0.waitReason ?? "queued"))
    }
  }

  /// The transfers that have not started.
  var notRunning: [FileTransfer] { inOrder.filter { $0.state != .running } }

  /// Returns false, and adds nothing, if the same file is in the queue.
  mutating func add(_ direction: FileTransfer.Direction, name: String, line: Int?) -> Bool {
    guard !contains(direction) else { return false }
    lastNumber += 1
    transfers[lastNumber] = FileTransfer(number: lastNumber, direction: direction, name: name, line: line)
    return true
  }

  func contains(_ direction: FileTransfer.Direction, except number: Int? = nil) -> Bool {
    transfers.values.contains { $0.number != number && $0.direction == direction }
  }

  mutating func remove(_ number: Int) -> FileTransfer? { transfers.removeValue(forKey: number) }
  mutating func removeAll() { transfers = [:] }

  mutating func change(_ number: Int, _ change: (inout FileTransfer) -> Void) {
    if transfers[number] != nil { change(&transfers[number]!) }
  }

  /// Starts the waiting transfers that are due, as far as there is room, and returns them. A file can be offered only to the current
  /// room.
  mutating func startDue(in room: Name?, at nowMilliseconds: Int64) -> [FileTransfer] {
    let free = Self.runningMax - runningCount
    let due = inOrder.filter { transfer in
      guard case .waiting(let untilMilliseconds) = transfer.state, untilMilliseconds <= nowMilliseconds else {
        return false
      }
      guard case .sending(_, let target) = transfer.direction, transfer.size > 0 else { return true }
      return room == target
    }.prefix(max(0, free))
    for transfer in due { change(transfer.number) { ($0.state, $0.waitReason) = (.preparing, nil) } }
    return Array(due)
  }

  private var runningCount: Int { transfers.values.count { !$0.isWaiting } }

  /// When the next transfer is due; nil if none waits for a time, or none may start.
  func nextDueMilliseconds(after nowMilliseconds: Int64) -> Int64? {
    guard runningCount < Self.runningMax else { return nil }
    return transfers.values.compactMap { transfer in
      if case .waiting(let untilMilliseconds) = transfer.state, untilMilliseconds > nowMilliseconds {
        untilMilliseconds
      } else {
        nil
      }
    }.min()
  }

  mutating func wait(_ number: Int, for delayMilliseconds: Int64 = 0, at nowMilliseconds: Int64, because reason: String)
  {
    change(number) {
      ($0.state, $0.waitReason) = (.waiting(untilMilliseconds: nowMilliseconds + delayMilliseconds), reason)
    }
  }

  mutating func waitForServer(_ number: Int, at nowMilliseconds: Int64) {
    wait(number, for: Self.busyDelayMilliseconds, at: nowMilliseconds, because: "the server is busy")
  }

  /// Waits to try again after a broken connection, each time twice as long. Returns false if there were too many in a row.
  mutating func retry(_ number: Int, moved: UInt64, at nowMilliseconds: Int64, because reason: String) -> Bool {
    guard let transfer = transfers[number] else { return false }
    let failures = moved > 0 ? 0 : transfer.failures + 1
    guard failures < Self.failuresMax else { return false }
    change(number) { $0.failures = failures }
    wait(number, for: min(Self.delayMaxMilliseconds, 500 << Int64(failures)), at: nowMilliseconds, because: reason)
    return true
  }
}

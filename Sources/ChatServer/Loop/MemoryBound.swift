import ChatCore
import ChatProtocol
import ChatStore

/// How much memory those who are connected can make the server take, whatever they do, beside the program itself and what its
/// files keep.
///
/// Each term is what one kind of thing may grow to, with what arrays keep in hand while they grow. `data/README.md` lists them.
struct MemoryBound {
  struct Term {
    let name: String
    /// nil where a setting leaves it without a bound.
    let bytes: Int?
  }

  let terms: [Term]

  /// nil where one of the terms has none.
  var bytes: Int? {
    var sum = 0
    for term in terms {
      guard let bytes = term.bytes else { return nil }
      sum = sum.plus(bytes)
    }
    // A quarter is the allocator's: what is given back lies between what is in use.
    return sum.plus(sum / 4)
  }

  /// `connections_max` is what the limit on descriptors allows.
  init(_ settings: Settings, connections_max: Int, timeouts: Timeouts = Timeouts()) {
    let count = settings.sessions == 0 ? connections_max : min(settings.sessions, connections_max)
    let line = settings.lineBytes.unlessZero
    let roomsEach = min(settings.rooms.unlessZero, settings.roomsPerUser.unlessZero)

    // A connection, its session, person, outbox and entries in tables; for each room its place in the session's, the person's and
    // the room's list; what it says when it is away; whom it ignores, each name in its own list and in one of all.
    let session = roomsEach.map { rooms in
      4096.plus(rooms.times(40)).plus(max(Core.ignoresMax, Core.guestIgnoresMax) * 512)
    }
    let sessions = session.flatMap { session in line.map { count.times(session.plus($0)) } }

    // Output on its way to all who are to get it: held while the disk syncs, one turn's, the pages of one turn, and the longest
    // that one input leads to, which is a list or that somebody goes who was in many rooms.
    let pages = Int(HistoryService.pages_max) * 2 * HistoryQuery.bytesMax
    let produced = roomsEach.map { rooms in
      (Server.heldBytesMax + Server.turnBytesMax + pages + 4 * HistoryQuery.bytesMax).plus(rooms.times(256))
    }

    terms = [
      Term(name: "sessions", bytes: sessions),
      Term(name: "backlogs", bytes: produced.flatMap { MemoryBound.backlogs(settings, count, $0) }),
      Term(name: "unread input", bytes: line.map { MemoryBound.unread(settings, count, $0) }),
      // The streams, of which as much may be sent and not moved yet, and where a session's pieces are laid side by side.
      Term(name: "output", bytes: produced.map { $0.times(3 * 2 + 2) }),
      // The turn's lines, and those that wait while the disk fails.
      Term(name: "log", bytes: 3 * (Server.turnBytesMax + 2 << 20)),
      // What the store's thread has not taken, and a turn beyond it: as rows, before and after, and as lines of the journal.
      Term(name: "records", bytes: (8 + 2) * (Store.recordsBytesMax + Server.turnBytesMax)),
      Term(name: "guests' rooms", bytes: MemoryBound.rooms(settings, count)),
      Term(name: "passwords", bytes: MemoryBound.passwords(settings, count)),
      // The tables of those who are counted; of guesses the longest names stand in one.
      Term(
        name: "counts",
        bytes: (Core.rateLimiterKeysMax * (512 + 2 * 128)).plus((AddressQuotas.kept_max + count).times(256))),
      // Pages as values, the questions that wait, two readers' blocks and the lines in them.
      Term(
        name: "past",
        bytes: line.map {
          (Int(HistoryService.pages_max) * 4 * HistoryQuery.bytesMax + 2 * HistoryService.waiting_max * 512 + 4 << 20)
            .plus($0.times(16))
        }),
      // The lines of the last turns, for those who follow the log, and the parts that were made for them: as rows and as JSON.
      Term(
        name: "log readers",
        bytes: 2 * timeouts.followedBytes + Server.turnBytesMax + ControlListener.clientsMax * 8 * LogRows.bytesMax),
      // Buffers and stacks of the threads; what everybody may transfer.
      Term(
        name: "transfers",
        bytes: (settings.transfers.unlessZero ?? count).times(FileTransfer.memory_max)
          .plus(count.times(Core.ticketsPerHolderMax * 512))),
      // What clients of the control socket have sent, and what they do not read.
      Term(
        name: "control",
        bytes: (ControlListener.clientsMax * 2 * (ControlConnection.lineBytesMax + ReadBuffer.size))
          .plus(timeouts.controlBytes.times(4))),
      Term(name: "deadlines", bytes: (count.times(2).plus(Server.deadlinesKept)).times(3 * 2 * 24)),
      // Stacks, the buffers of files, the poller.
      Term(name: "the rest", bytes: 32 << 20),
    ]
  }

  /// All of them, the one that is growing, and each one's last line. What one turn adds is copied before it is measured.
  private static func backlogs(_ settings: Settings, _ count: Int, _ produced: Int) -> Int? {
    guard let all = settings.outboxesBytes.unlessZero else {
      return settings.outboxBytes.unlessZero.map { count.times($0.times(4)).plus(produced.times(2)) }
    }
    let largest = min(all, settings.outboxBytes.unlessZero) ?? all
    return all.plus(largest.plus(produced).times(2)).plus(count.times(256))
  }

  /// What waits for its turn, one read beyond it, and for each connection the line that it has begun.
  private static func unread(_ settings: Settings, _ count: Int, _ line: Int) -> Int {
    let begun = line.plus(Server.smallReadBytes).times(2).plus(LineFramer.heldBytesSlack)
    let waiting = settings.unreadBytes.unlessZero ?? count.times(2 * (Server.unreadBytesMax + ReadBuffer.size))
    return waiting.plus(4 * ReadBuffer.size).plus(count.times(begun))
  }

  private static func rooms(_ settings: Settings, _ count: Int) -> Int? {
    let ofAll = settings.roomsPerUser.unlessZero.map { count.times($0) }
    return min(settings.rooms.unlessZero, ofAll).map { $0.times(1024) }
  }

  /// Those that wait, also for others from the same address, and what the two threads need for the hashing itself.
  private static func passwords(_ settings: Settings, _ count: Int) -> Int {
    min(settings.pendingHashes.unlessZero, count)!.plus(2).times(2048).plus(count.times(512)).plus(2 * 32 << 20)
  }
}

/// The smaller bound; nil is none.
private func min(_ one: Int?, _ other: Int?) -> Int? {
  guard let one, let other else { return one ?? other }
  return Swift.min(one, other)
}

extension Int {
  fileprivate var unlessZero: Int? { self == 0 ? nil : self }

  // Settings go up to where sums of products have no place; there more than all is all.
  fileprivate func plus(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }

  fileprivate func times(_ other: Int) -> Int {
    let (product, isOver) = multipliedReportingOverflow(by: other)
    return isOver ? .max : product
  }
}

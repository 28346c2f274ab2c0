import ChatCore
import ChatProtocol
import ChatStore

/// How much memory clients can make the server use, whatever they do, beside the program itself and what its files hold.
///
/// Each term is the most that one kind of thing grows to, with the spare capacity of growing arrays. `data/README.md` lists them.
struct MemoryBound {
  /// Infinite where a setting leaves it without a bound.
  let terms: [(name: String, bytes: Double)]

  /// nil where a setting leaves it without a bound.
  var bytes: Int? {
    // A quarter for the allocator: freed memory lies between memory in use.
    let sum = terms.reduce(0) { $0 + $1.bytes } * 1.25
    return sum.isFinite ? Int(exactly: sum.rounded(.down)) ?? .max : nil
  }

  /// `connectionsMax`: what the limit on descriptors allows.
  init(_ settings: Settings, connectionsMax: Int, speaksTLS: Bool = false, timeouts: Timeouts = Timeouts()) {
    let count = min(settings.sessions.orUnbounded, Double(connectionsMax))
    let line = settings.lineBytes.orUnbounded
    let roomsEach = min(settings.rooms.orUnbounded, settings.roomsPerUser.orUnbounded)
    let page = Double(HistoryQuery.bytesMax)
    let turn = Double(Server.turnBytesMax)
    let read = Double(ReadBuffer.size)

    // A connection, its session, person, outbox and table entries; for each room its place in three lists; its away message;
    // whom it ignores, each name in its own list and in one of all.
    let session = 4096 + roomsEach * 40 + Double(max(Core.ignoresMax, Core.guestIgnoresMax)) * 512 + line

    // Queued output: held while the disk syncs, one turn's, the pages of one turn, and the longest that one input leads to: a list,
    // or the departure of a user who was in many rooms.
    let pages = Double(HistoryService.pagesMax)
    let produced = Double(Server.heldBytesMax) + turn + pages * 2 * page + 4 * page + roomsEach * 256

    // All backlogs, the one that is growing, and each one's last line. What one turn adds is copied before it is measured.
    let (oneBacklog, allBacklogs) = (settings.outboxBytes.orUnbounded, settings.outboxesBytes.orUnbounded)
    let backlogs =
      allBacklogs.isFinite
      ? allBacklogs + 2 * (min(allBacklogs, oneBacklog) + produced) + count * 256
      : count * 4 * oneBacklog + 2 * produced

    // What waits for its turn, one read beyond it, and for each connection the line that it has begun.
    let begun = 2 * (line + Double(Server.smallReadBytes)) + Double(LineFramer.heldBytesSlack)
    let waiting = settings.unreadBytes.or(count * 2 * (Double(Server.unreadBytesMax) + read))
    let unread = waiting + 4 * read + count * begun

    // Passwords that wait, also behind others of the same address, and what the two threads need for the hashing itself.
    let hashes = (min(settings.pendingHashes.orUnbounded, count) + 2) * 2048 + count * 512 + Double(2 * 32 << 20)

    terms = [
      ("sessions", count * session),
      ("backlogs", backlogs),
      ("TLS", speaksTLS ? count * Double(Opening.memoryBytes) : 0),
      ("unread input", unread),
      // The streams, of which as much may be sent and not moved yet, and the gather buffer.
      ("output", produced * 8),
      // The turn's lines, and those that wait while the disk fails.
      ("log", Double(3 * (Server.turnBytesMax + 2 << 20))),
      // What the store's thread has not taken, and a turn beyond it: as rows, before and after, and as lines of the journal.
      ("records", 10 * (Double(Store.recordsBytesMax) + turn)),
      ("guests' rooms", min(settings.rooms.orUnbounded, count * settings.roomsPerUser.orUnbounded) * 1024),
      ("passwords", hashes),
      // The tables of counters; a guess may count the longest name.
      ("counts", Double(Core.rateLimiterKeysMax) * 768 + (Double(AddressQuotas.retainedMax) + count) * 256),
      // Pages as values, the questions that wait, two readers' blocks and the lines in them.
      ("past", pages * 4 * page + Double(2 * HistoryService.waitingMax * 512 + 4 << 20) + line * 16),
      // The lines of the last turns for clients that follow the log, and the parts made of them: as rows and as JSON.
      (
        "log readers",
        2 * Double(timeouts.followedBytes) + turn + Double(ControlListener.clientsMax * 8 * LogRows.bytesMax)
      ),
      // Buffers and stacks of the threads; tickets.
      (
        "transfers",
        settings.transfers.or(count) * Double(FileTransfer.memoryBytes) + count * Double(Core.ticketsPerHolderMax) * 512
      ),
      // What clients of the control socket have sent, and what they do not read.
      (
        "control",
        Double(ControlListener.clientsMax) * 2 * (Double(ControlConnection.lineBytesMax) + read)
          + 4 * Double(timeouts.controlBytes)
      ),
      ("deadlines", (count * 2 + Double(Server.voidDeadlinesMax)) * 144),
      // Stacks, the buffers of files, the poller.
      ("the rest", Double(32 << 20)),
    ]
  }
}

extension Int {
  /// A setting, of which 0 means no bound of its own.
  fileprivate func or(_ other: Double) -> Double { self == 0 ? other : Double(self) }
  fileprivate var orUnbounded: Double { or(.infinity) }
}

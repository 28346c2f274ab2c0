import ChatCore
import ChatStore
import POSIX

/// Reads pages of the log on threads of its own: one for pages that are found at once, as a rule, and one for searches, which
/// read all they may.
///
/// What a turn asks for is handed over once that turn's lines stand in the log: they may belong to the page.
struct HistoryDesk {
  static let waiting_max = 256
  /// How many pages may be read and not yet taken by the loop: a page is far larger than the question.
  static let pages_max: UInt32 = 8

  private let pages: WorkerPool
  private let searches: WorkerPool
  private var reader: HistoryReader
  private let inbox: Inbox<ServerMessage>
  private let cancellation = Cancellation()
  private let room = Semaphore(count: HistoryDesk.pages_max)
  private var asked: [(session: SessionID, query: HistoryQuery)] = []
  private var handedOver = 0

  init(reader: HistoryReader, inbox: Inbox<ServerMessage>) throws(ServerFailure) {
    do {
      pages = try WorkerPool(threadCount: 1, waiting_max: HistoryDesk.waiting_max, niceness: 5)
      searches = try WorkerPool(threadCount: 1, waiting_max: HistoryDesk.waiting_max, niceness: 10)
    } catch {
      throw .system("start a thread", error)
    }
    self.reader = reader
    self.reader.cancellation = cancellation
    self.inbox = inbox
  }

  /// Answered by `Input.historyRead`, in this turn's end at the earliest.
  mutating func ask(_ session: SessionID, _ query: HistoryQuery) { asked.append((session, query)) }

  /// The server ends: those who wait get no answer any more. False where a thread is still at work.
  func stop(until_ns deadline_ns: Int64) -> Bool {
    cancellation.cancel()
    room.signal()
    let haveEnded = [pages, searches].map { $0.stop(until_ns: deadline_ns) }
    return haveEnded.allSatisfy(\.self)
  }

  /// How many wait or are being read.
  var pending: Int { asked.count + handedOver }

  /// The loop has taken an answer.
  mutating func noteAnswer() {
    handedOver -= 1
    room.signal()
  }

  /// The log holds all that was said so far. Returns the sessions for which there was no room in the queue.
  mutating func handOver(scanBytesMax: Int) -> [SessionID] {
    if asked.isEmpty { return [] }
    var refused: [SessionID] = []
    for (session, query) in asked {
      let pool = if case .found = query.page { searches } else { pages }
      let isAccepted = pool.submit { [reader, inbox, cancellation, room] in
        room.wait()
        if cancellation.isCancelled {
          // And so the next one.
          room.signal()
          return
        }
        inbox.post(.answer(.historyRead(session, reader.read(query, scanBytesMax: scanBytesMax))))
      }
      if isAccepted { handedOver += 1 } else { refused.append(session) }
    }
    asked.removeAll(keepingCapacity: true)
    return refused
  }
}

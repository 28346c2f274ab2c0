import ChatCore
import ChatStore
import POSIX

/// Reads pages of the log on threads of its own: one for pages that are found at once, as a rule, and one for searches, which
/// read all they may.
///
/// What a turn asks for is handed over once that turn's lines stand in the log: they may belong to the page.
struct HistoryService {
  static let waiting_max = 256
  /// How many pages may be read and not yet taken by the loop: a page is far larger than the question.
  static let pages_max: UInt32 = 8

  private let pages: WorkerPool
  private let searches: WorkerPool
  private var reader: HistoryReader
  private let inbox: Inbox<ServerMessage>
  private let cancellation = Cancellation()
  private let room = Semaphore(count: HistoryService.pages_max)
  private struct Question {
    let session: SessionID
    let query: HistoryQuery
  }

  /// What was asked for in this turn.
  private var asked: [(question: Question, network: Network?)] = []
  private var waitingPages = FairQueue<Question>()
  private var waitingSearches = FairQueue<Question>()
  /// Those that are being read, or are the next to be, and whether it is a search.
  private var handedOver: [SessionID: Bool] = [:]

  /// How many each thread is given at a time: the next one is there when one is done.
  private static let handedOver_max = 2

  init(reader: HistoryReader, inbox: Inbox<ServerMessage>) throws(ServerError) {
    do {
      pages = try WorkerPool(threadCount: 1, waiting_max: HistoryService.waiting_max, niceness: 5)
      searches = try WorkerPool(threadCount: 1, waiting_max: HistoryService.waiting_max, niceness: 10)
    } catch {
      throw .system("start a thread", error)
    }
    self.reader = reader
    self.reader.cancellation = cancellation
    self.inbox = inbox
  }

  /// Answered by `WorkResult.historyRead`, in this turn's end at the earliest.
  mutating func ask(_ session: SessionID, at network: Network?, _ query: HistoryQuery) {
    asked.append((Question(session: session, query: query), network))
  }

  /// The server ends: those who wait get no answer any more. False where a thread is still at work.
  mutating func stop(until_ns deadline_ns: Int64) -> Bool {
    waitingPages.removeAll()
    waitingSearches.removeAll()
    cancellation.cancel()
    room.signal()
    let haveEnded = [pages, searches].map { $0.stop(until_ns: deadline_ns) }
    return haveEnded.allSatisfy(\.self)
  }

  /// How many wait or are being read.
  var pending: Int { asked.count + waitingPages.count + waitingSearches.count + handedOver.count }

  /// The loop has taken a session's answer.
  mutating func noteAnswer(_ session: SessionID) {
    handedOver[session] = nil
    room.signal()
  }

  /// The log holds all that was said so far. Returns the sessions for which there was no room in the queue.
  mutating func handOver(scanBytesMax: Int) -> [SessionID] {
    if pending == handedOver.count { return [] }
    var refused: [SessionID] = []
    for (question, network) in asked {
      let last =
        if case .found = question.query.page {
          waitingSearches.append(question, for: network, upTo: HistoryService.waiting_max)
        } else {
          waitingPages.append(question, for: network, upTo: HistoryService.waiting_max)
        }
      if let last { refused.append(last.session) }
    }
    asked.removeAll(keepingCapacity: true)
    handOver(from: \.waitingPages, to: pages, isSearch: false, scanBytesMax: scanBytesMax)
    handOver(from: \.waitingSearches, to: searches, isSearch: true, scanBytesMax: scanBytesMax)
    return refused
  }

  private mutating func handOver(
    from queue: WritableKeyPath<HistoryService, FairQueue<Question>>, to pool: WorkerPool, isSearch: Bool,
    scanBytesMax: Int
  ) {
    while handedOver.values.count(where: { $0 == isSearch }) < HistoryService.handedOver_max,
      let question = self[keyPath: queue].popFirst()
    {
      handedOver[question.session] = isSearch
      let isAccepted = pool.submit { [reader, inbox, cancellation, room] in
        room.wait()
        if cancellation.isCancelled {
          // And so the next one.
          room.signal()
          return
        }
        inbox.post {
          .completed(
            question.session, .historyRead(reader.read(question.query, scanBytesMax: scanBytesMax)))
        }
      }
      precondition(isAccepted, "the pool runs as long as the server")
    }
  }
}

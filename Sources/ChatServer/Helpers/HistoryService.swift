import ChatCore
import ChatStore
import POSIX

/// Reads pages of the log on two threads: one for pages that are found at once, as a rule, and one for searches, which
/// read all they may.
///
/// What a turn asks for is started once that turn's lines are in the log: they may belong to the page.
struct HistoryService {
  static let waitingMax = 256
  /// How many pages may be read and not yet taken by the loop: a page is far larger than the question.
  static let pagesMax = 8
  /// How many jobs each thread has: the next one is there when one is done.
  private static let runningMax = 2

  private var pages: HelperPool
  private var searches: HelperPool
  private var reader: HistoryReader
  private var privateReader: HistoryReader
  private let cancellation = Cancellation()
  /// How much of the log a search reads at most.
  var scanBytesMax: Int

  init(reader: HistoryReader, privateReader: HistoryReader, scanBytesMax: Int) throws(ServerError) {
    let (running, waiting) = (HistoryService.runningMax, HistoryService.waitingMax)
    pages = try HelperPool(.pages, runningMax: running, waitingMax: waiting, niceness: 5)
    searches = try HelperPool(.searches, runningMax: running, waitingMax: waiting, niceness: 10)
    self.reader = reader
    self.reader.cancellation = cancellation
    self.privateReader = privateReader
    self.privateReader.cancellation = cancellation
    self.scanBytesMax = scanBytesMax
  }

  /// Completes with `WorkResult.historyRead`, at this turn's end at the earliest.
  mutating func read(_ query: HistoryQuery, _ completion: Completion) {
    guard let session = completion.session else { preconditionFailure("a session asks for its history") }
    let reader = if case .conversation = query.past { privateReader } else { reader }
    let work = { @Sendable [scanBytesMax] in
      Input.completed(session, .historyRead(reader.read(query, scanBytesMax: scanBytesMax)))
    }
    if case .found = query.page { searches.submit(completion, work) } else { pages.submit(completion, work) }
  }

  /// How many wait or are being read.
  var pending: Int { pages.pending + searches.pending }

  mutating func jobEnded(isSearch: Bool) {
    if isSearch { searches.jobEnded() } else { pages.jobEnded() }
  }

  /// The turn's lines are in the log.
  mutating func start() {
    pages.start()
    searches.start()
  }

  /// False where a thread is still at work at the deadline.
  mutating func stop(until deadline: Instant) -> Bool {
    cancellation.cancel()
    let haveEnded = [pages.stop(until: deadline), searches.stop(until: deadline)]
    return haveEnded.allSatisfy(\.self)
  }
}

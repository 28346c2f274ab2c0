import ChatCore
import ChatProtocol
import ChatStore
import POSIX

/// Sends the log to clients of the control socket, past lines and new ones, in parts. A helper thread makes each part once the
/// client has taken the last one, so that a client that does not read takes no memory.
///
/// A line has the same position in a file and when it is written. A client that follows the log has got everything up to one position.
/// As long as the lines behind it are among those of the last turns, which are retained while a client follows, its parts are made from
/// these, once for all clients with the same query and position. Otherwise they are read from the files up to the present, and then from
/// the retained lines again.
struct LogService {
  /// How many may have files open at the same time; the others wait.
  static let readingsMax = 8

  struct Answer: Sendable {
    let requests: [ControlID]
    let part: LogPart
    /// After retained lines: how far the clients are now.
    var place: LogFollower.Place?
  }

  fileprivate struct Reader {
    let query: ControlLogQuery
    let follower: LogFollower
    /// The answer where nothing is found.
    let ifNothing: ControlError?
    /// What is read from the files: the query, or its part behind what has been sent.
    var pastQuery: ControlLogQuery
    /// nil until the turn that asked has been committed.
    var turn: UInt64?
    /// The log's end then; later how far the client is.
    var place = LogFollower.Place(LogPosition())
    var reading: LogScan?
    /// Whether it has the past, and gets what is written.
    var isLive = false
    /// A thread makes a part.
    var isBusy = false
    /// The client has a part that it has not taken.
    var isWaitingForClient = false
    var hasSent = false

    func isDue(durableTurn: UInt64) -> Bool {
      guard let turn, turn <= durableTurn else { return false }
      return !isBusy && !isWaitingForClient
    }
  }

  private let files: WorkerPool
  private let live: WorkerPool
  private let retainedBytesMax: Int
  private let history: HistoryReader
  private let cancellation = Cancellation()
  private let inbox: Inbox<ServerMessage>
  private var readers: [ControlID: Reader] = [:]
  /// The lines of the last turns, oldest first, and their memory.
  private(set) var retained: [CommittedLines] = []
  private var retainedBytes = 0
  /// How far the log is durable, as far as it is retained.
  private var durable = LogPosition()

  init(history: HistoryReader, retainedBytesMax: Int, inbox: Inbox<ServerMessage>) throws(ServerError) {
    do {
      files = try WorkerPool(threadCount: 1, waitingMax: ControlListener.clientsMax, niceness: 10)
      live = try WorkerPool(threadCount: 1, waitingMax: ControlListener.clientsMax, niceness: 5)
    } catch {
      throw .system("start a thread", error)
    }
    var history = history
    history.cancellation = cancellation
    self.history = history
    self.retainedBytesMax = retainedBytesMax
    self.inbox = inbox
  }

  /// Whether lines are to be retained as they are written.
  var isFollowed: Bool { readers.values.contains { $0.query.isFollowing } }
  /// Whether a thread is at work.
  var isBusy: Bool { readers.values.contains { $0.isBusy } }

  /// Whether this request waits for new lines, so that its client does nothing and loses nothing when it is closed.
  func isIdle(_ request: ControlID) -> Bool {
    guard let reader = readers[request] else { return false }
    return reader.isLive && !reader.isBusy && !reader.isWaitingForClient
  }

  mutating func ask(_ request: ControlID, _ query: ControlLogQuery, ifNothing: ControlError? = nil) {
    readers[request] = Reader(query: query, follower: LogFollower(query), ifNothing: ifNothing, pastQuery: query)
  }

  /// The client has taken the last part. False where this request is not about the log.
  mutating func clientIsReady(_ request: ControlID) -> Bool {
    guard readers[request] != nil else { return false }
    readers[request]!.isWaitingForClient = false
    return true
  }

  mutating func remove(_ request: ControlID) { readers[request] = nil }

  // MARK: Answers of the threads

  /// What is to be sent: parts, and the last of an answer.
  mutating func take(_ answer: Answer) -> [(request: ControlID, reply: LogReply)] {
    answer.requests.compactMap { request in
      guard readers[request] != nil else { return nil }
      readers[request]!.isBusy = false
      return reply(to: request, answer).map { (request, $0) }
    }
  }

  private mutating func reply(to request: ControlID, _ answer: Answer) -> LogReply? {
    var reader = readers[request]!
    defer { if readers[request] != nil { readers[request] = reader } }
    if let place = answer.place { reader.place = place }
    switch answer.part {
    case .failed(let error):
      readers[request] = nil
      return .fault(error)
    case .more(let reply):
      // After a while without a match, an empty part shows a client that does not follow that the server is at work.
      guard let reply = reply ?? (reader.query.isFollowing ? nil : reader.query.form.empty) else { return nil }
      reader.isWaitingForClient = true
      reader.hasSent = reader.hasSent || reply != reader.query.form.empty
      return .part(reply)
    case .last(let reply, let reached):
      reader.reading = nil
      if reply == nil, !reader.hasSent, !reader.isLive, let error = reader.ifNothing {
        readers[request] = nil
        return .fault(error)
      }
      guard reader.query.isFollowing else {
        readers[request] = nil
        return .last(reply ?? reader.query.form.empty)
      }
      reader.isLive = true
      reader.place = LogFollower.Place(reached)
      guard let reply else { return nil }
      reader.isWaitingForClient = true
      return .part(reply)
    }
  }

  // MARK: The end of a turn

  /// The store has committed a turn: starts what waited for that.
  mutating func advance(_ store: Store) {
    if readers.isEmpty {
      store.keepsCommitted = false
      _ = store.takeCommitted()
      dropRetained()
      return
    }
    retain(store.takeCommitted())
    for (request, reader) in readers where reader.turn == nil {
      readers[request]!.turn = store.turn
      readers[request]!.place = LogFollower.Place(store.position)
    }
    store.keepsCommitted = isFollowed
    if !isFollowed { dropRetained() }
    durable = retained.last { $0.turn <= store.durableTurn }?.end ?? durable
    for (request, reader) in readers where reader.isDue(durableTurn: store.durableTurn) && !reader.isLive {
      readFiles(request, reader)
    }
    makeLiveParts(durableTurn: store.durableTurn)
  }

  private mutating func retain(_ turns: [CommittedLines]) {
    for turn in turns { retainedBytes += turn.heldBytes }
    retained += turns
    guard retainedBytes > retainedBytesMax else { return }
    // A quarter more than necessary goes: the rest is moved, which must not happen in every turn.
    var gone = 0
    while retainedBytes > retainedBytesMax - retainedBytesMax / 4, gone < retained.count - 1 {
      retainedBytes -= retained[gone].heldBytes
      gone += 1
    }
    retained.removeFirst(gone)
  }

  private mutating func dropRetained() {
    retained = []
    retainedBytes = 0
  }

  /// Makes the next part from the files.
  private mutating func readFiles(_ request: ControlID, _ reader: Reader) {
    var reading = reader.reading
    if reading == nil {
      guard readers.values.count(where: { $0.reading != nil }) < Self.readingsMax else { return }
      reading = history.reading(reader.pastQuery, until: reader.place.position)
    }
    guard let reading else { return }
    readers[request]!.reading = reading
    readers[request]!.isBusy = files.submit { [inbox, cancellation] in
      let part = reading.next()
      // A reading that was cancelled is not complete.
      if !cancellation.isCancelled { inbox.post(.logRead(Answer(requests: [request], part: part))) }
    }
  }

  /// Makes parts of the retained lines, one for all clients with the same query and place.
  private mutating func makeLiveParts(durableTurn: UInt64) {
    let durable = durable
    var groups: [(reader: Reader, requests: [ControlID])] = []
    for (request, reader) in readers
    where reader.isLive && reader.isDue(durableTurn: durableTurn) && reader.place.position < durable {
      guard let first = retained.first, first.before <= reader.place.position else {
        returnToFiles(request)
        continue
      }
      if let index = groups.firstIndex(where: { $0.reader.place == reader.place && $0.reader.query == reader.query }) {
        groups[index].requests.append(request)
      } else {
        groups.append((reader, [request]))
      }
    }
    for (reader, requests) in groups {
      let start = reader.place
      // The retained turns that are durable and have something behind that place: nearly always the last few.
      let first = retained.lastIndex { $0.end <= start.position }.map { $0 + 1 } ?? 0
      let turns = retained[first...].filter { $0.turn <= durableTurn }
      let isAccepted = live.submit { [inbox] in
        var place = start
        let part = reader.follower.part(of: turns, behind: &place)
        inbox.post(.logRead(Answer(requests: requests, part: .more(part), place: place)))
      }
      for request in requests { readers[request]!.isBusy = isAccepted }
    }
  }

  /// The client is behind what is retained: reads the files again, up to what is durable now.
  private mutating func returnToFiles(_ request: ControlID) {
    guard var reader = readers[request] else { return }
    reader.pastQuery.since = .position(reader.place.position)
    reader.pastQuery.last = nil
    reader.isLive = false
    reader.place = LogFollower.Place(durable)
    readers[request] = reader
    readFiles(request, reader)
  }

  // MARK: The end

  /// False where a thread is still at work at the deadline.
  func stop(until deadline: Instant) -> Bool {
    cancellation.cancel()
    let haveEnded = [files, live].map { $0.stop(untilNanoseconds: deadline.nanoseconds) }
    return haveEnded.allSatisfy(\.self)
  }

  /// All lines are durable: the last parts for clients that follow, and that this is the end.
  mutating func end(_ store: Store) -> [(request: ControlID, reply: LogReply)] {
    retain(store.takeCommitted())
    var replies: [(request: ControlID, reply: LogReply)] = []
    for (request, reader) in readers {
      if reader.isLive, !reader.isBusy, let first = retained.first, first.before <= reader.place.position {
        var place = reader.place
        if let part = reader.follower.part(of: retained, behind: &place) { replies.append((request, .part(part))) }
      }
      replies.append(
        (request, .fault(ControlError(.stopping, "the server has stopped, and with it what was followed"))))
    }
    readers = [:]
    return replies
  }
}

/// What a client gets next.
enum LogReply {
  case part([UInt8])
  case last([UInt8])
  case fault(ControlError)
}

extension ControlLogQuery.Form {
  /// An answer without rows.
  fileprivate var empty: [UInt8] {
    let key =
      switch self {
      case .messages: "messages"
      case .lines: "lines"
      case .events: "events"
      }
    return Array("{\"\(key)\":[]}".utf8)
  }
}

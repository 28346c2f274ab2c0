import ChatCore
import ChatProtocol
import ChatStore
import POSIX

/// Tells clients of the control socket what the log holds, and what comes, in parts: each is made by a helper thread once the
/// client has taken the last one, so that whoever does not read holds up nobody and takes no memory.
///
/// Where the past ends and the present begins is told by positions in the log, which are the same whether a line is read from a
/// file or seen as it is written: a client that follows has got all up to one of them. As long as what came after it is among
/// the lines of the last turns, which are kept while somebody follows, it is told from there, made once for all who ask for the
/// same and have got as far. Otherwise it is read from the files, up to what stood when that began, and then the same again.
struct LogService {
  /// How many may have files open at the same time; the others wait.
  static let readings_max = 8

  struct Answer: Sendable {
    let requests: [ControlID]
    let part: LogPart
    /// After lines that were kept: how far they are told.
    var place: LogFollower.Place?
  }

  fileprivate struct Reader {
    let query: ControlLogQuery
    let teller: LogFollower
    /// What is answered where nothing is found.
    let ifNothing: ControlError?
    /// What is read from the files: the query, or what it asks for behind what has been told.
    var pastQuery: ControlLogQuery
    /// nil until the turn that asked has been committed.
    var turn: UInt64?
    /// What stood then, and later: what has been told.
    var place = LogFollower.Place(LogPosition())
    var reading: LogScan?
    /// Whether it has got the past, and goes on with what comes.
    var isLive = false
    /// Whether a thread makes a part, or the client has one that it has not taken.
    var isBusy = false
    var isWaitingForClient = false
    var hasTold = false
  }

  private let files: WorkerPool
  private let live: WorkerPool
  private let keptBytesMax: Int
  private let history: HistoryReader
  private let cancellation = Cancellation()
  private let inbox: Inbox<ServerMessage>
  private var readers: [ControlID: Reader] = [:]
  /// Oldest first, and the memory that it takes.
  private(set) var kept: [CommittedLines] = []
  private var keptBytes = 0
  /// Up to where the log stands, as far as it is kept.
  private var standing = LogPosition()

  /// `keptBytesMax`: the lines of the last turns that are kept.
  init(history: HistoryReader, keptBytesMax: Int, inbox: Inbox<ServerMessage>) throws(ServerError) {
    do {
      files = try WorkerPool(threadCount: 1, waiting_max: ControlListener.clientsMax, niceness: 10)
      live = try WorkerPool(threadCount: 1, waiting_max: ControlListener.clientsMax, niceness: 5)
    } catch {
      throw .system("start a thread", error)
    }
    var history = history
    history.cancellation = cancellation
    self.history = history
    self.keptBytesMax = keptBytesMax
    self.inbox = inbox
  }

  /// Whether lines are to be kept as they are written.
  var isFollowed: Bool { readers.values.contains { $0.query.isFollowing } }
  /// Whether a thread is at work.
  var isBusy: Bool { readers.values.contains { $0.isBusy } }

  /// Whether this request waits for what comes, so that its client does nothing and loses nothing if it is closed.
  func isIdle(_ request: ControlID) -> Bool {
    guard let reader = readers[request] else { return false }
    return reader.isLive && !reader.isBusy && !reader.isWaitingForClient
  }

  mutating func ask(_ request: ControlID, _ query: ControlLogQuery, ifNothing: ControlError? = nil) {
    readers[request] = Reader(query: query, teller: LogFollower(query), ifNothing: ifNothing, pastQuery: query)
  }

  /// The client has taken the last part; false where this request is another's.
  mutating func clientIsReady(_ request: ControlID) -> Bool {
    guard readers[request] != nil else { return false }
    readers[request]!.isWaitingForClient = false
    return true
  }

  /// Nobody waits for it any more.
  mutating func forget(_ request: ControlID) { readers[request] = nil }

  // MARK: What threads answer

  /// What is to be sent: each a part of an answer or, where that is the end, its last.
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
    case .failed(let fault):
      readers[request] = nil
      return .fault(fault)
    case .more(let reply):
      // Where nothing was found for a while, a client that does not follow hears that the server is at work.
      guard let reply = reply ?? (reader.query.isFollowing ? nil : reader.query.form.nothing) else { return nil }
      reader.isWaitingForClient = true
      reader.hasTold = reader.hasTold || reply != reader.query.form.nothing
      return .part(reply)
    case .last(let reply, let reached):
      reader.reading = nil
      if reply == nil, !reader.hasTold, !reader.isLive, let fault = reader.ifNothing {
        readers[request] = nil
        return .fault(fault)
      }
      guard reader.query.isFollowing else {
        readers[request] = nil
        return .last(reply ?? reader.query.form.nothing)
      }
      reader.isLive = true
      reader.place = LogFollower.Place(reached)
      guard let reply else { return nil }
      reader.isWaitingForClient = true
      return .part(reply)
    }
  }

  // MARK: At the end of a turn

  /// The store has committed a turn, and turns up to `standing` stand: what waits for that goes on.
  mutating func advance(_ store: Store) {
    if readers.isEmpty {
      store.keepsCommitted = false
      _ = store.takeCommitted()
      forgetKept()
      return
    }
    keep(store.takeCommitted())
    for (request, reader) in readers where reader.turn == nil {
      readers[request]!.turn = store.turn
      readers[request]!.place = LogFollower.Place(store.position)
    }
    store.keepsCommitted = isFollowed
    if !isFollowed { forgetKept() }
    standing = kept.last { $0.turn <= store.durableTurn }?.end ?? standing
    for (request, reader) in readers where reader.mayDecode(standing: store.durableTurn) && !reader.isLive {
      read(request, reader)
    }
    tellLive(standing: store.durableTurn)
  }

  private mutating func keep(_ turns: [CommittedLines]) {
    for turn in turns { keptBytes += turn.heldBytes }
    kept += turns
    guard keptBytes > keptBytesMax else { return }
    // A quarter more than must go: what stays is moved, which is not to be done in every turn.
    var gone = 0
    while keptBytes > keptBytesMax - keptBytesMax / 4, gone < kept.count - 1 {
      keptBytes -= kept[gone].heldBytes
      gone += 1
    }
    kept.removeFirst(gone)
  }

  /// The kept turns that have something behind a position and stand: nearly always the last few.
  private func turns(behind position: LogPosition, upTo turn: UInt64) -> [CommittedLines] {
    let first = kept.lastIndex { $0.end <= position }.map { $0 + 1 } ?? 0
    return kept[first...].filter { $0.turn <= turn }
  }

  private mutating func forgetKept() {
    kept = []
    keptBytes = 0
  }

  /// The next part from the files.
  private mutating func read(_ request: ControlID, _ reader: Reader) {
    var reading = reader.reading
    if reading == nil {
      guard readers.values.count(where: { $0.reading != nil }) < Self.readings_max else { return }
      reading = history.reading(reader.pastQuery, until: reader.place.position)
    }
    guard let reading else { return }
    readers[request]!.reading = reading
    readers[request]!.isBusy = files.submit { [inbox, cancellation] in
      let part = reading.next()
      // What was broken off is no answer.
      if !cancellation.isCancelled { inbox.post(.logRead(Answer(requests: [request], part: part))) }
    }
  }

  /// Parts of the lines that are kept, one for all who have got as far and ask for the same.
  private mutating func tellLive(standing turn: UInt64) {
    let standing = standing
    var groups: [(reader: Reader, requests: [ControlID])] = []
    for (request, reader) in readers
    where reader.isLive && reader.mayDecode(standing: turn) && reader.place.position < standing {
      guard let first = kept.first, first.before <= reader.place.position else {
        readAgain(request)
        continue
      }
      if let index = groups.firstIndex(where: { $0.reader.place == reader.place && $0.reader.query == reader.query }) {
        groups[index].requests.append(request)
      } else {
        groups.append((reader, [request]))
      }
    }
    if groups.isEmpty { return }
    for (reader, requests) in groups {
      let start = reader.place
      let turns = turns(behind: start.position, upTo: turn)
      let isAccepted = live.submit { [inbox] in
        var place = start
        let part = reader.teller.part(of: turns, behind: &place)
        inbox.post(.logRead(Answer(requests: requests, part: .more(part), place: place)))
      }
      for request in requests { readers[request]!.isBusy = isAccepted }
    }
  }

  /// The client has fallen behind what is kept: what follows is read from the files again, up to what stands now.
  private mutating func readAgain(_ request: ControlID) {
    guard var reader = readers[request] else { return }
    reader.pastQuery.since = .position(reader.place.position)
    reader.pastQuery.last = nil
    reader.isLive = false
    reader.place = LogFollower.Place(standing)
    readers[request] = reader
    read(request, reader)
  }

  // MARK: The end

  /// The server ends: nothing more is read. False where a thread is still at work.
  func stop(until_ns deadline_ns: Int64) -> Bool {
    cancellation.cancel()
    let haveEnded = [files, live].map { $0.stop(until_ns: deadline_ns) }
    return haveEnded.allSatisfy(\.self)
  }

  /// The server ends, and all its lines stand: what each who follows has still to be told, and that this is the end.
  mutating func end(_ store: Store) -> [(request: ControlID, reply: LogReply)] {
    keep(store.takeCommitted())
    var replies: [(request: ControlID, reply: LogReply)] = []
    for (request, reader) in readers {
      if reader.isLive, !reader.isBusy, let first = kept.first, first.before <= reader.place.position {
        var place = reader.place
        if let part = reader.teller.part(of: kept, behind: &place) { replies.append((request, .part(part))) }
      }
      replies.append(
        (request, .fault(ControlError(.stopping, "the server has stopped, and with it what was followed"))))
    }
    readers = [:]
    return replies
  }
}

/// What a client is told next.
enum LogReply {
  case part([UInt8])
  case last([UInt8])
  case fault(ControlError)
}

extension LogService.Reader {
  fileprivate func mayDecode(standing: UInt64) -> Bool {
    guard let turn, turn <= standing else { return false }
    return !isBusy && !isWaitingForClient
  }
}

extension ControlLogQuery.Form {
  /// An answer without rows.
  fileprivate var nothing: [UInt8] {
    let key =
      switch self {
      case .messages: "messages"
      case .lines: "lines"
      case .events: "events"
      }
    return Array("{\"\(key)\":[]}".utf8)
  }
}

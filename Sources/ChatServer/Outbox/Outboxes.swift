import ChatCore
import ChatProtocol

/// What every session is still to be sent.
///
/// An event for many is encoded once for each dialect among its recipients, into a stream that they share; a recipient
/// costs a few comparisons and additions on its `Outbox`. All of a turn's output for a session leaves with one system call (see
/// `flush`). A session that keeps up holds no memory here but its `Outbox`; one that does not has a bounded `Backlog`.
///
/// Nothing is sent before its turn is committed. Output that waits for the turn's records to be durable is withheld until
/// `release`. Meanwhile turns continue, and their output goes to every session that waits for nothing before it. So a
/// registration does not delay the chat of others.
struct Outboxes: ~Copyable {
  var streams = PerStream(repeating: OutputStream())
  var lists = OutputSliceLists()
  var boxes: [Outbox] = []
  /// What the kernel refused, by slot. Changed through `putBacklog` and `takeBacklog`, which keep the sum.
  private(set) var backlogs: [Int32: Backlog] = [:]
  /// The memory of all backlogs.
  private(set) var backlogBytes = 0
  /// The sessions that have something to be sent, in the order in which they got it.
  var listed: [Int32] = []
  /// Those that have nothing but large broadcasts.
  var deferred = DeferredBroadcast()
  var deferredBytesMax = DeferredBroadcast.bytesMax
  var gathered = GatherBuffer()
  /// By slot.
  var marks: [Int32: [DeliveryMark]] = [:]
  /// The most that may wait for a slow reader; 0 means no bound.
  var backlogBytesMax: Int
  /// The memory that all backlogs together may take; 0 means no bound.
  var backlogsBytesMax: Int
  var outcome = FlushOutcome()
  /// How many recipients all broadcasts have had so far.
  private(set) var recipientCount = 0
  /// How many bytes that was for all of them.
  private(set) var deliveredBytes = 0
  /// What waits for records to be durable, in order and without overlaps.
  private var withheld: [(from: StreamMark, to: StreamMark)] = []
  /// What will be withheld of the current turn.
  private var recording: [(from: StreamMark, to: StreamMark)] = []
  /// Where the output of the committed turns ends.
  private var committed = StreamMark.zero
  /// Whether a flush has something to send.
  var isFlushDue = false

  init(backlogBytesMax: Int, backlogsBytesMax: Int) {
    self.backlogBytesMax = backlogBytesMax
    self.backlogsBytesMax = backlogsBytesMax
  }

  // MARK: Sessions

  mutating func open(_ session: SessionID, _ dialect: Dialect = .text) {
    while boxes.count <= Int(session.slot) { boxes.append(Outbox()) }
    precondition(boxes[Int(session.slot)].generation == 0, "a slot has one session at a time")
    boxes[Int(session.slot)] = Outbox(generation: session.generation, dialect)
  }

  /// The session ends; what waits for it is dropped.
  mutating func close(_ session: SessionID) {
    guard isOpen(session) else { return }
    boxes[Int(session.slot)].dropSlices(&lists)
    boxes[Int(session.slot)].generation = 0
    _ = takeBacklog(session.slot)
    marks[session.slot] = nil
  }

  func isOpen(_ session: SessionID) -> Bool {
    Int(session.slot) < boxes.count && boxes[Int(session.slot)].generation == session.generation
  }

  /// From the next event on; what is queued already stays as it is.
  mutating func setDialect(_ dialect: Dialect, of session: SessionID) {
    if isOpen(session) { boxes[Int(session.slot)].setDialect(dialect) }
  }

  func dialect(of session: SessionID) -> Dialect { boxes[Int(session.slot)].dialect }

  /// Bytes that are not released, not flushed, or not taken by the kernel.
  func waitingBytes(of session: SessionID) -> Int {
    guard isOpen(session) else { return 0 }
    return boxes[Int(session.slot)].queued - boxes[Int(session.slot)].taken
  }

  /// Whether the kernel refused some of it.
  func hasBacklog(_ session: SessionID) -> Bool { isOpen(session) && boxes[Int(session.slot)].hasBacklog }

  /// The sessions with a backlog, and how much waits for each.
  var sessionsBehind: [(id: SessionID, bytes: Int)] {
    backlogs.keys.map { slot in
      let id = session(at: slot)
      return (id, waitingBytes(of: id))
    }
  }

  func session(at slot: Int32) -> SessionID { SessionID(slot: slot, generation: boxes[Int(slot)].generation) }

  /// Whether something is queued, released or not.
  var hasOutput: Bool { !listed.isEmpty || !deferred.isEmpty }

  // MARK: Backlogs

  mutating func putBacklog(_ backlog: Backlog, _ slot: Int32) {
    precondition(backlogs[slot] == nil, "a backlog is taken out before it is changed")
    backlogBytes += backlog.heldBytes
    backlogs[slot] = backlog
  }

  /// Removed while it changes: the dictionary's copy would make it be copied.
  mutating func takeBacklog(_ slot: Int32) -> Backlog? {
    guard let backlog = backlogs.removeValue(forKey: slot) else { return nil }
    backlogBytes -= backlog.heldBytes
    return backlog
  }

  // MARK: Queueing

  /// Queues an event for one session.
  mutating func send(_ event: Event, at time: Timestamp, to session: SessionID) {
    guard isOpen(session) else { return }
    let slot = Int(session.slot)
    let dialect = boxes[slot].dialect
    let range = streams[.direct].append { dialect.encode(event, at: time, into: &$0) }
    guard !range.isEmpty else { return }
    boxes[slot].queue(OutputSlice(.direct, range), lists: &lists)
    if case .privateMessage(let message) = event, dialect == .text {
      addMark(DeliveryMark(recipient: message.to, message: message.id, offset: boxes[slot].queued), session.slot)
    }
    list(slot)
  }

  /// A mark counts once the session has all bytes before it: so a few do, however much waits.
  private static let marksMax = 16

  private mutating func addMark(_ mark: DeliveryMark, _ slot: Int32) {
    var waiting = marks.removeValue(forKey: slot) ?? []
    if waiting.count == Outboxes.marksMax { waiting.removeLast() }
    waiting.append(mark)
    marks[slot] = waiting
  }

  /// Queues an event for all `recipients` except `exception`.
  mutating func send(_ event: Event, at time: Timestamp, to recipients: [SessionID], except exception: SessionID?) {
    if case .privateMessage = event {
      // Each recipient's copy has its own mark, and there are few.
      for session in recipients where session != exception { send(event, at: time, to: session) }
      return
    }
    let begin = streamEnd
    defer {
      recipientCount &+= recipients.count
      deliveredBytes &+= (streamEnd &- begin) &* recipients.count
    }
    var broadcast = Broadcast(event, at: time)
    if recipients.count > DeferredBroadcast.sessionsPerFlush {
      deferred.begin(at: mark)
      broadcast.queue(for: recipients, except: exception, in: &boxes, streams: &streams, lists: &lists) { box, slot in
        // A listed session gets it with its other output.
        if box.isListed || box.isDeferred { return }
        box.isDeferred = true
        deferred.append(slot)
      }
    } else {
      broadcast.queue(for: recipients, except: exception, in: &boxes, streams: &streams, lists: &lists) { box, slot in
        if box.isListed { return }
        box.isListed = true
        listed.append(slot)
      }
    }
  }

  /// The next flush visits this session.
  mutating func list(_ slot: Int) {
    guard !boxes[slot].isListed else { return }
    boxes[slot].isListed = true
    listed.append(Int32(slot))
  }

  /// Drops what was queued for a session and not released.
  mutating func dropUnreleased(of session: SessionID) {
    guard isOpen(session) else { return }
    let slot = Int(session.slot)
    // What was released may not be flushed yet.
    let left = boxes[slot].takeSlices(&lists).compactMap { slice -> OutputSlice? in
      let end = min(slice.end, streams[slice.stream].released)
      return slice.start < end ? OutputSlice(slice.stream, slice.start..<end) : nil
    }
    boxes[slot].queued = boxes[slot].taken + (backlogs[session.slot]?.count ?? 0)
    for slice in left { boxes[slot].queue(slice, lists: &lists) }
    marks[session.slot]?.removeAll { $0.offset > boxes[slot].queued }
  }

  // MARK: Releasing

  /// Where what may be sent ends.
  var released: StreamMark { streams.map { $0.released } }

  /// Where what is queued ends.
  var mark: StreamMark { streams.map { $0.end } }

  /// What was queued since `mark`, in this turn, waits for the turn's records.
  mutating func withhold(since mark: StreamMark) {
    let end = self.mark
    guard mark != end else { return }
    if let last = recording.last, last.to == mark {
      recording[recording.count - 1].to = end
    } else {
      recording.append((mark, end))
    }
  }

  /// A turn has ended whose records, or those of a turn before it, are not durable yet. `isWithheld`: all of its output waits for them,
  /// otherwise what `withhold` named.
  mutating func commit(isWithheld: Bool) {
    let mark = mark
    for (from, to) in isWithheld ? [(committed, mark)] : recording {
      if let last = withheld.last, last.to == from {
        withheld[withheld.count - 1].to = to
      } else {
        withheld.append((from, to))
      }
    }
    recording.removeAll(keepingCapacity: true)
    committed = mark
    isFlushDue = hasOutput
  }

  /// Where what may be sent of a slice ends: at the first byte that is withheld.
  func sendableEnd(of slice: OutputSlice) -> Int {
    let stream = slice.stream
    for (from, to) in withheld where to[stream] > max(slice.start, from[stream]) {
      return min(slice.end, max(slice.start, from[stream]))
    }
    return min(slice.end, committed[stream])
  }

  /// All that was queued so far may be sent.
  mutating func release() {
    withheld.removeAll(keepingCapacity: true)
    recording.removeAll(keepingCapacity: true)
    committed = mark
    for stream in StreamID.all { streams[stream].releaseAll() }
    isFlushDue = hasOutput
  }

  /// All that was queued before the mark may be sent.
  mutating func release(upTo mark: StreamMark) {
    withheld.removeAll { $0.to.isCovered(by: mark) }
    if let first = withheld.first, first.from.isCovered(by: mark) { withheld[0].from = mark }
    if committed.isCovered(by: mark) { committed = mark }
    for stream in StreamID.all { streams[stream].release(upTo: mark[stream]) }
    isFlushDue = hasOutput
  }

  // MARK: Memory

  /// Grows with every byte of any stream.
  @inline(__always)
  private var streamEnd: Int { streams.sum { $0.end } }

  /// The memory of what is not released.
  var heldBytes: Int { lists.bytes + streams.sum { $0.end - $0.released } }

  /// Grows with everything that is queued, until the next flush. A broadcast counts once, and for each recipient only a slice
  /// that does not follow on its last one.
  var producedBytes: Int { streamEnd + lists.bytes }

  /// Bytes that the streams hold.
  var streamedBytes: Int { streams.sum { $0.count } }
}

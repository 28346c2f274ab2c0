import ChatCore
import ChatProtocol

/// What every session is still to be sent.
///
/// An event for many is encoded once for each dialect that is spoken among them, into a stream they share; a recipient
/// costs a few comparisons and additions on its `Outbox`. All of a turn's output for a session leaves with one system call (see
/// `flush`). A session that keeps up holds no memory here but its `Outbox`; one that does not has a `Backlog` of its own, which
/// has a bound.
///
/// Nothing is sent before its turn is committed. What a turn said that waits for its records to stand is withheld, until `release` says
/// that they do; meanwhile turns go on, and what they say goes to everybody but those who wait for something before it. So somebody's
/// registration, or the end of somebody's file, holds up nobody else's chat.
struct Outboxes: ~Copyable {
  var streams = Streams()
  var lists = OutputSliceLists()
  var boxes: [Outbox] = []
  /// What the kernel refused, by the session's place. Changed through `putBacklog` and `takeBacklog`, which keep the sum.
  private(set) var backlogs: [Int32: Backlog] = [:]
  /// The memory that all of them take.
  private(set) var backlogBytes = 0
  /// The sessions that have something to be sent, in the order in which they got it.
  var listed: [Int32] = []
  /// Those that have nothing but what very many were told: each flush sends to a bounded number of them.
  var deferred = DeferredBroadcast()
  var deferredBytesMax = DeferredBroadcast.bytesMax
  var gathered = GatherBuffer()
  /// By the session's place.
  var marks: [Int32: [DeliveryMark]] = [:]
  /// The most that may wait for a session whose reader is slow; 0 means no bound.
  var backlogBytesMax: Int
  /// The memory that all backlogs may take together; 0 means no bound.
  var backlogsBytesMax: Int
  var outcome = FlushOutcome()
  /// How many recipients all that was said to many has had so far.
  private(set) var toldCount = 0
  /// How many bytes that was for all of them.
  private(set) var toldBytes = 0
  /// What waits for records to stand, in its order; none of it overlaps.
  private var withheld: [(from: Mark, to: Mark)] = []
  /// What will be withheld of the turn that is under way.
  private var recording: [(from: Mark, to: Mark)] = []
  /// Where the output of the committed turns ends.
  private var committed = Mark(sharedText: 0, sharedJSON: 0, direct: 0)
  /// Whether a flush has something to send.
  var isFlushDue = false

  init(backlogBytesMax: Int, backlogsBytesMax: Int) {
    self.backlogBytesMax = backlogBytesMax
    self.backlogsBytesMax = backlogsBytesMax
  }

  /// The three streams, by name rather than in an array, so that reaching one costs nothing.
  struct Streams {
    private var sharedText = OutputStream()
    private var sharedJSON = OutputStream()
    private var direct = OutputStream()

    /// Grows with every byte of any of them.
    var end: Int { sharedText.end + sharedJSON.end + direct.end }

    subscript(kind: OutputStream.Kind) -> OutputStream {
      @inline(__always) _read {
        switch kind {
        case .sharedText: yield sharedText
        case .sharedJSON: yield sharedJSON
        case .direct: yield direct
        }
      }
      @inline(__always) _modify {
        switch kind {
        case .sharedText: yield &sharedText
        case .sharedJSON: yield &sharedJSON
        case .direct: yield &direct
        }
      }
    }
  }

  // MARK: Sessions

  mutating func open(_ session: SessionID) {
    while boxes.count <= Int(session.slot) { boxes.append(Outbox()) }
    precondition(boxes[Int(session.slot)].generation == 0, "a place has one session at a time")
    boxes[Int(session.slot)] = Outbox(generation: session.generation)
  }

  /// The session is gone; what waits for it goes with it.
  mutating func close(_ session: SessionID) {
    guard isOpen(session) else { return }
    boxes[Int(session.slot)].forgetSlices(&lists)
    boxes[Int(session.slot)].generation = 0
    _ = takeBacklog(session.slot)
    marks[session.slot] = nil
  }

  func isOpen(_ session: SessionID) -> Bool {
    Int(session.slot) < boxes.count && boxes[Int(session.slot)].generation == session.generation
  }

  /// From the next event on; what is queued already stays as it is.
  mutating func setDialect(_ dialect: Dialect, of session: SessionID) {
    if isOpen(session) { boxes[Int(session.slot)].dialect = dialect }
  }

  func dialect(of session: SessionID) -> Dialect { boxes[Int(session.slot)].dialect }

  /// Bytes that wait: not released, not flushed, or not taken by the kernel.
  func waitingBytes(of session: SessionID) -> Int {
    guard isOpen(session) else { return 0 }
    return boxes[Int(session.slot)].queued - boxes[Int(session.slot)].taken
  }

  /// Whether the kernel refused some of it.
  func hasBacklog(_ session: SessionID) -> Bool { isOpen(session) && boxes[Int(session.slot)].hasBacklog }

  /// The sessions for which the kernel refused something, and how much waits for each.
  var sessionsBehind: [(id: SessionID, bytes: Int)] {
    backlogs.keys.map { slot in
      let id = SessionID(slot: slot, generation: boxes[Int(slot)].generation)
      return (id, waitingBytes(of: id))
    }
  }

  /// Whether something is queued, released or not.
  var hasOutput: Bool { !listed.isEmpty || !deferred.isEmpty }

  // MARK: Backlogs

  mutating func putBacklog(_ backlog: Backlog, _ slot: Int32) {
    precondition(backlogs[slot] == nil, "a backlog is taken out before it is changed")
    backlogBytes += backlog.heldBytes
    backlogs[slot] = backlog
  }

  /// Taken out while it changes: one that the dictionary holds as well would be copied.
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
    boxes[slot].queue(OutputSlice(kind: .direct, range: range), lists: &lists)
    if case .privateMessage(let message) = event, dialect == .text {
      addMark(DeliveryMark(recipient: message.to, message: message.id, offset: boxes[slot].queued), session.slot)
    }
    list(slot)
  }

  /// What a session is told counts as read once it has all of it: so a few marks do, however much waits.
  private static let marksMax = 16

  private mutating func addMark(_ mark: DeliveryMark, _ slot: Int32) {
    var waiting = marks.removeValue(forKey: slot) ?? []
    if waiting.count == Outboxes.marksMax { waiting.removeLast() }
    waiting.append(mark)
    marks[slot] = waiting
  }

  /// Queues an event for every one of `recipients` but `exception`.
  mutating func send(_ event: Event, at time: Timestamp, to recipients: [SessionID], except exception: SessionID?) {
    if case .privateMessage = event {
      // Each recipient's copy is watched on its own, and there are few.
      for session in recipients where session != exception { send(event, at: time, to: session) }
      return
    }
    let begin = streams.end
    defer {
      toldCount &+= recipients.count
      toldBytes &+= (streams.end &- begin) &* recipients.count
    }
    var broadcast = Broadcast(event, at: time)
    if recipients.count > DeferredBroadcast.flushed_max {
      deferred.begin(at: mark)
      broadcast.queue(for: recipients, except: exception, in: &boxes, streams: &streams, lists: &lists) { box, slot in
        // Whoever has something else to be sent gets this with it.
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

  /// Drops what was queued for a session and not released: it is to hear nothing of it.
  mutating func dropUnreleased(of session: SessionID) {
    guard isOpen(session) else { return }
    let slot = Int(session.slot)
    // What was released may not have had its turn yet.
    let kept = boxes[slot].takeSlices(&lists).compactMap { slice -> OutputSlice? in
      let end = min(slice.end, streams[slice.kind].released)
      return slice.start < end ? OutputSlice(kind: slice.kind, range: slice.start..<end) : nil
    }
    boxes[slot].queued = boxes[slot].taken + (backlogs[session.slot]?.count ?? 0)
    for slice in kept { boxes[slot].queue(slice, lists: &lists) }
    marks[session.slot]?.removeAll { $0.offset > boxes[slot].queued }
  }

  /// Where the output queued so far ends, in each stream.
  struct Mark: Equatable {
    fileprivate var sharedText: Int
    fileprivate var sharedJSON: Int
    fileprivate var direct: Int

    subscript(kind: OutputStream.Kind) -> Int {
      switch kind {
      case .sharedText: sharedText
      case .sharedJSON: sharedJSON
      case .direct: direct
      }
    }

    /// Whether it was taken no later.
    func isCovered(by other: Mark) -> Bool {
      sharedText <= other.sharedText && sharedJSON <= other.sharedJSON && direct <= other.direct
    }

    func earlier(_ other: Mark) -> Mark {
      Mark(
        sharedText: min(sharedText, other.sharedText), sharedJSON: min(sharedJSON, other.sharedJSON),
        direct: min(direct, other.direct))
    }
  }

  /// Where what may be sent ends.
  var released: Mark {
    Mark(
      sharedText: streams[.sharedText].released, sharedJSON: streams[.sharedJSON].released,
      direct: streams[.direct].released)
  }

  var mark: Mark {
    Mark(sharedText: streams[.sharedText].end, sharedJSON: streams[.sharedJSON].end, direct: streams[.direct].end)
  }

  /// What was queued since `mark` was taken, in this turn, waits for records of the turn to stand.
  mutating func withhold(since mark: Mark) {
    guard mark != self.mark else { return }
    if recording.last?.to == mark {
      recording[recording.count - 1].to = self.mark
    } else {
      recording.append((mark, self.mark))
    }
  }

  /// A turn has ended whose output, or that of a turn before it, waits for records to stand; `isWithheld`: all of its own does, else
  /// what `withhold` was told of.
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
    for (from, to) in withheld where to[slice.kind] > max(slice.start, from[slice.kind]) {
      return min(slice.end, max(slice.start, from[slice.kind]))
    }
    return min(slice.end, committed[slice.kind])
  }

  /// All that was queued so far may be sent.
  mutating func release() {
    withheld.removeAll(keepingCapacity: true)
    recording.removeAll(keepingCapacity: true)
    committed = mark
    for kind in OutputStream.Kind.allCases { streams[kind].releaseAll() }
    isFlushDue = hasOutput
  }

  /// All that was queued before the mark was taken may be sent.
  mutating func release(upTo mark: Mark) {
    withheld.removeAll { $0.to.isCovered(by: mark) }
    if let first = withheld.first, first.from.isCovered(by: mark) { withheld[0].from = mark }
    if committed.isCovered(by: mark) { committed = mark }
    streams[.sharedText].release(upTo: mark.sharedText)
    streams[.sharedJSON].release(upTo: mark.sharedJSON)
    streams[.direct].release(upTo: mark.direct)
    isFlushDue = hasOutput
  }

  /// The memory that was taken by what is not released.
  var heldBytes: Int {
    OutputStream.Kind.allCases.reduce(lists.bytes) { $0 + streams[$1].end - streams[$1].released }
  }

  /// Grows with everything that is queued, until the next flush: what many are sent counts once, and for each of them only what
  /// it takes to note that it does not follow on what the same was sent before.
  var producedBytes: Int { streams.end + lists.bytes }

  /// Bytes that the streams hold.
  var streamedBytes: Int { OutputStream.Kind.allCases.reduce(0) { $0 + streams[$1].count } }
}

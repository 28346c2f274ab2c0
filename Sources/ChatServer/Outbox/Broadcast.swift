import ChatCore
import ChatProtocol

/// One event for many sessions, encoded once for each dialect that has a recipient.
struct Broadcast {
  private let event: Event
  private let time: Timestamp
  private var slices = PerStream<OutputSlice>(repeating: .unset)

  init(_ event: Event, at time: Timestamp) {
    self.event = event
    self.time = time
  }

  /// Queues it for all `recipients` except `exception`, and calls `list` for each so that a flush visits it.
  ///
  /// The hot loop of the server. The span checks its bounds at each recipient, but is looked up and checked for sharing
  /// once, which the array would be each time.
  @inline(__always)
  mutating func queue(
    for recipients: [SessionID], except exception: SessionID?, in boxes: inout [Outbox],
    streams: inout PerStream<OutputStream>, lists: inout OutputSliceLists, _ list: (inout Outbox, Int32) -> Void
  ) {
    var boxes = boxes.mutableSpan
    // A slot that no session has, where there is no exception.
    let exceptedSlot = exception?.slot ?? -1
    for session in recipients {
      let slot = Int(session.slot)
      if boxes[slot].generation != session.generation || session.slot == exceptedSlot { continue }
      var slice = slices[boxes[slot].stream]
      if slice.isUnset { slice = encode(boxes[slot].dialect, boxes[slot].stream, &streams) }
      if slice.count == 0 { continue }
      boxes[slot].queue(slice, lists: &lists)
      list(&boxes[slot], session.slot)
    }
  }

  @inline(never)
  private mutating func encode(
    _ dialect: Dialect, _ stream: StreamID, _ streams: inout PerStream<OutputStream>
  ) -> OutputSlice {
    let range = streams[stream].append { dialect.encode(event, at: time, into: &$0) }
    slices[stream] = OutputSlice(stream, range)
    return slices[stream]
  }
}

/// Sessions that have nothing to be sent but large broadcasts, in the order in which they got them.
///
/// A system call for each of ten thousand recipients takes a tenth of a second, in which the server does nothing else. So a flush sends to a
/// bounded number of them. Other output of such a session goes out with the next flush, and the broadcast before it.
struct DeferredBroadcast {
  /// As many as a flush sends to. A broadcast to more recipients is deferred.
  static let sessionsPerFlush = 1024
  /// When the streams hold more than this, a flush sends to all: memory has a bound.
  static let bytesMax = 8 << 20

  private var slots: [Int32] = []
  private var next = 0
  /// For the sessions from index `first` on: nothing before `mark` is needed for them.
  private var beginnings: [(first: Int, mark: StreamMark)] = []

  var isEmpty: Bool { next == slots.count }
  /// The next one.
  var first: Int32? { isEmpty ? nil : slots[next] }

  /// What lies before this in the streams is not needed; nil where nothing is needed.
  var start: StreamMark? {
    if isEmpty { return nil }
    let oldest = beginnings.lastIndex { $0.first <= next } ?? 0
    return beginnings[oldest...].lazy.map(\.mark).reduce(beginnings[oldest].mark) { $0.earlier($1) }
  }

  /// Sessions that are appended from now on need nothing from before `mark`.
  mutating func begin(at mark: StreamMark) {
    // No session was appended since the last one.
    if beginnings.last?.first == slots.count { beginnings.removeLast() }
    beginnings.append((slots.count, mark))
  }

  mutating func append(_ slot: Int32) { slots.append(slot) }

  mutating func removeFirst() {
    next += 1
    if isEmpty {
      slots.removeAll(keepingCapacity: true)
      beginnings.removeAll(keepingCapacity: true)
      next = 0
    } else if next >= 4096, next > slots.count / 2 {
      slots.removeFirst(next)
      let oldest = beginnings.lastIndex { $0.first <= next } ?? 0
      beginnings = beginnings[oldest...].map { (max(0, $0.first - next), $0.mark) }
      next = 0
    }
  }
}

import ChatCore
import ChatProtocol

/// One event for many: encoded at its first recipient of each dialect, and never for a dialect that none of them speaks.
struct Broadcast {
  let event: Event
  let time: Timestamp
  private var text: OutputSlice?
  private var json: OutputSlice?

  init(_ event: Event, at time: Timestamp) {
    self.event = event
    self.time = time
  }

  /// Queues it for every one of `recipients` but `exception`, and gives each to `list`, which sees to it that a flush visits it.
  ///
  /// The hot loop of the server. The span has its bounds checked at each recipient, but is looked up and checked for
  /// sharing once, which the array would be each time.
  @inline(__always)
  mutating func queue(
    for recipients: [SessionID], except exception: SessionID?, in boxes: inout [Outbox],
    streams: inout Outboxes.Streams, lists: inout OutputSliceLists, _ list: (inout Outbox, Int32) -> Void
  ) {
    var boxes = boxes.mutableSpan
    // A slot that no session has: nobody is left out.
    let exceptedSlot = exception?.slot ?? -1
    for session in recipients {
      let slot = Int(session.slot)
      if boxes[slot].generation != session.generation || session.slot == exceptedSlot { continue }
      let slice = slice(for: boxes[slot].dialect, &streams)
      if slice.count == 0 { continue }
      boxes[slot].queue(slice, lists: &lists)
      list(&boxes[slot], session.slot)
    }
  }

  @inline(__always)
  private mutating func slice(for dialect: Dialect, _ streams: inout Outboxes.Streams) -> OutputSlice {
    switch dialect {
    case .text:
      if let text { return text }
      let slice = OutputSlice(kind: .sharedText, range: encoded(.text, into: &streams[.sharedText]))
      text = slice
      return slice
    case .json:
      if let json { return json }
      let slice = OutputSlice(kind: .sharedJSON, range: encoded(.json, into: &streams[.sharedJSON]))
      json = slice
      return slice
    }
  }

  @inline(never)
  private func encoded(_ dialect: Dialect, into stream: inout OutputStream) -> Range<Int> {
    stream.append { dialect.encode(event, at: time, into: &$0) }
  }
}

/// Sessions that are to be sent nothing but what very many were told, in the order in which they came here.
///
/// A system call for each of ten thousand members takes a tenth of a second, and nobody else is served meanwhile. So a flush
/// sends to a bounded number of them. What a session is told besides is sent with the next flush as ever, and all that
/// it was told before goes with it: it then has nothing left when its turn comes here.
struct DeferredBroadcast {
  /// As many as a flush sends to; whatever goes to more is sent patiently.
  static let flushed_max = 1024
  /// Where the streams hold more than this, all are sent to at once: memory has a bound, and who says so much to so many
  /// waits for it.
  static let bytesMax = 8 << 20

  private var slots: [Int32] = []
  private var next = 0
  /// For each number of sessions that had come before: where in the streams lies nothing that those who came then need.
  private var beginnings: [(first: Int, mark: Outboxes.Mark)] = []

  var isEmpty: Bool { next == slots.count }
  /// Whose turn it is.
  var first: Int32? { isEmpty ? nil : slots[next] }

  /// What lies before this in the streams is needed no more; nil where nothing is needed.
  var start: Outboxes.Mark? {
    if isEmpty { return nil }
    let oldest = beginnings.lastIndex { $0.first <= next } ?? 0
    return beginnings[oldest...].lazy.map(\.mark).reduce(beginnings[oldest].mark) { $0.earlier($1) }
  }

  /// Those that are appended from now on have nothing to be sent from before `mark`.
  mutating func begin(at mark: Outboxes.Mark) {
    // Nobody was appended since the last one.
    if beginnings.last?.first == slots.count { beginnings.removeLast() }
    beginnings.append((slots.count, mark))
  }

  mutating func append(_ slot: Int32) { slots.append(slot) }

  /// The first has had its turn.
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

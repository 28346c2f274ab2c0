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
  static let bytes_max = 8 << 20

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

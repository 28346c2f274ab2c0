import ChatCore
import ChatProtocol

/// What one session is still to be sent: plain numbers, so that queueing a broadcast touches one cache line, counts no
/// references and allocates nothing.
///
/// Nearly always a session has one slice: the newest, which grows while what follows it in its stream is for this session too.
struct Outbox {
  /// 0 while no session has the slot: generations begin at 1.
  var generation: UInt32 = 0
  private(set) var dialect: Dialect
  /// The stream of that dialect.
  private(set) var stream: StreamID
  /// It is in `Outboxes.listed`, whose sessions the next flush visits.
  var isListed = false
  /// It is in `Outboxes.deferred`, of whose sessions each flush visits some.
  var isDeferred = false
  /// The kernel refused some bytes, which wait in `Outboxes.backlogs`.
  var hasBacklog = false
  /// The kernel takes bytes again.
  var isWritable = false

  var newest = OutputSlice.none
  /// Slices older than `newest`, in `OutputSliceLists`.
  var oldestIndex = OutputSliceLists.end
  var olderLastIndex = OutputSliceLists.end

  /// Bytes queued since the session began, and how many of them the kernel took.
  var queued = 0
  var taken = 0

  init(generation: UInt32 = 0, _ dialect: Dialect = .text) {
    self.generation = generation
    self.dialect = dialect
    stream = .shared(dialect)
  }

  mutating func setDialect(_ dialect: Dialect) {
    self.dialect = dialect
    stream = .shared(dialect)
  }

  /// Queues a slice: extends the newest one where it begins at that one's end.
  @inline(__always)
  mutating func queue(_ slice: OutputSlice, lists: inout OutputSliceLists) {
    queued += slice.count
    if newest.stream == slice.stream, newest.end == slice.start {
      newest.end = slice.end
      return
    }
    if newest.count > 0 { moveNewestToList(&lists) }
    newest = slice
  }

  private mutating func moveNewestToList(_ lists: inout OutputSliceLists) {
    olderLastIndex = lists.append(newest, after: olderLastIndex)
    if oldestIndex == OutputSliceLists.end { oldestIndex = olderLastIndex }
  }

  /// Removes all slices, the oldest first.
  mutating func takeSlices(_ lists: inout OutputSliceLists) -> [OutputSlice] {
    var slices: [OutputSlice] = []
    while oldestIndex != OutputSliceLists.end {
      slices.append(lists[oldestIndex])
      oldestIndex = lists.removeFirst(oldestIndex)
    }
    olderLastIndex = OutputSliceLists.end
    if newest.count > 0 { slices.append(newest) }
    newest = .none
    return slices
  }

  mutating func dropSlices(_ lists: inout OutputSliceLists) {
    newest = .none
    while oldestIndex != OutputSliceLists.end { oldestIndex = lists.removeFirst(oldestIndex) }
    olderLastIndex = OutputSliceLists.end
  }
}

/// A piece of an output stream that one session is to be sent.
struct OutputSlice {
  static var none: OutputSlice { OutputSlice(.direct, 0..<0) }
  /// Not encoded yet.
  static var unset: OutputSlice { OutputSlice(.direct, -1..<(-1)) }

  var stream: StreamID
  var start: Int
  var end: Int

  init(_ stream: StreamID, _ range: Range<Int>) {
    self.stream = stream
    start = range.lowerBound
    end = range.upperBound
  }

  var count: Int { end - start }
  var range: Range<Int> { start..<end }
  var isUnset: Bool { start < 0 }
}

/// Older slices as linked lists in one array: a session holds the index of its oldest and of its newest. Slots are reused,
/// so that a busy server allocates nothing here.
struct OutputSliceLists {
  static let end: Int32 = -1

  private struct Node {
    var slice: OutputSlice
    var next: Int32
  }

  private var nodes: [Node] = []
  private var free = end
  private var used = 0

  /// The memory of the slices in use.
  var bytes: Int { used * MemoryLayout<Node>.stride }
  /// The memory of all slots.
  var heldBytes: Int { nodes.capacity * MemoryLayout<Node>.stride }
  /// More than this is freed once no slice is in use.
  static let retainedBytesMax = 1 << 20

  subscript(index: Int32) -> OutputSlice {
    get { nodes[Int(index)].slice }
    set { nodes[Int(index)].slice = newValue }
  }

  /// Appends a slice to the list whose newest is `last`. Returns its index.
  mutating func append(_ slice: OutputSlice, after last: Int32) -> Int32 {
    used += 1
    let node = Node(slice: slice, next: OutputSliceLists.end)
    let index: Int32
    if free == OutputSliceLists.end {
      index = Int32(nodes.count)
      nodes.append(node)
    } else {
      index = free
      free = nodes[Int(index)].next
      nodes[Int(index)] = node
    }
    if last != OutputSliceLists.end { nodes[Int(last)].next = index }
    return index
  }

  /// Removes the oldest of a list. Returns the next one's index.
  mutating func removeFirst(_ index: Int32) -> Int32 {
    used -= 1
    let next = nodes[Int(index)].next
    nodes[Int(index)].next = free
    free = index
    if used == 0, heldBytes > OutputSliceLists.retainedBytesMax {
      nodes = []
      free = OutputSliceLists.end
    }
    return next
  }
}

/// What the kernel refused for one session, copied out of the streams so that these can be emptied after each flush.
struct Backlog {
  private var bytes: [UInt8] = []
  private var start = 0
  /// Whether what was sent so far ends with a line's end.
  private var isAtLineStart: Bool
  /// So many of the first bytes are in the transport's hands already, so they must stay.
  private var promised: Int
  /// It holds the rest of a line and perhaps one last line, and takes nothing more: the session is to be closed.
  private(set) var isCut: Bool

  /// Of bytes that were offered, all after the first `taken`. `isCut`: only the rest of the line that was begun.
  init(of offered: Span<UInt8>, after taken: Int, promised: Int = 0, isCut: Bool = false) {
    // Nothing else waited, so what was sent before these ended with a line's end.
    isAtLineStart = taken == 0 || offered[taken - 1] == UInt8(ascii: "\n")
    self.promised = promised
    self.isCut = isCut
    var end = offered.count
    if isCut {
      end = taken + promised
      if promised > 0 || !isAtLineStart {
        while end < offered.count, end == 0 || offered[end - 1] != UInt8(ascii: "\n") { end += 1 }
      }
    }
    append(offered.extracting(taken..<end))
  }

  var count: Int { bytes.count - start }
  /// The memory it takes.
  var heldBytes: Int { bytes.capacity }

  mutating func append(_ more: Span<UInt8>) {
    if start > bytes.count / 2 {
      bytes.removeSubrange(..<start)
      start = 0
    }
    // A Span can be read byte by byte only; through the buffer it is one copy. The pointer stays inside the closure.
    unsafe more.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  func withBytes<Value>(_ body: (Span<UInt8>) -> Value) -> Value {
    body(bytes.span.extracting(start...))
  }

  mutating func removeFirst(_ count: Int, promised: Int = 0) {
    self.promised = promised
    guard count > 0 else { return }
    start += count
    isAtLineStart = bytes[start - 1] == UInt8(ascii: "\n")
  }

  /// Drops all but the rest of the line that was begun, so that another line may follow.
  mutating func cutAfterLine() {
    isCut = true
    let promisedEnd = start + promised
    let isWhole = promised > 0 ? bytes[promisedEnd - 1] == UInt8(ascii: "\n") : isAtLineStart
    let lineEnd =
      isWhole ? promisedEnd : (bytes[promisedEnd...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1) + 1
    bytes = [UInt8](trimmed: bytes[start..<lineEnd])
    start = 0
  }
}

import ChatCore
import ChatProtocol

/// What one session is still to be sent: plain numbers, so that queueing a broadcast for it touches one cache line, counts
/// no references and allocates nothing.
///
/// Nearly always a session has one slice: the newest, which lies here and grows while what follows it in its stream
/// is meant for this session too.
struct Outbox {
  /// 0 while nobody sits here: a session's generation begins at 1.
  var generation: UInt32 = 0
  var dialect = Dialect.text
  /// It stands in the list of those that the next flush visits.
  var isListed = false
  /// It stands among those whose turn comes with one of the next flushes.
  var isDeferred = false
  /// Some bytes were refused by the kernel and wait in `Outboxes.backlogs`.
  var hasBacklog = false
  /// The kernel says that it takes bytes again.
  var isWritable = false

  var newest = OutputSlice.none
  /// Slices that are older than `newest`, in `OutputSliceLists`.
  var oldestIndex = OutputSliceLists.end
  var olderLastIndex = OutputSliceLists.end

  /// Bytes queued since the session began, and how many of them the kernel took.
  var queued = 0
  var taken = 0
}

extension Outbox {
  /// Queues a piece of a stream: extends the newest slice where the piece begins at its end, else begins a new one.
  @inline(__always)
  mutating func queue(_ slice: OutputSlice, lists: inout OutputSliceLists) {
    queued += slice.count
    if newest.kind == slice.kind, newest.end == slice.start {
      newest.end = slice.end
      return
    }
    if newest.count > 0 { setNewestAside(&lists) }
    newest = slice
  }

  private mutating func setNewestAside(_ lists: inout OutputSliceLists) {
    olderLastIndex = lists.append(newest, after: olderLastIndex)
    if oldestIndex == OutputSliceLists.end { oldestIndex = olderLastIndex }
  }

  /// Takes all slices out, the oldest first.
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

  mutating func forgetSlices(_ lists: inout OutputSliceLists) {
    newest = .none
    while oldestIndex != OutputSliceLists.end { oldestIndex = lists.removeFirst(oldestIndex) }
    olderLastIndex = OutputSliceLists.end
  }
}

/// A piece of an `OutputStream` that one session is to be sent.
struct OutputSlice {
  static let none = OutputSlice(kind: .direct, range: 0..<0)

  var kind: OutputStream.Kind
  var start: Int
  var end: Int

  init(kind: OutputStream.Kind, range: Range<Int>) {
    self.kind = kind
    start = range.lowerBound
    end = range.upperBound
  }

  var count: Int { end - start }
  var range: Range<Int> { start..<end }
}

/// Slices that had to give way to a newer one, as lists in one array: a session holds the index of its oldest and of its
/// newest. Places are used again, so that a busy server allocates nothing here.
struct OutputSliceLists {
  static let end: Int32 = -1

  private struct Node {
    var slice: OutputSlice
    var next: Int32
  }

  private var nodes: [Node] = []
  private var free = end
  private var used = 0

  /// The memory that the slices in use take.
  var bytes: Int { used * MemoryLayout<Node>.stride }
  /// What all places take.
  var heldBytes: Int { nodes.capacity * MemoryLayout<Node>.stride }
  /// More than this is given back to the system once none is in use: a peak need not be paid for ever.
  static let keptBytesMax = 1 << 20

  subscript(index: Int32) -> OutputSlice {
    get { nodes[Int(index)].slice }
    set { nodes[Int(index)].slice = newValue }
  }

  /// Puts a slice at the end of the list of which `last` is the newest, and returns its index.
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

  /// Frees the oldest of a list; returns the one after it.
  mutating func removeFirst(_ index: Int32) -> Int32 {
    used -= 1
    let next = nodes[Int(index)].next
    nodes[Int(index)].next = free
    free = index
    if used == 0, heldBytes > OutputSliceLists.keptBytesMax {
      nodes = []
      free = OutputSliceLists.end
    }
    return next
  }
}

/// What the kernel refused for one session: copied out of the streams, so that these can be emptied after each flush
/// whatever a slow reader does.
struct Backlog {
  private var bytes: [UInt8] = []
  private var start = 0
  /// Whether what was sent so far ends with a line's end.
  private var isAtLineStart: Bool
  /// It holds the rest of a line and perhaps one last line, and takes nothing more: the session is to be closed.
  private(set) var isCut = false

  /// Of bytes that were offered, all after the first `taken`.
  init(of offered: Span<UInt8>, after taken: Int) {
    // Nothing else waited, so what was sent before these ended with a line's end.
    isAtLineStart = taken == 0 || offered[taken - 1] == UInt8(ascii: "\n")
    append(offered.extracting(taken...))
  }

  /// The same, cut at once.
  init(restOfLineOf offered: Span<UInt8>, after taken: Int) {
    isAtLineStart = taken == 0 || offered[taken - 1] == UInt8(ascii: "\n")
    isCut = true
    guard !isAtLineStart else { return }
    var end = taken
    while end < offered.count, offered[end] != UInt8(ascii: "\n") { end += 1 }
    append(offered.extracting(taken..<min(end + 1, offered.count)))
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

  mutating func removeFirst(_ count: Int) {
    guard count > 0 else { return }
    start += count
    isAtLineStart = bytes[start - 1] == UInt8(ascii: "\n")
  }

  /// Drops all but the rest of the line that was begun, so that another line may follow.
  mutating func cutAfterLine() {
    isCut = true
    let lineEnd = isAtLineStart ? start : (bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1) + 1
    bytes = [UInt8](trimmed: bytes[start..<lineEnd])
    start = 0
  }
}

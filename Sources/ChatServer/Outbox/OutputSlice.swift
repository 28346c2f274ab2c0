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

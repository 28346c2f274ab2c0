import ChatProtocol

/// Which output stream bytes lie in: one that the sessions of a dialect share, or the one for replies.
struct StreamID: Equatable {
  fileprivate let index: UInt8

  /// What is sent to one session. In a shared stream it would lie between two broadcasts and split the slices of all others.
  static var direct: StreamID { StreamID(index: 0) }

  /// What is sent to many sessions of one dialect.
  static func shared(_ dialect: Dialect) -> StreamID {
    let index = Dialect.allCases.firstIndex(of: dialect)! + 1
    precondition(index < streamCount, "there is a stream for each dialect: raise streamCount")
    return StreamID(index: UInt8(index))
  }

  static let all = [direct] + Dialect.allCases.map(shared)
}

/// Replies, and up to three dialects.
private let streamCount = 4

/// A value for each output stream, in place: reaching one costs an addition.
struct PerStream<Value> {
  private var values: InlineArray<4, Value>

  init(repeating value: Value) { values = InlineArray(repeating: value) }

  subscript(stream: StreamID) -> Value {
    @inline(__always) _read { yield values[Int(stream.index)] }
    @inline(__always) _modify { yield &values[Int(stream.index)] }
  }

  @inline(__always)
  func map<Other>(_ transform: (Value) -> Other) -> PerStream<Other> {
    var others = PerStream<Other>(repeating: transform(values[0]))
    for index in 1..<streamCount { others.values[index] = transform(values[index]) }
    return others
  }

  @inline(__always)
  func sum(_ number: (Value) -> Int) -> Int {
    var sum = 0
    for index in 0..<streamCount { sum += number(values[index]) }
    return sum
  }
}

/// An offset in each output stream.
typealias StreamMark = PerStream<Int>

extension PerStream<Int> {
  static var zero: Self { Self(repeating: 0) }

  @inline(__always)
  static func == (one: Self, other: Self) -> Bool {
    for index in 0..<streamCount where one.values[index] != other.values[index] { return false }
    return true
  }

  static func != (one: Self, other: Self) -> Bool { !(one == other) }

  /// Whether it was taken no later.
  func isCovered(by other: Self) -> Bool {
    for index in 0..<streamCount where values[index] > other.values[index] { return false }
    return true
  }

  func earlier(_ other: Self) -> Self {
    var earlier = self
    for index in 0..<streamCount { earlier.values[index] = min(values[index], other.values[index]) }
    return earlier
  }
}

/// Output bytes in the order in which they were encoded. What many recipients share lies here once; each refers to it by offsets.
///
/// Offsets count from the stream's beginning and never repeat, so they stay valid when the front is dropped.
struct OutputStream {
  /// More than this is freed once the stream is empty.
  private static let retainedBytesMax = 4 << 20

  private var bytes: [UInt8] = []
  private var base = 0
  /// `base + bytes.count`, stored, so that marks touch no array.
  private(set) var end = 0
  /// What lies before this may be sent.
  private(set) var released = 0

  var count: Int { end - base }

  /// Appends what `write` appends to the bytes it gets. Returns where it lies.
  mutating func append(_ write: (inout [UInt8]) -> Void) -> Range<Int> {
    let start = end
    write(&bytes)
    end = base + bytes.count
    return start..<end
  }

  mutating func releaseAll() { released = end }
  mutating func release(upTo offset: Int) { released = max(released, offset) }

  /// Drops what was released and sent: all of it, or what lies before `needed`.
  mutating func dropReleased(before needed: Int? = nil) {
    let gone = min(released, needed ?? released)
    if gone == end {
      base = end
      if bytes.capacity > OutputStream.retainedBytesMax { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    } else if gone - base > bytes.count / 2 {
      // Moves only when less remains than goes, so that a byte is moved once on average.
      bytes.removeSubrange(..<(gone - base))
      base = gone
    }
  }

  @inline(__always)
  func withBytes<Value>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Value) -> Value {
    body(bytes.span.extracting(range.lowerBound - base..<range.upperBound - base))
  }
  @inline(__always)
  func copy(_ range: Range<Int>, to buffer: inout GatherBuffer) {
    buffer.append(bytes.span.extracting(range.lowerBound - base..<range.upperBound - base))
  }
}

/// Bytes on their way out, appended in the order in which they were made: what many recipients have in common lies
/// here once, and each of them refers to it by offsets.
///
/// Offsets count from the stream's beginning and never repeat, so they stay good while the front is dropped.
struct OutputStream {
  /// One for what is said to many in each dialect, one for what is said to a single session. Replies have their own,
  /// because in a shared stream they would lie between two broadcasts and tear the slices of everybody else apart.
  enum Kind: UInt8, CaseIterable {
    case sharedText
    case sharedJSON
    case direct
  }

  /// More than this is given back to the system once it is empty: a peak need not be paid for ever.
  private static let keptBytesMax = 4 << 20

  private var bytes: [UInt8] = []
  private var base = 0
  /// What lies before this may be sent.
  private(set) var released = 0

  var end: Int { base + bytes.count }
  var isEmpty: Bool { bytes.isEmpty }
  var count: Int { bytes.count }

  /// Appends what `write` appends to the bytes it is given, and returns where it lies.
  mutating func append(_ write: (inout [UInt8]) -> Void) -> Range<Int> {
    let start = end
    write(&bytes)
    return start..<end
  }

  mutating func releaseAll() { released = end }
  mutating func release(upTo offset: Int) { released = max(released, offset) }

  /// Drops what was released. Only once all of it was handed over, or all that lies before `needed`.
  mutating func dropReleased(before needed: Int? = nil) {
    let gone = min(released, needed ?? released)
    if gone == end {
      base = end
      if bytes.capacity > OutputStream.keptBytesMax { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    } else if gone - base > bytes.count / 2 {
      // Moved only where less stays than goes, so that a byte is moved once on average.
      bytes.removeSubrange(..<(gone - base))
      base = gone
    }
  }

  func withBytes<Value>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Value) -> Value {
    body(bytes.span.extracting(range.lowerBound - base..<range.upperBound - base))
  }

  @inline(__always)
  func copy(_ range: Range<Int>, to copies: inout GatherBuffer) {
    copies.append(bytes.span.extracting(range.lowerBound - base..<range.upperBound - base))
  }
}

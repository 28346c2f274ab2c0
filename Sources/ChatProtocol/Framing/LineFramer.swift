/// Splits a stream of bytes into lines, in pieces of any size. No I/O.
///
/// A line ends with LF or CR LF. A line over the limit is reported once, as soon as that is known, and its rest is dropped as it
/// arrives: memory stays within the limit and one read.
package struct LineFramer: Sendable {
  package enum Frame: Equatable, Sendable {
    /// A line in `buffer`, without its end.
    case line(Range<Int>)
    /// The first bytes, at most 64, of a line that is too long.
    case tooLong(prefix: Range<Int>)
  }

  private static let prefixBytes = 64

  /// The ranges of frames are of this. They are valid until the next call that changes the framer.
  package private(set) var buffer: [UInt8] = []

  /// The bytes before this were returned.
  private var start = 0
  /// No LF is between `start` and this.
  private var scanned = 0
  /// Can change at any time, for the next call.
  package var lineBytesMax: Int
  /// The line was reported as too long, and its LF has not arrived.
  private var isSkipping = false

  /// `lineBytesMax` limits a line without its end; 0 means no limit.
  package init(lineBytesMax: Int) {
    precondition(lineBytesMax >= 0, "a limit is not negative")
    self.lineBytesMax = lineBytesMax
  }

  /// The bytes in `buffer` that are not yet returned.
  package var waiting: Range<Int> { start..<buffer.count }
  package var bufferedBytes: Int { buffer.count - start }
  /// The memory it takes.
  package var heldBytes: Int { buffer.capacity }
  /// How much it may take beyond twice `bufferedBytes`, after `next` returned nil.
  package static let heldBytesSlack = 512

  package mutating func append(_ bytes: Span<UInt8>) {
    let first = isSkipping ? endOfSkippedLine(in: bytes) : 0
    guard first < bytes.count else { return }
    dropReturned()
    // From a buffer it is one copy; from a Span it is byte by byte. The pointer stays inside the closure.
    unsafe bytes.extracting(first...).withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
  }

  /// The next whole line; nil until more bytes arrive.
  package mutating func next() -> Frame? {
    if let lineEnd = nextLineFeed() {
      let line = start..<lineEnd
      start = lineEnd + 1
      scanned = start
      return frame(line)
    }
    // A CR that is one byte over the limit may be part of a line end.
    if lineBytesMax > 0, bufferedBytes > lineBytesMax,
      bufferedBytes > lineBytesMax + 1 || buffer[buffer.count - 1] != UInt8(ascii: "\r")
    {
      isSkipping = true
      return frame(takeRest())
    }
    // An idle connection takes no memory, and an unfinished line little more than its bytes.
    if bufferedBytes == 0 {
      if !buffer.isEmpty { releaseBuffer() }
    } else if buffer.capacity > 2 * bufferedBytes + LineFramer.heldBytesSlack {
      shrinkBuffer()
    }
    return nil
  }

  /// At the end of the stream: the remaining lines, the last one without a line end, one a call, then nil.
  package mutating func finish() -> Frame? {
    if let frame = next() { return frame }
    return bufferedBytes > 0 ? frame(takeRest()) : nil
  }

  /// All bytes not yet returned, for a caller that continues without lines.
  package mutating func takeAll() -> [UInt8] {
    defer { releaseBuffer() }
    return [UInt8](trimmed: buffer[start...])
  }

  private func frame(_ line: Range<Int>) -> Frame {
    let endsInCR = !line.isEmpty && buffer[line.upperBound - 1] == UInt8(ascii: "\r")
    let content = endsInCR ? line.dropLast() : line
    if lineBytesMax > 0, content.count > lineBytesMax {
      // Never more than the limit, so that the prefix is the same in pieces of any size.
      return .tooLong(prefix: content.prefix(Swift.min(LineFramer.prefixBytes, lineBytesMax)))
    }
    return .line(content)
  }

  private mutating func nextLineFeed() -> Int? {
    guard let lineFeed = lineFeed(from: scanned) else {
      scanned = buffer.count
      return nil
    }
    return lineFeed
  }

  private func lineFeed(from first: Int) -> Int? {
    let bytes = buffer.span
    var index = first
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\n") { return index }
      index += 1
    }
    return nil
  }

  private mutating func takeRest() -> Range<Int> {
    let rest = start..<buffer.count
    start = buffer.count
    scanned = start
    return rest
  }

  /// Where the line after the skipped one begins; the count of `bytes` if it is not in them.
  private mutating func endOfSkippedLine(in bytes: Span<UInt8>) -> Int {
    for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
      isSkipping = false
      return index + 1
    }
    return bytes.count
  }

  /// Moves the rest to the front only when at least as much was returned, so that a byte moves once on average.
  private mutating func dropReturned() {
    guard start > 0, start >= buffer.count - start else { return }
    buffer.removeSubrange(..<start)
    scanned -= start
    start = 0
  }

  private mutating func shrinkBuffer() {
    buffer = [UInt8](trimmed: buffer[start...])
    scanned -= start
    start = 0
  }

  private mutating func releaseBuffer() {
    buffer = []
    start = 0
    scanned = 0
  }
}

extension [UInt8] {
  /// A copy that takes no more memory than its bytes. `Array(slice)` may share the memory of the larger array.
  package init(trimmed bytes: ArraySlice<UInt8>) {
    self = []
    reserveCapacity(bytes.count)
    self += bytes
  }
}

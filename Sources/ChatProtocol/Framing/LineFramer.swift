/// Cuts a stream of bytes into lines, whatever pieces it comes in: bytes in, frames out, no I/O.
///
/// A line ends with LF; one CR before it belongs to the end. A line over the bound is reported once, as soon as that
/// is known, and what is left of it is passed over as it comes, so that memory stays within the bound and one read.
package struct LineFramer: Sendable {
  package enum Frame: Equatable, Sendable {
    /// A line in `buffer`, without its end.
    case line(Range<Int>)
    /// The first bytes, at most 64, of a line that is too long.
    case tooLong(prefix: Range<Int>)
  }

  private static let prefixBytes = 64

  /// Where the ranges of frames point. They hold until the next call that changes the framer.
  package private(set) var buffer: [UInt8] = []

  /// The bytes before this were handed out.
  private var start = 0
  /// The bytes between `start` and this hold no LF.
  private var scanned = 0
  /// May change at any time; it counts from the next call on.
  package var lineBytesMax: Int
  /// The line was reported as too long, and its LF has not come yet.
  private var isSkipping = false

  /// `lineBytesMax` bounds a line, its end not counted; 0 means no bound.
  package init(lineBytesMax: Int) {
    precondition(lineBytesMax >= 0, "a bound is not negative")
    self.lineBytesMax = lineBytesMax
  }

  /// Where in `buffer` the bytes are that wait to be handed out.
  package var waiting: Range<Int> { start..<buffer.count }
  /// How many bytes wait to be handed out.
  package var bufferedBytes: Int { buffer.count - start }
  /// The memory it takes.
  package var heldBytes: Int { buffer.capacity }
  /// What it may take beyond twice what waits, when `next` has given nil.
  package static let heldBytesSlack = 512

  package mutating func append(_ bytes: Span<UInt8>) {
    let first = isSkipping ? endOfSkippedLine(in: bytes) : 0
    guard first < bytes.count else { return }
    dropHandedOut()
    // From a buffer it is one copy; from a Span there is only byte by byte. The pointer stays inside the closure.
    unsafe bytes.extracting(first...).withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
  }

  /// The next whole line; nil until more bytes come.
  package mutating func next() -> Frame? {
    if let lineEnd = nextLineFeed() {
      let line = start..<lineEnd
      start = lineEnd + 1
      scanned = start
      return frame(line)
    }
    // A CR that is one byte over the bound may belong to the line's end, which has not come yet.
    if lineBytesMax > 0, bufferedBytes > lineBytesMax,
      bufferedBytes > lineBytesMax + 1 || buffer[buffer.count - 1] != UInt8(ascii: "\r")
    {
      isSkipping = true
      return frame(takeRest())
    }
    // An idle connection holds nothing, and one that has begun a line little more than that.
    if bufferedBytes == 0 {
      if !buffer.isEmpty { releaseBuffer() }
    } else if buffer.capacity > 2 * bufferedBytes + LineFramer.heldBytesSlack {
      shrinkBuffer()
    }
    return nil
  }

  /// At the end of the stream: the lines that are left, the last of them without a line end, one a call, then nil.
  package mutating func finish() -> Frame? {
    if let frame = next() { return frame }
    return bufferedBytes > 0 ? frame(takeRest()) : nil
  }

  /// All that was not handed out, for whoever goes on without lines.
  package mutating func takeAll() -> [UInt8] {
    defer { releaseBuffer() }
    return [UInt8](trimmed: buffer[start...])
  }

  private func frame(_ line: Range<Int>) -> Frame {
    let endsInCR = !line.isEmpty && buffer[line.upperBound - 1] == UInt8(ascii: "\r")
    let content = endsInCR ? line.dropLast() : line
    if lineBytesMax > 0, content.count > lineBytesMax {
      // Never more than the bound, so that the prefix is the same however the bytes came.
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

  /// Moves what is left to the front only once at least as much has been handed out: every byte is moved once on
  /// average, however small the pieces.
  private mutating func dropHandedOut() {
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

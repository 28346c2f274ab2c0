import POSIX

/// Goes through the lines of a file, or of several as if they were one, in either direction, a block at a time, so that
/// only what is needed is read.
///
/// Only whole lines come, without their line ends. One that is longer than `lineBytesMax` is damage and is passed over. Reading
/// throws `.stale` where somebody cut a file meanwhile, and `.canceled` when it is cancelled.
struct LinesOfFile: ~Copyable {
  /// Why it ended.
  enum End: Equatable {
    /// The body had enough.
    case stopped
    /// There is nothing more.
    case complete
    /// As many bytes were read as were allowed.
    case bound
  }

  private let pieces: [LogPiece]
  let blockBytes: Int
  private let lineBytesMax: Int
  private let cancellation: Cancellation?
  /// How long all are together, as they were when they were opened.
  let size: Int64

  init(_ descriptor: consuming FileDescriptor, blockBytes: Int = 256 << 10, lineBytesMax: Int = 16 << 20) throws(Errno)
  {
    self.init([try LogPiece(descriptor)], blockBytes: blockBytes, lineBytesMax: lineBytesMax)
  }

  /// `pieces`: the oldest first.
  init(
    _ pieces: [LogPiece], blockBytes: Int = 256 << 10, lineBytesMax: Int = 16 << 20, cancellation: Cancellation? = nil
  ) {
    self.cancellation = cancellation
    self.pieces = pieces
    self.blockBytes = blockBytes
    self.lineBytesMax = lineBytesMax
    size = pieces.reduce(0) { $0 + $1.length }
  }

  /// From the last line that ends before `end` to the first. `body` gets the offset where each line begins and says whether
  /// to go on.
  func backwards(
    from end: Int64, bytesMax: Int, _ body: (Span<UInt8>, _ start: Int64) -> Bool
  ) throws(Errno) -> End {
    var position = end
    var bytesLeft = bytesMax
    // The tail of a line whose beginning is still to be read; nil where no line end was met yet.
    var tail: [UInt8]?
    while position > 0 {
      if bytesLeft == 0 { return .bound }
      let length = min(blockBytes, Int(clamping: position), bytesLeft)
      var block = try read(length, at: position - Int64(length))
      position -= Int64(length)
      bytesLeft -= length
      if let tail { block += tail }
      var lineEnd = tail == nil ? nil : block.count
      var index = length
      while index > 0 {
        index -= 1
        guard block[index] == UInt8(ascii: "\n") else { continue }
        if let lineEnd, !body(block.span.extracting(index + 1..<lineEnd), position + Int64(index) + 1) {
          return .stopped
        }
        lineEnd = index
      }
      tail = lineEnd.flatMap { $0 > lineBytesMax ? nil : Array(block[..<$0]) }
    }
    if let tail, !body(tail.span, 0) { return .stopped }
    return .complete
  }

  /// From the line that begins at or first behind `start` to the last that ends before `end`; `body` gets the offset
  /// behind each line and says whether to go on.
  func forwards(
    from start: Int64, to end: Int64, bytesMax: Int, _ body: (Span<UInt8>, _ next: Int64) -> Bool
  ) throws(Errno) -> End {
    // One byte earlier: a line that begins exactly at `start` is known by the line end before it.
    var position = max(0, start - 1)
    var bytesLeft = bytesMax
    // The beginning of a line whose end is still to be read; nil where the beginning is not known.
    var head: [UInt8]? = start == 0 ? [] : nil
    while position < end {
      if bytesLeft == 0 { return .bound }
      let length = min(blockBytes, Int(clamping: end - position), bytesLeft)
      let read = try read(length, at: position)
      let headLength = head?.count ?? 0
      let block = (head ?? []) + read
      let blockStart = position - Int64(headLength)
      var lineStart = head == nil ? nil : 0
      for index in headLength..<block.count where block[index] == UInt8(ascii: "\n") {
        if let lineStart {
          let line = block.span.extracting(lineStart..<index)
          if !body(line, blockStart + Int64(index) + 1) { return .stopped }
        }
        lineStart = index + 1
      }
      head = lineStart.flatMap { block.count - $0 > lineBytesMax ? nil : Array(block[$0...]) }
      position += Int64(length)
      bytesLeft -= length
    }
    return .complete
  }

  /// So many lines are asked at a place, as far as a block has them: one that somebody put there by hand tells nothing.
  static let doubtedLines = 32

  /// By bisection: an offset behind a line that comes before what is looked for, or 0, from which it is no more than a block to
  /// the first that does not. `isBefore` says nothing of lines that do not tell.
  func offset(behind isBefore: (Span<UInt8>) -> Bool?) throws(Errno) -> Int64 {
    var low: Int64 = 0
    var high = size
    while high - low > Int64(blockBytes) {
      let middle = low + (high - low) / 2
      var behindLine: Int64?
      var asked = 0
      _ = try forwards(from: middle, to: high, bytesMax: .max) { line, next in
        guard let isBefore = isBefore(line) else { return true }
        guard isBefore else {
          behindLine = nil
          return false
        }
        let first = behindLine ?? next
        behindLine = first
        asked += 1
        return asked < Self.doubtedLines && next - first < Int64(blockBytes)
      }
      if let behindLine { low = behindLine } else { high = middle }
    }
    return low
  }

  /// By bisection: where a line begins from which on no line comes before what is looked for, or the end. `isBefore` as above.
  func end(of isBefore: (Span<UInt8>) -> Bool?) throws(Errno) -> Int64 {
    var low: Int64 = 0
    var high = size
    while high - low > Int64(blockBytes) {
      let middle = low + (high - low) / 2
      var behindLine: Int64?
      var first: Int64?
      var asked = 0
      _ = try forwards(from: middle, to: size, bytesMax: .max) { line, next in
        guard let isBefore = isBefore(line) else { return true }
        if isBefore {
          behindLine = next
          return false
        }
        first = first ?? next
        asked += 1
        return asked < Self.doubtedLines && next - first! < Int64(blockBytes)
      }
      if let behindLine { low = min(behindLine, high) } else { high = middle }
    }
    var end = size
    _ = try forwards(from: high, to: size, bytesMax: .max) { line, next in
      end = next - Int64(line.count) - 1
      return false
    }
    return end
  }

  /// `length` bytes at an offset.
  private func read(_ length: Int, at offset: Int64) throws(Errno) -> [UInt8] {
    try cancellation?.check()
    var bytes: [UInt8] = []
    var start: Int64 = 0
    for piece in pieces {
      let position = offset + Int64(bytes.count) - start
      start += piece.length
      guard position < piece.length else { continue }
      let wanted = min(length - bytes.count, Int(clamping: piece.length - position))
      let more = try piece.read(wanted, at: position)
      if bytes.isEmpty { bytes = more } else { bytes += more }
      if more.count < wanted || bytes.count == length { break }
    }
    if bytes.count < length { throw .stale }
    return bytes
  }
}

import ChatProtocol
import POSIX

/// Reads the lines of a file, or of several as if they were one, in either direction, a block at a time.
///
/// It gives whole lines without their line ends, and skips a line longer than `lineBytesMax`, which is damage. It throws `.stale`
/// where a file was cut meanwhile, and `.canceled` after a cancellation.
struct LineReader: ~Copyable {
  enum End: Equatable {
    /// The body returned false.
    case stopped
    /// There are no more lines.
    case complete
    /// The most bytes allowed were read.
    case bound
  }

  private let pieces: [LogPiece]
  let blockBytes: Int
  private let lineBytesMax: Int
  private let cancellation: Cancellation?
  /// The length of all files together, when they were opened.
  let size: Int64

  init(_ descriptor: consuming FileDescriptor, blockBytes: Int = 256 << 10, lineBytesMax: Int = 16 << 20) throws(Errno)
  {
    self.init([try LogPiece(descriptor)], blockBytes: blockBytes, lineBytesMax: lineBytesMax)
  }

  /// `pieces`: oldest first.
  init(
    _ pieces: [LogPiece], blockBytes: Int = 256 << 10, lineBytesMax: Int = 16 << 20, cancellation: Cancellation? = nil
  ) {
    self.cancellation = cancellation
    self.pieces = pieces
    self.blockBytes = blockBytes
    self.lineBytesMax = lineBytesMax
    size = pieces.reduce(0) { $0 + $1.length }
  }

  /// From the last line that ends before `end` to the first. `body` gets each line with its offset, until it returns false.
  func backwards(
    from end: Int64, bytesMax: Int, _ body: (Span<UInt8>, _ start: Int64) -> Bool
  ) throws(Errno) -> End {
    var position = end
    var bytesLeft = bytesMax
    // The tail of a line whose beginning is not read yet; nil before the first line end.
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

  /// From the first line that begins at or behind `start` to the last that ends before `end`. `body` gets each line with the
  /// offset of the next, until it returns false.
  func forwards(
    from start: Int64, to end: Int64, bytesMax: Int, _ body: (Span<UInt8>, _ next: Int64) -> Bool
  ) throws(Errno) -> End {
    // One byte earlier: the line end before `start` shows that a line begins there.
    var position = max(0, start - 1)
    var bytesLeft = bytesMax
    // The beginning of a line whose end is not read yet; nil where the beginning is unknown.
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

  /// How many lines of a block decide a step of a bisection: a single one may be inserted by hand.
  static let sampledLines = 32

  /// By bisection: an offset, behind a line before the target or 0, that is at most a block before the first line that is not
  /// before the target. `isBefore` returns nil for lines that do not tell.
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
        return asked < Self.sampledLines && next - first < Int64(blockBytes)
      }
      if let behindLine { low = behindLine } else { high = middle }
    }
    return low
  }

  /// By bisection: the offset from which on no line is before the target, or the end.
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
        return asked < Self.sampledLines && next - first! < Int64(blockBytes)
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

/// The location of a position in the pieces of the log.
enum LogLocation: Equatable {
  /// The lines after it begin at this offset.
  case offset(Int64)
  /// Its piece was removed or compressed; `next` is the first id that can be read.
  case gone(next: MessageID?)
}

extension LineReader {
  /// Where the lines after a position begin. A position whose line is missing, after a power failure or by hand, is where it would
  /// be. `greatest`: the last issued id.
  func place(of position: LogPosition, isWhole: Bool, upTo greatest: MessageID) throws(Errno) -> LogLocation {
    var place = try offset { line in LogLineHeader(line)?.id(upTo: greatest).map { $0 < position.id } }
    // nil before the first id: there it is unknown whether lines are missing.
    var reached: LogPosition? = position.id == 0 && isWhole ? LogPosition() : nil
    if place > 0 { reached = try self.position(before: place, upTo: greatest) }
    var missing: MessageID?
    _ = try forwards(from: place, to: size, bytesMax: .max) { line, next in
      let id = LogLineHeader(line)?.id(upTo: greatest)
      if let before = reached ?? id.map({ _ in LogPosition() }) {
        var after = before
        after.advance(to: id)
        if after > position {
          if reached == nil || position.id == 0 && before < position { missing = id }
          return false
        }
        reached = after
      }
      place = next
      return true
    }
    return missing != nil || reached == nil ? .gone(next: missing) : .offset(place)
  }

  /// The offset of the first line written at this time or later.
  func place(of time: Timestamp) throws(Errno) -> Int64 {
    var stamp: [UInt8] = []
    stamp.append(timestamp: time)
    let low = try offset { line in LogLineHeader(line).map { _ in LogLineHeader.isBefore(stamp, line) } }
    var place = low
    _ = try forwards(from: low, to: size, bytesMax: .max) { line, next in
      guard LogLineHeader(line) == nil || LogLineHeader.isBefore(stamp, line) else { return false }
      place = next
      return true
    }
    return place
  }

  /// The position of the last line before an offset.
  func position(before offset: Int64, upTo greatest: MessageID) throws(Errno) -> LogPosition {
    var position = LogPosition()
    var lines = 0
    // A line with a lesser id than one before it was inserted by hand.
    var sampled = 0
    _ = try backwards(from: offset, bytesMax: .max) { line, start in
      if let id = LogLineHeader(line)?.id(upTo: greatest) {
        if id >= position.id { position = LogPosition(id: id, line: lines) }
        sampled += 1
      }
      lines += 1
      return sampled == 0 || sampled < Self.sampledLines && offset - start < Int64(blockBytes)
    }
    return position.id == 0 ? LogPosition(line: lines) : position
  }
}

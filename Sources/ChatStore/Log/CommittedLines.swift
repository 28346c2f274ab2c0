package import ChatProtocol

/// What one turn wrote to the log.
package struct CommittedLines: Sendable {
  package let bytes: [UInt8]
  /// Of the last line before them.
  package let before: LogPosition
  /// Of their last.
  package let end: LogPosition
  /// They may be told once this turn stands.
  package let turn: UInt64

  /// The turn keeps its buffer, which has room for the longest: these are a copy.
  init(_ lines: [UInt8], from before: LogPosition, to end: LogPosition, turn: UInt64) {
    bytes = [UInt8](trimmed: lines[...])
    self.before = before
    self.end = end
    self.turn = turn
  }

  /// The memory that it takes: a turn of one short line is mostly this value and what an array and the allocator add.
  package var heldBytes: Int { bytes.capacity + 2 * MemoryLayout<CommittedLines>.stride + 64 }
}

extension LogPosition {
  /// Past lines that stand whole in these bytes.
  mutating func advance(over lines: [UInt8]) {
    lines.forEachLine { line, _ in
      advance(to: LogGlance(line)?.id)
      return true
    }
  }
}

extension [UInt8] {
  /// Goes through the lines that end in it, from an offset on; `body` gets each without its end, and where the next begins,
  /// and says whether to go on.
  func forEachLine(from start: Int = 0, _ body: (Span<UInt8>, _ next: Int) -> Bool) {
    let bytes = span
    var lineStart = start
    for index in start..<count where bytes[index] == UInt8(ascii: "\n") {
      guard body(bytes.extracting(lineStart..<index), index + 1) else { return }
      lineStart = index + 1
    }
  }
}

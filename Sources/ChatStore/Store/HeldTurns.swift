import ChatCore

/// What was to be recorded while nothing could be, in its order.
struct HeldTurns {
  private(set) var lines: [UInt8] = []
  /// Of what cannot be refused, such as that somebody left; so there are not many.
  var records: [Record] = []
  /// How many lines of the log there was no room for.
  private(set) var linesLost = 0

  private static let linesBytesMax = 1 << 20

  /// `stamp` is the line's time as the log writes it.
  mutating func append(_ line: LogRecord, _ stamp: [UInt8]) {
    guard lines.count < Self.linesBytesMax else {
      linesLost += 1
      return
    }
    lines += stamp
    LogFormat.append(line, into: &lines)
  }

  /// Puts what came before in front.
  mutating func prepend(_ lines: [UInt8], _ records: [Record]) {
    self.lines = lines + self.lines
    self.records = records + self.records
  }
}

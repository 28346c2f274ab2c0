/// The line where each record of a file begins, for the fault that names the other one of two.
struct RecordLines {
  private var lines: [Int32] = []

  mutating func reserveCapacity(_ count: Int) { lines.reserveCapacity(count) }

  /// Records are noted in their order; those passed over have no line.
  mutating func note(_ line: Int, of record: Int) {
    while lines.count < record { lines.append(0) }
    lines.append(Int32(clamping: line))
  }

  subscript(record: Int32) -> Int { Int(lines[Int(record)]) }

  subscript(ifNoted record: Int32) -> Int? { record < lines.count ? self[record] : nil }
}

/// How often each latency occurred, in as much memory for a million as for ten. Within each power of two there are 32
/// steps, so a percentile is off by at most 1/32.
struct Latencies: Equatable {
  private static let stepBits = 5
  private static let steps = 1 << stepBits

  private var counts = [UInt64](repeating: 0, count: (33 - stepBits) * steps)
  private(set) var count: UInt64 = 0
  private(set) var max_us: UInt32 = 0

  @inline(__always)
  mutating func add(_ latency_us: UInt32) {
    counts[Self.place(of: latency_us)] += 1
    count += 1
    if latency_us > max_us { max_us = latency_us }
  }

  /// The latency that a share (0.99, say) of all did not exceed, in microseconds, rounded up to the step's end; nil
  /// where there were none.
  func percentile(_ share: Double) -> UInt32? {
    guard count > 0 else { return nil }
    // Of 100, the 99th from below is what 0.99 means.
    let rank = max(1, UInt64((Double(count) * share).rounded(.up)))
    var below: UInt64 = 0
    for (place, count) in counts.enumerated() {
      below += count
      if below >= rank { return min(Self.end(of: place), max_us) }
    }
    return max_us
  }

  /// Below 64 every number has a place; above, the five bits behind the first.
  @inline(__always)
  private static func place(of latency_us: UInt32) -> Int {
    let value = Int(latency_us)
    if value < steps { return value }
    let shift = (Int.bitWidth - 1 - value.leadingZeroBitCount) - stepBits
    return (shift << stepBits) + (value >> shift)
  }

  /// The greatest latency at a place.
  private static func end(of place: Int) -> UInt32 {
    if place < 2 * steps { return UInt32(place) }
    let shift = (place >> stepBits) - 1
    let first = (place & (steps - 1) | steps) << shift
    return UInt32(clamping: first + (1 << shift) - 1)
  }
}

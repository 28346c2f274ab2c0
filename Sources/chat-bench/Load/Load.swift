import POSIX

/// When the next message of a load goes out, and when there is none any more.
struct Schedule: Equatable {
  enum Pace: Equatable {
    /// Closed loop, as fast as the server goes: the next message goes once no more than this many are on their way.
    case window(Int)
    /// Open loop: this many a second, whether the server keeps up or not.
    case rate(Double)
  }

  enum End: Equatable {
    case messages(Int)
    case seconds(Double)
  }

  var pace: Pace
  var end: End

  /// Whether all messages have been sent, `elapsed_ns` after the first could be.
  func isOver(elapsed_ns: Int64, sent: Int) -> Bool {
    switch end {
    case .messages(let count): sent >= count
    case .seconds(let seconds): Double(elapsed_ns) >= seconds * 1e9
    }
  }

  /// Whether one more goes out now. `deliveriesUnderWay` are those of all messages sent before, `deliveriesEach` what
  /// each of them makes.
  func isDue(elapsed_ns: Int64, sent: Int, deliveriesUnderWay: Int, deliveriesEach: Int) -> Bool {
    if case .messages(let count) = end, sent >= count { return false }
    switch pace {
    case .window(let messages): return deliveriesUnderWay + deliveriesEach <= messages * deliveriesEach
    case .rate(let rate): return Double(sent) < Double(elapsed_ns) / 1e9 * rate
    }
  }

  /// How long to wait for the server before looking again: where messages go by the clock, no longer than a millisecond.
  var timeout_ms: Int32 {
    switch pace {
    case .window: 100
    case .rate: 1
    }
  }
}

/// What came of a load.
struct LoadResult {
  var sent = 0
  var expected = 0
  var delivered = 0
  /// From the first message sent to the last one delivered.
  var elapsed_ns: Int64 = 0
  var latencies = LatencyHistogram()
  /// By how much the generator was behind its own timetable at worst: latencies below that say nothing about the server.
  var late_ns: Int64 = 0
  /// Of the server, from beginning to end; nil where its process is not known.
  var cpu_ns: Int64?

  var lost: Int { expected - delivered }
  var seconds: Double { Double(elapsed_ns) / 1e9 }
  var deliveriesPerSecond: Double { elapsed_ns > 0 ? Double(delivered) / seconds : 0 }
  var cpuPerDelivery_us: Double? { cpu_ns.map { Double($0) / 1000 / Double(max(1, delivered)) } }
  var cpuPerMessage_us: Double? { cpu_ns.map { Double($0) / 1000 / Double(max(1, sent)) } }

  /// The longest that a delivery took; nil where there was none.
  var longest_ms: Double? { latencies.count > 0 ? Double(latencies.max_us) / 1000 : nil }

  func percentile_ms(_ share: Double) -> Double? { latencies.percentile(share).map { Double($0) / 1000 } }
}

/// How often each latency occurred, in as much memory for a million as for ten. Within each power of two there are 32
/// steps, so a percentile is off by at most 1/32.
struct LatencyHistogram: Equatable {
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

/// When the next message of a load is sent, and when the load ends.
struct Schedule: Equatable {
  enum Pace: Equatable {
    /// Closed loop, as fast as the server: a message is sent while no more than this many are in flight.
    case window(Int)
    /// Open loop: this many per second, whether or not the server keeps up.
    case rate(Double)
  }

  enum End: Equatable {
    case messages(Int)
    case seconds(Double)
  }

  var pace: Pace
  var end: End

  /// Whether all messages have been sent, `elapsed` nanoseconds after the start.
  func isOver(elapsed: Int64, sent: Int) -> Bool {
    switch end {
    case .messages(let count): sent >= count
    case .seconds(let seconds): Double(elapsed) >= seconds * 1e9
    }
  }

  /// Whether one more is sent now. `inFlight`: deliveries of all messages sent before; `each`: deliveries of one
  /// message.
  func isDue(elapsed: Int64, sent: Int, inFlight: Int, each: Int) -> Bool {
    if case .messages(let count) = end, sent >= count { return false }
    switch pace {
    case .window(let messages): return inFlight + each <= messages * each
    case .rate(let rate): return Double(sent) < Double(elapsed) / 1e9 * rate
    }
  }

  /// How long to wait for the server, in milliseconds: at most one if messages are sent at a fixed rate.
  var waitMilliseconds: Int32 {
    switch pace {
    case .window: 100
    case .rate: 1
    }
  }
}

/// The measurements of a load.
struct LoadResult {
  var sent = 0
  var expected = 0
  var delivered = 0
  /// From the first message sent to the last one delivered.
  var elapsedNanoseconds: Int64 = 0
  var latencies = LatencyHistogram()
  /// The greatest delay of the generator itself: latencies below that say nothing about the server.
  var lateNanoseconds: Int64 = 0
  /// Of the server; nil if its process is unknown.
  var cpuNanoseconds: Int64?

  var lost: Int { expected - delivered }
  var seconds: Double { Double(elapsedNanoseconds) / 1e9 }
  var deliveriesPerSecond: Double { elapsedNanoseconds > 0 ? Double(delivered) / seconds : 0 }
  var cpuMicrosecondsPerDelivery: Double? { cpuNanoseconds.map { Double($0) / 1000 / Double(max(1, delivered)) } }
  var cpuMicrosecondsPerMessage: Double? { cpuNanoseconds.map { Double($0) / 1000 / Double(max(1, sent)) } }

  /// The greatest latency; nil if there was no delivery.
  var longestMilliseconds: Double? { latencies.count > 0 ? Double(latencies.maxMicroseconds) / 1000 : nil }

  func milliseconds(_ percentile: Double) -> Double? { latencies.percentile(percentile).map { Double($0) / 1000 } }
}

/// How often each latency occurred, in microseconds, in constant memory. Each power of two has 32 steps, so a
/// percentile is at most 1/32 too large.
struct LatencyHistogram: Equatable {
  private static let stepBits = 5
  private static let steps = 1 << stepBits

  private var counts = [UInt64](repeating: 0, count: (33 - stepBits) * steps)
  private(set) var count: UInt64 = 0
  private(set) var maxMicroseconds: UInt32 = 0

  @inline(__always)
  mutating func add(_ latency: UInt32) {
    counts[Self.step(of: latency)] += 1
    count += 1
    if latency > maxMicroseconds { maxMicroseconds = latency }
  }

  /// The latency that a share (0.99, say) of all did not exceed, rounded up to the step's end; nil if there were none.
  func percentile(_ share: Double) -> UInt32? {
    guard count > 0 else { return nil }
    // Of 100 latencies, 0.99 means the 99th from below.
    let rank = max(1, UInt64((Double(count) * share).rounded(.up)))
    var below: UInt64 = 0
    for (step, count) in counts.enumerated() {
      below += count
      if below >= rank { return min(Self.end(of: step), maxMicroseconds) }
    }
    return maxMicroseconds
  }

  /// Below 64 every number has a step; above, the five bits after the first one select it.
  @inline(__always)
  private static func step(of latency: UInt32) -> Int {
    let value = Int(latency)
    if value < steps { return value }
    let shift = (Int.bitWidth - 1 - value.leadingZeroBitCount) - stepBits
    return (shift << stepBits) + (value >> shift)
  }

  /// The greatest latency of a step.
  private static func end(of step: Int) -> UInt32 {
    if step < 2 * steps { return UInt32(step) }
    let shift = (step >> stepBits) - 1
    let first = (step & (steps - 1) | steps) << shift
    return UInt32(clamping: first + (1 << shift) - 1)
  }
}

import POSIX

/// What came of a load.
struct LoadOutcome {
  var sent = 0
  var expected = 0
  var delivered = 0
  /// From the first message sent to the last one delivered.
  var elapsed_ns: Int64 = 0
  var latencies = Latencies()
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

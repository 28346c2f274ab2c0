import ChatProtocol

/// What the server does, counted where it is done and sampled once a second: how much of it since the start, and in each of the
/// last sixty seconds.
struct Activity {
  static let samples_max = 60

  struct Counts {
    var messages = 0
    var deliveries = 0
    var connections = 0
  }

  /// Since the start; to be added to where something happens.
  var counts = Counts()
  /// What they were at the last sample.
  private var sampled = Counts()
  private var sampled_ms: Int64
  /// The oldest first.
  private var samples: [Counts] = []

  /// By the monotonic clock, as below.
  init(at now_ms: Int64) { sampled_ms = now_ms }

  /// About once a second while anything happens. Nothing happened in the seconds that were left out.
  mutating func sample(at now_ms: Int64) {
    let missed = Int(clamping: (now_ms - sampled_ms + 500) / 1000) - 1
    for _ in 0..<max(0, min(missed, Activity.samples_max)) { append(Counts()) }
    append(
      Counts(
        messages: counts.messages - sampled.messages, deliveries: counts.deliveries - sampled.deliveries,
        connections: counts.connections - sampled.connections))
    sampled = counts
    sampled_ms = now_ms
  }

  private mutating func append(_ sample: Counts) {
    if samples.count == Activity.samples_max { samples.removeFirst() }
    samples.append(sample)
  }

  var rates: ControlRates {
    ControlRates(
      messages: rate(of: \.messages), deliveries: rate(of: \.deliveries), connections: rate(of: \.connections))
  }

  private func rate(of count: KeyPath<Counts, Int>) -> ControlRate {
    func last(_ seconds: Int) -> Int { samples.suffix(seconds).reduce(0) { $0 + $1[keyPath: count] } }
    return ControlRate(
      total: UInt64(counts[keyPath: count]), lastSecond: last(1), lastTenSeconds: last(10), lastMinute: last(60))
  }

  var lastMinute: ControlSamples {
    ControlSamples(
      messages: samples.map(\.messages), deliveries: samples.map(\.deliveries), connections: samples.map(\.connections))
  }
}

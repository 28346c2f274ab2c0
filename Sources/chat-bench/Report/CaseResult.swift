/// What one run of a case on one server came to.
struct CaseResult: Equatable {
  let name: String
  let subject: String
  /// What differs between several runs of one case: `100,000 accounts`; empty where there is one.
  var variant = ""
  let figures: [Figure]

  /// The figures of a load, the same for every server.
  static func load(_ name: String, _ subject: Subject, variant: String = "", _ outcome: LoadOutcome) -> CaseResult {
    CaseResult(
      name: name, subject: subject.name, variant: variant,
      figures: [
        Figure("deliveries_per_s", "DELIVERIES/S", outcome.deliveriesPerSecond),
        Figure("server_cpu_us_per_delivery", "CPU us", outcome.cpuPerDelivery_us, digits: 3),
        Figure("p50_ms", "P50 ms", outcome.percentile_ms(0.5), digits: 2),
        Figure("p99_ms", "P99 ms", outcome.percentile_ms(0.99), digits: 2),
        Figure("p999_ms", "P99.9 ms", outcome.percentile_ms(0.999), digits: 2),
        Figure("generator_late_ms", "LATE ms", Double(outcome.late_ns) / 1e6, digits: 1),
        Figure("lost", "LOST", outcome.lost),
      ])
  }

  func figure(_ key: String) -> Double? { figures.first { $0.key == key }?.value }
}

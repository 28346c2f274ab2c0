extension BenchCase {
  static let leave = BenchCase(
    name: "leave",
    meaning: "messages between ten others, 500 a second, while 5,000 of a room of 10,000 lose their connections at "
      + "once",
    good: "the longest wait stays under 50 ms; beside it, the same with nobody leaving"
  ) { (bench, results) throws(BenchError) in
    let half = bench.scale.count(5000)
    let server = try bench.startServer(rooms: 2)
    let staying = try IdleClients(server.subject, Crowd(clients: half, rooms: 0..<1, wires: [.text]))
    let leaving = try IdleClients(server.subject, Crowd(clients: half, rooms: 0..<1, wires: [.text]))
    let swarm = try Swarm(server.subject)
    try swarm.comeIn(Crowd(clients: 10, rooms: 1..<2, sendersInEachRoom: 2, wires: [.text, .json]))
    let schedule = Schedule(pace: .rate(500), end: .seconds(bench.scale.seconds))

    bench.progress("nobody leaves")
    let calm = try swarm.run(schedule)
    results.append(.waits("leave", server.subject, variant: "nobody leaving", calm))
    bench.progress("\(half.grouped) leave")
    var haveLeft = false
    let busy = try swarm.run(schedule) { (elapsed_ns) throws(BenchError) in
      guard !haveLeft, Double(elapsed_ns) > bench.scale.seconds * 1e9 / 3 else { return }
      haveLeft = true
      leaving.leave()
    }
    withExtendedLifetime((server, staying, leaving)) {}
    results.append(.waits("leave", server.subject, variant: "\(half.grouped) leaving", busy))
  }
}

extension CaseResult {
  /// The figures of messages that a few send by the clock while something else goes on.
  static func waits(
    _ name: String, _ subject: Subject, variant: String, _ outcome: LoadOutcome, and more: [Figure] = []
  ) -> CaseResult {
    CaseResult(
      name: name, subject: subject.name, variant: variant,
      figures: [
        Figure("longest_ms", "LONGEST ms", outcome.longest_ms, digits: 1),
        Figure("p99_ms", "P99 ms", outcome.percentile_ms(0.99), digits: 2),
        Figure("p50_ms", "P50 ms", outcome.percentile_ms(0.5), digits: 2),
        Figure("generator_late_ms", "LATE ms", Double(outcome.late_ns) / 1e6, digits: 1),
        Figure("lost", "LOST", outcome.lost),
      ] + more)
  }
}

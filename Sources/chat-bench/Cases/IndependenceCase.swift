extension BenchCase {
  static let independence = BenchCase(
    name: "independence",
    meaning: "what a message costs in one busy room of ten while accounts, rooms and idle sessions elsewhere grow",
    good: "the same CPU in all rows: nothing that grows stands in the way of a message"
  ) { (bench, results) throws(BenchError) in
    let sizes = [10, 1000, bench.scale.count(100_000)]
    // The server has a descriptor for each session, and so has this process.
    let sessions_max = bench.descriptors_max - 200
    for size in sizes {
      results.append(try measure(bench, accounts: size, rooms: 10, sessions: 10, "\(size.grouped) accounts"))
    }
    for size in sizes.dropFirst() {
      results.append(try measure(bench, accounts: 10, rooms: size, sessions: 10, "\(size.grouped) rooms"))
    }
    for size in sizes.dropFirst().map({ min($0, sessions_max) }) {
      results.append(try measure(bench, accounts: 10, rooms: 10, sessions: size, "\(size.grouped) idle sessions"))
    }
  }

  private static func measure(
    _ bench: Bench, accounts: Int, rooms: Int, sessions: Int, _ variant: String
  ) throws(BenchError) -> CaseResult {
    bench.progress("with \(variant)")
    let server = try bench.startServer(rooms: rooms) { (folder) throws(BenchError) in
      try DataFiles.writeUsers(accounts, to: folder)
    }
    let bystanders = try IdleClients(server.subject, Crowd(clients: sessions, rooms: 1..<rooms, wires: [.text]))
    let crowd = Crowd(clients: 10, rooms: 0..<1, sendersInEachRoom: 2, wires: [.text, .json])
    let outcome = try bench.load(server.subject, crowd, .window(64))
    withExtendedLifetime((server, bystanders)) {}
    return CaseResult(
      name: "independence", subject: server.subject.name, variant: variant,
      figures: [
        Figure("messages_per_s", "MESSAGES/S", Double(outcome.sent) / max(outcome.seconds, 1e-9)),
        Figure("server_cpu_us_per_message", "CPU us/MESSAGE", outcome.cpuPerMessage_us, digits: 2),
        Figure("p99_ms", "P99 ms", outcome.percentile_ms(0.99), digits: 2),
        Figure("lost", "LOST", outcome.lost),
      ])
  }
}

extension Int {
  /// `100,000`.
  var grouped: String { Figure.text(Double(self), digits: 0) }
}

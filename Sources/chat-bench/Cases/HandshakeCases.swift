import POSIX

// The cost of TLS handshakes.
extension BenchCase {
  static let handshakes = BenchCase(
    name: "handshakes",
    meaning: "clients connect, wait for the first line and disconnect, eight at a time: in plaintext, and over TLS "
      + "with a full handshake each",
    good: "CPU at most 1 ms for each handshake", others: .any, transports: .tls
  ) { (bench, results) throws(BenchError) in
    let server = try bench.startServer(rooms: 1, tls: true)
    try churn(bench, server.target, into: &results)
    withExtendedLifetime(server) {}
    if let other = bench.other?.overTLS {
      bench.progress("the same on \(other.name)")
      try churn(bench, other, inPlaintext: bench.other, into: &results)
    }
  }

  /// `plaintext` is the same server without TLS; nil if its one port serves both.
  private static func churn(
    _ bench: Bench, _ target: Target, inPlaintext plaintext: Target? = nil, into results: inout [CaseResult]
  ) throws(BenchError) {
    var inPlaintext: Double?
    for target in [plaintext ?? target.inPlaintext, target] {
      bench.progress(target.isTLS ? "over TLS" : "in plaintext")
      let (server, own) = (target.usage?.cpuNanoseconds, ProcessTable.usage(of: CurrentProcess.id)?.cpuNanoseconds)
      let count = try ConnectionChurn(target).run(.window(8)) { Double($0) >= bench.scale.seconds * 1e9 }
      let each = { (before: Int64?, after: Int64?) -> Double? in
        if let before, let after { Double(after - before) / 1000 / Double(max(1, count.made)) } else { nil }
      }
      let cpu = each(server, target.usage?.cpuNanoseconds)
      let ownCPU = each(own, ProcessTable.usage(of: CurrentProcess.id)?.cpuNanoseconds)
      let handshake: Double? = if target.isTLS, let cpu, let inPlaintext { cpu - inPlaintext } else { nil }
      inPlaintext = cpu
      results.append(
        CaseResult(
          name: "handshakes", target: target,
          figures: [
            Figure("connections_per_s", "CONNECTIONS/S", count.perSecond),
            Figure("server_cpu_us_per_connection", "CPU us/CONNECTION", cpu),
            Figure("server_cpu_us_per_handshake", "CPU us/HANDSHAKE", handshake),
            Figure("generator_cpu_us_per_connection", "GENERATOR us", ownCPU),
            Figure("p99_ms", "P99 ms", count.latencies.percentile(0.99).map { Double($0) / 1000 }, digits: 2),
          ]))
    }
  }

  /// Handshakes a second in `handshakeFlood`.
  private static let floodRate = 300.0

  static let handshakeFlood = BenchCase(
    name: "handshake-flood",
    meaning: "100 messages a second in one room of 200 over TLS, without and with 300 handshakes a second by other "
      + "clients",
    good: "P99 at most 2 times that of the row without handshakes", transports: .tls
  ) { (bench, results) throws(BenchError) in
    let server = try bench.startServer(rooms: 1, tls: true)
    let target = server.target
    let generator = try LoadGenerator(target)
    try generator.logIn(
      ClientGroup(clients: 200, rooms: 0..<1, sendersInEachRoom: 4, wires: [.text, .json]))
    let schedule = Schedule(pace: .rate(100), end: .seconds(bench.scale.seconds * 2))

    bench.progress("without handshakes")
    let calm = try generator.run(schedule)
    results.append(
      .latencies(
        "handshake-flood", target, variant: "no handshakes", calm,
        and: floodFigures(ConnectionChurn.Count(), calm, to: nil)))
    bench.progress("with handshakes")
    // At the lowest priority, so that the clients' part of the handshakes does not delay the generator.
    let flood = try BackgroundThread(onlyWhenIdle: true) { (isOver) throws(BenchError) in
      try ConnectionChurn(target).run(.rate(floodRate)) { _ in isOver() }
    }
    let busy = try generator.run(schedule)
    let made = try flood.stop()
    withExtendedLifetime(server) {}
    results.append(
      .latencies(
        "handshake-flood", target, variant: "handshakes", busy, and: floodFigures(made, busy, to: calm)))
  }

  private static func floodFigures(
    _ made: ConnectionChurn.Count, _ result: LoadResult, to calm: LoadResult?
  ) -> [Figure] {
    let ratio: Double? =
      if let now = result.milliseconds(0.99), let before = calm?.milliseconds(0.99), before > 0 {
        now / before
      } else {
        nil
      }
    return [
      Figure("p99_ratio", "P99 RATIO", ratio, digits: 2),
      Figure("handshakes_per_s", "HANDSHAKES/S", made.perSecond),
    ]
  }

  static let halfHandshakes = BenchCase(
    name: "half-handshakes",
    meaning: "1,000 clients that send one byte of a TLS handshake and wait; then 1,000 that send a whole ClientHello "
      + "and wait: the memory that each takes in the server",
    good: "at most 16 KiB each, and less for one byte", transports: .tls
  ) { (bench, results) throws(BenchError) in
    for isWhole in [false, true] {
      let server = try bench.startServer(rooms: 1, tls: true)
      let clients = bench.scale.count(1000)
      let before = server.target.usage
      let waiting = try HalfHandshakes(server.target, clients: clients, isWhole: isWhole)
      let after = server.target.usage
      let memory: Double? =
        if let before, let after {
          Double(after.residentBytes - before.residentBytes) / Double(clients) / 1024
        } else {
          nil
        }
      results.append(
        CaseResult(
          name: "half-handshakes", target: server.target, variant: isWhole ? "a ClientHello" : "one byte",
          figures: [
            Figure("clients", "CLIENTS", clients),
            Figure("open", "OPEN", waiting.open()),
            Figure("memory_per_client_kib", "KiB/CLIENT", memory, digits: 2),
          ]))
    }
  }
}

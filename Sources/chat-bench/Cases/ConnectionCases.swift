import POSIX

// Clients that connect, stay idle and disconnect.
extension BenchCase {
  static let idle = BenchCase(
    name: "idle", meaning: "10,000 idle clients in 100 rooms: the memory that each takes in the server",
    good: "at most 2 KiB each, 16 KiB over TLS", others: .any, transports: .both
  ) { (bench, results) throws(BenchError) in
    try logIn(bench, "idle", rooms: 100, into: &results)
  }

  static let join = BenchCase(
    name: "join", meaning: "10,000 clients connect, log in and join one room, at most 500 at a time",
    good: "a few seconds: the server tells each client about the room, and the room about each client", others: .any,
    transports: .both
  ) { (bench, results) throws(BenchError) in
    try logIn(bench, "join", rooms: 1, into: &results)
  }

  private static func logIn(
    _ bench: Bench, _ name: String, rooms: Int, into results: inout [CaseResult]
  ) throws(BenchError) {
    try bench.onEachServer(rooms: rooms, into: &results) { (target) throws(BenchError) in
      let clients = bench.scale.count(10_000)
      let before = target.usage
      let start = SystemClock.monotonicNanoseconds
      let generator = try LoadGenerator(target)
      try generator.logIn(ClientGroup(clients: clients, rooms: 0..<rooms, wires: [target.wire(for: .text)]))
      let seconds = Double(generator.loggedInNanoseconds - start) / 1e9
      let after = target.usage
      // Until here they must be connected.
      withExtendedLifetime(generator) {}
      let each = { (difference: Int64) in Double(difference) / Double(clients) }
      let memory: Double? =
        if let before, let after { each(after.residentBytes - before.residentBytes) / 1024 } else { nil }
      let cpu: Double? =
        if let before, let after { each(after.cpuNanoseconds - before.cpuNanoseconds) / 1000 } else { nil }
      return CaseResult(
        name: name, target: target,
        figures: [
          Figure("clients", "CLIENTS", clients),
          Figure("join_s", "SECONDS", seconds, digits: 2),
          Figure("server_cpu_us_per_client", "CPU us/CLIENT", cpu, digits: 1),
          Figure("memory_per_client_kib", "KiB/CLIENT", memory, digits: 2),
        ])
    }
  }

  static let leave = BenchCase(
    name: "leave",
    meaning: "500 messages a second among ten clients while 5,000 members of a room of 10,000 disconnect at once",
    good: "the longest wait under 50 ms; the other row is without disconnects"
  ) { (bench, results) throws(BenchError) in
    let half = bench.scale.count(5000)
    let server = try bench.startServer(rooms: 2)
    let staying = try IdleClients(server.target, ClientGroup(clients: half, rooms: 0..<1, wires: [.text]))
    let leaving = try IdleClients(server.target, ClientGroup(clients: half, rooms: 0..<1, wires: [.text]))
    let generator = try LoadGenerator(server.target)
    try generator.logIn(ClientGroup(clients: 10, rooms: 1..<2, sendersInEachRoom: 2, wires: [.text, .json]))
    let schedule = Schedule(pace: .rate(500), end: .seconds(bench.scale.seconds))

    bench.progress("none leaves")
    let calm = try generator.run(schedule)
    results.append(.latencies("leave", server.target, variant: "nobody leaving", calm))
    bench.progress("\(half.grouped) leave")
    var haveLeft = false
    let busy = try generator.run(schedule) { (elapsed) throws(BenchError) in
      guard !haveLeft, Double(elapsed) > bench.scale.seconds * 1e9 / 3 else { return }
      haveLeft = true
      leaving.leave()
    }
    withExtendedLifetime((server, staying, leaving)) {}
    results.append(.latencies("leave", server.target, variant: "\(half.grouped) leaving", busy))
  }

  static let independence = BenchCase(
    name: "independence",
    meaning: "the cost of a message in one busy room of ten as accounts, rooms and idle sessions grow",
    good: "the same CPU in all rows"
  ) { (bench, results) throws(BenchError) in
    let sizes = [10, 1000, bench.scale.count(100_000)]
    // The server has a descriptor for each session, and so has this process.
    let sessionsMax = bench.descriptorsMax - 200
    for size in sizes {
      results.append(try measure(bench, accounts: size, rooms: 10, sessions: 10, "\(size.grouped) accounts"))
    }
    for size in sizes.dropFirst() {
      results.append(try measure(bench, accounts: 10, rooms: size, sessions: 10, "\(size.grouped) rooms"))
    }
    for size in sizes.dropFirst().map({ min($0, sessionsMax) }) {
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
    let idle = try IdleClients(server.target, ClientGroup(clients: sessions, rooms: 1..<rooms, wires: [.text]))
    let group = ClientGroup(clients: 10, rooms: 0..<1, sendersInEachRoom: 2, wires: [.text, .json])
    let result = try bench.load(server.target, group, .window(64))
    withExtendedLifetime((server, idle)) {}
    return CaseResult(
      name: "independence", target: server.target, variant: variant,
      figures: [
        Figure("messages_per_s", "MESSAGES/S", Double(result.sent) / max(result.seconds, 1e-9)),
        Figure("server_cpu_us_per_message", "CPU us/MESSAGE", result.cpuMicrosecondsPerMessage, digits: 2),
        Figure("p99_ms", "P99 ms", result.milliseconds(0.99), digits: 2),
        Figure("lost", "LOST", result.lost),
      ])
  }
}

extension Int {
  /// `100,000`.
  var grouped: String { Figure.text(Double(self), digits: 0) }
}

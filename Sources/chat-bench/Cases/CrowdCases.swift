import POSIX

extension BenchCase {
  static let idle = BenchCase(
    name: "idle", meaning: "10,000 clients in 100 rooms who say nothing: the memory that each costs the server",
    good: "at most 2 KiB each", others: .any
  ) { (bench, results) throws(BenchError) in
    try comeIn(bench, "idle", rooms: 100, into: &results)
  }

  static let join = BenchCase(
    name: "join", meaning: "10,000 clients connect, come in and enter one room, at most 500 at a time",
    good: "a few seconds; each must be told of the room, and the room of each", others: .any
  ) { (bench, results) throws(BenchError) in
    try comeIn(bench, "join", rooms: 1, into: &results)
  }

  private static func comeIn(
    _ bench: Bench, _ name: String, rooms: Int, into results: inout [CaseResult]
  ) throws(BenchError) {
    try bench.onEachServer(rooms: rooms, into: &results) { (subject) throws(BenchError) in
      let clients = bench.scale.count(10_000)
      let before = subject.usage
      let start_ns = SystemClock.monotonic_ns
      let swarm = try Swarm(subject)
      try swarm.comeIn(Crowd(clients: clients, rooms: 0..<rooms, wires: [subject.wire(for: .text)]))
      let seconds = Double(swarm.in_ns - start_ns) / 1e9
      let after = subject.usage
      // Until here they must be connected.
      withExtendedLifetime(swarm) {}
      let each = { (difference: Int64) in Double(difference) / Double(clients) }
      let memory: Double? =
        if let before, let after { each(after.residentBytes - before.residentBytes) / 1024 } else { nil }
      let cpu: Double? = if let before, let after { each(after.cpu_ns - before.cpu_ns) / 1000 } else { nil }
      return CaseResult(
        name: name, subject: subject.name,
        figures: [
          Figure("clients", "CLIENTS", clients),
          Figure("join_s", "SECONDS", seconds, digits: 2),
          Figure("server_cpu_us_per_client", "CPU us/CLIENT", cpu, digits: 1),
          Figure("memory_per_client_kib", "KiB/CLIENT", memory, digits: 2),
        ])
    }
  }
}

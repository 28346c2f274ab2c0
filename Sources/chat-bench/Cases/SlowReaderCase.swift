extension BenchCase {
  static let slowReader = BenchCase(
    name: "slow-reader", meaning: "the room of room-text, without and with one more member who never reads a byte",
    good: "nobody else notices: the same P99, until the server closes who is too slow"
  ) { (bench, results) throws(BenchError) in
    for slow in 0...1 {
      let server = try bench.startServer(rooms: 1)
      let swarm = try Swarm(server.subject)
      try swarm.comeIn(
        Crowd(clients: 200, rooms: 0..<1, sendersInEachRoom: 4, wires: [.text]),
        Crowd(clients: slow, rooms: 0..<1, wires: [.text], reads: false))
      let outcome = try swarm.run(Schedule(pace: .window(64), end: .seconds(bench.scale.seconds)))
      let variant = slow == 0 ? "all read" : "one does not read"
      results.append(.load("slow-reader", server.subject, variant: variant, outcome))
    }
  }
}

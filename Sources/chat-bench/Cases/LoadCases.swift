// Busy rooms.
extension BenchCase {
  /// One room of 200 members; four of them send without a pause.
  private static func room(_ wires: WireProtocol...) -> ClientGroup {
    ClientGroup(clients: 200, rooms: 0..<1, sendersInEachRoom: 4, wires: wires)
  }
  private static let roomWindow = Schedule.Pace.window(64)

  /// A hundred rooms of ten members, and all members send.
  private static let rooms = ClientGroup(clients: 1000, rooms: 0..<100, sendersInEachRoom: 10, wires: [.text])

  static let limit = BenchCase(
    name: "limit",
    meaning: "the load of room-text on a bare loop that sends each line to all clients",
    good: "none: the least that this machine needs; the CPU of other cases is also shown as a multiple of it",
    transports: .both
  ) { (bench, results) throws(BenchError) in
    for isTLS in bench.transports {
      let loop = try ServerProcess(broadcastLoop: bench.cleanup, tls: isTLS)
      defer { withExtendedLifetime(loop) {} }
      results.append(.load("limit", loop.target, try bench.load(loop.target, room(.bare), roomWindow)))
    }
  }

  static let roomText = load(
    "room-text", "one room of 200 in the text dialect; four clients send at full speed, 64 messages in flight",
    good: "CPU at most 1.2 times that of limit; deliveries/s at least 2.5 times InspIRCd's",
    others: .any, room(.text), roomWindow)

  static let roomJSON = load(
    "room-json", "the same in the json dialect, where senders get their own messages back with an id",
    good: "as room-text", room(.json), roomWindow)

  static let roomMixed = load(
    "room-mixed", "the same with half of the room in each dialect: each message is encoded twice",
    good: "within a tenth of room-text", room(.text, .json), roomWindow)

  static let roomsFast = load(
    "rooms-fast", "100 rooms of 10 at full speed, 1,000 messages in flight: each message has few readers",
    good: "deliveries/s at least 1.4 times InspIRCd's", others: .any, rooms, .window(1000))

  static let roomsPaced = load(
    "rooms-paced", "100 rooms of 10, 10,000 messages a second at fixed times: latency under a moderate load",
    good: "P99 under 5 ms, lost 0", others: .any, rooms, .rate(10_000))

  private static func load(
    _ name: String, _ meaning: String, good: String, others: Others = .chat, _ group: ClientGroup,
    _ pace: Schedule.Pace
  ) -> BenchCase {
    BenchCase(name: name, meaning: meaning, good: good, others: others, transports: .both) {
      (bench, results) throws(BenchError) in
      let measure = { (target: Target) throws(BenchError) -> CaseResult in
        .load(name, target, try bench.load(target, group, pace))
      }
      try bench.onEachServer(rooms: group.rooms.count, others: others, into: &results, measure)
    }
  }

  static let slowReader = BenchCase(
    name: "slow-reader", meaning: "the load of room-text, without and with one more member that never reads",
    good: "the same P99, until the server closes the slow client"
  ) { (bench, results) throws(BenchError) in
    for slow in 0...1 {
      let server = try bench.startServer(rooms: 1)
      let generator = try LoadGenerator(server.target)
      try generator.logIn(room(.text), ClientGroup(clients: slow, rooms: 0..<1, wires: [.text], reads: false))
      let result = try generator.run(Schedule(pace: roomWindow, end: .seconds(bench.scale.seconds)))
      let variant = slow == 0 ? "all read" : "one does not read"
      results.append(.load("slow-reader", server.target, variant: variant, result))
    }
  }
}

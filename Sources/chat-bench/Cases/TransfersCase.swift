import POSIX

extension BenchCase {
  static let transfers = BenchCase(
    name: "transfers",
    meaning: "100 rooms of 10, 2,000 messages a second: alone, then during four uploads and four downloads of 64 MiB; "
      + "both also with 20 topic changes a second, each of which waits for a disk sync",
    good: "P99 at most 1.5 times that of the row without transfers; with topics it depends on the disk too"
  ) { (bench, results) throws(BenchError) in
    let server = try bench.startServer(rooms: 100)
    let generator = try LoadGenerator(server.target)
    try generator.logIn(ClientGroup(clients: 1000, rooms: 0..<100, sendersInEachRoom: 10, wires: [.text]))
    let schedule = Schedule(pace: .rate(2000), end: .seconds(bench.scale.seconds * 2))
    let transfers = try TransferLoad(server, size: bench.scale.isQuick ? 8 << 20 : 64 << 20)

    var before: [Bool: LoadResult] = [:]
    for withTransfers in [false, true] {
      if withTransfers { transfers.begin() }
      for withTopics in [false, true] {
        let variant = (withTransfers ? "eight transfers" : "no transfers") + (withTopics ? ", topics" : "")
        bench.progress(variant)
        let topics = withTopics ? try TopicChanges(server, room: "topics\(withTransfers ? 1 : 0)") : nil
        let moved = transfers.moved
        let result = try generator.run(schedule)
        var figures = (transfers.moved - moved).figures(result)
        figures.append(ratio(result, to: before[withTopics]))
        figures += try topics?.stop().topicFigures ?? LatencyHistogram().topicFigures
        if !withTransfers { before[withTopics] = result }
        results.append(.latencies("transfers", server.target, variant: variant, result, and: figures))
      }
    }
    try transfers.stop()
  }

  private static func ratio(_ result: LoadResult, to before: LoadResult?) -> Figure {
    let value: Double? =
      if let before = before?.milliseconds(0.99), let now = result.milliseconds(0.99), before > 0 {
        now / before
      } else {
        nil
      }
    return Figure("p99_ratio", "P99 RATIO", value, digits: 2)
  }
}

extension TransferLoad.Count {
  fileprivate func figures(_ result: LoadResult) -> [Figure] {
    func rate(_ bytes: UInt64) -> Double { Double(bytes) / Double(1 << 20) / max(result.seconds, 0.001) }
    return [
      Figure("up_mib_per_s", "UP MiB/s", rate(up)), Figure("down_mib_per_s", "DOWN MiB/s", rate(down)),
      Figure("server_cpu_s", "CPU s", result.cpuNanoseconds.map { Double($0) / 1e9 }, digits: 2),
    ]
  }
}

extension LatencyHistogram {
  fileprivate var topicFigures: [Figure] {
    [
      Figure("topic_p50_ms", "TOPIC P50 ms", percentile(0.5).map { Double($0) / 1000 }, digits: 1),
      Figure("topic_p99_ms", "TOPIC P99 ms", percentile(0.99).map { Double($0) / 1000 }, digits: 1),
    ]
  }
}

/// A client that changes the topic of a room again and again. Each change is answered once it is synced, which shows how long the disk takes.
private final class TopicChanges {
  private static let pause: Int32 = 50

  private let thread: BackgroundThread<LatencyHistogram>

  /// Returns once the room is there.
  init(_ server: ServerProcess, room name: String) throws(BenchError) {
    let target = server.target
    let isReady = Semaphore()
    thread = try BackgroundThread { (isOver) throws(BenchError) in
      var latencies = LatencyHistogram()
      do throws(Errno) {
        let client: RequestClient
        do {
          defer { isReady.signal() }
          client = try RequestClient(target)
          try client.request("/register \(name) correct-horse\n/create \(name) --open\n")
        }
        while !isOver() {
          let start = SystemClock.monotonicNanoseconds
          try client.request("/topic at \(start)\n")
          latencies.add(UInt32(clamping: (SystemClock.monotonicNanoseconds - start) / 1000))
          try client.pause(milliseconds: TopicChanges.pause)
        }
      } catch {
        throw .connection("the client that changes topics", "\(error)")
      }
      return latencies
    }
    isReady.wait()
  }

  func stop() throws(BenchError) -> LatencyHistogram { try thread.stop() }
}

extension BenchCase {
  static let saving = BenchCase(
    name: "saving",
    meaning: "messages between ten, 500 a second, with 1,000,000 accounts and 100,000 rooms: without, and while people "
      + "register and make rooms, the files are saved, and somebody edits them by hand",
    good: "the longest wait stays under 100 ms: files are read and written beside the loop"
  ) { (bench, results) throws(BenchError) in
    let (accounts, rooms) = (bench.scale.count(1_000_000), bench.scale.count(100_000))
    bench.progress("starting on \(accounts.grouped) accounts and \(rooms.grouped) rooms")
    let server = try bench.startServer(rooms: rooms) { (folder) throws(BenchError) in
      try DataFiles.writeUsers(accounts, to: folder)
    }
    let swarm = try Swarm(server.subject)
    try swarm.comeIn(Crowd(clients: 10, rooms: 0..<1, sendersInEachRoom: 2, wires: [.text, .json]))
    // Long enough for several snapshots: a large one is followed by a pause of ten times what it took.
    let schedule = Schedule(pace: .rate(500), end: .seconds(bench.scale.seconds * 6))

    bench.progress("nothing is saved")
    let calm = try swarm.run(schedule)
    results.append(.waits("saving", server.subject, variant: "nothing changing", calm, and: Changes.Count().figures))
    bench.progress("people register, the files are saved and edited")
    let changes = try Changes(server)
    let busy = try swarm.run(schedule)
    let made = try changes.stop()
    results.append(.waits("saving", server.subject, variant: "changes, saves, edits", busy, and: made.figures))
  }
}

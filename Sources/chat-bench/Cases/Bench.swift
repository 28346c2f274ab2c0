import POSIX

/// What the cases have in common: which servers, how large, how long.
struct Bench: Sendable {
  /// The program that is started for each measurement.
  let chatServer: String
  /// A server that runs already, to be compared with.
  let other: Subject?
  let scale: Scale
  /// How many descriptors this process may have, and so a server that it starts.
  let descriptors_max: Int
  let leftovers: Leftovers
  /// Tells what is being done, for who waits.
  let progress: @Sendable (String) -> Void

  /// A new chat-server with the rooms `r0` and so on, and whatever else `prepare` writes.
  func startServer(
    rooms: Int, prepare: (_ folder: String) throws(BenchError) -> Void = { _ in }
  ) throws(BenchError) -> ServerProcess {
    try ServerProcess(chatServer: chatServer, leftovers) { (folder) throws(BenchError) in
      try DataFiles.writeRooms(rooms, to: folder)
      try prepare(folder)
    }
  }

  /// The same on a new chat-server and, where it can do that, on the other server.
  func onEachServer(
    rooms: Int, others: BenchCase.Others = .any, into results: inout [CaseResult],
    _ measure: (Subject) throws(BenchError) -> CaseResult
  ) throws(BenchError) {
    results.append(try onChatServer(rooms: rooms, measure))
    if let other, others == .any || others == .chat && !other.isIRC {
      progress("the same on \(other.name)")
      results.append(try measure(other))
    }
  }

  private func onChatServer(
    rooms: Int, _ measure: (Subject) throws(BenchError) -> CaseResult
  ) throws(BenchError) -> CaseResult {
    // It ends before another one is measured.
    let server = try startServer(rooms: rooms)
    defer { withExtendedLifetime(server) {} }
    return try measure(server.subject)
  }

  /// A load of one crowd for the time that loads last.
  func load(_ subject: Subject, _ crowd: Crowd, _ pace: Schedule.Pace) throws(BenchError) -> LoadOutcome {
    var crowd = crowd
    crowd.wires = crowd.wires.map(subject.wire(for:))
    let swarm = try Swarm(subject)
    try swarm.comeIn(crowd)
    return try swarm.run(Schedule(pace: pace, end: .seconds(scale.seconds)))
  }
}

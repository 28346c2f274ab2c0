import POSIX

/// What the cases have in common: which servers, how large, how long.
struct Bench: Sendable {
  /// The program that is started for each measurement.
  let chatServer: String
  /// A server that runs already, to be compared with.
  let other: Target?
  let scale: Scale
  /// How many descriptors this process may have, and so a server that it starts.
  let descriptors_max: Int
  let cleanup: Cleanup
  /// Tells what is being done, for who waits.
  let progress: @Sendable (String) -> Void

  /// A new chat-server with the rooms `r0` and so on, and whatever else `prepare` writes.
  func startServer(
    rooms: Int, prepare: (_ folder: String) throws(BenchError) -> Void = { _ in }
  ) throws(BenchError) -> ServerProcess {
    try ServerProcess(chatServer: chatServer, cleanup) { (folder) throws(BenchError) in
      try DataFiles.writeRooms(rooms, to: folder)
      try prepare(folder)
    }
  }

  /// The same on a new chat-server and, where it can do that, on the other server.
  func onEachServer(
    rooms: Int, others: BenchCase.Others = .any, into results: inout [CaseResult],
    _ measure: (Target) throws(BenchError) -> CaseResult
  ) throws(BenchError) {
    results.append(try onChatServer(rooms: rooms, measure))
    if let other, others == .any || others == .chat && !other.isIRC {
      progress("the same on \(other.name)")
      results.append(try measure(other))
    }
  }

  private func onChatServer(
    rooms: Int, _ measure: (Target) throws(BenchError) -> CaseResult
  ) throws(BenchError) -> CaseResult {
    // It ends before another one is measured.
    let server = try startServer(rooms: rooms)
    defer { withExtendedLifetime(server) {} }
    return try measure(server.target)
  }

  /// A load of one group for the time that loads last.
  func load(_ target: Target, _ group: ClientGroup, _ pace: Schedule.Pace) throws(BenchError) -> LoadResult {
    var group = group
    group.wires = group.wires.map(target.wire(for:))
    let generator = try LoadGenerator(target)
    try generator.logIn(group)
    return try generator.run(Schedule(pace: pace, end: .seconds(scale.seconds)))
  }
}

/// Something that is measured, always in the same way, so that the figures of two machines, two versions or two servers can
/// be laid side by side.
struct BenchCase: Sendable {
  /// What is typed; stable.
  let name: String
  /// One sentence.
  let meaning: String
  /// What a good figure is, and why.
  let good: String
  /// Which servers, besides those that are started for it, it can be measured on.
  var others = Others.none
  /// Adds each result as soon as it is there: where something fails later, what was measured is kept.
  let run: @Sendable (Bench, inout [CaseResult]) throws(BenchError) -> Void

  enum Others: Sendable {
    case none
    /// Another chat-server: the case needs its dialects.
    case chat
    /// Any that speaks IRC as well.
    case any
  }

  func isComparable(with other: Target) -> Bool {
    switch others {
    case .none: false
    case .chat: !other.isIRC
    case .any: true
    }
  }

  /// In the order they are run and printed.
  static let all: [BenchCase] = [
    .limit, .roomText, .roomJSON, .roomMixed, .roomsFast, .roomsPaced, .slowReader, .idle, .join, .leave, .independence,
    .start, .saving, .transfers,
  ]
}

/// How long and how large a run is.
struct Scale: Equatable {
  static let full = Scale(seconds: 3, isQuick: false)
  static let quick = Scale(seconds: 1, isQuick: true)

  /// How long a load lasts.
  var seconds: Double
  /// A tenth of the clients, accounts, rooms and bytes wherever there are thousands.
  var isQuick: Bool

  func count(_ full: Int) -> Int { isQuick ? full / 10 : full }
}

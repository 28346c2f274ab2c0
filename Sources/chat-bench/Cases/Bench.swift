import POSIX

/// The length and size of a run.
struct Scale: Equatable {
  static let full = Scale(seconds: 3, isQuick: false)
  static let quick = Scale(seconds: 1, isQuick: true)

  /// How long a load lasts.
  var seconds: Double
  /// A tenth of the clients, accounts, rooms and bytes wherever there are thousands.
  var isQuick: Bool

  func count(_ full: Int) -> Int { isQuick ? full / 10 : full }
}

/// A case that is always measured in the same way, so that the figures of two machines, versions or servers can be
/// compared.
struct BenchCase: Sendable {
  /// On the command line; stable.
  let name: String
  /// One sentence.
  let meaning: String
  /// The meaning of a good figure.
  let good: String
  /// The other servers on which it can be measured.
  var others = Others.none
  /// What its clients speak.
  var transports = Transports.plaintext
  /// Adds each result as soon as it is complete, so that earlier results are reported after a failure.
  let run: @Sendable (Bench, inout [CaseResult]) throws(BenchError) -> Void

  enum Others: Sendable {
    case none
    /// Another chat-server: the case needs its dialects.
    case chat
    /// Any server that speaks IRC as well.
    case any
  }

  enum Transports: Sendable {
    case plaintext
    /// With `--tls` also TLS.
    case both
    /// It measures TLS itself.
    case tls
  }

  func isComparable(with other: Target) -> Bool {
    switch others {
    case .none: false
    case _ where transports == .tls && other.tlsPort == nil: false
    case .chat: !other.isIRC
    case .any: true
    }
  }

  /// In the order in which they run and are printed.
  static let all: [BenchCase] = [
    .limit, .roomText, .roomJSON, .roomMixed, .roomsFast, .roomsPaced, .slowReader, .idle, .join, .leave, .independence,
    .start, .saving, .transfers, .handshakes, .handshakeFlood, .halfHandshakes,
  ]
}

/// What the cases share: the servers, the scale, and the processes to clean up.
struct Bench: Sendable {
  /// The program that is started for each measurement.
  let chatServer: String
  /// A running server to compare with.
  let other: Target?
  /// Whether `onEachServer` measures over TLS too.
  let withTLS: Bool
  let scale: Scale
  /// How many descriptors this process may have, and so a server that it starts.
  let descriptorsMax: Int
  let cleanup: Cleanup
  /// Reports the current step.
  let progress: @Sendable (String) -> Void

  /// A new chat-server with the rooms `r0` and so on, and the files that `prepare` writes.
  func startServer(
    rooms: Int, tls: Bool = false, prepare: (_ folder: String) throws(BenchError) -> Void = { _ in }
  ) throws(BenchError) -> ServerProcess {
    try ServerProcess(chatServer: chatServer, tls: tls, cleanup) { (folder) throws(BenchError) in
      try DataFiles.writeRooms(rooms, to: folder)
      try prepare(folder)
    }
  }

  /// Measures a new chat-server and, if it supports the case, the other server. With `--tls` each is measured in plaintext
  /// and over TLS.
  func onEachServer(
    rooms: Int, others: BenchCase.Others = .any, into results: inout [CaseResult],
    _ measure: (Target) throws(BenchError) -> CaseResult
  ) throws(BenchError) {
    for isTLS in transports {
      if isTLS { progress("over TLS") }
      // It ends before the next one is measured.
      let server = try startServer(rooms: rooms, tls: isTLS)
      defer { withExtendedLifetime(server) {} }
      results.append(try measure(server.target))
    }
    guard let other, others == .any || others == .chat && !other.isIRC else { return }
    for target in withTLS ? [other, other.overTLS].compactMap(\.self) : [other] {
      progress("the same on \(target.label)")
      results.append(try measure(target))
    }
  }

  /// Whether clients speak TLS, for each measurement of a case in turn.
  var transports: [Bool] { withTLS ? [false, true] : [false] }

  /// A load of one group, of the usual length.
  func load(_ target: Target, _ group: ClientGroup, _ pace: Schedule.Pace) throws(BenchError) -> LoadResult {
    var group = group
    group.wires = group.wires.map(target.wire(for:))
    let generator = try LoadGenerator(target)
    try generator.logIn(group)
    return try generator.run(Schedule(pace: pace, end: .seconds(scale.seconds)))
  }
}

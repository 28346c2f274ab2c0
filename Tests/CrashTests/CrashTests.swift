import Foundation
import POSIX
import Synchronization
import TestSupport
import Testing

/// Kills the real server under load at random instants, and checks after a restart that everything acknowledged is
/// there.
///
/// `CHAT_CRASH_ROUNDS` sets the number of rounds. `CHAT_CRASH_SEED` repeats the choices of a run (not its timing).
@Suite(.serialized) struct CrashTests {
  private static let clientCount = 4
  private static let policies = ["always", "everysec", "no"]
  /// The greatest number of acknowledgements in a round.
  private static let acknowledgementsMax = 300

  @Test func `nothing acknowledged is lost when the server is killed at any instant`() throws {
    let environment = ProcessInfo.processInfo.environment
    let rounds = environment["CHAT_CRASH_ROUNDS"].flatMap { Int($0) } ?? 3
    let seed = environment["CHAT_CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    print("crash test: \(rounds) rounds, CHAT_CRASH_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    let folder = try CrashFolder()
    var ledgers = (0..<Self.clientCount).map { Ledger(prefix: "c\($0)") }
    var greatestID = 0
    for round in 1...rounds {
      let policy = Self.policies.randomElement(using: &random)!
      let server = try CrashServer(folder: folder.path, fsync: policy)
      let trigger = Trigger(after: Int.random(in: 1...Self.acknowledgementsMax, using: &random), server)
      ledgers = try Self.load(ledgers, port: server.port, trigger, &random)
      server.wait()

      let restarted = try CrashServer(folder: folder.path, fsync: policy)
      var verification = Verification(port: restarted.port, greatestID: greatestID)
      try verification.check(&ledgers)
      greatestID = verification.greatestID
      #expect(verification.faults == [], "round \(round), seed \(seed), --fsync \(policy)")
      guard verification.faults.isEmpty else { return }
      // Half of the rounds start after a clean stop, half after another crash.
      if Bool.random(using: &random) {
        try Signal.terminate.send(to: restarted.processID)
        #expect(restarted.wait() == 0)
        #expect(try File.status("\(folder.path)/journal.jsonl").size == 0)
      } else {
        restarted.kill()
        restarted.wait()
      }
    }
  }

  /// Every client on a thread of its own, until the server is dead.
  static func load(
    _ ledgers: [Ledger], port: UInt16, _ trigger: Trigger, _ random: inout SeededRandom
  ) throws -> [Ledger] {
    let results = Mutex<[Int: Result<Ledger, any Error>]>([:])
    var threads: [HelperThread] = []
    for (number, ledger) in ledgers.enumerated() {
      let load = Load(ledger, seed: random.next(), trigger)
      threads.append(
        try HelperThread {
          var load = load
          let result = Result {
            try load.run(port: port)
            return load.ledger
          }
          // A client that fails early would leave the others waiting for the kill.
          if case .failure = result { trigger.fire() }
          results.withLock { $0[number] = result }
        })
    }
    for thread in threads { thread.join() }
    return try results.withLock { results in try ledgers.indices.map { try results[$0]!.get() } }
  }
}

/// A data folder for one test, without limits that the load would reach.
final class CrashFolder {
  private let folder: TemporaryFolder
  var path: String { folder.path }

  init() throws {
    folder = try TemporaryFolder()
    let names = [
      "registrations_per_minute", "failed_logins_per_minute", "commands_per_second", "inbox_messages",
      "sessions_per_address", "rooms_per_user", "connections_per_minute", "work_per_second",
    ]
    try folder.write("settings.json", "{\(names.map { "\"\($0)\": 0" }.joined(separator: ", "))}")
  }
}

import Foundation
import JSON
import POSIX
import TestSupport
import Testing

/// Edits of an older version of the files, while the real server is under load and shortly before it is killed. The
/// edited file lacks what was acknowledged after the editor read it.
///
/// `CHAT_CRASH_ROUNDS` and `CHAT_CRASH_SEED` are as in `CrashTests`.
@Suite(.serialized) struct EditTests {
  @Test func `an edit of an older version and a crash lose nothing acknowledged`() throws {
    let environment = ProcessInfo.processInfo.environment
    let rounds = environment["CHAT_CRASH_ROUNDS"].flatMap { Int($0) } ?? 3
    let seed = environment["CHAT_CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    print("edit crash test: \(rounds) rounds, CHAT_CRASH_SEED=\(seed)")
    var random = SeededRandom(seed: seed)
    let folder = try CrashFolder()
    var ledgers = (0..<4).map { Ledger(prefix: "c\($0)") }
    var greatestID = 0
    for round in 1...rounds {
      let policy = ["always", "everysec", "no"].randomElement(using: &random)!
      let server = try CrashServer(folder: folder.path, fsync: policy)
      try Self.save(folder.path)
      let editor = try Editor(folder.path, round: round, &random)
      let trigger = Trigger(
        after: Int.random(in: 20...200, using: &random), more: editor.acknowledgements, server
      ) { _ in editor.edit() }
      ledgers = try CrashTests.load(ledgers, port: server.port, trigger, &random)
      server.wait()

      let restarted = try CrashServer(folder: folder.path, fsync: policy)
      var verification = Verification(port: restarted.port, greatestID: greatestID)
      try verification.check(&ledgers)
      greatestID = verification.greatestID
      #expect(verification.faults == [], "round \(round), seed \(seed), --fsync \(policy), \(editor)")
      let conversation = try Conversation(port: restarted.port)
      let answer = try conversation.ask("/register \(editor.account) correct-horse")
      #expect(answer["code"]?.string == "name-taken", "round \(round), seed \(seed): the edit is lost")
      guard verification.faults.isEmpty else { return }
      restarted.kill()
      restarted.wait()
    }
  }

  static func save(_ folder: String) throws {
    let socket = try Socket.connectUnix(path: "\(folder)/control.sock")
    _ = try socket.send(Array("{\"id\":1,\"verb\":\"save\"}\n".utf8))
    while let more = try socket.receive(upTo: 4096), !more.isEmpty {
      if more.contains(UInt8(ascii: "\n")) { return }
    }
    throw TestFailure("no answer to save")
  }
}

/// An editor that reads both files after the server's start, and saves them much later.
private struct Editor: CustomStringConvertible {
  let account: String
  private let folder: String
  private let users: String
  private let rooms: String
  private let savesFirst: Bool
  private let renames: Bool
  /// The number of acknowledgements between the edit and the kill.
  let acknowledgements: Int

  init(_ folder: String, round: Int, _ random: inout SeededRandom) throws {
    self.folder = folder
    account = "edited-\(round)"
    users = String(decoding: try File.readWhole("\(folder)/users.csv"), as: UTF8.self)
    rooms = String(decoding: try File.readWhole("\(folder)/rooms.json"), as: UTF8.self)
    savesFirst = Bool.random(using: &random)
    renames = Bool.random(using: &random)
    // Before the server has read the edit, while it applies it, and after it has written the files again.
    acknowledgements = [0, Int.random(in: 1...10, using: &random), Int.random(in: 1...300, using: &random)]
      .randomElement(using: &random)!
  }

  var description: String {
    "saves first: \(savesFirst), renames: \(renames), killed after \(acknowledgements) more acknowledgements"
  }

  func edit() {
    do {
      // The server's files then contain the changes that the edit lacks.
      if savesFirst { try EditTests.save(folder) }
      // Reading the files has no effect on the merge.
      _ = try File.readWhole("\(folder)/users.csv")
      _ = try File.readWhole("\(folder)/rooms.json")
      try write("users.csv", users + "\(account),*\n")
      try write("rooms.json", rooms)
    } catch {
      Issue.record("the edit failed: \(error)")
    }
  }

  private func write(_ name: String, _ text: String) throws {
    let path = "\(folder)/\(name)"
    let target = renames ? path + ".editor" : path
    try File.open(target, [.writeOnly, .create, .truncate], mode: 0o600).writeAll(text)
    if renames { try File.rename(target, to: path) }
  }
}

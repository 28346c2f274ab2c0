import JSON
import POSIX
import Synchronization
import TestSupport
import Testing

/// Backups of the real server while several clients change things as fast as they can.
@Suite(.serialized) struct BackupTests {
  @Test(arguments: ["always", "everysec", "no"])
  func `a backup under load is consistent, with all earlier acknowledgements`(policy: String) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("backup test: seed \(seed), --fsync \(policy)")
    var random = SeededRandom(seed: seed)
    let folder = try CrashFolder()
    let server = try CrashServer(folder: folder.path, fsync: policy)
    let taken = Mutex<(acknowledged: [Ledger], archive: [UInt8])>(([], []))
    let trigger = Trigger(after: Int.random(in: 100...400, using: &random), server) { [path = folder.path] ledgers in
      let archive = (try? Self.backup(path)) ?? []
      taken.withLock { $0 = (ledgers, archive) }
    }
    _ = try CrashTests.load((0..<4).map { Ledger(prefix: "c\($0)") }, port: server.port, trigger, &random)
    server.wait()
    let (acknowledged, archive) = taken.withLock { $0 }
    let files = try ArchiveMembers.of(archive)
    try check(files, acknowledged)

    let restored = try CrashFolder()
    for (name, text) in files where !name.hasPrefix("chat-backup.") && name != "settings.json" {
      try File.open("\(restored.path)/\(name)", [.writeOnly, .create]).writeAll(text)
    }
    let again = try CrashServer(folder: restored.path, fsync: policy)
    try Signal.terminate.send(to: again.processID)
    #expect(again.wait() == 0)
    let log = String(decoding: try File.readWhole("\(restored.path)/chat.log"), as: UTF8.self)
    // It starts as after a clean stop.
    #expect(log.hasPrefix(try #require(files["chat.log"])) && !log.contains(" warning "))
  }

  private static func backup(_ folder: String) throws -> [UInt8] {
    let socket = try Socket.connectUnix(path: "\(folder)/control.sock")
    _ = try socket.send(Array(#"{"id":1,"verb":"backup"}"#.utf8) + [UInt8(ascii: "\n")])
    var bytes: [UInt8] = []
    while let more = try socket.receive(upTo: 1 << 16), !more.isEmpty { bytes += more }
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw TestFailure("no answer") }
    return Array(bytes[(end + 1)...])
  }

  /// Every change is logged in its turn, so the files of one instant agree.
  private func check(_ files: [String: String], _ acknowledged: [Ledger]) throws {
    let log = try #require(files["chat.log"]).split(separator: "\n")
    func logged(_ event: String, _ key: String) -> Set<String> {
      Set(
        log.compactMap { line in
          guard line.dropFirst(25).hasPrefix("\(event) "), let start = line.firstRange(of: " \(key)=") else {
            return nil
          }
          return String(line[start.upperBound...].prefix { $0 != " " })
        })
    }
    let users = Set(
      try #require(files["users.csv"]).split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "," }) })
    #expect(users == logged("registered", "user"))
    let rooms = try JSONValue(parsing: Array(#require(files["rooms.json"]).utf8))["rooms"]?.array ?? []
    let names = Set(rooms.compactMap { $0["name"]?.string }).subtracting(["lobby"])
    #expect(names == logged("created", "room"))
    let state = try JSONValue(parsing: Array(#require(files["state.json"]).utf8))
    let unread = (state["users"]?.array ?? []).flatMap { $0["unread"]?.array ?? [] }.compactMap { $0["id"]?.int }
    #expect(Set(unread.map(String.init)).isSubset(of: logged("private", "id")))
    let said = logged("message", "id")
    #expect((state["id"]?.int ?? 0) >= (said.compactMap { Int($0) }.max() ?? 0))

    #expect(!acknowledged.isEmpty)
    for ledger in acknowledged {
      #expect(users.isSuperset(of: ledger.accounts.keys))
      #expect(names.isSuperset(of: ledger.topics.keys))
      #expect(said.isSuperset(of: ledger.messages.map { String($0.id) }))
      #expect(logged("private", "id").isSuperset(of: ledger.privateIDs.map(String.init)))
    }
  }
}

import ChatProtocol
import JSON
import POSIX
import Synchronization
import TestSupport
import Testing

/// Kills the real server during uploads, and checks that every acknowledged file is there, and none in part.
@Suite(.serialized) struct FilesTests {
  private static let sharerCount = 3
  private static let rounds = 3

  @Test func `no shared file is lost or halved when the server is killed at any instant`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("files test: seed \(seed)")
    var random = SeededRandom(seed: seed)
    let folder = try CrashFolder()
    var sharers = (0..<Self.sharerCount).map { Sharer(name: "sharer\($0)") }
    for round in 1...Self.rounds {
      let server = try CrashServer(folder: folder.path, fsync: "everysec")
      let pieces = Atomic(Int.random(in: 1...60, using: &random))
      let results = Mutex<[Int: Sharer]>([:])
      var threads: [HelperThread] = []
      for (number, sharer) in sharers.enumerated() {
        let seed = random.next()
        threads.append(
          try HelperThread {
            var (sharer, random) = (sharer, SeededRandom(seed: seed))
            // The client ends with the server.
            try? sharer.run(port: server.port, &random) {
              if pieces.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { server.kill() }
            }
            results.withLock { $0[number] = sharer }
          })
      }
      for thread in threads { thread.join() }
      server.kill()
      server.wait()
      sharers = results.withLock { results in sharers.indices.map { results[$0]! } }

      let restarted = try CrashServer(folder: folder.path, fsync: "everysec")
      let listed = try sharers[0].listed(port: restarted.port)
      let names = Set(try File.names(inDirectory: "\(folder.path)/files").filter { !$0.hasSuffix(".part") })
      #expect(names == Set(listed.map(String.init)), "round \(round), seed \(seed)")
      for (file, bytes) in sharers.flatMap(\.shared) {
        #expect(try File.readWhole("\(folder.path)/files/\(file)") == bytes, "round \(round), seed \(seed), #\(file)")
      }
      // An interrupted upload resumes where it ended.
      for index in sharers.indices { try sharers[index].goOn(port: restarted.port) }
      restarted.kill()
      restarted.wait()
    }
  }
}

/// A client that shares files one after the other and records the acknowledged ones.
struct Sharer {
  let name: String
  private(set) var shared: [Int: [UInt8]] = [:]
  private var doubt: (name: String, bytes: [UInt8])?
  private var offered = 0

  init(name: String) { self.name = name }

  mutating func run(port: UInt16, _ random: inout SeededRandom, eachPiece: () -> Void) throws {
    let chat = try logIn(port)
    while true {
      offered += 1
      let (count, step) = (Int.random(in: 0...400_000, using: &random), offered)
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* step &+ $0 >> 8) }
      doubt = ("file\(offered)", bytes)
      try share(chat, port, eachPiece: eachPiece)
    }
  }

  mutating func goOn(port: UInt16) throws {
    if doubt == nil { return }
    let chat = try logIn(port)
    try share(chat, port) {}
    #expect(doubt == nil)
  }

  func listed(port: UInt16) throws -> [Int] {
    let listed = try require(expect(logIn(port).ask("/files"))["files"]?.array)
    return listed.filter { $0["unfinished"] == nil }.compactMap { $0["id"]?.int }
  }

  /// Registers first if the server was killed before the registration.
  private func logIn(_ port: UInt16) throws -> Conversation {
    let chat = try Conversation(port: port)
    let answer = try chat.ask("/login \(name) correct-horse")
    if answer["event"]?.string != "ok" { _ = try expect(chat.ask("/register \(name) correct-horse")) }
    return chat
  }

  private mutating func share(_ chat: Conversation, _ port: UInt16, eachPiece: () -> Void) throws {
    guard let (name, bytes) = doubt else { return }
    guard let file = try Sharer.share(bytes, name, over: chat, port: port, eachPiece: eachPiece) else { return }
    eachPiece()
    shared[file] = bytes
    doubt = nil
  }

  /// The file's id; nil if the server did not acknowledge all of it.
  static func share(
    _ bytes: [UInt8], _ name: String, over chat: Conversation, port: UInt16, eachPiece: () -> Void = {}
  ) throws -> Int? {
    var cksum = Cksum()
    cksum.append(bytes.span)
    let answer = try expect(chat.ask("/offer \(bytes.count) \(cksum.value) \(name)"))
    let (file, offset) = (try require(answer["id"]?.int), try require(answer["offset"]?.int))
    let connection = try Socket.connect(host: "127.0.0.1", port: port)
    _ = try connection.send(Array("/put \(try require(answer["ticket"]?.string))\n".utf8))
    var rest = bytes[offset...]
    while !rest.isEmpty {
      let sent = try connection.send(rest.prefix(16 << 10)) ?? 0
      rest = rest.dropFirst(sent)
      eachPiece()
    }
    var told: [UInt8] = []
    while let more = try connection.receive(upTo: 4096), !more.isEmpty { told += more }
    return String(decoding: told, as: UTF8.self).contains("ok put") ? file : nil
  }
}

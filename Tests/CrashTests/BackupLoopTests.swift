import ChatProtocol
import Foundation
import POSIX
import Synchronization
import TestSupport
import Testing

/// Backups in a loop of a real server under load: files are shared and withdrawn, messages are sent, the log is
/// rotated, files are edited by hand. Each is restored, checked, started, and compared with the acknowledgements.
@Suite(.serialized) struct BackupLoopTests {
  private static let backups = 8

  @Test func `every backup restores without an error, with all earlier acknowledgements and no withdrawn file`()
    throws
  {
    let seed = UInt64.random(in: 0 ... .max)
    print("backup loop: seed \(seed)")
    var random = SeededRandom(seed: seed)
    let folder = try CrashFolder()
    let server = try CrashServer(folder: folder.path, fsync: "everysec")
    let life = Life()
    var threads: [HelperThread] = []
    for number in 1...3 {
      let seed = random.next()
      threads.append(
        try HelperThread { [port = server.port] in
          var sharer = LivelySharer(name: "sharer\(number)", life, SeededRandom(seed: seed))
          do { try sharer.run(port: port) } catch { life.end(because: error) }
        })
    }
    let editing = try HelperThread { [path = folder.path, process = server.processID, port = server.port] in
      do { try Self.disturb(path, process, Conversation(port: port), life) } catch { life.end(because: error) }
    }
    defer {
      life.end()
      for thread in threads + [editing] { thread.join() }
    }

    let place = try TemporaryFolder()
    for number in 1...Self.backups {
      guard !life.isOver else { break }
      let (file, restored) = ("\(place.path)/\(number).tar", "\(place.path)/\(number)")
      life.allowRotations()
      let began = life.tick()
      let backup = try run("chat-admin", "--data", folder.path, "backup", file)
      let ended = life.tick()
      #expect(backup.status == 0 && !backup.output.contains("warning"), "\(number), seed \(seed): \(backup.output)")
      let restore = try run("chat-admin", "--data", restored, "restore", file)
      #expect(restore.status == 0 && !restore.output.contains("warning"), "\(number), seed \(seed): \(restore.output)")
      guard restore.status == 0 else { break }
      let check = try run("chat-server", "--check", "--data", restored)
      #expect(check.status == 0 && check.output.contains("no errors"), "\(number), seed \(seed): \(check.output)")
      try life.compare(restored, between: began, and: ended, "\(number), seed \(seed)")

      let log = try File.readWhole("\(restored)/chat.log")
      let again = try CrashServer(folder: restored, fsync: "no")
      try Signal.terminate.send(to: again.processID)
      #expect(again.wait() == 0)
      let told = try File.readWhole("\(restored)/chat.log").dropFirst(log.count)
      #expect(!String(decoding: told, as: UTF8.self).contains(" warning "), "\(number), seed \(seed)")
    }
    life.end()
    #expect(life.failures == [])
  }

  /// Rotates the log and edits two of the files, again and again, as an editor does.
  private static func disturb(_ folder: String, _ server: Int32, _ chat: Conversation, _ life: Life) throws {
    var (round, rotations) = (0, 0)
    while !life.isOver {
      round += 1
      if life.mayRotate() {
        for number in stride(from: rotations, through: 1, by: -1) {
          try File.rename("\(folder)/chat.log.\(number)", to: "\(folder)/chat.log.\(number + 1)")
        }
        try File.rename("\(folder)/chat.log", to: "\(folder)/chat.log.1")
        rotations += 1
        try Signal.hangup.send(to: server)
      }
      // The file is written a second after the first account.
      if (try? File.status("\(folder)/users.csv")) != nil {
        let users = String(decoding: try File.readWhole("\(folder)/users.csv"), as: UTF8.self)
        try edit("\(folder)/users.csv", users + "hand\(round),*\(users.commasOfHeader)\n")
      }
      // Not before the server has reopened the log, and not immediately after that.
      var steps = 0
      while steps < 50, !life.isOver {
        _ = try expect(chat.ask("/ping"))
        if (try? File.status("\(folder)/chat.log")) != nil { steps += 1 }
      }
    }
  }

  private static func edit(_ path: String, _ text: String) throws {
    try File.open("\(path).edit", [.writeOnly, .create, .truncate]).writeAll(text)
    try File.rename("\(path).edit", to: path)
  }

  private func run(_ name: String, _ arguments: String...) throws -> (status: Int32, output: String) {
    let (process, output) = (Process(), Foundation.Pipe())
    process.executableURL = CrashServer.program(name)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}

extension String {
  /// The rest of an account's row after name and password.
  fileprivate var commasOfHeader: String {
    String(repeating: ",", count: max(0, prefix { $0 != "\n" }.count { $0 == "," } - 1))
  }
}

/// Everything requested and acknowledged, with its order.
private final class Life: Sendable {
  private struct File {
    var bytes: [UInt8]
    var shared: Int
    /// When its removal was requested, and when that was acknowledged.
    var unsending: Int?
    var unsent: Int?
  }

  private struct State {
    var time = 0
    var files: [Int: File] = [:]
    var texts: [String: Int] = [:]
    var failures: [String] = []
    var isOver = false
    var rotationsLeft = 0
  }

  private let state = Mutex(State())

  var isOver: Bool { state.withLock(\.isOver) }
  var failures: [String] { state.withLock(\.failures) }

  func end(because error: (any Error)? = nil) {
    state.withLock { state in
      if let error, !state.isOver { state.failures.append("\(error)") }
      state.isOver = true
    }
  }

  /// Limits rotations during one listing of the folder, also on a slow machine.
  func mayRotate() -> Bool {
    state.withLock { state in
      state.rotationsLeft -= 1
      return state.rotationsLeft >= 0
    }
  }

  func allowRotations() { state.withLock { $0.rotationsLeft = 3 } }

  /// A moment after all earlier notes.
  func tick() -> Int {
    state.withLock { state in
      state.time += 1
      return state.time
    }
  }

  private func note(_ body: (inout State) -> Void) {
    state.withLock { state in
      state.time += 1
      body(&state)
    }
  }

  func noteSaid(_ text: String) { note { $0.texts[text] = $0.time } }
  func noteShared(_ file: Int, _ bytes: [UInt8]) { note { $0.files[file] = File(bytes: bytes, shared: $0.time) } }
  func noteUnsending(_ file: Int) { note { $0.files[file]?.unsending = $0.time } }
  func noteUnsent(_ file: Int) { note { $0.files[file]?.unsent = $0.time } }

  /// `began` and `ended` are moments before and after the one that the folder must show.
  func compare(_ folder: String, between began: Int, and ended: Int, _ which: String) throws {
    let state = state.withLock { $0 }
    for (id, file) in state.files {
      let there = try? POSIX.File.readWhole("\(folder)/files/\(id)")
      if file.shared < began, file.unsending.map({ $0 > ended }) ?? true {
        #expect(there == file.bytes, "\(which): #\(id) is not there")
      } else if file.unsent.map({ $0 < began }) ?? false {
        #expect(there == nil, "\(which): #\(id) was taken away")
      }
    }
    let logs = try POSIX.File.names(inDirectory: folder).filter { $0.hasPrefix("chat.log") }
    var said: [String: Int] = [:]
    for name in logs {
      let text = String(decoding: try POSIX.File.readWhole("\(folder)/\(name)"), as: UTF8.self)
      for match in text.matches(of: #/ text="(said [^"]+)"/#) { said[String(match.1), default: 0] += 1 }
    }
    let missing = state.texts.filter { $0.value < began && said[$0.key] == nil }
    #expect(missing == [:] && said.values.allSatisfy { $0 == 1 }, "\(which): lines are missing, or there twice")
  }
}

/// A client that shares files, sends messages and withdraws files without pause.
private struct LivelySharer {
  let name: String
  private let life: Life
  private var random: SeededRandom
  private var mine: [Int] = []
  private var count = 0

  init(name: String, _ life: Life, _ random: SeededRandom) {
    (self.name, self.life, self.random) = (name, life, random)
  }

  mutating func run(port: UInt16) throws {
    let chat = try Conversation(port: port)
    _ = try expect(chat.ask("/register \(name) correct-horse"))
    while !life.isOver {
      count += 1
      let text = "said \(name) \(count)"
      _ = try expect(chat.ask(text))
      life.noteSaid(text)
      let bytes = (0..<Int.random(in: 0...60_000, using: &random)).map { [count] in
        UInt8(truncatingIfNeeded: $0 &* count)
      }
      let file = try require(Sharer.share(bytes, "file\(count)", over: chat, port: port))
      life.noteShared(file, bytes)
      mine.append(file)
      while mine.count > 4 || !mine.isEmpty && Int.random(in: 0..<3, using: &random) == 0 {
        let gone = mine.remove(at: Int.random(in: mine.indices, using: &random))
        life.noteUnsending(gone)
        _ = try expect(chat.ask("/unsend \(gone)"))
        life.noteUnsent(gone)
      }
      _ = chat.takeTold()
    }
  }
}

import POSIX
import Synchronization

/// On a thread of its own: a client that registers accounts and creates rooms, and a person who edits the files.
final class Changes {
  /// What was done, and what was seen to come of it.
  struct Count: Equatable {
    var registrations = 0
    /// How often another file had the name: the server's saves.
    var usersSaves = 0
    var roomsSaves = 0
    var edits = 0

    var figures: [Figure] {
      [
        Figure("registrations", "REGISTERED", registrations), Figure("users_saves", "USERS SAVED", usersSaves),
        Figure("rooms_saves", "ROOMS SAVED", roomsSaves), Figure("edits", "EDITS", edits),
      ]
    }
  }

  /// Between two registrations, on top of the time of the hash.
  private static let pause_ms: Int32 = 50
  /// Between two edits, of one file and the other in turn; a reload of a large file takes its time.
  private static let betweenEdits_ns: Int64 = 2_500_000_000

  private let thread: HelperThread
  private let isStopping: Shared<Bool>
  private let result: Shared<Result<Count, BenchFailure>>

  init(_ server: ServerProcess) throws(BenchFailure) {
    let (isStopping, result) = (Shared(false), Shared<Result<Count, BenchFailure>>(.success(Count())))
    self.isStopping = isStopping
    self.result = result
    let (subject, folder) = (server.subject, server.folder)
    do throws(Errno) {
      thread = try HelperThread {
        let outcome = Result { () throws(BenchFailure) in
          try Changes.make(subject, folder) { isStopping.value.withLock { $0 } }
        }
        result.value.withLock { $0 = outcome }
      }
    } catch {
      throw .system("pthread_create", error)
    }
  }

  func stop() throws(BenchFailure) -> Count {
    isStopping.value.withLock { $0 = true }
    thread.join()
    return try result.value.withLock { $0 }.get()
  }

  private static func make(
    _ subject: Subject, _ folder: String, until isOver: () -> Bool
  ) throws(BenchFailure) -> Count {
    let (users, rooms) = ("\(folder)/users.csv", "\(folder)/rooms.json")
    var count = Count()
    do throws(Errno) {
      let person = try Visitor(subject)
      var (usersFile, roomsFile) = (try File.status(users).inode, try File.status(rooms).inode)
      var (edit, nextEdit_ns) = (0, SystemClock.monotonic_ns + betweenEdits_ns)
      while !isOver() {
        let number = count.registrations
        try person.say("/register new\(number) correct-horse\n/create new\(number) --open\n/logout\n")
        count.registrations += 1
        // An edit of ours gives the name to another file too; only what stands there without it is a save.
        let (usersNow, roomsNow) = (try File.status(users).inode, try File.status(rooms).inode)
        if usersNow != usersFile { count.usersSaves += 1 }
        if roomsNow != roomsFile { count.roomsSaves += 1 }
        (usersFile, roomsFile) = (usersNow, roomsNow)
        if SystemClock.monotonic_ns >= nextEdit_ns {
          edit += 1
          if edit % 2 == 1 { try appendUser(users, edit) } else { roomsFile = try addRoom(rooms, edit) }
          nextEdit_ns = SystemClock.monotonic_ns + betweenEdits_ns
        }
        try person.wait(pause_ms)
      }
      // The log tells each row that was taken over.
      let log = String(decoding: try File.readWhole("\(folder)/chat.log"), as: UTF8.self)
      count.edits = log.split(separator: "\n").count { $0.contains(" edited file=") && $0.contains("=edited") }
      return count
    } catch {
      throw .file(folder, error)
    }
  }

  /// As `echo … >>users.csv` does.
  private static func appendUser(_ path: String, _ edit: Int) throws(Errno) {
    try File.open(path, [.writeOnly, .append]).writeAll("edited\(edit),*\n")
  }

  /// As an editor does that writes beside and renames. Returns which file it is now.
  private static func addRoom(_ path: String, _ edit: Int) throws(Errno) -> UInt64 {
    var bytes = try File.readWhole(path)
    guard let end = bytes.lastIndex(of: UInt8(ascii: "]")),
      let last = bytes[..<end].lastIndex(of: UInt8(ascii: "}"))
    else { throw .invalidArgument }
    bytes.replaceSubrange((last + 1)..., with: Array(",\n\(DataFiles.room("edited\(edit)"))\n  ]\n}\n".utf8))
    let beside = path + ".editing"
    try File.open(beside, [.writeOnly, .create, .truncate]).writeAll(bytes)
    try File.rename(beside, to: path)
    return try File.status(path).inode
  }
}

/// One client that waits for the answer to what it says.
private final class Visitor {
  private let descriptor: FileDescriptor
  private let poller: Poller
  private var said = 0

  init(_ subject: Subject) throws(Errno) {
    descriptor = try Visitor.connect(subject)
    poller = try Poller(events_max: 1)
  }

  private static func connect(_ subject: Subject) throws(Errno) -> FileDescriptor {
    do throws(SocketFailure) {
      return try Socket.connect(host: subject.host, port: subject.port)
    } catch {
      throw error.errno ?? .notConnected
    }
  }

  /// Sends lines and waits until they have been answered.
  func say(_ lines: String) throws(Errno) {
    said += 1
    _ = try descriptor.send(Array("\(lines)/ping said-\(said)\n".utf8))
    let answer = Array("ok ping said-\(said)\n".utf8)
    var heard: [UInt8] = []
    while !heard.ends(with: answer) {
      guard let more = try descriptor.receive(upTo: 65536), !more.isEmpty else { throw .connectionReset }
      heard += more
    }
  }

  /// Does nothing for so long.
  func wait(_ pause_ms: Int32) throws(Errno) {
    try poller.wait(timeout_ms: pause_ms) { _ in }
  }
}

extension [UInt8] {
  fileprivate func ends(with end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}

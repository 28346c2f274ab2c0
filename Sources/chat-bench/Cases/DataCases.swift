import POSIX

// Large data folders.
extension BenchCase {
  static let start = BenchCase(
    name: "start",
    meaning:
      "time from start to first connection with 1,000,000 accounts and a log of 1 GB, and the memory of an account",
    good: "under 3 s"
  ) { (bench, results) throws(BenchError) in
    let accounts = bench.scale.count(1_000_000)
    let logBytes = bench.scale.count(1_000_000_000)
    let empty = try memory(of: bench.startServer(rooms: 1))
    bench.progress("writing \(accounts.grouped) accounts and a log of \(logBytes.grouped) bytes")
    let server = try bench.startServer(rooms: 1) { (folder) throws(BenchError) in
      try DataFiles.writeUsers(accounts, to: folder)
      try DataFiles.writeLog(bytesMin: logBytes, to: folder)
      bench.progress("starting")
    }
    let full = memory(of: server)
    results.append(
      CaseResult(
        name: "start", target: server.target,
        figures: [
          Figure("accounts", "ACCOUNTS", accounts),
          Figure("log_mb", "LOG MB", logBytes / 1_000_000),
          Figure("start_s", "SECONDS", Double(server.startupNanoseconds) / 1e9, digits: 2),
          Figure("memory_mib", "MEMORY MiB", full / 1048576, digits: 1),
          Figure("memory_per_account_bytes", "BYTES/ACCOUNT", (full - empty) / Double(accounts)),
        ]))
  }

  private static func memory(of server: ServerProcess) -> Double { Double(server.target.usage?.residentBytes ?? 0) }

  static let saving = BenchCase(
    name: "saving",
    meaning: "500 messages a second among ten clients, with 1,000,000 accounts and 100,000 rooms: alone, then during "
      + "registrations, new rooms, saves and edits of the files",
    good: "the longest wait under 100 ms: another thread reads and writes the files"
  ) { (bench, results) throws(BenchError) in
    let (accounts, rooms) = (bench.scale.count(1_000_000), bench.scale.count(100_000))
    bench.progress("starting on \(accounts.grouped) accounts and \(rooms.grouped) rooms")
    let server = try bench.startServer(rooms: rooms) { (folder) throws(BenchError) in
      try DataFiles.writeUsers(accounts, to: folder)
    }
    let generator = try LoadGenerator(server.target)
    try generator.logIn(ClientGroup(clients: 10, rooms: 0..<1, sendersInEachRoom: 2, wires: [.text, .json]))
    // Long enough for several snapshots: after a large one the server waits ten times as long as it took.
    let schedule = Schedule(pace: .rate(500), end: .seconds(bench.scale.seconds * 6))

    bench.progress("without changes")
    let calm = try generator.run(schedule)
    results.append(
      .latencies("saving", server.target, variant: "nothing changing", calm, and: DataChanges.Count().figures))
    bench.progress("with changes, saves and edits")
    let changes = try DataChanges(server)
    let busy = try generator.run(schedule)
    let made = try changes.stop()
    results.append(.latencies("saving", server.target, variant: "changes, saves, edits", busy, and: made.figures))
  }
}

/// On its own thread: a client that registers accounts and creates rooms, and an editor that changes the files.
final class DataChanges {
  /// The operations, and their observed results.
  struct Count: Equatable {
    var registrations = 0
    /// How often the server replaced the file.
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

  /// Between two registrations, on top of the time of the hash, in milliseconds.
  private static let pause: Int32 = 50
  /// Between two edits, of one file and the other in turn, in nanoseconds. Reloading a large file takes time.
  private static let editInterval: Int64 = 2_500_000_000

  private let thread: BackgroundThread<Count>

  init(_ server: ServerProcess) throws(BenchError) {
    let (target, folder) = (server.target, server.folder)
    thread = try BackgroundThread { (isOver) throws(BenchError) in
      try DataChanges.make(target, folder, until: isOver)
    }
  }

  func stop() throws(BenchError) -> Count { try thread.stop() }

  private static func make(
    _ target: Target, _ folder: String, until isOver: () -> Bool
  ) throws(BenchError) -> Count {
    let (users, rooms) = ("\(folder)/users.csv", "\(folder)/rooms.json")
    var count = Count()
    do throws(Errno) {
      let client = try RequestClient(target)
      var (usersFile, roomsFile) = (try File.status(users).inode, try File.status(rooms).inode)
      var (edit, nextEdit) = (0, SystemClock.monotonicNanoseconds + editInterval)
      while !isOver() {
        let number = count.registrations
        try client.request("/register new\(number) correct-horse\n/create new\(number) --open\n/logout\n")
        count.registrations += 1
        // An edit replaces the file too; only other replacements are saves.
        let (usersNow, roomsNow) = (try File.status(users).inode, try File.status(rooms).inode)
        if usersNow != usersFile { count.usersSaves += 1 }
        if roomsNow != roomsFile { count.roomsSaves += 1 }
        (usersFile, roomsFile) = (usersNow, roomsNow)
        if SystemClock.monotonicNanoseconds >= nextEdit {
          edit += 1
          if edit % 2 == 1 { try appendUser(users, edit) } else { roomsFile = try addRoom(rooms, edit) }
          nextEdit = SystemClock.monotonicNanoseconds + editInterval
        }
        try client.pause(milliseconds: pause)
      }
      // The log has a line for each edited row.
      let log = String(decoding: try File.readWhole("\(folder)/chat.log"), as: UTF8.self)
      count.edits = log.split(separator: "\n").count { $0.contains(" edited file=") && $0.contains("=edited") }
      return count
    } catch {
      throw .file(folder, error)
    }
  }

  /// Appends a row, as `echo … >>users.csv` does.
  private static func appendUser(_ path: String, _ edit: Int) throws(Errno) {
    try File.open(path, [.writeOnly, .append]).writeAll("edited\(edit),*\n")
  }

  /// Replaces the file, as an editor does that writes a new file and renames it. Returns the new file's inode.
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

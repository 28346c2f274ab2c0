import POSIX

/// A program that serves, started for one measurement on a free port; its end is the end of this value.
///
/// Package.swift lets this target depend on `chat-server`, an executable too: so `swift run chat-bench` builds both, and
/// the server lies beside this program.
final class ServerProcess {
  let target: Target
  /// Its own, removed with it.
  let folder: String
  /// How long it took, from before the process was made to the line that says it serves.
  let startup_ns: Int64
  private let child: ChildProcess
  private let cleanup: Cleanup
  /// What the broadcast loop reads until its end, so that it ends even if this process is killed.
  private let input: FileDescriptor

  /// `chat-server` on its folder, with no bounds in the way; `prepare` puts into the folder what it is to find there.
  convenience init(
    chatServer path: String, _ cleanup: Cleanup, timeout_ms: Int64 = StartedProgram.timeout_ms,
    prepare: (_ folder: String) throws(BenchError) -> Void
  ) throws(BenchError) {
    try self.init(path, name: "chat-server", cleanup, timeout_ms: timeout_ms) { (folder) throws(BenchError) in
      try DataFiles.writeSettings(to: folder)
      try prepare(folder)
      return ["--data", folder, "--port", "0"]
    }
  }

  /// The broadcast loop, which is this program in another process.
  convenience init(broadcastLoop cleanup: Cleanup) throws(BenchError) {
    let path = try ServerProcess.program(beside: "chat-bench")
    try self.init(path, name: "limit", cleanup, timeout_ms: StartedProgram.timeout_ms) { _ in [BroadcastLoop.word] }
  }

  private init(
    _ path: String, name: String, _ cleanup: Cleanup, timeout_ms: Int64,
    arguments: (_ folder: String) throws(BenchError) -> [String]
  ) throws(BenchError) {
    let folder = try cleanup.makeFolder()
    do throws(BenchError) {
      let arguments = try arguments(folder)
      let start_ns = SystemClock.monotonic_ns
      let started = try StartedProgram(path, arguments, cleanup, timeout_ms: timeout_ms)
      target = Target(
        name: name, host: "127.0.0.1", port: try started.port(), processID: started.child.id, isIRC: false)
      startup_ns = SystemClock.monotonic_ns - start_ns
      child = started.child
      input = started.input
    } catch {
      cleanup.remove(folder)
      throw error
    }
    self.folder = folder
    self.cleanup = cleanup
  }

  deinit {
    cleanup.end(child)
    cleanup.remove(folder)
  }

  /// What the program says to `--version`: its name and a number.
  static func version(
    of path: String, _ cleanup: Cleanup, timeout_ms: Int64 = StartedProgram.timeout_ms
  ) throws(BenchError) -> String {
    let started = try StartedProgram(path, ["--version"], cleanup, timeout_ms: timeout_ms)
    cleanup.end(started.child)
    return started.firstLine
  }

  /// The file of that name in the folder where this program's own file is.
  static func program(beside name: String) throws(BenchError) -> String {
    do throws(Errno) {
      let own = try File.target(ofLink: "/proc/self/exe")
      return own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/\(name)"
    } catch {
      throw .file("/proc/self/exe", error)
    }
  }
}

/// A server that is measured.
struct Target: Equatable {
  /// As it stands in tables.
  let name: String
  let host: String
  let port: UInt16
  /// Nil where nobody knows; then there are no figures of processor and memory.
  let processID: Int32?
  let isIRC: Bool

  var usage: ProcessUsage? { processID.flatMap { ProcessTable.usage(of: $0) } }

  /// How its clients speak where they would speak `wire` to chat-server.
  func wire(for wire: WireProtocol) -> WireProtocol { isIRC ? .irc : wire }
}

/// A process that has printed its first line.
struct StartedProgram: ~Copyable {
  let path: String
  let child: ChildProcess
  /// What it reads.
  let input: FileDescriptor
  let firstLine: String
  private let cleanup: Cleanup

  /// How long that line may take: a million accounts take seconds, and more on a slow disk.
  static let timeout_ms: Int64 = 60_000
  private static let lineBytes_max = 4096

  /// Where it says nothing it is ended.
  init(
    _ path: String, _ arguments: [String], _ cleanup: Cleanup, timeout_ms: Int64
  ) throws(BenchError) {
    let input = try Self.pipe()
    let output = try Self.pipe()
    let child = try cleanup.start(path, arguments, ends: [input.reading.rawValue, output.writing.rawValue, 2])
    let words = output.reading
    // The child has one of its own now; while this one is open too, its end would not be seen.
    _ = consume output.writing
    do throws(BenchError) {
      firstLine = try Self.readLine(words, path, timeout_ms: timeout_ms)
    } catch {
      cleanup.end(child)
      throw error
    }
    self.path = path
    self.child = child
    self.input = input.writing
    self.cleanup = cleanup
  }

  private static func pipe() throws(BenchError) -> Pipe {
    do throws(Errno) {
      return try FileDescriptor.pipe()
    } catch {
      throw .system("pipe", error)
    }
  }

  private static func readLine(
    _ output: borrowing FileDescriptor, _ path: String, timeout_ms: Int64
  ) throws(BenchError) -> String {
    let end_ns = SystemClock.monotonic_ns + timeout_ms * 1_000_000
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      guard line.count < lineBytes_max, let more = try read(output, until: end_ns) else {
        throw .notStarted(path, reason: "it said no whole line within \(timeout_ms) ms")
      }
      if more.isEmpty { throw .notStarted(path, reason: "it ended without saying that it is ready") }
      line += more
    }
    return String(String(decoding: line, as: UTF8.self).prefix { !$0.isNewline })
  }

  /// What has come, empty at the end; nil where nothing came in time.
  private static func read(_ output: borrowing FileDescriptor, until end_ns: Int64) throws(BenchError) -> [UInt8]? {
    do throws(Errno) {
      let poller = try Poller(events_max: 1)
      try poller.add(output.rawValue, token: 0, interest: .readable)
      while true {
        let left_ms = Int32(clamping: (end_ns - SystemClock.monotonic_ns) / 1_000_000)
        if left_ms <= 0 { return nil }
        if try poller.wait(timeout_ms: left_ms, { _ in }) > 0 { return try output.read(upTo: lineBytes_max) }
      }
    } catch {
      throw .system("read", error)
    }
  }

  /// Where it serves, as it says: `… ready on 127.0.0.1:7777` and whatever follows. One that says something else is ended.
  func port() throws(BenchError) -> UInt16 {
    let digits = firstLine.split(separator: ":").dropFirst().first?.prefix(while: \.isNumber)
    if let port = digits.flatMap({ UInt16($0) }) { return port }
    cleanup.end(child)
    throw .notStarted(path, reason: "it said: \(firstLine)")
  }
}

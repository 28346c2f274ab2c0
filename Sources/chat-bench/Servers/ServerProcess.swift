import POSIX

/// A program that serves, started for one measurement on a free port; its end is the end of this value.
///
/// Package.swift lets this target depend on `chat-server`, an executable too: so `swift run chat-bench` builds both, and
/// the server lies beside this program.
final class ServerProcess {
  let subject: Subject
  /// Its own, removed with it.
  let folder: String
  /// How long it took, from before the process was made to the line that says it serves.
  let startup_ns: Int64
  private let child: ChildProcess
  private let leftovers: Leftovers
  /// What the broadcast loop reads until its end, so that it ends even if this process is killed.
  private let input: FileDescriptor

  /// `chat-server` on its folder, with no bounds in the way; `prepare` puts into the folder what it is to find there.
  convenience init(
    chatServer path: String, _ leftovers: Leftovers, prepare: (_ folder: String) throws(BenchFailure) -> Void
  ) throws(BenchFailure) {
    try self.init(path, name: "chat-server", leftovers) { (folder) throws(BenchFailure) in
      try DataFiles.writeSettings(to: folder)
      try prepare(folder)
      return ["--data", folder, "--port", "0"]
    }
  }

  /// The broadcast loop, which is this program in another process.
  convenience init(broadcastLoop leftovers: Leftovers) throws(BenchFailure) {
    let path = try ServerProcess.program(beside: "chat-bench")
    try self.init(path, name: "limit", leftovers) { _ in [BroadcastLoop.word] }
  }

  private init(
    _ path: String, name: String, _ leftovers: Leftovers,
    arguments: (_ folder: String) throws(BenchFailure) -> [String]
  ) throws(BenchFailure) {
    let folder = try leftovers.makeFolder()
    do throws(BenchFailure) {
      let arguments = try arguments(folder)
      let start_ns = SystemClock.monotonic_ns
      let started = try Started(path, arguments, leftovers)
      subject = Subject(
        name: name, host: "127.0.0.1", port: started.port, processID: started.child.id, isIRC: false)
      startup_ns = SystemClock.monotonic_ns - start_ns
      child = started.child
      input = started.input
    } catch {
      leftovers.remove(folder)
      throw error
    }
    self.folder = folder
    self.leftovers = leftovers
  }

  deinit {
    leftovers.end(child)
    leftovers.remove(folder)
  }

  /// What the program says to `--version`: its name and a number.
  static func version(of path: String) throws(BenchFailure) -> String {
    do throws(Errno) {
      let output = try FileDescriptor.pipe()
      let child = try ChildProcess(path: path, arguments: ["--version"], ends: [0, output.writing.rawValue, 2])
      let words = output.reading
      // The child has one of its own; while this one is open too, the end of its words would not be seen.
      _ = consume output.writing
      let line = String(decoding: try words.readToEnd(), as: UTF8.self)
      child.wait()
      return String(line.prefix { !$0.isNewline })
    } catch {
      throw .notStarted(path, reason: error.description)
    }
  }

  /// The file of that name in the folder where this program's own file is.
  static func program(beside name: String) throws(BenchFailure) -> String {
    do throws(Errno) {
      let own = try File.target(ofLink: "/proc/self/exe")
      return own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/\(name)"
    } catch {
      throw .file("/proc/self/exe", error)
    }
  }
}

/// A process that has said that it is ready, and at which port.
private struct Started: ~Copyable {
  let child: ChildProcess
  let input: FileDescriptor
  let port: UInt16

  init(_ path: String, _ arguments: [String], _ leftovers: Leftovers) throws(BenchFailure) {
    let input = try Started.pipe()
    let output = try Started.pipe()
    let child = try leftovers.start(path, arguments, ends: [input.reading.rawValue, output.writing.rawValue, 2])
    let words = output.reading
    // The child has one of its own now; while this one is open too, its end would not be seen.
    _ = consume output.writing
    do throws(BenchFailure) {
      port = try Started.awaitReady(words, path)
    } catch {
      leftovers.end(child)
      throw error
    }
    self.child = child
    self.input = input.writing
  }

  private static func pipe() throws(BenchFailure) -> Pipe {
    do throws(Errno) {
      return try FileDescriptor.pipe()
    } catch {
      throw .system("pipe", error)
    }
  }

  /// `… ready on 127.0.0.1:7777` and whatever follows: the port.
  private static func awaitReady(_ output: borrowing FileDescriptor, _ program: String) throws(BenchFailure) -> UInt16 {
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      let more: [UInt8]
      do throws(Errno) {
        more = try output.read(upTo: 4096)
      } catch {
        throw .system("read", error)
      }
      if more.isEmpty { throw .notStarted(program, reason: "it ended without saying that it is ready") }
      line += more
    }
    let text = String(decoding: line.dropLast(), as: UTF8.self)
    let digits = text.split(separator: ":").dropFirst().first?.prefix(while: \.isNumber)
    guard let port = digits.flatMap({ UInt16($0) }) else { throw .notStarted(program, reason: "it said: \(text)") }
    return port
  }
}

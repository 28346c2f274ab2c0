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
    chatServer path: String, _ leftovers: Leftovers, patience_ms: Int64 = StartedProgram.patience_ms,
    prepare: (_ folder: String) throws(BenchError) -> Void
  ) throws(BenchError) {
    try self.init(path, name: "chat-server", leftovers, patience_ms: patience_ms) { (folder) throws(BenchError) in
      try DataFiles.writeSettings(to: folder)
      try prepare(folder)
      return ["--data", folder, "--port", "0"]
    }
  }

  /// The broadcast loop, which is this program in another process.
  convenience init(broadcastLoop leftovers: Leftovers) throws(BenchError) {
    let path = try ServerProcess.program(beside: "chat-bench")
    try self.init(path, name: "limit", leftovers, patience_ms: StartedProgram.patience_ms) { _ in [BroadcastLoop.word] }
  }

  private init(
    _ path: String, name: String, _ leftovers: Leftovers, patience_ms: Int64,
    arguments: (_ folder: String) throws(BenchError) -> [String]
  ) throws(BenchError) {
    let folder = try leftovers.makeFolder()
    do throws(BenchError) {
      let arguments = try arguments(folder)
      let start_ns = SystemClock.monotonic_ns
      let started = try StartedProgram(path, arguments, leftovers, patience_ms: patience_ms)
      subject = Subject(
        name: name, host: "127.0.0.1", port: try started.port(), processID: started.child.id, isIRC: false)
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
  static func version(
    of path: String, _ leftovers: Leftovers, patience_ms: Int64 = StartedProgram.patience_ms
  ) throws(BenchError) -> String {
    let started = try StartedProgram(path, ["--version"], leftovers, patience_ms: patience_ms)
    leftovers.end(started.child)
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

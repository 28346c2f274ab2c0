import Glibc
import POSIX
import Synchronization

/// Ends the processes and removes the folders of a run, after any kind of end.
final class Cleanup: Sendable {
  private struct State {
    var processes: Set<ChildProcess> = []
    var folders: Set<String> = []
  }

  private let state = Mutex(State())

  /// Whether nothing is left.
  var isEmpty: Bool { state.withLock { $0.processes.isEmpty && $0.folders.isEmpty } }

  /// Starts a process that ends with the run at the latest.
  func start(_ program: String, _ arguments: [String], ends: [CInt]) throws(BenchError) -> ChildProcess {
    let launcher = try ServerProcess.program(beside: "chat-bench")
    // Under the lock: nothing starts while everything is being ended.
    let result: Result<ChildProcess, Errno> = state.withLock { state in
      do throws(Errno) {
        let child = try ChildProcess(
          path: launcher, arguments: ParentWatch.arguments(for: program, arguments), ends: ends)
        state.processes.insert(child)
        return .success(child)
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let child): return child
    case .failure(let error): throw .notStarted(program, reason: error.description)
    }
  }

  /// Kills it: its data is not needed.
  func end(_ child: ChildProcess) {
    state.withLock { state in
      guard state.processes.remove(child) != nil else { return }
      Self.kill(child)
    }
  }

  /// A new folder for temporary files.
  func makeFolder() throws(BenchError) -> String {
    let number = Random.bytes(6).map { String($0, radix: 16) }.joined()
    let path = "\(Environment.path("TMPDIR") ?? "/tmp")/chat-bench-\(CurrentProcess.id)-\(number)"
    let failure: Errno? = state.withLock { state in
      do throws(Errno) {
        try File.makeDirectory(path)
        state.folders.insert(path)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw .file(path, failure) }
    return path
  }

  func remove(_ folder: String) {
    state.withLock { state in
      guard state.folders.remove(folder) != nil else { return }
      Self.removeTree(folder)
    }
  }

  /// On one of the signals, ends everything that was started and then this process. Call it first.
  func endAll(at signals: [Signal]) throws(Errno) {
    // This blocks the signals here and in every later thread; the thread below reads them from a descriptor of its own.
    _ = try SignalDescriptor(signals)
    _ = try HelperThread { [self] in
      guard let signal = try? Self.wait(for: signals) else { return }
      state.withLock { state in
        for child in state.processes { Self.kill(child) }
        for folder in state.folders { Self.removeTree(folder) }
        // The status that a shell shows for a program that a signal ended. Under the lock, so that nothing starts
        // meanwhile.
        _exit(128 + signal.rawValue)
      }
    }
  }

  private static func wait(for signals: [Signal]) throws(Errno) -> Signal {
    let descriptor = try SignalDescriptor(signals)
    let poller = try Poller(eventsMax: 1)
    try poller.add(descriptor.rawValue, token: 0, interest: .readable)
    while true {
      try poller.wait(timeoutMilliseconds: -1) { _ in }
      if let signal = try descriptor.next() { return signal }
    }
  }

  private static func kill(_ child: ChildProcess) {
    // It may have ended already, but its status must still be collected.
    try? Signal.kill.send(to: child.id)
    child.wait()
  }

  /// Files that cannot be removed are left.
  private static func removeTree(_ path: String) {
    for name in (try? File.names(inDirectory: path)) ?? [] {
      let inner = "\(path)/\(name)"
      if (try? File.statusOfLink(inner).isDirectory) == true { removeTree(inner) } else { try? File.unlink(inner) }
    }
    try? File.removeDirectory(path)
  }
}

/// Starts a program so that it never outlives a measurement: this program runs in another process, which the kernel
/// ends with its parent, and which then executes that program.
///
/// `Cleanup` handles signals and errors; this is for SIGKILL and bugs.
enum ParentWatch {
  static let word = "tethered"

  /// The arguments with which this program executes the one at `path`.
  static func arguments(for path: String, _ arguments: [String]) -> [String] {
    [word, "\(CurrentProcess.id)", path] + arguments
  }

  /// `words` follow `word`. Returns only by throwing.
  static func run(_ words: [String]) throws(BenchError) {
    guard words.count >= 2 else { throw .notStarted(word, reason: "it is for internal use by chat-bench") }
    do throws(Errno) {
      try CurrentProcess.endWithParent()
      // The parent may have ended before.
      guard words[0] == "\(CurrentProcess.parentID)" else { throw .noSuchProcess }
      try CurrentProcess.become(words[1], Array(words.dropFirst(2)))
    } catch {
      throw .notStarted(words[1], reason: error.description)
    }
  }
}

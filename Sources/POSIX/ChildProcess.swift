import CLinux
import Glibc

/// A program started as a child process.
package struct ChildProcess: Hashable, Sendable {
  package let id: Int32

  /// posix_spawn(3): runs the program at `path` with `ends` as its descriptors 0 to 2. `environment` holds `NAME=value`
  /// words. The child neither blocks nor ignores signals, whatever this process does.
  package init(
    path: String, arguments: [String], environment: [String] = Environment.all, ends: [CInt]
  ) throws(Errno) {
    try self.init(path: path, arguments: arguments, environment: environment, .descriptors(ends))
  }

  /// The same with a terminal, given by path, as descriptors 0 to 2 and as the controlling terminal of a new session.
  package init(
    path: String, arguments: [String], environment: [String] = Environment.all, terminal: String
  ) throws(Errno) {
    try self.init(path: path, arguments: arguments, environment: environment, .terminal(terminal))
  }

  private enum Ends {
    case descriptors([CInt])
    case terminal(String)
  }

  private init(path: String, arguments: [String], environment: [String], _ ends: Ends) throws(Errno) {
    // Unsafe, because these calls take C strings and structs that live as long as the call; all are made and freed here.
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    switch ends {
    case .descriptors(let ends):
      for (number, end) in ends.enumerated() { unsafe posix_spawn_file_actions_adddup2(&actions, end, CInt(number)) }
    case .terminal(let name):
      // The first terminal that a session leader opens becomes the session's.
      flags |= CInt(POSIX_SPAWN_SETSID)
      unsafe posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
      for number: CInt in 1...2 { unsafe posix_spawn_file_actions_adddup2(&actions, 0, number) }
    }

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGHUP, SIGINT, SIGTERM, SIGPIPE] { unsafe sigaddset(&signals, signal) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, CShort(flags))

    let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    let variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    var processID: pid_t = 0
    try checkedReturn { unsafe posix_spawn(&processID, path, &actions, &attributes, words, variables) }
    id = processID
  }

  /// waitpid(2): waits for the end of the process. Call it once. Returns the status as a shell's `$?`: 128 and the signal's number
  /// if a signal killed it.
  @discardableResult
  package func wait() -> Int32 {
    var status: CInt = 0
    while unsafe waitpid(id, &status, 0) == -1 {
      precondition(Errno.current == .interrupted, "a process is waited for once")
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }
}

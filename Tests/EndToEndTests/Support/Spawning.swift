import Glibc
import POSIX

// Unsafe, because these calls take C strings and structs that live as long as the call; both are made and freed here.

/// posix_spawn(3): a process of its own that runs the program at `path`, its descriptors 0 to 2 being `ends`.
/// Signals are neither blocked nor ignored in it.
func spawn(_ path: String, _ arguments: [String], environment: [String], ends: [CInt]) throws(Errno) -> Int32 {
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  for (number, end) in ends.enumerated() { unsafe posix_spawn_file_actions_adddup2(&actions, end, CInt(number)) }

  var attributes = posix_spawnattr_t()
  unsafe posix_spawnattr_init(&attributes)
  defer { unsafe posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  unsafe sigemptyset(&signals)
  unsafe posix_spawnattr_setsigmask(&attributes, &signals)
  for signal in [SIGHUP, SIGINT, SIGTERM, SIGPIPE] { unsafe sigaddset(&signals, signal) }
  unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
  unsafe posix_spawnattr_setflags(&attributes, CShort(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

  let arguments = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
  let environment = unsafe environment.map { unsafe strdup($0) } + [nil]
  defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
  var processID: pid_t = 0
  let code = unsafe posix_spawn(&processID, path, &actions, &attributes, arguments, environment)
  if code != 0 { throw Errno(rawValue: code) }
  return processID
}

/// waitpid(2): waits for the end of a process that was spawned here; once. As `$?` in a shell.
func exitStatus(of processID: Int32) -> Int32 {
  var status: CInt = 0
  while unsafe waitpid(processID, &status, 0) == -1 {
    precondition(errno == EINTR, "a process is waited for once")
  }
  let signal = status & 0x7F
  return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
}

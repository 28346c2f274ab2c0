import Glibc

/// A signal(7).
package struct Signal: Hashable, Sendable, RawRepresentable {
  package let rawValue: CInt

  package init(rawValue: CInt) {
    self.rawValue = rawValue
  }

  package static let hangup = Signal(rawValue: SIGHUP)
  package static let interrupt = Signal(rawValue: SIGINT)
  package static let quit = Signal(rawValue: SIGQUIT)
  package static let terminate = Signal(rawValue: SIGTERM)
  package static let brokenPipe = Signal(rawValue: SIGPIPE)
  package static let kill = Signal(rawValue: SIGKILL)
  package static let user1 = Signal(rawValue: SIGUSR1)
  package static let user2 = Signal(rawValue: SIGUSR2)
  package static let windowChange = Signal(rawValue: SIGWINCH)
  package static let stop = Signal(rawValue: SIGSTOP)
  package static let stopFromTerminal = Signal(rawValue: SIGTSTP)
  package static let resume = Signal(rawValue: SIGCONT)

  /// Ignores the signal in the whole process. Every program that writes to sockets or pipes does so with `.brokenPipe`:
  /// the write that caused it then throws `Errno.brokenPipe`.
  package func ignore() {
    _ = signal(rawValue, SIG_IGN)
  }

  /// kill(2). `.noSuchProcess` when it is gone.
  package func send(to processID: Int32) throws(Errno) {
    _ = try checked { Glibc.kill(processID, rawValue) }
  }

  /// To the thread that calls, raise(3).
  package func raise() {
    _ = Glibc.raise(rawValue)
  }
}

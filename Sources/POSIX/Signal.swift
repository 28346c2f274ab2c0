import CLinux
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

extension Signal {
  /// To the thread that calls, raise(3), also where it has the signal blocked: a signal that stops has stopped and resumed the
  /// process when this returns.
  package func raiseUnblocked() throws(Errno) {
    var set = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, rawValue)
    try checkedReturn { unsafe pthread_sigmask(SIG_UNBLOCK, &set, &before) }
    raise()
    try checkedReturn { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
  }
}

/// Signals as something to read, so that a loop meets them between two turns: signalfd(2). The loop registers
/// `rawValue` as readable.
///
/// The signals are blocked on the thread that makes this, and threads started from there on inherit that. So it is made
/// first thing in `main`: a thread that has them unblocked would be killed by them instead. They stay blocked
/// afterwards.
package struct SignalDescriptor: ~Copyable {
  private let descriptor: FileDescriptor

  package init(_ signals: [Signal]) throws(Errno) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal.rawValue) }
    try checkedReturn { unsafe pthread_sigmask(SIG_BLOCK, &set, nil) }
    descriptor = FileDescriptor(
      owning: try checked { unsafe signalfd(-1, &set, CInt(SFD_CLOEXEC | SFD_NONBLOCK)) })
  }

  /// The descriptor to register; it stays this value's own.
  package var rawValue: CInt { descriptor.rawValue }

  /// The next signal that came, nil when there is none. Several of the same kind that came unread count as one.
  package func next() throws(Errno) -> Signal? {
    var information = signalfd_siginfo()
    let count = try unsafe withUnsafeMutableBytes(of: &information) { (bytes) throws(Errno) in
      // signalfd(2) fills whole structs, and there is room for one.
      try checkedUnlessBlocking { unsafe Glibc.read(descriptor.rawValue, bytes.baseAddress, bytes.count) }
    }
    return count == nil ? nil : Signal(rawValue: CInt(information.ssi_signo))
  }
}

/// Signals that a program at a terminal reads: what ends a wait, what ends or stops the program, and what changes its window.
/// Made before any thread is, see `SignalDescriptor`.
package final class Interruption {
  private let signals: SignalDescriptor
  /// SIGINT, Ctrl-C, since this was last set to false.
  package var hasCome = false
  /// SIGTERM or SIGHUP.
  package private(set) var isEnding = false
  private var isToStop = false
  private var hasResumed = false
  /// SIGWINCH, since this was last set to false.
  package var hasNewSize = false

  package init() throws(Errno) {
    signals = try SignalDescriptor([
      .interrupt, .terminate, .hangup, .windowChange, .stopFromTerminal, .resume,
    ])
  }

  /// To be waited for.
  package var rawValue: CInt { signals.rawValue }

  /// Reads what has come; whether a wait is to end.
  package func check() -> Bool {
    while let signal = try? signals.next() {
      switch signal {
      case .interrupt: hasCome = true
      case .windowChange: hasNewSize = true
      case .stopFromTerminal: isToStop = true
      case .resume: hasResumed = true
      default: isEnding = true
      }
    }
    return hasCome || isEnding
  }

  /// Whether SIGTSTP has come since this was last asked: the process is to stop once the terminal is as it was.
  package func takeStop() -> Bool {
    defer { isToStop = false }
    return isToStop
  }

  /// As Ctrl-Z does; the shell's `fg` has it go on.
  package func stopProcess() throws(Errno) {
    try Signal.stopFromTerminal.raiseUnblocked()
    _ = check()
    (isToStop, hasResumed) = (false, false)
  }

  /// Whether SIGTERM or SIGHUP has come since this was last asked; whoever asks has it end.
  package func takeEnding() -> Bool {
    defer { isEnding = false }
    return isEnding
  }

  /// Whether the process was stopped and goes on, since this was last asked.
  package func takeResumption() -> Bool {
    defer { hasResumed = false }
    return hasResumed
  }
}

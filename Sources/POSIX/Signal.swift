import CLinux
import Glibc

/// A signal(7).
package struct Signal: Hashable, Sendable, RawRepresentable {
  package let rawValue: CInt

  package init(rawValue: CInt) { self.rawValue = rawValue }

  package static let hangup = Signal(rawValue: SIGHUP)
  package static let interrupt = Signal(rawValue: SIGINT)
  package static let quit = Signal(rawValue: SIGQUIT)
  package static let terminate = Signal(rawValue: SIGTERM)
  package static let brokenPipe = Signal(rawValue: SIGPIPE)
  package static let kill = Signal(rawValue: SIGKILL)
  package static let windowChange = Signal(rawValue: SIGWINCH)
  package static let stop = Signal(rawValue: SIGSTOP)
  package static let stopFromTerminal = Signal(rawValue: SIGTSTP)
  package static let resume = Signal(rawValue: SIGCONT)

  /// Ignores the signal in the whole process. Every program that writes to sockets or pipes ignores `.brokenPipe`:
  /// the write then throws `Errno.brokenPipe`.
  package func ignore() { _ = signal(rawValue, SIG_IGN) }

  /// kill(2). Throws `.noSuchProcess` if there is no such process.
  package func send(to processID: Int32) throws(Errno) { _ = try checked { Glibc.kill(processID, rawValue) } }

  /// raise(3): sends the signal to the calling thread.
  package func raise() { _ = Glibc.raise(rawValue) }

  /// The same for a signal that the thread blocks. A signal that stops has stopped and resumed the process when this returns.
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

/// Reads signals as bytes, so that an event loop handles them between two turns: signalfd(2). Register `rawValue` as readable.
///
/// It blocks the signals on the thread that makes it, and threads started from there inherit that. So `main` makes
/// it first: a thread without the mask would be killed by such a signal. The signals stay blocked afterwards.
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

  package var rawValue: CInt { descriptor.rawValue }

  /// The next pending signal, or nil. Several unread signals of the same kind count as one.
  package func next() throws(Errno) -> Signal? {
    var information = signalfd_siginfo()
    let count = try unsafe withUnsafeMutableBytes(of: &information) { (bytes) throws(Errno) in
      // signalfd(2) fills whole structs, and there is room for one.
      try checkedUnlessBlocking { unsafe Glibc.read(descriptor.rawValue, bytes.baseAddress, bytes.count) }
    }
    return count == nil ? nil : Signal(rawValue: CInt(information.ssi_signo))
  }
}

/// The signals of a program at a terminal: interrupt, end, stop, resume, new window size. Make it before any thread, see
/// `SignalDescriptor`.
package final class Interruption {
  private let signals: SignalDescriptor
  /// SIGINT (Ctrl-C) since this was last set to false.
  package var isInterrupted = false
  /// SIGTERM or SIGHUP.
  package private(set) var isEnding = false
  private var isToStop = false
  private var hasResumed = false
  /// SIGWINCH since this was last set to false.
  package var hasNewSize = false

  package init() throws(Errno) {
    signals = try SignalDescriptor([
      .interrupt, .terminate, .hangup, .windowChange, .stopFromTerminal, .resume,
    ])
  }

  package var rawValue: CInt { signals.rawValue }

  /// Reads the pending signals. Returns whether a wait must end.
  package func check() -> Bool {
    while let signal = try? signals.next() {
      switch signal {
      case .interrupt: isInterrupted = true
      case .windowChange: hasNewSize = true
      case .stopFromTerminal: isToStop = true
      case .resume: hasResumed = true
      default: isEnding = true
      }
    }
    return isInterrupted || isEnding
  }

  /// Whether SIGTSTP came since the last call: restore the terminal, then call `stopProcess`.
  package func takeStop() -> Bool {
    defer { isToStop = false }
    return isToStop
  }

  /// Stops the process as Ctrl-Z does. Returns once the shell's `fg` resumes it.
  package func stopProcess() throws(Errno) {
    try Signal.stopFromTerminal.raiseUnblocked()
    _ = check()
    (isToStop, hasResumed) = (false, false)
  }

  /// Whether SIGTERM or SIGHUP came since the last call.
  package func takeTermination() -> Bool {
    defer { isEnding = false }
    return isEnding
  }

  /// Whether the process was stopped and resumed since the last call.
  package func takeResume() -> Bool {
    defer { hasResumed = false }
    return hasResumed
  }
}

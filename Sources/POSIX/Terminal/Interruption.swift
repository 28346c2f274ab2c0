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

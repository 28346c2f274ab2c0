import POSIX

/// Signals that a console reads: what ends a wait, what ends the console, and what changes its window. Made before any thread
/// is, see `SignalDescriptor`.
final class Interruption {
  private let signals: SignalDescriptor
  /// SIGINT, Ctrl-C, since this was last set to false.
  var hasCome = false
  /// SIGTERM or SIGHUP.
  private(set) var isEnding = false
  /// SIGWINCH, since this was last set to false.
  var hasNewSize = false

  init() throws(Errno) { signals = try SignalDescriptor([.interrupt, .terminate, .hangup, .windowChange]) }

  /// To be waited for.
  var rawValue: CInt { signals.rawValue }

  /// Reads what has come; whether a wait is to end.
  func check() -> Bool {
    while let signal = try? signals.next() {
      switch signal {
      case .interrupt: hasCome = true
      case .windowChange: hasNewSize = true
      default: isEnding = true
      }
    }
    return hasCome || isEnding
  }
}

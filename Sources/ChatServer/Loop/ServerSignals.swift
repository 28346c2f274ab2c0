import POSIX

/// The signals that a server takes: SIGINT and SIGTERM end it, SIGHUP reopens the log and
/// has the files looked at for edits.
final class ServerSignals {
  private let descriptor: SignalDescriptor

  /// Before any other thread is made: each inherits that they are blocked.
  init() throws(Errno) { descriptor = try SignalDescriptor([.interrupt, .terminate, .hangup]) }

  func register(at poller: borrowing Poller) throws(Errno) {
    try poller.add(descriptor.rawValue, token: Registration.signals.token, interest: .readable)
  }

  func next() -> Signal? {
    do throws(Errno) { return try descriptor.next() } catch { return nil }
  }
}

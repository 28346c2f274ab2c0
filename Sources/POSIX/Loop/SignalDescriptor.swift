import CLinux
import Glibc

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

import Glibc

// What a crash leaves to its signal's handler stands in plain memory of this file: a handler may take no lock and allocate
// nothing (signal-safety(7)).
nonisolated(unsafe) private var crashMode = termios()
nonisolated(unsafe) private var crashDescriptor: CInt = -1
nonisolated(unsafe) private var crashBytes: UnsafeMutableBufferPointer<UInt8>?

extension TerminalMode {
  private static let crashes = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
  private static let ends = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

  /// A bug that ends this process leaves the terminal as it was found too. `text` is written to it then. For the one terminal
  /// of a process.
  package func restoreOnCrash(writing text: String) {
    unsafe crashMode = original
    unsafe crashDescriptor = descriptor
    if unsafe crashBytes == nil {
      let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
      _ = unsafe bytes.initialize(from: text.utf8)
      unsafe crashBytes = bytes
    }
    Self.restore(on: Self.crashes)
  }

  /// A signal that ends this process, which nobody reads, leaves the terminal as it was found too. Whether nobody has asked
  /// for that before, who found it otherwise.
  package func restoreOnEnd() -> Bool {
    guard unsafe crashDescriptor < 0 else { return false }
    unsafe crashMode = original
    unsafe crashDescriptor = descriptor
    Self.restore(on: Self.ends + Self.crashes)
    return true
  }

  package static func forgetRestoringOnEnd() {
    unsafe crashDescriptor = -1
    for number in ends { _ = signal(number, SIG_DFL) }
  }

  private static func restore(on signals: [CInt]) {
    for signal in signals {
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { signal in
        var mode = unsafe crashMode
        _ = unsafe tcsetattr(crashDescriptor, TCSANOW, &mode)
        if let bytes = unsafe crashBytes { _ = unsafe write(crashDescriptor, bytes.baseAddress, bytes.count) }
        // The first time only: what comes next ends the process as it would have.
        _ = raise(signal)
      }
      action.sa_flags = CInt(truncatingIfNeeded: SA_RESETHAND) | SA_NODEFER
      _ = unsafe sigaction(signal, &action, nil)
    }
  }
}

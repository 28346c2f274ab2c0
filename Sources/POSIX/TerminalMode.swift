import Glibc

/// A terminal's mode, termios(3), restored when this value goes out of scope.
package struct TerminalMode: ~Copyable {
  private let descriptor: CInt
  private let original: termios

  /// isatty(3).
  package static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

  /// Saves the current mode. The descriptor stays the caller's and must outlive this. Throws `.notTerminal` if it is no
  /// terminal.
  package init(of descriptor: CInt) throws(Errno) {
    var now = termios()
    _ = try checked { unsafe tcgetattr(descriptor, &now) }
    self.descriptor = descriptor
    original = now
  }

  deinit { restore() }

  /// Raw mode: each key arrives at once, is not shown and sends no signal (Ctrl-C is byte 3). Output is still
  /// processed, so a newline returns to the first column. `keepingInterrupt`: Ctrl-C, and no other key, sends
  /// `Signal.interrupt`.
  package func enterRaw(keepingInterrupt: Bool = false) throws(Errno) {
    var raw = original
    raw.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
    raw.c_cflag |= tcflag_t(CS8)
    raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | (keepingInterrupt ? 0 : ISIG))
    // A read returns with the first byte; Swift sees the array of control characters as a tuple.
    unsafe withUnsafeMutableBytes(of: &raw.c_cc) { characters in
      unsafe characters[Int(VMIN)] = 1
      unsafe characters[Int(VTIME)] = 0
      // 0 is _POSIX_VDISABLE: a program that a key stops or kills would leave the terminal in this mode.
      unsafe characters[Int(VSUSP)] = 0
      unsafe characters[Int(VQUIT)] = 0
    }
    // Drained first, so that earlier output is processed in the mode it was meant for; keys typed ahead stay.
    _ = try checked { unsafe tcsetattr(descriptor, TCSADRAIN, &raw) }
  }

  /// The system edits lines but does not show them. Keys still send signals.
  package func disableEcho() throws(Errno) {
    var unseen = original
    unseen.c_lflag &= ~tcflag_t(ECHO)
    _ = try checked { unsafe tcsetattr(descriptor, TCSADRAIN, &unseen) }
  }

  /// The number of typed bytes not read yet, ioctl_tty(2).
  package static func unreadBytes(of descriptor: CInt) throws(Errno) -> Int {
    var count: CInt = 0
    _ = try checked { unsafe ioctl(descriptor, UInt(FIONREAD), &count) }
    return Int(count)
  }

  /// Discards the typed bytes not read yet, tcflush(3).
  package func dropTyped() { _ = tcflush(descriptor, TCIFLUSH) }

  /// Restores the saved mode; does nothing if the terminal is gone. `droppingTyped` discards the typed bytes not read yet.
  package func restore(droppingTyped: Bool = false) {
    var original = original
    _ = try? checked { unsafe tcsetattr(descriptor, droppingTyped ? TCSAFLUSH : TCSADRAIN, &original) }
  }
}

// A signal handler reads these: it may take no lock and allocate nothing (signal-safety(7)), so they are plain globals.
nonisolated(unsafe) private var crashMode = termios()
nonisolated(unsafe) private var crashDescriptor: CInt = -1
nonisolated(unsafe) private var crashBytes: UnsafeMutableBufferPointer<UInt8>?

// Restoring when a signal ends the process.
extension TerminalMode {
  private static let crashes = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
  private static let ends = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

  /// Restores the mode, and writes `text` to the terminal, if a bug ends the process. For one terminal a process.
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

  /// Restores the mode if a signal ends the process. Returns false, and does nothing, if an earlier call already does that.
  package func restoreOnEnd() -> Bool {
    guard unsafe crashDescriptor < 0 else { return false }
    unsafe crashMode = original
    unsafe crashDescriptor = descriptor
    Self.restore(on: Self.ends + Self.crashes)
    return true
  }

  package static func stopRestoringOnEnd() {
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
        // The handler is gone after its first call: this signal ends the process as it would have.
        _ = raise(signal)
      }
      action.sa_flags = CInt(truncatingIfNeeded: SA_RESETHAND) | SA_NODEFER
      _ = unsafe sigaction(signal, &action, nil)
    }
  }
}

/// The size of a terminal in characters.
package struct TerminalSize: Hashable, Sendable {
  package let columns: Int
  package let rows: Int

  /// TIOCGWINSZ, ioctl_tty(2). Nil if the descriptor is no terminal or the terminal does not say. Call it again
  /// after `Signal.windowChange`.
  package static func of(_ descriptor: CInt) -> TerminalSize? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}

import Glibc

/// How a terminal treats what is typed, termios(3), and the duty to leave it as it was found, which `deinit` does too.
package struct TerminalMode: ~Copyable {
  let descriptor: CInt
  let original: termios

  /// isatty(3).
  package static func isTerminal(_ descriptor: CInt) -> Bool {
    isatty(descriptor) == 1
  }

  /// Notes how the terminal is now. The descriptor stays the caller's and must outlive this. `.notTerminal` where it is
  /// none.
  package init(of descriptor: CInt) throws(Errno) {
    var now = termios()
    _ = try checked { unsafe tcgetattr(descriptor, &now) }
    self.descriptor = descriptor
    original = now
  }

  deinit {
    restore()
  }

  /// Every key arrives at once and alone, none is shown, and none is a signal: Ctrl-C is byte 3. Output is still
  /// processed, so a newline returns to the first column. `keepingInterrupt`: Ctrl-C still sends `Signal.interrupt`, and is
  /// the only key that sends anything.
  package func enterRaw(keepingInterrupt: Bool = false) throws(Errno) {
    var raw = original
    raw.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
    raw.c_cflag |= tcflag_t(CS8)
    raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | (keepingInterrupt ? 0 : ISIG))
    // A read returns with the first byte; Swift sees the array of control characters as a tuple.
    unsafe withUnsafeMutableBytes(of: &raw.c_cc) { characters in
      unsafe characters[Int(VMIN)] = 1
      unsafe characters[Int(VTIME)] = 0
      // 0 is _POSIX_VDISABLE: whoever is stopped or killed by a key would leave the terminal like this.
      unsafe characters[Int(VSUSP)] = 0
      unsafe characters[Int(VQUIT)] = 0
    }
    // Drained first, so that what was printed before is treated as it was meant; keys typed ahead are kept.
    _ = try checked { unsafe tcsetattr(descriptor, TCSADRAIN, &raw) }
  }

  /// Lines as the system edits them, but not shown. Keys that are signals stay that.
  package func enterUnseen() throws(Errno) {
    var unseen = original
    unseen.c_lflag &= ~tcflag_t(ECHO)
    _ = try checked { unsafe tcsetattr(descriptor, TCSADRAIN, &unseen) }
  }

  /// How much was typed that nobody has read, ioctl_tty(2).
  package static func unreadBytes(of descriptor: CInt) throws(Errno) -> Int {
    var count: CInt = 0
    _ = try checked { unsafe ioctl(descriptor, UInt(FIONREAD), &count) }
    return Int(count)
  }

  /// Keys that nobody has read are for nobody.
  package func dropTyped() { _ = tcflush(descriptor, TCIFLUSH) }

  /// Back to how it was. A terminal that is gone needs nothing. `droppingTyped`: keys that nobody has read are for nobody.
  package func restore(droppingTyped: Bool = false) {
    var original = original
    _ = try? checked { unsafe tcsetattr(descriptor, droppingTyped ? TCSAFLUSH : TCSADRAIN, &original) }
  }
}

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

/// How many characters a terminal shows.
package struct TerminalSize: Hashable, Sendable {
  package let columns: Int
  package let rows: Int

  /// TIOCGWINSZ, ioctl_tty(2); nil where the descriptor is no terminal or the terminal does not say. It is asked again
  /// after `Signal.windowChange`.
  package static func of(_ descriptor: CInt) -> TerminalSize? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}

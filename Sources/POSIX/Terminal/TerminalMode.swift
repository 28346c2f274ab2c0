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

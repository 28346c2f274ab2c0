import Glibc

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

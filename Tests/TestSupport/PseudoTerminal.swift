import Glibc
package import POSIX

/// A terminal and its user's side, pty(7).
package final class PseudoTerminal: Sendable {
  /// The side of the user, who types and reads.
  package let person: FileDescriptor
  /// The side of the program.
  package let device: FileDescriptor

  package init() throws {
    var person: CInt = -1
    var device: CInt = -1
    // Unsafe, because it takes C pointers; nil is allowed for these.
    guard unsafe openpty(&person, &device, nil, nil, nil) == 0 else { throw Errno(rawValue: errno) }
    self.person = FileDescriptor(owning: person)
    self.device = FileDescriptor(owning: device)
    // Otherwise a program that another test starts would inherit it.
    for descriptor in [person, device] where fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 {
      throw Errno(rawValue: errno)
    }
  }

  /// Its name, for a program that opens it as its controlling terminal.
  package var path: String {
    get throws { try File.target(ofLink: "/proc/self/fd/\(device.rawValue)") }
  }

  /// Sets the size. Its processes get SIGWINCH.
  package func setSize(columns: UInt16, rows: UInt16) throws {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    guard unsafe ioctl(person.rawValue, UInt(TIOCSWINSZ), &size) == 0 else { throw Errno(rawValue: errno) }
  }

  /// The number of typed bytes that the program has not read.
  package var unreadBytes: Int {
    get throws {
      var count: CInt = 0
      guard unsafe ioctl(device.rawValue, UInt(FIONREAD), &count) == 0 else { throw Errno(rawValue: errno) }
      return Int(count)
    }
  }

  /// Whether it echoes and returns input by lines, as a shell expects.
  package var isAsFound: Bool {
    get throws {
      var mode = termios()
      guard unsafe tcgetattr(device.rawValue, &mode) == 0 else { throw Errno(rawValue: errno) }
      let flags = tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
      return mode.c_lflag & flags == flags
    }
  }
}

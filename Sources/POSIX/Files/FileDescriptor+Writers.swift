import CLinux
import Glibc

extension FileDescriptor {
  /// Whether somebody has the file open for writing; nil where the system does not say (the file is another user's, or on
  /// another machine). For a regular file that this descriptor only reads.
  ///
  /// A lease for reading, fcntl(2) under F_SETLEASE, is given only while nobody writes; it is given back at once.
  package func hasWriters() -> Bool? {
    // Somebody who opens the file in between makes the kernel send a signal: one that is ignored unless asked for.
    guard fcntl(rawValue, CInt(F_SETSIG), SIGURG) == 0 else { return nil }
    if fcntl(rawValue, CInt(F_SETLEASE), CInt(F_RDLCK)) == 0 {
      _ = fcntl(rawValue, CInt(F_SETLEASE), CInt(F_UNLCK))
      return false
    }
    return Errno.current == .wouldBlock ? true : nil
  }
}

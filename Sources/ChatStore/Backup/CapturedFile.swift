package import POSIX

/// A file as it was at an instant, for a backup: whatever becomes of its name, and whatever is appended to it.
package final class CapturedFile: Sendable {
  /// Below the data folder: `users.csv`, `files/7`.
  package let name: String
  /// In bytes. What is appended later is not of that instant.
  package let size: Int64
  private let source: Source

  private enum Source: ~Copyable, Sendable {
    case open(FileDescriptor)
    /// Shared files never change, and there may be more of them than descriptors. One that is removed has the other name then.
    case named(path: String, later: String)
  }

  init(_ name: String, size: Int64, _ descriptor: consuming FileDescriptor) {
    self.name = name
    self.size = size
    source = .open(descriptor)
  }

  init(_ name: String, size: Int64, path: String, later: String) {
    self.name = name
    self.size = size
    source = .named(path: path, later: later)
  }

  /// To be read with `pread`; throws `.noSuchFileOrDirectory` for a shared file that somebody removed by hand.
  package func open() throws(Errno) -> FileDescriptor {
    switch source {
    case .open(let descriptor): return try descriptor.duplicate()
    case .named(let path, let later):
      do throws(Errno) { return try File.openRegular(path) } catch .noSuchFileOrDirectory {
        return try File.openRegular(later)
      }
    }
  }
}

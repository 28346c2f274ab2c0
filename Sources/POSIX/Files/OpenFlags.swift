import Glibc

/// How open(2) opens. Close-on-exec is always set; without `writeOnly` or `readWrite`, a file is opened to read.
package struct OpenFlags: OptionSet, Sendable {
  package let rawValue: CInt

  package init(rawValue: CInt) {
    self.rawValue = rawValue
  }

  package static let readOnly: OpenFlags = []
  package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
  package static let readWrite = OpenFlags(rawValue: O_RDWR)
  package static let create = OpenFlags(rawValue: O_CREAT)
  /// With `create`: throws `.fileExists` where anything, even a link, has the name.
  package static let exclusive = OpenFlags(rawValue: O_EXCL)
  package static let append = OpenFlags(rawValue: O_APPEND)
  package static let truncate = OpenFlags(rawValue: O_TRUNC)
  package static let directory = OpenFlags(rawValue: O_DIRECTORY)
  /// Throws (ELOOP) where the last part of the path is a symbolic link.
  package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
  /// Opening a FIFO without it waits for the other end.
  package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
}

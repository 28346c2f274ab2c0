import Glibc

/// An open descriptor and the duty to close it, which exactly one owner has.
///
/// An `Array` or a `Dictionary` cannot hold what cannot be copied: who keeps many of them wraps each in the class
/// that stands for the thing at its other end (a session, a document) and keeps those.
package struct FileDescriptor: ~Copyable, Sendable {
  package let rawValue: CInt

  /// Takes over `rawValue`, which nobody else may close.
  package init(owning rawValue: CInt) {
    precondition(rawValue >= 0, "a descriptor is never negative")
    self.rawValue = rawValue
  }

  /// A second descriptor for a number that somebody else keeps, such as 0 to 2; dup(2) with close-on-exec.
  package init(duplicating rawValue: CInt) throws(Errno) {
    self.rawValue = try checked { fcntl(rawValue, F_DUPFD_CLOEXEC, 0) }
  }

  deinit {
    // close(2) frees the number even where it reports an error or an interruption, so it is never repeated.
    _ = close(rawValue)
  }

  /// Hands the number and the duty to close it to the caller.
  package consuming func release() -> CInt {
    let number = rawValue
    discard self
    return number
  }

  /// A second descriptor for the same open file: both share offset, flags and flock(2) lock.
  package func duplicate() throws(Errno) -> FileDescriptor {
    try FileDescriptor(duplicating: rawValue)
  }

  /// fcntl(2), O_NONBLOCK. The flag belongs to the open file, so every duplicate (a shell's terminal too) has it.
  package func setNonBlocking(_ nonBlocking: Bool = true) throws(Errno) {
    let flags = try checked { fcntl(rawValue, F_GETFL) }
    let wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK
    if wanted != flags { _ = try checked { fcntl(rawValue, F_SETFL, wanted) } }
  }

  /// A pipe(7), both ends closed on exec.
  package static func pipe() throws(Errno) -> Pipe {
    var ends: (CInt, CInt) = (-1, -1)
    _ = try unsafe withUnsafeMutableBytes(of: &ends) { (bytes) throws(Errno) in
      // A homogeneous tuple is laid out as the array that pipe(2) fills.
      try checked { unsafe Glibc.pipe(bytes.assumingMemoryBound(to: CInt.self).baseAddress!) }
    }
    let pipe = Pipe(reading: FileDescriptor(owning: ends.0), writing: FileDescriptor(owning: ends.1))
    _ = try checked { fcntl(ends.0, F_SETFD, FD_CLOEXEC) }
    _ = try checked { fcntl(ends.1, F_SETFD, FD_CLOEXEC) }
    return pipe
  }
}

/// The two ends of a pipe(7). Frozen, so that other modules may take it apart.
@frozen package struct Pipe: ~Copyable {
  package let reading: FileDescriptor
  package let writing: FileDescriptor
}

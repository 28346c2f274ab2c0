import Glibc

/// An open file descriptor, closed when its one owner goes out of scope.
///
/// Arrays and dictionaries cannot hold noncopyable values: wrap the descriptor in the class that stands for its other end (a
/// session, a document) and collect those.
package struct FileDescriptor: ~Copyable, Sendable {
  package let rawValue: CInt

  /// Takes ownership of `rawValue`: no other code may close it.
  package init(owning rawValue: CInt) {
    precondition(rawValue >= 0, "a descriptor is never negative")
    self.rawValue = rawValue
  }

  /// Duplicates a descriptor that other code owns, such as 0 to 2: dup(2) with close-on-exec.
  package init(duplicating rawValue: CInt) throws(Errno) {
    self.rawValue = try checked { fcntl(rawValue, F_DUPFD_CLOEXEC, 0) }
  }

  deinit {
    // close(2) frees the number even where it reports an error or an interruption, so it is never repeated.
    _ = close(rawValue)
  }

  /// Gives the number, and the duty to close it, to the caller.
  package consuming func release() -> CInt {
    let number = rawValue
    discard self
    return number
  }

  /// A second descriptor for the same open file: both share offset, flags and flock(2) lock.
  package func duplicate() throws(Errno) -> FileDescriptor { try FileDescriptor(duplicating: rawValue) }

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
      // A homogeneous tuple has the layout of the array that pipe(2) fills.
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

// Reading and writing files, pipes and terminals. Sockets have `receive` and `send`.
extension FileDescriptor {
  /// read(2) into the caller's memory. Returns 0 at the end; throws `.wouldBlock` on a non-blocking descriptor without data.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    try checked { unsafe Glibc.read(rawValue, buffer.baseAddress, buffer.count) }
  }

  /// At most `count` bytes, as one read(2) returns them; empty at the end.
  package func read(upTo count: Int) throws(Errno) -> [UInt8] {
    try unsafe filledArray(capacity: count) { (buffer) throws(Errno) in try unsafe read(into: buffer) }
  }

  /// All bytes up to the end. `expected` saves copying if the size is known.
  package func readToEnd(expected: Int = 0) throws(Errno) -> [UInt8] {
    // One byte more than expected, so that a file of just that size ends without growing the array.
    var bytes = try read(upTo: max(expected + 1, 4096))
    var last = bytes.count
    while last > 0 {
      let more = try read(upTo: max(expected + 1 - bytes.count, 65536))
      last = more.count
      bytes += more
    }
    return bytes
  }

  /// pread(2): bytes at an offset, without moving the descriptor's own. Returns 0 at the end.
  package func pread(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Errno) -> Int {
    try checked { unsafe Glibc.pread(rawValue, buffer.baseAddress, buffer.count, off_t(offset)) }
  }

  /// At most `count` bytes at `offset`, as one pread(2) returns them; empty at the end.
  package func pread(upTo count: Int, at offset: Int64) throws(Errno) -> [UInt8] {
    try unsafe filledArray(capacity: count) { (buffer) throws(Errno) in try unsafe pread(into: buffer, at: offset) }
  }

  /// write(2). Returns how many bytes were written, which may be fewer than given.
  package func write(_ bytes: Span<UInt8>) throws(Errno) -> Int {
    try unsafe bytes.withUnsafeBytes { (buffer) throws(Errno) in
      try checked { unsafe Glibc.write(rawValue, buffer.baseAddress, buffer.count) }
    }
  }

  /// Writes all bytes. When it throws, some may be written: a full disk takes what fits.
  package func writeAll(_ bytes: Span<UInt8>) throws(Errno) {
    var written = 0
    while written < bytes.count {
      written += try write(bytes.extracting(written..<bytes.count))
    }
  }

  package func write(_ bytes: [UInt8]) throws(Errno) -> Int { try write(bytes.span) }
  package func write(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int { try write(bytes.span) }
  package func writeAll(_ bytes: [UInt8]) throws(Errno) { try writeAll(bytes.span) }
  package func writeAll(_ bytes: ArraySlice<UInt8>) throws(Errno) { try writeAll(bytes.span) }
  package func writeAll(_ text: String) throws(Errno) { try writeAll(Array(text.utf8)) }
}

/// A new array of the bytes that `fill` puts into fresh memory and counts.
func filledArray(
  capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Errno) -> Int
) throws(Errno) -> [UInt8] {
  var failure: Errno?
  // The initializer rethrows untyped, so the typed error travels beside it.
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
    do throws(Errno) {
      count = try unsafe fill(UnsafeMutableRawBufferPointer(buffer))
    } catch {
      failure = error
    }
  }
  if let failure { throw failure }
  return bytes
}

import Glibc

// Reading and writing, for files, pipes and terminals; sockets have `receive` and `send`.
extension FileDescriptor {
  /// read(2) into memory of the caller's. 0 is the end. On a non-blocking descriptor it throws `.wouldBlock`.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    try checked { unsafe Glibc.read(rawValue, buffer.baseAddress, buffer.count) }
  }

  /// At most `count` bytes, what one read(2) gives; empty at the end.
  package func read(upTo count: Int) throws(Errno) -> [UInt8] {
    try unsafe filledArray(capacity: count) { (buffer) throws(Errno) in try unsafe read(into: buffer) }
  }

  /// All bytes up to the end; `expected` saves copying where the size is known.
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

  /// pread(2): bytes at an offset, the descriptor's own offset unmoved. 0 is the end.
  package func pread(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Errno) -> Int {
    try checked { unsafe Glibc.pread(rawValue, buffer.baseAddress, buffer.count, off_t(offset)) }
  }

  /// At most `count` bytes at `offset`, what one pread(2) gives; empty at the end.
  package func pread(upTo count: Int, at offset: Int64) throws(Errno) -> [UInt8] {
    try unsafe filledArray(capacity: count) { (buffer) throws(Errno) in try unsafe pread(into: buffer, at: offset) }
  }

  /// write(2): how many bytes were taken, which may be fewer than there are.
  package func write(_ bytes: Span<UInt8>) throws(Errno) -> Int {
    try unsafe bytes.withUnsafeBytes { (buffer) throws(Errno) in
      try checked { unsafe Glibc.write(rawValue, buffer.baseAddress, buffer.count) }
    }
  }

  /// Writes until all bytes are taken. When it throws, some of them may stand: a full disk takes what fits.
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

  /// The text's UTF-8.
  package func writeAll(_ text: String) throws(Errno) { try writeAll(Array(text.utf8)) }
}

/// A new array of what `fill` puts into fresh memory and counts.
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

import POSIX

/// Gathers small pieces into large writes.
struct BufferedOutput: ~Copyable {
  private let descriptor: FileDescriptor
  private var buffer: [UInt8] = []
  private static let bufferBytes = 1 << 20

  init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
  }

  mutating func append(_ bytes: ArraySlice<UInt8>) throws(Errno) {
    if buffer.count + bytes.count > Self.bufferBytes { try flush() }
    if bytes.count > Self.bufferBytes { try descriptor.writeAll(bytes) } else { buffer += bytes }
  }

  /// Writes what waits.
  mutating func flush() throws(Errno) {
    try descriptor.writeAll(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the rest, syncs, and tells the file's status then.
  mutating func finish() throws(Errno) -> FileStatus {
    try flush()
    try descriptor.sync(.everything)
    return try descriptor.status()
  }
}

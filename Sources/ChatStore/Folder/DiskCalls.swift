package import POSIX

/// The calls that make the log's and the journal's bytes stand, so that a test can have a disk that is slow, full or broken.
package struct DiskCalls: Sendable {
  /// write(2): how many bytes were taken.
  package var write: @Sendable (borrowing FileDescriptor, ArraySlice<UInt8>) throws(Errno) -> Int
  /// fdatasync(2).
  package var sync: @Sendable (borrowing FileDescriptor) throws(Errno) -> Void
  /// fallocate(2) behind the file's end: room from an offset on, of a length.
  package var preallocate: @Sendable (borrowing FileDescriptor, Int64, Int64) throws(Errno) -> Void

  package init(
    write: @escaping @Sendable (borrowing FileDescriptor, ArraySlice<UInt8>) throws(Errno) -> Int,
    sync: @escaping @Sendable (borrowing FileDescriptor) throws(Errno) -> Void,
    preallocate: @escaping @Sendable (borrowing FileDescriptor, Int64, Int64) throws(Errno) -> Void = {
      (descriptor, offset, length) throws(Errno) in try descriptor.preallocate(from: offset, length: length)
    }
  ) {
    self.write = write
    self.sync = sync
    self.preallocate = preallocate
  }

  /// The system's own.
  package static let real = DiskCalls(
    write: { (descriptor, bytes) throws(Errno) in try descriptor.write(bytes) },
    sync: { (descriptor) throws(Errno) in try descriptor.sync(.data) })
}

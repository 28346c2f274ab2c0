package import POSIX

/// The calls that make the log's and the journal's bytes stand, so that a test can have a disk that is slow, full or broken.
package struct DiskCalls: Sendable {
  /// write(2): how many bytes were taken.
  package var write: @Sendable (borrowing FileDescriptor, ArraySlice<UInt8>) throws(Errno) -> Int
  /// fdatasync(2).
  package var sync: @Sendable (borrowing FileDescriptor) throws(Errno) -> Void

  package init(
    write: @escaping @Sendable (borrowing FileDescriptor, ArraySlice<UInt8>) throws(Errno) -> Int,
    sync: @escaping @Sendable (borrowing FileDescriptor) throws(Errno) -> Void
  ) {
    self.write = write
    self.sync = sync
  }

  /// The system's own.
  package static let real = DiskCalls(
    write: { (descriptor, bytes) throws(Errno) in try descriptor.write(bytes) },
    sync: { (descriptor) throws(Errno) in try descriptor.sync(.data) })
}

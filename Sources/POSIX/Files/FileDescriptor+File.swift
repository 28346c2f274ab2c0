import CLinux
import Glibc

// What only files on a disk can do.
extension FileDescriptor {
  /// Whether `sync` waits for the bytes and what is needed to find them, or for the times as well.
  package enum SyncDepth: Sendable {
    case data
    case everything
  }

  /// fdatasync(2) or fsync(2): returns when the disk has what was written. After a failure the kernel may have
  /// dropped the pages: what was written since the last success must be taken for lost.
  package func sync(_ depth: SyncDepth = .data) throws(Errno) {
    _ = try checked { depth == .data ? fdatasync(rawValue) : fsync(rawValue) }
  }

  /// fstat(2).
  package func status() throws(Errno) -> FileStatus {
    var status = stat()
    _ = try checked { unsafe fstat(rawValue, &status) }
    return FileStatus(status)
  }

  /// The file's length in bytes now.
  package func size() throws(Errno) -> Int64 {
    try status().size
  }

  /// What the file has of the disk, also behind its end.
  package func allocatedBytes() throws(Errno) -> UInt64 {
    var status = stat()
    _ = try checked { unsafe fstat(rawValue, &status) }
    return UInt64(clamping: status.st_blocks) * 512
  }

  /// ftruncate(2): cuts, or lengthens with zeros.
  package func truncate(to size: Int64) throws(Errno) {
    _ = try checked { ftruncate(rawValue, off_t(size)) }
  }

  /// fallocate(2), FALLOC_FL_KEEP_SIZE: disk space for `length` bytes from `offset`, so that writing them cannot find
  /// the disk full; the size stays. Throws `.noSpace` when there is none, `.notSupported` where the file system has
  /// no such call.
  package func preallocate(from offset: Int64, length: Int64) throws(Errno) {
    _ = try checked { fallocate(rawValue, CInt(FALLOC_FL_KEEP_SIZE), off_t(offset), off_t(length)) }
  }

  /// fchmod(2).
  package func changeMode(_ mode: UInt32) throws(Errno) {
    _ = try checked { fchmod(rawValue, mode) }
  }

  /// flock(2), exclusive, without waiting: whether this open file holds the lock now. The lock goes when the last
  /// descriptor of the open file closes, so also when the process dies.
  package func tryLock() throws(Errno) -> Bool {
    try checkedUnlessBlocking { flock(rawValue, LOCK_EX | LOCK_NB) } != nil
  }

  /// flock(2), LOCK_UN: nobody holds the lock through this open file any more, whatever other descriptors it has.
  package func unlock() {
    let result = flock(rawValue, LOCK_UN)
    precondition(result == 0, "the descriptor is open")
  }
}

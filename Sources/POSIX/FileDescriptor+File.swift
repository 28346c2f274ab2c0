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

/// What stat(2) tells of a file, as far as it is used.
package struct FileStatus: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case regular
    case directory
    case symbolicLink
    case socket
    case other
  }

  package let kind: Kind
  /// With `inode`, which file it is: two names with the same pair are one file.
  package let device: UInt64
  package let inode: UInt64
  /// How many names it has: 0 for one that was removed while it is open.
  package let links: UInt64
  /// In bytes.
  package let size: Int64
  /// The permission bits alone, such as 0o600.
  package let mode: UInt32
  package let owner: UInt32
  package let group: UInt32
  /// When the bytes last changed, in nanoseconds since 1970. Two writes within one tick of the kernel (up to 4 ms)
  /// may show the same time.
  package let modified_ns: Int64
  /// When bytes, name or rights last changed; nobody can set it.
  package let changed_ns: Int64

  /// Whether both are of one file, whatever it is called.
  package func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }

  package var isRegular: Bool { kind == .regular }
  package var isDirectory: Bool { kind == .directory }
  package var isSocket: Bool { kind == .socket }

  init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFSOCK: .socket
      default: .other
      }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    links = UInt64(status.st_nlink)
    size = Int64(status.st_size)
    mode = status.st_mode & 0o7777
    owner = status.st_uid
    group = status.st_gid
    modified_ns = status.st_mtim.nanoseconds
    changed_ns = status.st_ctim.nanoseconds
  }
}

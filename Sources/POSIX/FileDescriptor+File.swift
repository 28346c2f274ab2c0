import CLinux
import Glibc

// Operations of files on a disk.
extension FileDescriptor {
  /// Whether `sync` waits for the data and what is needed to find it, or for the times as well.
  package enum SyncDepth: Sendable {
    case data
    case everything
  }

  /// fdatasync(2) or fsync(2): returns when the data is on the disk. After an error the kernel may have dropped the pages: take
  /// everything written since the last success for lost.
  package func sync(_ depth: SyncDepth = .data) throws(Errno) {
    _ = try checked { depth == .data ? fdatasync(rawValue) : fsync(rawValue) }
  }

  /// fstat(2).
  package func status() throws(Errno) -> FileStatus {
    var status = stat()
    _ = try checked { unsafe fstat(rawValue, &status) }
    return FileStatus(status)
  }

  /// The file's length in bytes.
  package func size() throws(Errno) -> Int64 { try status().size }

  /// The disk space of the file in bytes, including space after its end.
  package func allocatedBytes() throws(Errno) -> UInt64 {
    var status = stat()
    _ = try checked { unsafe fstat(rawValue, &status) }
    return UInt64(clamping: status.st_blocks) * 512
  }

  /// ftruncate(2): cuts the file, or extends it with zeros.
  package func truncate(to size: Int64) throws(Errno) { _ = try checked { ftruncate(rawValue, off_t(size)) } }

  /// fallocate(2), FALLOC_FL_KEEP_SIZE: reserves disk space for `length` bytes from `offset`, so that writing them cannot find
  /// the disk full. The size stays. Throws `.noSpace`, or `.notSupported` if the file system has no such call.
  package func preallocate(from offset: Int64, length: Int64) throws(Errno) {
    _ = try checked { fallocate(rawValue, CInt(FALLOC_FL_KEEP_SIZE), off_t(offset), off_t(length)) }
  }

  /// fchmod(2).
  package func changeMode(_ mode: UInt32) throws(Errno) { _ = try checked { fchmod(rawValue, mode) } }

  /// flock(2), exclusive, without waiting: whether this open file holds the lock now. The lock ends when the last descriptor of
  /// the open file closes, so also when the process dies.
  package func tryLock() throws(Errno) -> Bool {
    try checkedUnlessBlocking { flock(rawValue, LOCK_EX | LOCK_NB) } != nil
  }

  /// flock(2), LOCK_UN: releases the lock of this open file, whatever other descriptors it has.
  package func unlock() {
    let result = flock(rawValue, LOCK_UN)
    precondition(result == 0, "the descriptor is open")
  }

  /// Whether any process has the file open for writing. Nil if the system does not say: the file belongs to another user or is on
  /// another machine. For a regular file that this descriptor only reads.
  ///
  /// The kernel gives a read lease, fcntl(2) F_SETLEASE, only while there is no writer. It is returned at once.
  package func hasWriters() -> Bool? {
    // A process that opens the file in between makes the kernel send a signal: SIGURG, which is ignored by default.
    guard fcntl(rawValue, CInt(F_SETSIG), SIGURG) == 0 else { return nil }
    if fcntl(rawValue, CInt(F_SETLEASE), CInt(F_RDLCK)) == 0 {
      _ = fcntl(rawValue, CInt(F_SETLEASE), CInt(F_UNLCK))
      return false
    }
    return Errno.current == .wouldBlock ? true : nil
  }
}

/// The fields of stat(2) that this project uses.
package struct FileStatus: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case regular
    case directory
    case symbolicLink
    case socket
    case other
  }

  package let kind: Kind
  /// Together with `inode`, the identity of the file: two names with the same pair are one file.
  package let device: UInt64
  package let inode: UInt64
  /// The number of names; 0 for a file that was removed while open.
  package let links: UInt64
  /// In bytes.
  package let size: Int64
  /// The permission bits alone, such as 0o600.
  package let mode: UInt32
  package let owner: UInt32
  package let group: UInt32
  /// When the bytes last changed, in nanoseconds since 1970. Two writes within one tick of the kernel (up to 4 ms)
  /// may show the same time.
  package let modifiedNanoseconds: Int64

  /// Whether both describe one file, whatever its name.
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
    modifiedNanoseconds = status.st_mtim.nanoseconds
  }
}

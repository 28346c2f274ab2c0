import Glibc

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

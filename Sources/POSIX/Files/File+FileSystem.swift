import Glibc

extension File {
  /// statvfs(3): the bytes that this process may still write on the file system that holds the path.
  package static func freeBytes(ofFileSystemAt path: String) throws(Errno) -> UInt64 {
    try space(ofFileSystemAt: path).free
  }

  /// The same, and how many bytes the file system has in all.
  package static func space(ofFileSystemAt path: String) throws(Errno) -> (free: UInt64, all: UInt64) {
    var system = statvfs()
    _ = try checked { unsafe statvfs(path, &system) }
    // What is kept for root is root's; everybody may count on the rest.
    let blocks = CurrentProcess.userID == 0 ? system.f_bfree : system.f_bavail
    let blockBytes = UInt64(system.f_frsize)
    return (UInt64(blocks) * blockBytes, UInt64(system.f_blocks) * blockBytes)
  }
}

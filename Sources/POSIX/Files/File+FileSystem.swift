import Glibc

extension File {
  /// statvfs(3): the bytes that this process may still write on the file system that holds the path.
  package static func freeBytes(ofFileSystemAt path: String) throws(Errno) -> UInt64 {
    var system = statvfs()
    _ = try checked { unsafe statvfs(path, &system) }
    // What is kept for root is root's; everybody may count on the rest.
    let blocks = CurrentProcess.userID == 0 ? system.f_bfree : system.f_bavail
    return UInt64(blocks) * UInt64(system.f_frsize)
  }
}

import POSIX

/// Which folder it is, whatever has its name by now.
struct FolderIdentity: Equatable, Sendable {
  var device: UInt64
  var inode: UInt64

  init(of folder: DataFolder) throws(Errno) {
    let status = try File.status(folder.path)
    if !status.isDirectory { throw .notDirectory }
    (device, inode) = (status.device, status.inode)
  }
}

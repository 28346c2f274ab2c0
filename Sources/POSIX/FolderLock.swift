/// The lock on a folder that only one process may use at a time: flock(2) on a file in it, which also holds the process id. The lock
/// ends with the process, however that dies. The file stays; it is empty after an orderly release.
package struct FolderLock: ~Copyable {
  let descriptor: FileDescriptor

  package enum Failure: Error {
    /// Another process holds the lock; `pid` if the file says which.
    case held(pid: Int32?)
    case failed(Errno)
  }

  private init(holding descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Not left to closing the descriptor: a child that is being started has a copy until it has become another program.
  deinit {
    // A later process may get the same id, and a reader of the file would signal that one.
    try? descriptor.truncate(to: 0)
    descriptor.unlock()
  }

  /// Takes the lock without waiting and writes this process's id into the file.
  package static func take(path: String) throws(Failure) -> FolderLock {
    let holder: Int32?
    do throws(Errno) {
      let descriptor = try File.openRegular(path, [.readWrite, .create])
      if try descriptor.tryLock() {
        try descriptor.truncate(to: 0)
        try descriptor.writeAll("\(CurrentProcess.id)\n")
        return FolderLock(holding: descriptor)
      }
      let text = String(decoding: try descriptor.pread(upTo: 32, at: 0), as: UTF8.self)
      holder = Int32(text.prefix { $0.isNumber })
    } catch {
      throw .failed(error)
    }
    throw .held(pid: holder)
  }
}

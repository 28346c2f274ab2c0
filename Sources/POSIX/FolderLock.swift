import CLinux
import Glibc

/// The lock on a folder that one process uses at a time: flock(2) on a file in it, which also says who holds it. The lock
/// goes with the process, however that dies; the file stays, empty once the lock was given back in good order.
package struct FolderLock: ~Copyable {
  let descriptor: FileDescriptor

  package enum Failure: Error {
    /// The process that holds it, as far as it can be told.
    case held(pid: Int32?)
    case failed(Errno)
  }

  private init(holding descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
  }

  /// Not left to the descriptor's end: a child that is being started has a copy of it until it has become another program.
  deinit {
    // Whoever reads the file later must not send a signal to a process that has the same number by then.
    try? descriptor.truncate(to: 0)
    descriptor.unlock()
  }

  /// Takes the lock without waiting, and writes down who did.
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

extension FileDescriptor {
  /// Whether somebody has the file open for writing; nil where the system does not say (the file is another user's, or on
  /// another machine). For a regular file that this descriptor only reads.
  ///
  /// A lease for reading, fcntl(2) under F_SETLEASE, is given only while nobody writes; it is given back at once.
  package func hasWriters() -> Bool? {
    // Somebody who opens the file in between makes the kernel send a signal: one that is ignored unless asked for.
    guard fcntl(rawValue, CInt(F_SETSIG), SIGURG) == 0 else { return nil }
    if fcntl(rawValue, CInt(F_SETLEASE), CInt(F_RDLCK)) == 0 {
      _ = fcntl(rawValue, CInt(F_SETLEASE), CInt(F_UNLCK))
      return false
    }
    return Errno.current == .wouldBlock ? true : nil
  }
}

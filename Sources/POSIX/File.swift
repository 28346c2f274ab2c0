import CLinux
import Glibc

/// Files and folders by path. Modes are numbers such as 0o600, reduced by the process's umask when a file is created.
package enum File {
  /// open(2), closed on exec. `mode` counts only if `flags` create.
  package static func open(
    _ path: String, _ flags: OpenFlags = .readOnly, mode: UInt32 = 0o600
  ) throws(Errno) -> FileDescriptor {
    try open(Array(path.utf8), flags, mode: mode)
  }

  /// The same for a path that may not be UTF-8.
  package static func open(
    _ path: [UInt8], _ flags: OpenFlags = .readOnly, mode: UInt32 = 0o600
  ) throws(Errno) -> FileDescriptor {
    let path = try cString(path)
    return FileDescriptor(owning: try checked { unsafe Glibc.open(path, flags.rawValue | O_CLOEXEC, mode) })
  }

  /// The path as a C string. Throws for a NUL byte, which would cut the path.
  private static func cString(_ path: [UInt8]) throws(Errno) -> [CChar] {
    if path.contains(0) { throw .invalidArgument }
    return path.map { CChar(bitPattern: $0) } + [0]
  }

  /// `open` for a name that must belong to a regular file. Throws `.notRegularFile` for anything else, without following a link,
  /// waiting for a pipe or touching a device. To write, the file must belong to this process's user or to the folder's
  /// owner; otherwise it throws `.notOwned`.
  package static func openRegular(
    _ path: String, _ flags: OpenFlags = .readOnly, mode: UInt32 = 0o600
  ) throws(Errno) -> FileDescriptor {
    do throws(Errno) {
      // Checked before opening: opening alone makes some devices act.
      guard try statusOfLink(path).isRegular else { throw .notRegularFile }
    } catch {
      guard error == .noSuchFileOrDirectory, flags.contains(.create) else { throw error }
    }
    do throws(Errno) {
      let descriptor = try open(path, flags.subtracting(.truncate).union([.noFollow, .nonBlocking]), mode: mode)
      let status = try descriptor.status()
      guard status.isRegular else { throw .notRegularFile }
      if !flags.isDisjoint(with: [.writeOnly, .readWrite]), status.owner != CurrentProcess.userID,
        try status.owner != File.status(folder(of: path)).owner
      {
        throw .notOwned
      }
      if flags.contains(.truncate) { try descriptor.truncate(to: 0) }
      return descriptor
    } catch {
      throw error == .tooManyLinks ? .notRegularFile : error
    }
  }

  /// The path's last component; the path itself where it has none.
  package static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The folder that contains the path's last component.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// All bytes of a regular file. Throws `.fileTooLarge` if there are more than `bytesMax`.
  package static func readWhole(_ path: String, bytesMax: Int64 = .max) throws(Errno) -> [UInt8] {
    let descriptor = try open(path, .nonBlocking)
    let status = try descriptor.status()
    guard status.isRegular else { throw status.isDirectory ? .isDirectory : .notRegularFile }
    if status.size > bytesMax { throw .fileTooLarge }
    return try descriptor.readToEnd(expected: Int(status.size))
  }

  /// rename(2): at every instant `new` is the old file or the new one. It replaces a file of that name.
  package static func rename(_ old: String, to new: String) throws(Errno) {
    _ = try checked { unsafe Glibc.rename(old, new) }
  }

  /// renameat2(2), RENAME_NOREPLACE: throws `.fileExists` if `new` exists.
  package static func renameWithoutReplacing(_ old: String, to new: String) throws(Errno) {
    _ = try checked { unsafe renameat2(AT_FDCWD, old, AT_FDCWD, new, CUnsignedInt(RENAME_NOREPLACE)) }
  }

  /// renameat2(2), RENAME_EXCHANGE: swaps the files of two names in one step. Both must exist. A file system
  /// without it throws `.invalidArgument`.
  package static func exchange(_ first: String, _ second: String) throws(Errno) {
    _ = try checked { unsafe renameat2(AT_FDCWD, first, AT_FDCWD, second, CUnsignedInt(RENAME_EXCHANGE)) }
  }

  /// unlink(2).
  package static func unlink(_ path: String) throws(Errno) { _ = try checked { unsafe Glibc.unlink(path) } }

  /// chmod(2).
  package static func changeMode(_ path: String, _ mode: UInt32) throws(Errno) {
    _ = try checked { unsafe chmod(path, mode) }
  }

  /// lchown(2): gives a file to a user and a group, which as a rule only root may.
  package static func changeOwner(_ path: String, to user: UInt32, group: UInt32) throws(Errno) {
    _ = try checked { unsafe lchown(path, user, group) }
  }

  /// readlink(2): the target of a symbolic link, as written.
  package static func target(ofLink path: String) throws(Errno) -> String {
    let bytes = try unsafe filledArray(capacity: Int(PATH_MAX)) { (buffer) throws(Errno) in
      try checked { unsafe readlink(path, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// statvfs(3): the bytes that this process may still write to the file system of the path.
  package static func freeBytes(ofFileSystemAt path: String) throws(Errno) -> UInt64 {
    try space(ofFileSystemAt: path).free
  }

  /// The same, and the size of the file system in bytes.
  package static func space(ofFileSystemAt path: String) throws(Errno) -> (free: UInt64, all: UInt64) {
    var system = statvfs()
    _ = try checked { unsafe statvfs(path, &system) }
    // Some blocks are reserved for root.
    let blocks = CurrentProcess.userID == 0 ? system.f_bfree : system.f_bavail
    let blockBytes = UInt64(system.f_frsize)
    return (UInt64(blocks) * blockBytes, UInt64(system.f_blocks) * blockBytes)
  }
}

// Status.
extension File {
  /// stat(2), following links. Throws `.noSuchFileOrDirectory` if the path leads nowhere.
  package static func status(_ path: String) throws(Errno) -> FileStatus { try status(Array(path.utf8)) }

  /// The same for a path that may not be UTF-8.
  package static func status(_ path: [UInt8]) throws(Errno) -> FileStatus {
    let path = try cString(path)
    var status = stat()
    _ = try checked { unsafe stat(path, &status) }
    return FileStatus(status)
  }

  /// `status`, or nil if the path leads nowhere.
  package static func statusIfPresent(_ path: String) throws(Errno) -> FileStatus? {
    do {
      return try status(path)
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }

  /// lstat(2): the link itself if the path names one.
  package static func statusOfLink(_ path: String) throws(Errno) -> FileStatus {
    var status = stat()
    _ = try checked { unsafe lstat(path, &status) }
    return FileStatus(status)
  }
}

// Folders.
extension File {
  /// mkdir(2). Throws `.fileExists` if the name is taken.
  package static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(Errno) {
    _ = try checked { unsafe mkdir(path, mode) }
  }

  /// rmdir(2): removes an empty folder.
  package static func removeDirectory(_ path: String) throws(Errno) { _ = try checked { unsafe rmdir(path) } }

  /// fsync(2) of a folder: names made, renamed or removed in it survive a loss of power from here on. Some (network) file
  /// systems sync no folder and throw EINVAL: there it is their task to keep the names.
  package static func syncDirectory(_ path: String) throws(Errno) {
    do throws(Errno) {
      try open(path, .directory).sync(.everything)
    } catch {
      guard [.invalidArgument, .notSupported, .notImplemented].contains(error) else { throw error }
    }
  }

  /// The names in a folder without `.` and `..`, in byte order: readdir(3). A name that is not UTF-8 shows with U+FFFD and
  /// cannot be opened by that.
  package static func names(inDirectory path: String) throws(Errno) -> [String] {
    try nameBytes(inDirectory: Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The same as bytes.
  package static func nameBytes(inDirectory path: [UInt8]) throws(Errno) -> [[UInt8]] {
    guard let stream = unsafe opendir(try cString(path)) else { throw .current }
    defer { unsafe closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      // NULL means the end or an error; only errno distinguishes them.
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        if errno != 0 { throw .current }
        break
      }
      // The name is a C string in an array of fixed size, which Swift sees as a tuple.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      if name != Array(".".utf8) && name != Array("..".utf8) { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}

/// The flags of open(2). Close-on-exec is always set. Without `writeOnly` or `readWrite` a file is opened to read.
package struct OpenFlags: OptionSet, Sendable {
  package let rawValue: CInt

  package init(rawValue: CInt) { self.rawValue = rawValue }

  package static let readOnly: OpenFlags = []
  package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
  package static let readWrite = OpenFlags(rawValue: O_RDWR)
  package static let create = OpenFlags(rawValue: O_CREAT)
  /// With `create`: throws `.fileExists` if the name is taken, even by a link.
  package static let exclusive = OpenFlags(rawValue: O_EXCL)
  package static let append = OpenFlags(rawValue: O_APPEND)
  package static let truncate = OpenFlags(rawValue: O_TRUNC)
  package static let directory = OpenFlags(rawValue: O_DIRECTORY)
  /// Throws `.tooManyLinks` if the last part of the path is a symbolic link.
  package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
  /// Without it, opening a FIFO waits for the other end.
  package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
}

package import POSIX

/// The system calls that make the log and the journal durable. A test replaces them for a slow, full or broken disk.
package struct DiskCalls: Sendable {
  /// write(2): how many bytes were taken.
  package var write: @Sendable (borrowing FileDescriptor, ArraySlice<UInt8>) throws(Errno) -> Int
  /// fdatasync(2).
  package var sync: @Sendable (borrowing FileDescriptor) throws(Errno) -> Void
  /// fallocate(2) behind the file's end: room from an offset on, of a length.
  package var preallocate: @Sendable (borrowing FileDescriptor, Int64, Int64) throws(Errno) -> Void

  package init(
    write: @escaping @Sendable (borrowing FileDescriptor, ArraySlice<UInt8>) throws(Errno) -> Int,
    sync: @escaping @Sendable (borrowing FileDescriptor) throws(Errno) -> Void,
    preallocate: @escaping @Sendable (borrowing FileDescriptor, Int64, Int64) throws(Errno) -> Void = {
      (descriptor, offset, length) throws(Errno) in try descriptor.preallocate(from: offset, length: length)
    }
  ) {
    self.write = write
    self.sync = sync
    self.preallocate = preallocate
  }

  /// The system's own.
  package static let real = DiskCalls(
    write: { (descriptor, bytes) throws(Errno) in try descriptor.write(bytes) },
    sync: { (descriptor) throws(Errno) in try descriptor.sync(.data) })

  /// Writes all bytes, with one call unless the disk accepts less. After an error calls `undo` with how many were written, if any.
  func writeAll(
    _ bytes: [UInt8], to descriptor: borrowing FileDescriptor, undo: (Int) -> Void = { _ in }
  ) throws(Errno) {
    var written = 0
    do throws(Errno) {
      while written < bytes.count { written += try write(descriptor, bytes[written...]) }
    } catch {
      if written > 0 { undo(written) }
      throw error
    }
  }
}

/// Disk space behind the end of a file, reserved in steps. Reserved space can be written even when the disk fills up.
struct DiskReserve {
  /// A step costs a system call, and this much unused space.
  private static let stepBytes: Int64 = 1 << 20

  /// Space is reserved up to this offset.
  private var end: Int64 = 0
  /// Whether the file system supports fallocate(2). Otherwise only writing shows whether there is space.
  private var isSupported = true

  /// Whether `count` bytes may be appended to a file of this length.
  func holds(_ count: Int, behind size: Int64) -> Bool { !isSupported || size + Int64(count) <= end }

  /// Reserves space for `count` bytes and a step; for `count` bytes where the disk has no more.
  mutating func take(
    _ count: Int, behind size: Int64, _ preallocate: (_ offset: Int64, _ length: Int64) throws(Errno) -> Void
  ) throws(Errno) {
    if holds(count, behind: size) { return }
    let wanted = Int64(count)
    do throws(Errno) {
      do throws(Errno) {
        try preallocate(size, wanted + Self.stepBytes)
        end = size + wanted + Self.stepBytes
      } catch {
        guard error == .noSpace || error == .quotaExceeded else { throw error }
        try preallocate(size, wanted)
        end = size + wanted
      }
    } catch {
      guard [.notSupported, .notImplemented].contains(error) else { throw error }
      isSupported = false
    }
  }

  /// The file was cut, which released the reserved space.
  mutating func release() { end = 0 }
}

/// Checks about once a second that the data folder is still there. While nothing can be written, it probes the disk.
struct DiskWatch: Sendable {
  /// The folder in use.
  var identity: FolderIdentity

  private let folder: DataFolder
  private let disk: DiskCalls
  private var isProbing = false
  private(set) var dueNanoseconds: Int64? = 0

  private static let periodNanoseconds: Int64 = 1_000_000_000
  private static let probeBytes = 4096

  init(_ folder: DataFolder, _ identity: FolderIdentity, disk: DiskCalls) {
    self.folder = folder
    self.identity = identity
    self.disk = disk
  }

  /// A write failed: probe the disk from now on.
  mutating func beginProbing() { isProbing = true }

  /// Returns a change of the disk's condition, once.
  mutating func check(at nowNanoseconds: Int64, _ log: LogFile) -> StoreNotice? {
    guard let dueNanoseconds, dueNanoseconds <= nowNanoseconds else { return nil }
    self.dueNanoseconds = nowNanoseconds + Self.periodNanoseconds
    if isProbing {
      guard works(log) else { return nil }
      // `beginProbing` follows where something else still fails.
      isProbing = false
      return .diskRecovered
    }
    guard let reason = folderProblem else { return nil }
    isProbing = true
    return .diskFailed(reason: reason)
  }

  private var folderProblem: String? {
    do throws(Errno) {
      return try FolderIdentity(of: folder) == identity ? nil : "\(folder.path) is another folder now"
    } catch .noSuchFileOrDirectory {
      return "\(folder.path) does not exist"
    } catch {
      return "\(folder.path): \(error)"
    }
  }

  /// Whether a file can be created in the folder, written and synced.
  private func works(_ log: LogFile) -> Bool {
    do throws(Errno) {
      guard try hasFolder(log) else { return false }
      let descriptor = try File.openRegular(folder.probe, [.writeOnly, .create, .truncate])
      defer { try? File.unlink(folder.probe) }
      try disk.writeAll([UInt8](repeating: 0x20, count: Self.probeBytes), to: descriptor)
      try disk.sync(descriptor)
      return true
    } catch {
      return false
    }
  }

  /// Whether there is a folder to continue in. A removed folder is created again. A folder that was renamed or unmounted may come
  /// back, and a new one would be in its way. Another folder at the path is adopted if it is on the same disk.
  private func hasFolder(_ log: LogFile) throws(Errno) -> Bool {
    let isRemoved = try log.status().links == 0
    guard let status = try File.statusIfPresent(folder.path) else {
      if isRemoved { try File.makeDirectory(folder.path, mode: 0o700) }
      return isRemoved
    }
    return status.isDirectory && (isRemoved || status.device == identity.device)
  }
}

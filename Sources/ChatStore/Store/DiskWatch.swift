import POSIX

/// Looks about once a second whether the data folder is still there, and while nothing can be written, whether that is over.
struct DiskWatch: Sendable {
  /// The folder in use.
  var identity: FolderIdentity

  private let folder: DataFolder
  private let disk: DiskCalls
  private var isTrying = false
  private(set) var due_ns: Int64? = 0

  private static let period_ns: Int64 = 1_000_000_000
  private static let probeBytes = 4096

  init(_ folder: DataFolder, _ identity: FolderIdentity, disk: DiskCalls) {
    self.folder = folder
    self.identity = identity
    self.disk = disk
  }

  /// What was last reported did not hold, or something else failed.
  mutating func beginTrying() { isTrying = true }

  /// What there is to report, each but once.
  mutating func look(at now_ns: Int64, _ log: LogFile) -> StoreNotice? {
    guard let due_ns, due_ns <= now_ns else { return nil }
    self.due_ns = now_ns + Self.period_ns
    if isTrying {
      guard works(log) else { return nil }
      // `beginTrying` follows where that was not all that was wrong.
      isTrying = false
      return .diskWorks
    }
    guard let reason = whatIsWrong else { return nil }
    isTrying = true
    return .diskFailed(reason: reason)
  }

  private var whatIsWrong: String? {
    do throws(Errno) {
      return try FolderIdentity(of: folder) == identity ? nil : "another folder is in the place of \(folder.path)"
    } catch .noSuchFileOrDirectory {
      return "\(folder.path) is gone"
    } catch {
      return "\(folder.path): \(error)"
    }
  }

  /// Whether a file can be made in the folder, written and synced.
  private func works(_ log: LogFile) -> Bool {
    do throws(Errno) {
      guard try hasFolder(log) else { return false }
      let descriptor = try File.openRegular(folder.probe, [.writeOnly, .create, .truncate])
      defer { try? File.unlink(folder.probe) }
      let bytes = [UInt8](repeating: 0x20, count: Self.probeBytes)
      var written = 0
      while written < bytes.count { written += try disk.write(descriptor, bytes[written...]) }
      try disk.sync(descriptor)
      return true
    } catch {
      return false
    }
  }

  /// Whether there is a folder to go on in. One that was removed with all in it is made again. One that was given another
  /// name, or whose disk was unmounted, may well come back, and a new one in its place would be in the way; a folder that
  /// somebody put there is taken where it is on the same disk.
  private func hasFolder(_ log: LogFile) throws(Errno) -> Bool {
    let isRemoved = try log.status().links == 0
    guard let status = try File.statusIfPresent(folder.path) else {
      if isRemoved { try File.makeDirectory(folder.path, mode: 0o700) }
      return isRemoved
    }
    return status.isDirectory && (isRemoved || status.device == identity.device)
  }
}

import ChatProtocol
import POSIX

/// A data folder that is being filled from a backup: in a folder of its own within it, until all is there and right. Before
/// that, and after any failure, the data folder is as it was.
final class RestoredFolder {
  let path: String
  /// Where the files are written first.
  let beside: String
  /// No server starts on the folder meanwhile.
  private let lock: FolderLock
  private let hadLock: Bool
  private let hadFolder: Bool
  private var names: [String] = []
  private var placed: [String] = []
  private var isKept = false
  /// The file that is being written.
  private var output: Output?

  private final class Output {
    let name: String
    let descriptor: FileDescriptor

    init(_ name: String, _ descriptor: consuming FileDescriptor) {
      self.name = name
      self.descriptor = descriptor
    }
  }

  init(_ path: String) throws(AdminError) {
    self.path = path
    beside = "\(path)/.restoring"
    hadFolder = try Self.make(path)
    hadLock = (try? File.statusOfLink("\(path)/lock")) != nil
    do throws(AdminError) {
      lock = try Self.lock(path)
    } catch {
      if !hadFolder { try? File.removeDirectory(path) }
      throw error
    }
    try Self.requireEmpty(path)
    // What a restore that was killed has left there; nobody else is at work, who would have the lock.
    Self.remove(beside)
    do throws(Errno) {
      try File.makeDirectory(beside, mode: 0o700)
      if !hadLock { try giveAway("\(path)/lock") }
    } catch {
      throw AdminError(.cannotCreate, "cannot create \(beside): \(error)")
    }
  }

  deinit {
    Self.remove(beside)
    if isKept { return }
    for name in placed.reversed() { Self.remove("\(path)/\(name)") }
    if !hadLock { try? File.unlink("\(path)/lock") }
    if !hadFolder { try? File.removeDirectory(path) }
  }

  /// Whether it was there.
  private static func make(_ path: String) throws(AdminError) -> Bool {
    do throws(Errno) {
      try File.makeDirectory(path, mode: 0o700)
      return false
    } catch .fileExists {
      guard let status = try? File.status(path), status.isDirectory else {
        throw AdminError(.cannotCreate, "\(path) is no folder; name another with --data DIR")
      }
      return true
    } catch .noSuchFileOrDirectory {
      throw AdminError(
        .cannotCreate,
        "cannot create the folder \(path), because there is no folder \(File.folder(of: path)); make that first, or name "
          + "another with --data DIR")
    } catch {
      throw AdminError(.cannotCreate, "cannot create the folder \(path): \(error)")
    }
  }

  private static func lock(_ path: String) throws(AdminError) -> FolderLock {
    do throws(FolderLock.Failure) {
      return try FolderLock.take(path: "\(path)/lock")
    } catch {
      switch error {
      case .held(let pid):
        let who = pid.map { "process \($0)" } ?? "another process"
        throw AdminError(
          .cannotCreate, "\(path) is in use by \(who): a backup is restored into a folder that no server uses")
      case .failed(let errno): throw AdminError(.cannotCreate, "cannot use the folder \(path): \(errno)")
      }
    }
  }

  /// Nothing of a server's may be there that the backup would mix with.
  private static func requireEmpty(_ path: String) throws(AdminError) {
    let names: [String]
    do throws(Errno) {
      names = try File.names(inDirectory: path).filter {
        BackupName.isKnown($0) || $0 == BackupName.sharedFolder || $0 == "journal.jsonl"
      }
    } catch {
      throw AdminError(.cannotCreate, "cannot look into the folder \(path): \(error)")
    }
    guard !names.isEmpty else { return }
    throw AdminError(
      .cannotCreate,
      "\(path) holds a server's files already: \(names.joined(separator: ", ")); move them away, or name another folder "
        + "with --data DIR")
  }

  // MARK: Filling it

  /// `name` is one that a backup may hold.
  func begin(_ name: String) throws(AdminError) {
    precondition(BackupName.isKnown(name), "other names may lead anywhere")
    do throws(Errno) {
      if BackupName.isSharedFile(name), names.last.map({ !BackupName.isSharedFile($0) }) ?? true {
        try File.makeDirectory("\(beside)/\(BackupName.sharedFolder)", mode: 0o700)
        try giveAway("\(beside)/\(BackupName.sharedFolder)")
      }
      let descriptor = try File.open("\(beside)/\(name)", [.writeOnly, .create, .exclusive], mode: 0o600)
      try giveAway("\(beside)/\(name)")
      output = Output(name, descriptor)
      names.append(name)
    } catch {
      throw failure(name, error)
    }
  }

  func write(_ bytes: [UInt8]) throws(AdminError) {
    guard let output else { preconditionFailure("bytes belong to a file") }
    do throws(Errno) { try output.descriptor.writeAll(bytes) } catch { throw failure(output.name, error) }
  }

  func end() throws(AdminError) {
    guard let output else { preconditionFailure("what ends has begun") }
    do throws(Errno) { try output.descriptor.sync(.everything) } catch { throw failure(output.name, error) }
    self.output = nil
  }

  // MARK: Putting it in place

  /// One file after the other takes its place. Until the last has, `users.csv` is there and empty, with which no server
  /// starts: one that is started after this process was killed half way must not take a part for the whole.
  func keep() throws(AdminError) {
    do throws(Errno) {
      if names.contains(where: BackupName.isSharedFile) {
        try File.syncDirectory("\(beside)/\(BackupName.sharedFolder)")
      }
      _ = try File.open("\(path)/\(BackupName.users)", [.writeOnly, .create, .exclusive], mode: 0o600)
      placed.append(BackupName.users)
      try File.syncDirectory(path)
      let top = names.filter { !BackupName.isSharedFile($0) && $0 != BackupName.users }
      for name in top + (top.count + 1 < names.count ? [BackupName.sharedFolder] : []) {
        try File.rename("\(beside)/\(name)", to: "\(path)/\(name)")
        placed.append(name)
      }
      try File.syncDirectory(path)
      try File.rename("\(beside)/\(BackupName.users)", to: "\(path)/\(BackupName.users)")
      isKept = true
      try File.syncDirectory(path)
      if !hadFolder { try File.syncDirectory(File.folder(of: path)) }
    } catch {
      throw AdminError(.inputOutput, "cannot put the files in place in \(path): \(error)")
    }
  }

  /// What root makes in somebody's folder is theirs: the server that runs as that user is to read it.
  private func giveAway(_ path: String) throws(Errno) {
    let folder = try File.status(self.path)
    if CurrentProcess.userID == 0, folder.owner != 0 {
      try File.changeOwner(path, to: folder.owner, group: folder.group)
    }
  }

  private func failure(_ name: String, _ errno: Errno) -> AdminError {
    AdminError(.inputOutput, "cannot write \(name) into \(path): \(errno); nothing was restored")
  }

  /// A file, or a folder with all that is in it.
  static func remove(_ path: String) {
    guard (try? File.unlink(path)) == nil else { return }
    for name in (try? File.names(inDirectory: path)) ?? [] { remove("\(path)/\(name)") }
    try? File.removeDirectory(path)
  }
}

import ChatProtocol
import JSON
import POSIX

// `restore FILE`: without a server, into a folder without a server's files. It restores everything or nothing.
extension AdminProgram {
  mutating func restore(_ file: String, _ options: AdminOptions) throws(AdminError) {
    guard case .data(let folder) = options.location else {
      throw AdminError(.usage, "restore needs a folder, not a server: give --data DIR")
    }
    if environment.interruption == nil { environment.interruption = environment.makeInterruption() }
    let source = try open(file)
    let target = try RestoreTarget(folder)
    let receipt = try unpack(source, file, into: target)
    let warnings = try check(target)
    try target.commit()
    try printReceipt(
      receipt, as: "restored",
      [JSONMember(name: "folder", value: .string(folder)), JSONMember(name: "checked", value: .bool(warnings != nil))],
      options, header: { "restored \($0) to \(folder), as of \(receipt.manifest.time):" },
      then: (warnings ?? [notChecked]) + ["start the server with: \(options.location.startCommand)"])
  }

  private func open(_ file: String) throws(AdminError) -> FileDescriptor {
    do throws(Errno) {
      let descriptor = try File.open(file, .nonBlocking)
      if try descriptor.status().isRegular { return descriptor }
    } catch {
      throw AdminError(.noInput, "cannot read \(file): \(error)")
    }
    throw AdminError(.noInput, "cannot read \(file): it is not a regular file")
  }

  private func unpack(
    _ source: borrowing FileDescriptor, _ file: String, into target: RestoreTarget
  ) throws(AdminError) -> BackupReceipt {
    var reader = BackupReader()
    var receipt: BackupReceipt?
    func invalid(_ error: BackupReader.Error) -> AdminError {
      AdminError(.data, "cannot restore \(file): \(error.problem); nothing was restored")
    }
    func next() throws(AdminError) -> BackupReader.Event? {
      do throws(BackupReader.Error) { return try reader.next() } catch { throw invalid(error) }
    }
    try BackupReader.readFile(source, file) { (bytes) throws(AdminError) in
      if environment.interruption?.check() == true { throw AdminError(.tryAgain, "interrupted; nothing was restored") }
      reader.append(bytes)
      while let event = try next() {
        switch event {
        case .begins: break
        case .file(let file): try target.staging.begin(file.name)
        case .bytes(let range): try target.staging.write(Array(reader.buffer[range]))
        case .fileEnd: try target.staging.end()
        case .end(let manifest, let sums): receipt = BackupReceipt(manifest: manifest, sums: sums)
        }
      }
    }
    guard let receipt else { throw invalid(reader.incomplete) }
    return receipt
  }

  /// Checks the files with the server's program before they are in place. Returns its warnings; nil if it does not
  /// exist.
  private func check(_ target: RestoreTarget) throws(AdminError) -> [String]? {
    let result: FolderCheck.Result
    do throws(AdminError) {
      result = try FolderCheck(program: environment.serverProgram).run(onBackup: target.staging.path)
    } catch {
      guard error.status == .unavailable else { throw error }
      return nil
    }
    guard !result.isValid else { return result.lines }
    try print(result.lines)
    throw AdminError(.data, "the backup has files with errors, with which no server would start; nothing was restored")
  }
}

/// The data folder that a backup is restored into. Its files are staged in a folder inside it until all are complete
/// and valid; after any failure the data folder is as it was.
private final class RestoreTarget {
  let path: String
  let staging: StagingFolder
  /// Keeps a server from starting on the folder.
  private let lock: FolderLock
  private let hadLock: Bool
  private let hadFolder: Bool
  private var placed: [String] = []
  private var isCommitted = false

  init(_ path: String) throws(AdminError) {
    self.path = path
    hadFolder = try Self.makeFolder(path)
    hadLock = (try? File.statusOfLink("\(path)/lock")) != nil
    do throws(AdminError) {
      lock = try Self.lock(path)
    } catch {
      if !hadFolder { try? File.removeDirectory(path) }
      throw error
    }
    do throws(AdminError) {
      try Self.requireNoServerFiles(path)
      if !hadLock { try Self.adoptLock(path) }
      let stagingPath = "\(path)/.restoring"
      // Left by a restore that was killed; another one that is running would have the lock.
      File.removeTree(stagingPath)
      staging = try StagingFolder(stagingPath, adopt: { path throws(Errno) in try Self.matchOwner(path, of: path) }) {
        errno, name in
        let problem = name.map { "cannot write \($0) into \(path)" } ?? "cannot create \(stagingPath)"
        return AdminError(name == nil ? .cannotCreate : .inputOutput, "\(problem): \(errno); nothing was restored")
      }
    } catch {
      // No `deinit` follows.
      Self.removeCreated(in: path, hadLock: hadLock, hadFolder: hadFolder)
      throw error
    }
  }

  deinit {
    if isCommitted { return }
    for name in placed.reversed() { File.removeTree("\(path)/\(name)") }
    // With the staging folder in it, it could not be removed.
    File.removeTree(staging.path)
    Self.removeCreated(in: path, hadLock: hadLock, hadFolder: hadFolder)
  }

  /// Removes the lock and the folder if this restore created them.
  private static func removeCreated(in path: String, hadLock: Bool, hadFolder: Bool) {
    if !hadLock { try? File.unlink("\(path)/lock") }
    if !hadFolder { try? File.removeDirectory(path) }
  }

  private static func adoptLock(_ path: String) throws(AdminError) {
    do throws(Errno) {
      try matchOwner("\(path)/lock", of: path)
    } catch {
      throw AdminError(.cannotCreate, "cannot create \(path)/lock: \(error)")
    }
  }

  /// Whether it existed.
  private static func makeFolder(_ path: String) throws(AdminError) -> Bool {
    do throws(Errno) {
      try File.makeDirectory(path, mode: 0o700)
      return false
    } catch .fileExists {
      guard let status = try? File.status(path), status.isDirectory else {
        throw AdminError(.cannotCreate, "\(path) is not a directory; name another with --data DIR")
      }
      return true
    } catch .noSuchFileOrDirectory {
      throw AdminError(
        .cannotCreate,
        "cannot create \(path): the directory \(File.folder(of: path)) does not exist; create it, or name another "
          + "with --data DIR")
    } catch {
      throw AdminError(.cannotCreate, "cannot create the directory \(path): \(error)")
    }
  }

  private static func lock(_ path: String) throws(AdminError) -> FolderLock {
    do throws(FolderLock.Failure) {
      return try FolderLock.take(path: "\(path)/lock")
    } catch {
      switch error {
      case .held(let pid):
        let user = pid.map { "process \($0)" } ?? "another process"
        throw AdminError(.cannotCreate, "\(path) is in use by \(user); restore into a folder that no server uses")
      case .failed(let errno): throw AdminError(.cannotCreate, "cannot use the directory \(path): \(errno)")
      }
    }
  }

  private static func requireNoServerFiles(_ path: String) throws(AdminError) {
    let names: [String]
    do throws(Errno) {
      names = try File.names(inDirectory: path).filter {
        BackupName.isKnown($0) || BackupName.folders.contains($0) || $0 == "journal.jsonl"
      }
    } catch {
      throw AdminError(.cannotCreate, "cannot read the directory \(path): \(error)")
    }
    guard !names.isEmpty else { return }
    throw AdminError(
      .cannotCreate,
      "\(path) already contains a server's files: \(names.joined(separator: ", ")); move them away, or name another "
        + "folder with --data DIR")
  }

  /// Moves the files into place. Until the last one is moved, `users.csv` is empty, so that no server starts: if this
  /// process is killed half way, a server must not start with a part of the data.
  func commit() throws(AdminError) {
    let (stagingPath, folders) = (staging.path, staging.folders)
    do throws(Errno) {
      for folder in folders { try File.syncDirectory("\(stagingPath)/\(folder)") }
      _ = try File.open("\(path)/\(BackupName.users)", [.writeOnly, .create, .exclusive], mode: 0o600)
      placed.append(BackupName.users)
      try File.syncDirectory(path)
      for name in staging.names.filter({ !$0.contains("/") && $0 != BackupName.users }) + folders {
        try File.rename("\(stagingPath)/\(name)", to: "\(path)/\(name)")
        placed.append(name)
      }
      try File.syncDirectory(path)
      try File.rename("\(stagingPath)/\(BackupName.users)", to: "\(path)/\(BackupName.users)")
      isCommitted = true
      try File.syncDirectory(path)
      if !hadFolder { try File.syncDirectory(File.folder(of: path)) }
    } catch {
      throw AdminError(.inputOutput, "cannot move the files into \(path): \(error)")
    }
  }

  /// What root creates belongs to the folder's owner: the server runs as that user.
  private static func matchOwner(_ path: String, of folder: String) throws(Errno) {
    let owner = try File.status(folder)
    if CurrentProcess.userID == 0, owner.owner != 0 { try File.changeOwner(path, to: owner.owner, group: owner.group) }
  }
}

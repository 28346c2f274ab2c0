import ChatProtocol
import POSIX

/// Verifies a backup as it is read: unpacks it, compares it with its sums, and checks its documents with the server's
/// program.
struct BackupVerification {
  private var reader = BackupReader()
  private let program: String
  /// A trial restore for the check: the documents, and shared files with their size only. The log is left out, because
  /// a server accepts any. nil if the program does not exist.
  private let trial: StagingFolder?

  /// Without the server's program, the documents are not checked.
  init(program: String) throws(AdminError) {
    self.program = program
    guard (try? File.status(program)) != nil else {
      trial = nil
      return
    }
    let folder = Environment.value("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    let path = "\(folder)/chat-admin-\(CurrentProcess.id)-\(Random.bytes(8).map { String($0, radix: 16) }.joined())"
    trial = try StagingFolder(path, syncs: false) { errno, _ in
      AdminError(
        .inputOutput,
        "cannot check the backup in \(path): \(errno); no backup was made. Set TMPDIR to use another directory")
    }
  }

  /// Adds bytes; returns the receipt once the backup is complete.
  mutating func take(_ bytes: [UInt8]) throws(AdminError) -> BackupReceipt? {
    reader.append(bytes)
    while let event = try next() {
      switch event {
      case .begins: break
      case .file(let file):
        if BackupName.isSharedFile(file.name) {
          try trial?.begin(file.name, size: file.size)
          try trial?.end()
        } else if BackupName.isDocument(file.name) {
          try trial?.begin(file.name)
        }
      case .bytes(let range): try trial?.write(Array(reader.buffer[range]))
      case .fileEnd: try trial?.end()
      case .end(let manifest, let sums): return BackupReceipt(manifest: manifest, sums: sums)
      }
    }
    return nil
  }

  private mutating func next() throws(AdminError) -> BackupReader.Event? {
    do throws(BackupReader.Error) { return try reader.next() } catch {
      throw AdminError(.software, "the backup was damaged on the way: \(error.problem); no backup was made, try again")
    }
  }

  /// nil if there is no program for it.
  func check() throws(AdminError) -> FolderCheck.Result? {
    guard let trial else { return nil }
    return try FolderCheck(program: program).run(onBackup: trial.path)
  }
}

/// A folder that a backup's files are written into. It is removed with this object.
final class StagingFolder {
  let path: String
  /// The files so far.
  private(set) var names: [String] = []
  /// The folders in it so far.
  private(set) var folders: [String] = []
  private let error: (Errno, _ name: String?) -> AdminError
  private let adopt: (_ path: String) throws(Errno) -> Void
  private let syncs: Bool
  private var output: FileDescriptor?

  /// `error` makes an error, of a file if one is named. `adopt` is called with each new file and folder.
  init(
    _ path: String, syncs: Bool = true,
    adopt: @escaping (_ path: String) throws(Errno) -> Void = { _ throws(Errno) in },
    error: @escaping (Errno, _ name: String?) -> AdminError
  ) throws(AdminError) {
    self.path = path
    self.error = error
    self.adopt = adopt
    self.syncs = syncs
    do throws(Errno) { try File.makeDirectory(path, mode: 0o700) } catch let errno { throw error(errno, nil) }
  }

  deinit { File.removeTree(path) }

  /// `name` is one that a backup may have. `size` makes a hole of that size.
  func begin(_ name: String, size: Int64? = nil) throws(AdminError) {
    precondition(BackupName.isKnown(name), "other names may lead out of the folder")
    do throws(Errno) {
      for folder in BackupName.folders where name.hasPrefix("\(folder)/") && !folders.contains(folder) {
        try File.makeDirectory("\(path)/\(folder)", mode: 0o700)
        folders.append(folder)
        try adopt("\(path)/\(folder)")
      }
      let mode = BackupName.mode(of: name)
      let descriptor = try File.open("\(path)/\(name)", [.writeOnly, .create, .exclusive], mode: mode)
      try adopt("\(path)/\(name)")
      if let size { try descriptor.truncate(to: size) }
      output = consume descriptor
      names.append(name)
    } catch let errno {
      throw error(errno, name)
    }
  }

  /// Ignored outside a file.
  func write(_ bytes: [UInt8]) throws(AdminError) {
    do throws(Errno) { try output?.writeAll(bytes) } catch let errno { throw error(errno, names.last) }
  }

  func end() throws(AdminError) {
    do throws(Errno) { if syncs { try output?.sync(.everything) } } catch let errno { throw error(errno, names.last) }
    output = nil
  }
}

extension File {
  /// Removes a file, or a directory with everything in it; errors are ignored.
  static func removeTree(_ path: String) {
    guard (try? File.unlink(path)) == nil else { return }
    for name in (try? File.names(inDirectory: path)) ?? [] { removeTree("\(path)/\(name)") }
    try? File.removeDirectory(path)
  }
}

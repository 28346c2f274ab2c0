package import ChatProtocol
package import POSIX

/// The content of the data folder at one instant, to be read later.
package struct FolderCapture: Sendable {
  package var time: Timestamp
  /// In the order in which a backup has them.
  package var files: [CapturedFile]
}

/// Captures the folder on the store's thread. The documents hold exactly the committed changes. They are written to unnamed
/// files, so that no hand edit that is not applied yet gets into the backup.
struct FolderCapturing {
  let folder: DataFolder
  /// As long as it was at the instant.
  let log: CapturedFile
  let privateLog: CapturedFile?
  let time: Timestamp

  /// `settings` and `motd` are the last valid `settings.json` and `motd.txt`; nil where there is none.
  func take(_ writer: inout SnapshotWriter, settings: [UInt8]?, motd: [UInt8]?) throws(StoreError) -> FolderCapture {
    do throws(Errno) {
      var files: [CapturedFile] = []
      for (name, bytes) in [(BackupName.settings, settings), (BackupName.motd, motd)] {
        guard let bytes else { continue }
        files.append(try copy(name) { (output) throws(Errno) in try output.append(bytes[...]) })
      }
      files.append(try copy(BackupName.users, of: &writer.documents.users.document))
      files.append(try copy(BackupName.rooms, of: &writer.documents.rooms.document))
      // Restored, it counts as a clean shutdown: nothing is missing.
      let head = writer.documents.state.document.head
      writer.setHead(saved: time, isClean: true, id: writer.ids.value)
      defer { writer.documents.state.document.head = head }
      files.append(try copy(BackupName.state, of: &writer.documents.state.document))
      if writer.documents.files.file.known != nil || writer.documents.files.document.isChanged {
        files.append(try copy(BackupName.sharedList, of: &writer.documents.files.document))
      }
      files += try ownCertificate()
      files += try olderPieces(of: log) + [log]
      if let privateLog { files += try olderPieces(of: privateLog) + [privateLog] }
      files += sharedFiles(writer.documents.files.document.shared)
      return FolderCapture(time: time, files: files)
    } catch {
      throw StoreError(path: folder.path, doing: "backed up", error)
    }
  }

  /// The certificate that the server has made, and its key. A link is left out: it leads to files that others renew.
  private func ownCertificate() throws(Errno) -> [CapturedFile] {
    var files: [CapturedFile] = []
    for (name, path) in [(BackupName.tlsCertificate, folder.tlsCertificate), (BackupName.tlsKey, folder.tlsKey)] {
      guard (try? File.statusOfLink(path))?.isRegular == true, let descriptor = try File.openIfRegular(path) else {
        continue
      }
      files.append(CapturedFile(name, size: try descriptor.size(), descriptor))
    }
    return files
  }

  private func copy<Document: FileDocument>(
    _ name: String, of document: inout Document
  ) throws(Errno) -> CapturedFile {
    document.encodeChanges()
    let written = document
    return try copy(name) { (output) throws(Errno) in
      try written.write { (piece) throws(Errno) in try output.append(piece) }
    }
  }

  /// Writes an unnamed file, so that nothing of it remains, whatever happens.
  private func copy(
    _ name: String, _ body: (inout BufferedOutput) throws(Errno) -> Void
  ) throws(Errno) -> CapturedFile {
    let path = folder.copy
    if try File.statusIfPresent(path) != nil { try File.unlink(path) }
    let descriptor = try File.open(path, [.readWrite, .create, .exclusive], mode: 0o600)
    try File.unlink(path)
    var output = BufferedOutput(try descriptor.duplicate())
    try body(&output)
    try output.flush()
    return CapturedFile(name, size: try descriptor.size(), descriptor)
  }

  /// The rotated pieces of the log, oldest first. Files are opened from the newest on: one that is renamed meanwhile appears
  /// again under a higher number, and its inode tells. The log itself may have been rotated since the instant.
  private func olderPieces(of log: CapturedFile) throws(Errno) -> [CapturedFile] {
    let newest = try log.open().status()
    var met = [newest.inode]
    var pieces: [CapturedFile] = []
    for name in try pieceNames(of: log.name) {
      guard let descriptor = try File.openIfRegular("\(folder.path)/\(name)") else { continue }
      let status = try descriptor.status()
      if status.inode == newest.inode {
        // Newer pieces came after the instant.
        pieces = []
      } else if !met.contains(status.inode) {
        met.append(status.inode)
        pieces.append(CapturedFile(name, size: status.size, descriptor))
      }
    }
    return pieces.reversed()
  }

  /// The names of all pieces, and those that a rotation may give them in a moment.
  private func pieceNames(of log: String) throws(Errno) -> [String] {
    let names = try File.names(inDirectory: folder.path).compactMap { LogPieceName($0, of: log) }
    let endings = names.contains(where: \.isCompressed) ? LogPieceName.endings : [""]
    let rotationsMeanwhile = 3
    let numbers = Set(names.flatMap { $0.number...$0.number + rotationsMeanwhile }).union(1...rotationsMeanwhile)
    return numbers.sorted().flatMap { number in endings.map { "\(log).\(number)\($0)" } }
  }

  /// The shared files of that instant. One that is removed meanwhile is only set aside.
  private func sharedFiles(_ ids: Set<MessageID>) -> [CapturedFile] {
    let files = FilesFolder(folder.fileBytes)
    return ids.sorted().compactMap { id in
      let (path, later) = (files.whole(id), files.gone(id))
      guard let status = (try? File.statusOfLink(path)) ?? (try? File.statusOfLink(later)), status.isRegular else {
        return nil
      }
      return CapturedFile("\(BackupName.sharedFolder)/\(id)", size: status.size, path: path, later: later)
    }
  }
}

/// A file of a capture: later renames and appends do not change it.
package final class CapturedFile: Sendable {
  /// Below the data folder: `users.csv`, `files/7`.
  package let name: String
  /// In bytes; what is appended later does not count.
  package let size: Int64
  private let source: Source

  private enum Source: ~Copyable, Sendable {
    case open(FileDescriptor)
    /// Shared files never change, and there may be more of them than descriptors. A removed one has the later name.
    case named(path: String, later: String)
  }

  init(_ name: String, size: Int64, _ descriptor: consuming FileDescriptor) {
    self.name = name
    self.size = size
    source = .open(descriptor)
  }

  init(_ name: String, size: Int64, path: String, later: String) {
    self.name = name
    self.size = size
    source = .named(path: path, later: later)
  }

  /// To be read with `pread`. Throws `.noSuchFileOrDirectory` for a shared file that was removed by hand.
  package func open() throws(Errno) -> FileDescriptor {
    switch source {
    case .open(let descriptor): return try descriptor.duplicate()
    case .named(let path, let later):
      do throws(Errno) { return try File.openRegular(path) } catch .noSuchFileOrDirectory {
        return try File.openRegular(later)
      }
    }
  }
}

package import ChatProtocol
import POSIX

/// Everything the data folder says at one instant, to be read at leisure.
package struct FolderCapture: Sendable {
  package var time: Timestamp
  /// In the order in which a backup has them.
  package var files: [CapturedFile]
}

/// Takes one, on the store's thread. Its documents have just what was committed by then; they are written to files without
/// a name, so that neither an edit that nobody has taken over yet nor one made while the backup is read gets into it.
struct FolderCapturing {
  let folder: DataFolder
  /// As far as it was written by then.
  let log: CapturedFile
  let time: Timestamp

  /// `settings` are those that were last read and understood; nil where there are none.
  func take(_ writer: inout SnapshotWriter, settings: [UInt8]?) throws(StoreError) -> FolderCapture {
    do throws(Errno) {
      var files: [CapturedFile] = []
      if let settings {
        files.append(try copy(BackupName.settings) { (output) throws(Errno) in try output.append(settings[...]) })
      }
      files.append(try copy(BackupName.users, of: &writer.documents.users.document))
      files.append(try copy(BackupName.rooms, of: &writer.documents.rooms.document))
      // It is restored as after a clean end: nothing is missing.
      let head = writer.documents.state.document.head
      writer.documents.state.document.head = StateDocument.Head(
        saved: time, isClean: true, id: min(writer.ids.value, MessageID.greatestInFiles))
      defer { writer.documents.state.document.head = head }
      files.append(try copy(BackupName.state, of: &writer.documents.state.document))
      if writer.documents.files.file.known != nil || writer.documents.files.document.isChanged {
        files.append(try copy(BackupName.sharedList, of: &writer.documents.files.document))
      }
      files += try olderPieces() + [log] + sharedFiles()
      return FolderCapture(time: time, files: files)
    } catch {
      throw StoreError(path: folder.path, doing: "backed up", error)
    }
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

  /// A file that has no name any more when it is filled, so that nothing is left of it, whatever happens.
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

  /// What was rotated, the oldest first. The log may have been since, and then has such a name itself.
  private func olderPieces() throws(Errno) -> [CapturedFile] {
    let identity = try log.open().status()
    let names = try File.names(inDirectory: folder.path).compactMap { name in
      LogPieceName(name, of: BackupName.log).map { (name: name, piece: $0) }
    }
    var pieces: [CapturedFile] = []
    for (name, _) in names.sorted(by: { ($0.piece.number, $0.name) < ($1.piece.number, $1.name) }) {
      guard let descriptor = try openIfPlain("\(folder.path)/\(name)") else { continue }
      let status = try descriptor.status()
      if status.device == identity.device, status.inode == identity.inode {
        // What is newer than the log as it was has come since.
        pieces = []
      } else {
        pieces.append(CapturedFile(name, size: status.size, descriptor))
      }
    }
    return pieces.reversed()
  }

  private func openIfPlain(_ path: String) throws(Errno) -> FileDescriptor? {
    do throws(Errno) {
      // Nobody is waited for, should it be a pipe.
      let descriptor = try File.open(path, [.noFollow, .nonBlocking])
      guard try descriptor.status().isRegular else { return nil }
      return descriptor
    } catch .noSuchFileOrDirectory, .symbolicLink {
      return nil
    }
  }

  private func sharedFiles() throws(Errno) -> [CapturedFile] {
    let path = "\(folder.path)/\(BackupName.sharedFolder)"
    guard let status = try? File.statusOfLink(path), status.isDirectory else { return [] }
    return try File.names(inDirectory: path).compactMap { name in
      guard BackupName.isNumber(name[...]), let status = try? File.statusOfLink("\(path)/\(name)"), status.isRegular
      else { return nil }
      return CapturedFile("\(BackupName.sharedFolder)/\(name)", size: status.size, path: "\(path)/\(name)")
    }
  }
}

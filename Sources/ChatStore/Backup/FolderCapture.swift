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
      writer.setHead(saved: time, isClean: true, id: writer.ids.value)
      defer { writer.documents.state.document.head = head }
      files.append(try copy(BackupName.state, of: &writer.documents.state.document))
      if writer.documents.files.file.known != nil || writer.documents.files.document.isChanged {
        files.append(try copy(BackupName.sharedList, of: &writer.documents.files.document))
      }
      files += try olderPieces() + [log] + sharedFiles(writer.documents.files.document.shared)
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

  /// What was rotated, the oldest first. The log may have been since, and then has such a name itself. Names are opened from the
  /// newest on: one that is renamed meanwhile is met again under a higher number, and known by its inode.
  private func olderPieces() throws(Errno) -> [CapturedFile] {
    let newest = try log.open().status()
    var met = [newest.inode]
    var pieces: [CapturedFile] = []
    for name in try pieceNames() {
      guard let descriptor = try openIfPlain("\(folder.path)/\(name)") else { continue }
      let status = try descriptor.status()
      if status.inode == newest.inode {
        // What is newer than the log as it was has come since.
        pieces = []
      } else if !met.contains(status.inode) {
        met.append(status.inode)
        pieces.append(CapturedFile(name, size: status.size, descriptor))
      }
    }
    return pieces.reversed()
  }

  /// Those there are, and those that each of them may have in a moment.
  private func pieceNames() throws(Errno) -> [String] {
    let names = try File.names(inDirectory: folder.path).compactMap { LogPieceName($0, of: BackupName.log) }
    let endings = names.contains(where: \.isCompressed) ? LogPieceName.endings : [""]
    let rotationsMeanwhile = 3
    let numbers = Set(names.flatMap { $0.number...$0.number + rotationsMeanwhile }).union(1...rotationsMeanwhile)
    return numbers.sorted().flatMap { number in endings.map { "\(BackupName.log).\(number)\($0)" } }
  }

  private func openIfPlain(_ path: String) throws(Errno) -> FileDescriptor? {
    do throws(Errno) {
      return try File.openRegular(path)
    } catch .noSuchFileOrDirectory, .notRegularFile {
      return nil
    }
  }

  /// Those that have an entry at that instant. What was there then and is removed meanwhile is only set aside.
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

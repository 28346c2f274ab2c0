import ChatProtocol
import JSON
import POSIX

// `restore FILE`: offline, into a folder that holds nothing of a server's, and only what is whole and without a fault.
extension AdminProgram {
  mutating func restore(_ file: String, _ options: AdminOptions) throws(AdminError) {
    guard case .data(let folder) = options.place else {
      throw AdminError(.usage, "a backup is restored into a folder, and no server is asked: give --data DIR")
    }
    if surroundings.interruption == nil { surroundings.interruption = surroundings.makeInterruption() }
    let source = try open(file)
    let restored = try RestoredFolder(folder)
    let receipt = try unpack(source, file, into: restored)
    let warnings = try check(restored)
    try restored.keep()
    let next = ["start the server with: \(options.place.startCommand)"]
    try tell(
      receipt, "restored",
      [JSONMember(name: "folder", value: .string(folder)), JSONMember(name: "checked", value: .bool(warnings != nil))],
      options,
      { ["restored \($0) to \(folder), as of \(receipt.manifest.time):"] }, then: (warnings ?? [unchecked]) + next)
  }

  private func open(_ file: String) throws(AdminError) -> FileDescriptor {
    do throws(Errno) {
      let descriptor = try File.open(file, .nonBlocking)
      guard try descriptor.status().isRegular else { throw AdminError.notAFile }
      return descriptor
    } catch {
      let reason = error == AdminError.notAFile ? "it is no file" : "\(error)"
      throw AdminError(.noInput, "cannot read \(file): \(reason)")
    }
  }

  private func unpack(
    _ source: borrowing FileDescriptor, _ file: String, into folder: RestoredFolder
  ) throws(AdminError) -> BackupReceipt {
    var reader = BackupReader()
    var receipt: BackupReceipt?
    try FilePieces.read(source, file) { (bytes) throws(AdminError) in
      if surroundings.interruption?.check() == true { throw AdminError(.tryAgain, "ended; nothing was restored") }
      reader.append(bytes)
      while let event = try next(&reader, file) {
        switch event {
        case .begins: break
        case .file(let file): try folder.begin(file.name)
        case .bytes(let range): try folder.write(Array(reader.buffer[range]))
        case .fileEnd: try folder.end()
        case .end(let manifest, let sums): receipt = BackupReceipt(manifest: manifest, sums: sums)
        }
      }
    }
    guard let receipt else {
      do throws(BackupReader.Fault) { try reader.finish() } catch { throw useless(file, error) }
      preconditionFailure("what has come to its end has a receipt")
    }
    return receipt
  }

  private func next(_ reader: inout BackupReader, _ file: String) throws(AdminError) -> BackupReader.Event? {
    do throws(BackupReader.Fault) { return try reader.next() } catch { throw useless(file, error) }
  }

  private func useless(_ file: String, _ fault: BackupReader.Fault) -> AdminError {
    AdminError(.data, "\(file) cannot be restored, and nothing was: \(fault.problem)")
  }

  /// Has the server's program look at the files before they are in place; what it warns of, nil where there is none.
  private func check(_ folder: RestoredFolder) throws(AdminError) -> [String]? {
    let found: OfflineCheck.Findings
    do throws(AdminError) {
      // Where they lie while they are looked at is nobody's business.
      found = try OfflineCheck(program: surroundings.serverProgram).findings(in: folder.beside, hidesPath: true)
    } catch {
      guard error.status == .unavailable else { throw error }
      return nil
    }
    guard !found.isFit else { return found.lines }
    try print(found.lines)
    throw AdminError(
      .data, "the backup holds files with a fault, which no server would start with; nothing was restored")
  }
}

extension AdminError {
  fileprivate static let notAFile = Errno.isDirectory
}

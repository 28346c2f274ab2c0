package import ChatCore
package import ChatProtocol
package import POSIX

/// The folder with the content of shared files: `ID` for a complete file, `ID.part` during an upload, `ID.gone` for a removed file
/// that a backup still reads. No name of a user is part of a path.
///
/// Its calls wait for the disk, so they belong on a helper thread.
package struct FilesFolder: Sendable {
  let path: String

  init(_ path: String) { self.path = path }

  func whole(_ id: MessageID) -> String { "\(path)/\(id)" }
  func part(_ id: MessageID) -> String { "\(path)/\(id).part" }
  func gone(_ id: MessageID) -> String { "\(path)/\(id).gone" }

  package func answer(_ question: FileCheck) -> FileCheckResult {
    do throws(Errno) {
      return switch question {
      case .partOf(let id, let size): try .bytes(readyPart(id, size: size))
      case .wholeOf(let id, let size): try isWhole(id, size: size) ? .bytes(size) : .missing
      }
    } catch {
      return .failed(reason: "\(error)")
    }
  }

  /// Shared files leave a tenth of the disk free, and no more than this.
  static let leftFreeMax: UInt64 = 256 << 20

  /// Reserves space for the whole file; returns how many bytes are there.

  private func readyPart(_ id: MessageID, size: UInt64) throws(Errno) -> UInt64 {
    try make()
    try unfinish(id)
    let isNew = try File.statusIfPresent(part(id)) == nil
    let file = try File.openRegular(part(id), [.readWrite, .create])
    do throws(Errno) {
      let present = UInt64(try file.size())
      if present < size {
        try leaveFree(size - min(size, try file.allocatedBytes()))
        try reserve(size - present, behind: present, of: file)
      }
      return present
    } catch {
      if isNew { try? File.unlink(part(id)) }
      throw error
    }
  }

  /// Throws where too little space would be left for the rest of the server.
  private func leaveFree(_ count: UInt64) throws(Errno) {
    if count == 0 { return }
    let space = try File.space(ofFileSystemAt: path)
    let left = min(space.all / 10, FilesFolder.leftFreeMax)
    if space.free < left || space.free - left < count { throw .noSpace }
  }

  private func reserve(_ count: UInt64, behind present: UInt64, of file: borrowing FileDescriptor) throws(Errno) {
    do throws(Errno) {
      try file.preallocate(from: Int64(present), length: Int64(count))
    } catch {
      // Without fallocate(2) only the present free space is checked.
      guard [.notSupported, .notImplemented].contains(error) else { throw error }
      if try File.freeBytes(ofFileSystemAt: path) < count { throw .noSpace }
    }
  }

  private func make() throws(Errno) {
    do throws(Errno) { try File.makeDirectory(path, mode: 0o700) } catch .fileExists {}
  }

  /// A complete file without a durable record is a part again.
  func unfinish(_ id: MessageID) throws(Errno) {
    do throws(Errno) {
      try File.renameWithoutReplacing(whole(id), to: part(id))
    } catch {
      guard [.noSuchFileOrDirectory, .fileExists].contains(error) else { throw error }
    }
  }

  private func isWhole(_ id: MessageID, size: UInt64) throws(Errno) -> Bool {
    guard let status = try File.statusIfPresent(whole(id)) else { return false }
    return status.isRegular && status.size == Int64(size)
  }

  /// Opens a part, to append.
  package func openPart(_ id: MessageID) throws(Errno) -> FileDescriptor {
    try File.openRegular(part(id), [.readWrite, .append])
  }

  package func openWhole(_ id: MessageID) throws(Errno) -> FileDescriptor { try File.openRegular(whole(id)) }

  /// The sum of cksum(1).
  package func cksum(of file: borrowing FileDescriptor, unless cancellation: Cancellation? = nil) throws(Errno) -> Cksum
  {
    var cksum = Cksum()
    while true {
      try cancellation?.check()
      let bytes = try file.pread(upTo: 64 << 10, at: Int64(cksum.count))
      if bytes.isEmpty { return cksum }
      cksum.append(bytes.span)
    }
  }

  /// Renames a synced part, and syncs the folder.
  package func finish(_ id: MessageID) throws(Errno) {
    try File.rename(part(id), to: whole(id))
    try File.syncDirectory(path)
  }

  /// Removes a file, complete or not. After an error the next start does it.
  package func discard(_ id: MessageID) {
    for path in [part(id), whole(id)] { do throws(Errno) { try File.unlink(path) } catch {} }
  }

  /// The same during a backup, which may read it: a complete file stays until `discardSetAside`, or the next start.
  package func setAside(_ id: MessageID) {
    do throws(Errno) { try File.unlink(part(id)) } catch {}
    do throws(Errno) { try File.rename(whole(id), to: gone(id)) } catch {}
  }

  package func discardSetAside(_ id: MessageID) { do throws(Errno) { try File.unlink(gone(id)) } catch {} }
}

/// A difference between the folder and `files.json`.
struct FileMismatch: Equatable {
  /// nil for a file without an entry.
  var id: MessageID?
  var path: String
  var problem: String
}

// Files that a crash or a hand edit left in the folder.
extension FilesFolder {
  /// Cleans up after a crash: a complete file without a durable record is a part again; parts without an entry and removed files are
  /// deleted.
  func repair(_ records: [FileRecord], gone: [MessageID]) {
    for id in gone { discard(id) }
    let unfinished = Set(records.filter { $0.shared == nil }.map(\.id))
    for id in unfinished { do throws(Errno) { try unfinish(id) } catch {} }
    for name in names {
      guard let id = FilesFolder.id(of: name, ".gone") ?? FilesFolder.id(of: name, ".part"),
        name.hasSuffix(".gone") || !unfinished.contains(id)
      else { continue }
      do throws(Errno) { try File.unlink("\(path)/\(name)") } catch {}
    }
  }

  /// Entries without a file, and files without an entry. `gone`: files that the next start removes.
  func mismatches(with records: [FileRecord], gone: [MessageID]) -> [FileMismatch] {
    var found: [FileMismatch] = []
    var known = Set(gone.map { "\($0)" })
    for record in records {
      known.insert("\(record.id)")
      known.insert("\(record.id).part")
      if record.shared == nil { continue }
      let status = try? File.status(whole(record.id))
      if let status, status.isRegular, status.size == Int64(record.size) { continue }
      let state = status.map { "has \($0.size) bytes" } ?? "is missing"
      found.append(
        FileMismatch(
          id: record.id, path: whole(record.id),
          problem: "\(whole(record.id)) \(state), and \(record.size) bytes of \"\(record.name)\" should be there; "
            + "restore the file, or remove the entry"))
    }
    for name in names where !known.contains(name) && FilesFolder.id(of: name, ".part") == nil {
      if FilesFolder.id(of: name, ".gone") != nil { continue }
      found.append(
        FileMismatch(
          id: nil, path: "\(path)/\(name)",
          problem: "files.json has no entry for this file; restore the entry, or move the file out of \(path)"))
    }
    return found
  }

  private var names: [String] { (try? File.names(inDirectory: path)) ?? [] }

  private static func id(of name: String, _ suffix: String) -> MessageID? {
    guard name.hasSuffix(suffix) else { return nil }
    let digits = name.dropLast(suffix.count)
    return digits.utf8.allSatisfy(\.isASCIIDigit) ? MessageID(digits) : nil
  }
}

package import ChatCore
package import ChatProtocol
package import POSIX

/// The folder with the bytes of shared files: `ID` for one that is whole, `ID.part` for one whose bytes are coming, `ID.gone` for
/// one that was removed and that a backup still reads. No name from outside is ever part of a path.
///
/// Its calls wait for the disk: they belong on a helper thread.
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

  /// Takes room on the disk for all of it, so that the disk cannot be found full later; how many bytes are there.
  /// Shared files leave so much of the disk to what people say: a tenth, and no more than this.
  static let leftFree_max: UInt64 = 256 << 20

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

  /// Throws where the disk would be too full for the rest of the server.
  private func leaveFree(_ count: UInt64) throws(Errno) {
    if count == 0 { return }
    let space = try File.space(ofFileSystemAt: path)
    let left = min(space.all / 10, FilesFolder.leftFree_max)
    if space.free < left || space.free - left < count { throw .noSpace }
  }

  private func reserve(_ count: UInt64, behind present: UInt64, of file: borrowing FileDescriptor) throws(Errno) {
    do throws(Errno) {
      try file.preallocate(from: Int64(present), length: Int64(count))
    } catch {
      // Where the file system has no such call, what is free now has to do.
      guard [.notSupported, .notImplemented].contains(error) else { throw error }
      if try File.freeBytes(ofFileSystemAt: path) < count { throw .noSpace }
    }
  }

  private func make() throws(Errno) {
    do throws(Errno) { try File.makeDirectory(path, mode: 0o700) } catch .fileExists {}
  }

  /// One that got its name and whose record never stood is a part again.
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

  /// To be written behind its end.
  package func openPart(_ id: MessageID) throws(Errno) -> FileDescriptor {
    try File.openRegular(part(id), [.readWrite, .append])
  }

  package func openWhole(_ id: MessageID) throws(Errno) -> FileDescriptor { try File.openRegular(whole(id)) }

  /// What cksum(1) says of the file.
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

  /// Gives a part that is synced its name; returns when the disk has that too.
  package func finish(_ id: MessageID) throws(Errno) {
    try File.rename(part(id), to: whole(id))
    try File.syncDirectory(path)
  }

  /// Removes the bytes, whole or not. What cannot be removed is found at the next start.
  package func discard(_ id: MessageID) {
    for path in [part(id), whole(id)] { do throws(Errno) { try File.unlink(path) } catch {} }
  }

  /// The same while a backup is made: bytes that it may hold stay until `discardSetAside`, or the next start.
  package func setAside(_ id: MessageID) {
    do throws(Errno) { try File.unlink(part(id)) } catch {}
    do throws(Errno) { try File.rename(whole(id), to: gone(id)) } catch {}
  }

  package func discardSetAside(_ id: MessageID) { do throws(Errno) { try File.unlink(gone(id)) } catch {} }
}

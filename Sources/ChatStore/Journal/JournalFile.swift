import POSIX

/// `journal.jsonl`, open to append. The loop writes and empties it; a helper thread syncs it and moves it.
final class JournalFile: Sendable {
  private let descriptor: FileDescriptor
  private let disk: DiskCalls

  init(path: String, disk: DiskCalls) throws(Errno) {
    descriptor = try File.openRegular(path, [.readWrite, .create, .append])
    self.disk = disk
  }

  private init(_ descriptor: consuming FileDescriptor, disk: DiskCalls) {
    self.descriptor = descriptor
    self.disk = disk
  }

  func size() throws(Errno) -> Int64 { try descriptor.size() }

  /// Appends, with one write(2) unless the disk takes less. When it throws, what was taken has been cut off again.
  func append(_ bytes: [UInt8], at size: Int64) throws(Errno) {
    var written = 0
    do throws(Errno) {
      while written < bytes.count { written += try disk.write(descriptor, bytes[written...]) }
    } catch {
      if written > 0 { try? descriptor.truncate(to: size) }
      throw error
    }
  }

  func truncate(to size: Int64) throws(Errno) { try descriptor.truncate(to: size) }

  /// Room on the disk behind the end.
  func preallocate(from offset: Int64, length: Int64) throws(Errno) { try disk.preallocate(descriptor, offset, length) }

  /// Whether it has no name any more.
  func isGone() throws(Errno) -> Bool { try descriptor.status().links == 0 }

  func sync() throws(Errno) { try disk.sync(descriptor) }

  /// Puts a new file in the place of this one: `head`, and then what this one holds from `start` to `end`. At every
  /// instant one of the two has the name, whole and synced; the folder is still to be synced.
  func moved(in folder: DataFolder, head: [UInt8], from start: Int64, to end: Int64) throws(Errno) -> JournalFile {
    let new = folder.journal + ".new"
    let output = try File.openRegular(new, [.readWrite, .create, .truncate, .append])
    do throws(Errno) {
      try output.writeAll(head)
      var position = start
      while position < end {
        let block = try descriptor.pread(upTo: Int(min(end - position, 1 << 20)), at: position)
        // Shorter than it was: somebody cut it under us, and nobody can say what is missing.
        if block.isEmpty { throw .inputOutput }
        try output.writeAll(block)
        position += Int64(block.count)
      }
      try disk.sync(output)
      try File.rename(new, to: folder.journal)
    } catch {
      try? File.unlink(new)
      throw error
    }
    return JournalFile(output, disk: disk)
  }
}

import ChatProtocol
import POSIX

/// One of the readable files: it is read whole, and written whole in a way that neither a crash nor an edit made meanwhile
/// loses anything.
struct DataFile: Sendable {
  let path: String
  /// The file as it was last read or written; nil where there was none.
  private(set) var known: Identity?
  /// Told of each new file before it gets the name, so that nothing that happens to it is missed.
  var watch: FolderWatch?

  /// Which file it is and which state of it: whoever edits it changes one of these.
  struct Identity: Equatable, Sendable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var modified_ns: Int64

    init(_ status: FileStatus) {
      device = status.device
      inode = status.inode
      size = status.size
      modified_ns = status.modified_ns
    }
  }

  init(_ path: String) { self.path = path }

  /// The bytes of the file; nil where there is none.
  mutating func read() throws(Errno) -> [UInt8]? {
    known = nil
    let descriptor: FileDescriptor
    do {
      descriptor = try File.openRegular(path)
    } catch .noSuchFileOrDirectory {
      return nil
    }
    let status = try descriptor.status()
    let bytes = try Self.bytes(of: descriptor, status)
    known = Identity(status)
    return bytes
  }

  /// The bytes and which state of the file they are; nil where it is being written. What is known of it stays.
  func readSettled() throws(Errno) -> (bytes: [UInt8], identity: Identity)? {
    let descriptor = try File.openRegular(path)
    let status = try descriptor.status()
    let bytes = try Self.bytes(of: descriptor, status)
    guard Identity(try descriptor.status()) == Identity(status), bytes.count == status.size else { return nil }
    return (bytes, Identity(status))
  }

  /// Longer than any file that is read whole.
  private static let bytesMax: Int64 = 8 << 30

  private static func bytes(
    of descriptor: borrowing FileDescriptor, _ status: FileStatus
  ) throws(Errno) -> [UInt8] {
    if status.size > bytesMax { throw .fileTooLarge }
    // No file system packs text like this: somebody made it long without writing to it.
    if status.size > 64 << 20, try descriptor.allocatedBytes() < UInt64(status.size / 64) { throw .mostlyHoles }
    return try descriptor.readToEnd(expected: Int(status.size))
  }

  /// What was read of this state counts from now on.
  mutating func noteTaken(_ identity: Identity) { known = identity }

  /// Whether the file is gone or emptied although nobody here did it.
  var isLost: Bool {
    guard known != nil else { return true }
    guard let status = try? File.statusIfPresent(path) else { return true }
    return status.size == 0
  }

  /// Replaces the file by what `body` writes: beside, synced, and then the two change names in one step. What comes out is
  /// looked at: where it is not what was last read or written, somebody edited it, and it is kept beside.
  /// The paths of what was kept.
  mutating func replace(
    at now: Timestamp, _ body: (inout BufferedOutput) throws(Errno) -> Void
  ) throws(Errno) -> [String] {
    let new = path + ".new"
    var kept = try moveLeftover(new, now)
    let written = try write(new, body)
    let replaced = try exchange(new)
    if let replaced, replaced != known {
      kept.append(try BesideName.move(new, to: path + ".edited", now))
    } else if replaced != nil {
      try File.unlink(new)
    }
    known = written
    return kept
  }

  /// What became of an attempt to replace a file whose edits are applied.
  enum Replacement {
    /// The paths of what was kept beside.
    case replaced([String])
    /// Somebody edited it: nothing was written.
    case isEdited
    /// It is as it was, and another program has it open for writing: nothing was written.
    case isOpen
  }

  /// Whether another program has the file open for writing.
  var hasWriters: Bool { (try? File.openRegular(path).hasWriters()) == true }

  /// The same for a file whose edits are applied: where what comes out is one, or another program is about to write to it, it
  /// goes back. `displacesWriter`: such a program is not waited for any more; what it has open is kept beside.
  mutating func replaceUnlessEdited(
    at now: Timestamp, displacesWriter: Bool, _ body: (inout BufferedOutput) throws(Errno) -> Void
  ) throws(Errno) -> Replacement {
    let new = path + ".new"
    var kept = try moveLeftover(new, now)
    let written = try write(new, body)
    _ = try? watch?.add(new, EditWatch.ofFile)
    if let replaced = try exchange(new) {
      let isWritten = (try? File.openRegular(new).hasWriters()) ?? nil
      // An empty file that no program has open is no edit.
      if replaced != known, replaced.size > 0 || isWritten != false {
        try putBack(new, written, now)
        return .isEdited
      }
      if isWritten == true, !displacesWriter {
        try putBack(new, written, now)
        return .isOpen
      }
      if isWritten == true {
        // What is still written goes into this file.
        kept.append(try BesideName.move(new, to: path + ".open", now))
      } else {
        try File.unlink(new)
      }
    }
    known = written
    return .replaced(kept)
  }

  private func moveLeftover(_ new: String, _ now: Timestamp) throws(Errno) -> [String] {
    // A server that died between the exchange and the look left an edit under this name, so it is never written over.
    guard try File.statusIfPresent(new) != nil else { return [] }
    return [try BesideName.move(new, to: path + ".left", now)]
  }

  /// Undoes the exchange. Somebody may have saved once more meanwhile: then that is the edit, and the one before, which they
  /// replaced, is kept beside.
  private func putBack(_ new: String, _ written: Identity, _ now: Timestamp) throws(Errno) {
    guard let came = try exchange(new), came != written else {
      if try File.statusIfPresent(new) != nil { try File.unlink(new) }
      return
    }
    _ = try exchange(new)
    _ = try BesideName.move(new, to: path + ".edited", now)
  }

  private func write(
    _ new: String, _ body: (inout BufferedOutput) throws(Errno) -> Void
  ) throws(Errno) -> Identity {
    var output = BufferedOutput(try File.open(new, [.writeOnly, .create, .exclusive], mode: 0o600))
    do throws(Errno) {
      try body(&output)
      return Identity(try output.finish())
    } catch {
      try? File.unlink(new)
      throw error
    }
  }

  /// Puts the new file in place; the identity of what lies under its old name now, nil where there was nothing.
  private func exchange(_ new: String) throws(Errno) -> Identity? {
    // Twice at most: a file that vanishes or appears between the look and the step is an editor's doing, and rare.
    for _ in 0..<8 {
      do throws(Errno) {
        try File.exchange(new, path)
        return Identity(try File.statusOfLink(new))
      } catch .noSuchFileOrDirectory {
        do throws(Errno) {
          try File.renameWithoutReplacing(new, to: path)
          return nil
        } catch {
          if error != .fileExists { throw error }
        }
      } catch {
        guard [.invalidArgument, .notImplemented, .notSupported].contains(error) else { throw error }
        return try exchangeInSteps(new)
      }
    }
    throw .fileExists
  }

  /// For file systems that cannot exchange names: for a moment the file has neither name.
  private func exchangeInSteps(_ new: String) throws(Errno) -> Identity? {
    let old = path + ".old"
    do throws(Errno) {
      try File.rename(path, to: old)
    } catch {
      if error != .noSuchFileOrDirectory { throw error }
      try File.rename(new, to: path)
      return nil
    }
    try File.rename(new, to: path)
    try File.rename(old, to: new)
    return Identity(try File.statusOfLink(new))
  }
}

import ChatProtocol
import POSIX

/// One of the readable files. It is read whole, and replaced so that neither a crash nor a concurrent edit loses anything.
struct DataFile: Sendable {
  let path: String
  /// The file as it was last read or written; nil where there was none.
  private(set) var known: Identity?
  /// Watches each new file before it gets its name, so that no event is missed.
  var watch: FolderWatch?

  /// The file and its version: every edit changes one of these.
  struct Identity: Equatable, Sendable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var modifiedNanoseconds: Int64

    init(_ status: FileStatus) {
      device = status.device
      inode = status.inode
      size = status.size
      modifiedNanoseconds = status.modifiedNanoseconds
    }
  }

  init(_ path: String) { self.path = path }

  /// Reads the file; nil where there is none.
  mutating func read() throws(Errno) -> [UInt8]? {
    known = nil
    guard let descriptor = try File.openIfPresent(path) else { return nil }
    let status = try descriptor.status()
    let bytes = try Self.bytes(of: descriptor, status)
    known = Identity(status)
    return bytes
  }

  /// Reads the file without changing `known`; nil while the file is being written.
  func readSettled() throws(Errno) -> (bytes: [UInt8], identity: Identity)? {
    let descriptor = try File.openRegular(path)
    let status = try descriptor.status()
    let bytes = try Self.bytes(of: descriptor, status)
    guard Identity(try descriptor.status()) == Identity(status), bytes.count == status.size else { return nil }
    return (bytes, Identity(status))
  }

  /// A longer file is not read.
  private static let bytesMax: Int64 = 8 << 30

  private static func bytes(
    of descriptor: borrowing FileDescriptor, _ status: FileStatus
  ) throws(Errno) -> [UInt8] {
    if status.size > bytesMax { throw .fileTooLarge }
    // A sparse file, which no server writes.
    if status.size > 64 << 20, try descriptor.allocatedBytes() < UInt64(status.size / 64) { throw .mostlyHoles }
    return try descriptor.readToEnd(expected: Int(status.size))
  }

  /// The version that was read of an applied edit is the known one now.
  mutating func didApplyEdit(_ identity: Identity) { known = identity }

  /// Whether another program removed or emptied the file.
  var isLost: Bool {
    guard known != nil else { return true }
    guard let status = try? File.statusIfPresent(path) else { return true }
    return status.size == 0
  }

  enum Replacement {
    /// The paths of old files that got another name.
    case replaced([String])
    /// The file was edited: nothing was written.
    case isEdited
    /// Another program has the file open for writing: nothing was written.
    case isOpen
  }

  /// Whether another program has the file open for writing.
  var hasWriters: Bool { (try? File.openRegular(path).hasWriters()) == true }

  /// Replaces the file by what `body` writes: a new file is written and synced, and then the two exchange names. An old file that
  /// is not the known version was edited; it gets another name.
  ///
  /// `appliesEdits`: an edited file, or one that another program has open for writing, is put back instead. `displacesWriter`: no
  /// longer wait for such a program; the file that it has open gets another name.
  mutating func replace(
    at now: Timestamp, appliesEdits: Bool = false, displacesWriter: Bool = false,
    _ body: (inout BufferedOutput) throws(Errno) -> Void
  ) throws(Errno) -> Replacement {
    let new = path + ".new"
    var kept = try moveLeftover(new, now)
    let written = try write(new, body)
    _ = try? watch?.add(new, FileWatcher.ofFile)
    if let replaced = try exchange(new) {
      let isWritten = appliesEdits ? (try? File.openRegular(new).hasWriters()) ?? nil : false
      // An empty file that no program has open is no edit to apply.
      let isEdited = replaced != known && (!appliesEdits || replaced.size > 0 || isWritten != false)
      if appliesEdits, isEdited || isWritten == true && !displacesWriter {
        try putBack(new, written, now)
        return isEdited ? .isEdited : .isOpen
      }
      if isEdited || isWritten == true {
        // Later writes of a program that has it open go into this file.
        kept.append(try SiblingFile.move(new, to: path + (isEdited ? ".edited" : ".open"), now))
      } else {
        try File.unlink(new)
      }
    }
    known = written
    return .replaced(kept)
  }

  private func moveLeftover(_ new: String, _ now: Timestamp) throws(Errno) -> [String] {
    // A crash after the exchange may have left an edit under this name, so it is never overwritten.
    guard try File.statusIfPresent(new) != nil else { return [] }
    return [try SiblingFile.move(new, to: path + ".left", now)]
  }

  /// Undoes the exchange. After another save meanwhile, that one is the edit, and the one before gets another name.
  private func putBack(_ new: String, _ written: Identity, _ now: Timestamp) throws(Errno) {
    guard let came = try exchange(new), came != written else {
      if try File.statusIfPresent(new) != nil { try File.unlink(new) }
      return
    }
    _ = try exchange(new)
    _ = try SiblingFile.move(new, to: path + ".edited", now)
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

  /// Puts the new file in place; returns the identity of the old one, which has the new one's name now; nil where there was none.
  private func exchange(_ new: String) throws(Errno) -> Identity? {
    // An editor may remove or create the file between two steps, which is rare.
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

  /// For file systems that cannot exchange names: for a moment the file is missing.
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

extension File {
  /// Opens a regular file; nil where there is none of the name.
  static func openIfPresent(_ path: String, _ flags: OpenFlags = .readOnly) throws(Errno) -> FileDescriptor? {
    do throws(Errno) {
      return try openRegular(path, flags)
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }

  /// The same, where the name may also be that of something else, which is ignored.
  static func openIfRegular(_ path: String) throws(Errno) -> FileDescriptor? {
    do throws(Errno) {
      return try openIfPresent(path)
    } catch .notRegularFile {
      return nil
    }
  }
}

/// Names of copies beside a file: `users.csv.edited-20261120T201102Z`.
enum SiblingFile {
  static func stamp(_ time: Timestamp) -> String {
    String(time.description.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
  }

  /// The names to try, in order: with the time alone, then with a number too.
  private static func candidates(_ prefix: String, _ time: Timestamp) -> some Sequence<String> {
    (1...1000).lazy.map { number in
      let name = "\(prefix)-\(stamp(time))"
      return number == 1 ? name : "\(name)-\(number)"
    }
  }

  /// Creates and fills a new file; returns its path.
  static func create(
    _ prefix: String, _ time: Timestamp, _ fill: (borrowing FileDescriptor) throws(Errno) -> Void
  ) throws(Errno) -> String {
    try firstFree(prefix, time) { (path) throws(Errno) in
      try fill(try File.open(path, [.writeOnly, .create, .exclusive]))
    }
  }

  /// Renames a file; returns its new path.
  static func move(_ old: String, to prefix: String, _ time: Timestamp) throws(Errno) -> String {
    try firstFree(prefix, time) { (path) throws(Errno) in try File.renameWithoutReplacing(old, to: path) }
  }

  private static func firstFree(
    _ prefix: String, _ time: Timestamp, _ take: (String) throws(Errno) -> Void
  ) throws(Errno) -> String {
    var failure = Errno.fileExists
    for path in candidates(prefix, time) where failure == .fileExists {
      do throws(Errno) {
        try take(path)
        return path
      } catch {
        failure = error
      }
    }
    throw failure
  }
}

/// Collects small pieces into large writes.
struct BufferedOutput: ~Copyable {
  private let descriptor: FileDescriptor
  private var buffer: [UInt8] = []
  private static let bufferBytes = 1 << 20

  init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
  }

  mutating func append(_ bytes: ArraySlice<UInt8>) throws(Errno) {
    if buffer.count + bytes.count > Self.bufferBytes { try flush() }
    if bytes.count > Self.bufferBytes { try descriptor.writeAll(bytes) } else { buffer += bytes }
  }

  mutating func flush() throws(Errno) {
    try descriptor.writeAll(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the rest, syncs, and returns the file's status.
  mutating func finish() throws(Errno) -> FileStatus {
    try flush()
    try descriptor.sync(.everything)
    return try descriptor.status()
  }
}

/// The torn end of a file after a crash. It was never acknowledged, but a copy is kept.
enum TornEnd {
  /// Cuts off everything from `start` to `end`, the file's length; returns the path of the copy.
  static func cut(
    _ descriptor: borrowing FileDescriptor, path: String, from start: Int64, to end: Int64, at now: Timestamp
  ) throws(Errno) -> String {
    let number = descriptor.rawValue
    let beside = try SiblingFile.create(path + ".torn", now) { (copy) throws(Errno) in
      let source = try FileDescriptor(duplicating: number)
      var position = start
      while position < end {
        let block = try source.pread(upTo: Int(min(end - position, 1 << 20)), at: position)
        if block.isEmpty { break }
        try copy.writeAll(block)
        position += Int64(block.count)
      }
      try copy.sync(.everything)
    }
    try descriptor.truncate(to: start)
    try descriptor.sync(.everything)
    return beside
  }
}

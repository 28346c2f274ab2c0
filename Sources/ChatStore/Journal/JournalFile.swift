import JSON
import POSIX

/// `journal.jsonl`, open to append. The loop writes and empties it; a helper thread syncs and moves it.
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

  /// Appends, with one write(2) unless the disk accepts less. After an error nothing is left of it.
  func append(_ bytes: [UInt8], at size: Int64) throws(Errno) {
    try disk.writeAll(bytes, to: descriptor) { _ in try? descriptor.truncate(to: size) }
  }

  func truncate(to size: Int64) throws(Errno) { try descriptor.truncate(to: size) }

  /// Reserves space behind the end.
  func preallocate(from offset: Int64, length: Int64) throws(Errno) { try disk.preallocate(descriptor, offset, length) }

  /// Whether the file was removed.
  func isGone() throws(Errno) -> Bool { try descriptor.status().links == 0 }

  func sync() throws(Errno) { try disk.sync(descriptor) }

  /// Replaces the file by `head` and this file's bytes from `start` to `end`. At every instant one of the two has the name,
  /// whole and synced. The caller syncs the folder.
  func moved(in folder: DataFolder, head: [UInt8], from start: Int64, to end: Int64) throws(Errno) -> JournalFile {
    let new = folder.journal + ".new"
    let output = try File.openRegular(new, [.readWrite, .create, .truncate, .append])
    do throws(Errno) {
      try output.writeAll(head)
      var position = start
      while position < end {
        let block = try descriptor.pread(upTo: Int(min(end - position, 1 << 20)), at: position)
        // Another program cut the file.
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

/// The content of `journal.jsonl` at a start.
struct JournalContents: Sendable {
  struct Line: Equatable, Sendable {
    var number: UInt64
    var line: JournalLine
  }

  private(set) var lines: [Line] = []
  /// The length of all whole lines. The rest is a torn write.
  private(set) var wholeBytes: Int64 = 0
  private(set) var totalBytes: Int64 = 0

  var isTorn: Bool { wholeBytes < totalBytes }
  /// The greatest number of a line; 0 where there is none.
  var lastNumber: UInt64 { lines.lazy.map(\.number).max() ?? 0 }

  init() {}

  /// Reads the file's bytes. A crash may leave a torn last line, which was never acknowledged. A damaged line before a whole one
  /// is an error, and so is a whole line that no server writes.
  init(_ bytes: [UInt8], file: String) throws(FileError) {
    totalBytes = Int64(bytes.count)
    var start = 0
    var lineNumber = 0
    var damagedLine: Int?
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lineNumber += 1
      let line = Array(bytes[start..<end])
      start = end + 1
      if line.isEmpty {
        if damagedLine == nil { wholeBytes = Int64(start) }
        continue
      }
      guard let (number, line) = JournalLine.read(line) else {
        if (try? JSONValue(parsing: line)) != nil { throw Self.damage(file, damagedLine ?? lineNumber) }
        damagedLine = damagedLine ?? lineNumber
        continue
      }
      if let damagedLine { throw Self.damage(file, damagedLine) }
      lines.append(Line(number: number, line: line))
      wholeBytes = Int64(start)
    }
  }

  private static func damage(_ file: String, _ line: Int) -> FileError {
    FileError(
      file: file, line: line,
      problem: "the line is damaged, which no crash explains; the lines before it are good: "
        + "keep a copy of the file, remove this line (its change is lost), and start again")
  }
}

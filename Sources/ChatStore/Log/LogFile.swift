package import ChatProtocol
import POSIX
import Synchronization

/// `chat.log` or `private.log`, open to append. The loop writes; the store's thread syncs.
final class LogFile: Sendable {
  /// `private.log` beside `chat.log`: it is synced and opened with it.
  let companion: LogFile?
  private let descriptor: FileDescriptor
  private let disk: DiskCalls
  /// Whether something was written since the last sync.
  private let isUnsynced = Atomic<Bool>(false)
  /// 0 before the first time.
  private let lastSyncMilliseconds = Atomic<Int64>(0)

  init(path: String, companion: LogFile? = nil, disk: DiskCalls = .real) throws(Errno) {
    self.companion = companion
    descriptor = try File.openRegular(path, [.readWrite, .create, .append])
    self.disk = disk
  }

  func status() throws(Errno) -> FileStatus { try descriptor.status() }

  /// A second descriptor to read the same file, also after a rename.
  func reading() throws(Errno) -> FileDescriptor { try descriptor.duplicate() }

  /// Appends with one write(2), and returns whether it is the first since the last sync. After an error nothing is left of it.
  func append(_ bytes: [UInt8]) throws(Errno) -> Bool {
    try disk.writeAll(bytes, to: descriptor) { cut($0) }
    return !isUnsynced.exchange(true, ordering: .acquiringAndReleasing)
  }

  /// Appends to both. After an error nothing is left of either.
  func append(_ bytes: [UInt8], private privateBytes: [UInt8]) throws(Errno) -> Bool {
    var isFirst = false
    if let companion, !privateBytes.isEmpty { isFirst = try companion.append(privateBytes) }
    do throws(Errno) {
      return try append(bytes) || isFirst
    } catch {
      companion?.cut(privateBytes.count)
      throw error
    }
  }

  /// Cuts the last bytes off.
  func cut(_ count: Int) {
    // Not the remembered length: logrotate's copytruncate may have cut the file.
    guard count > 0, let size = try? descriptor.size(), size >= count else { return }
    try? descriptor.truncate(to: size - Int64(count))
  }

  /// Cuts off the rest of a failed write behind this length, where that was not possible then.
  func cutRest(behind size: Int64) throws(Errno) {
    if try descriptor.size() > size { try descriptor.truncate(to: size) }
  }

  /// Reserves space behind the end.
  func preallocate(from offset: Int64, length: Int64) throws(Errno) { try disk.preallocate(descriptor, offset, length) }

  /// Releases the reserved space behind the end.
  func trim() {
    companion?.trim()
    guard let size = try? descriptor.size() else { return }
    try? descriptor.truncate(to: size)
  }

  /// When it was synced last; nil before the first time.
  var lastSync: Timestamp? {
    let timeMilliseconds = lastSyncMilliseconds.load(ordering: .acquiring)
    return timeMilliseconds == 0 ? nil : Timestamp(milliseconds: timeMilliseconds)
  }

  /// fdatasync(2), unless everything is synced; of the companion too.
  func sync() throws(Errno) {
    try companion?.sync()
    // Cleared before the call: a write meanwhile sets it again.
    guard isUnsynced.exchange(false, ordering: .acquiringAndReleasing) else { return }
    do throws(Errno) {
      try disk.sync(descriptor)
      lastSyncMilliseconds.store(SystemClock.nowMilliseconds, ordering: .releasing)
    } catch {
      isUnsynced.store(true, ordering: .releasing)
      throw error
    }
  }
}

/// The lines that one turn wrote to the log.
package struct CommittedLines: Sendable {
  package let bytes: [UInt8]
  /// The position of the last line before them.
  package let before: LogPosition
  /// The position of their last line.
  package let end: LogPosition
  /// They may be sent once this turn is durable.
  package let turn: UInt64

  /// Copies the lines: the turn reuses its buffer.
  init(_ lines: [UInt8], from before: LogPosition, to end: LogPosition, turn: UInt64) {
    bytes = [UInt8](trimmed: lines[...])
    self.before = before
    self.end = end
    self.turn = turn
  }

  /// The memory that this value takes, with the overhead of the array.
  package var heldBytes: Int { bytes.capacity + 2 * MemoryLayout<CommittedLines>.stride + 64 }
}

extension LogPosition {
  /// Advances over the whole lines in these bytes.
  mutating func advance(over lines: [UInt8]) {
    lines.forEachLine { line, _ in
      advance(to: LogLineHeader(line)?.id)
      return true
    }
  }
}

extension [UInt8] {
  /// Calls `body` with each whole line from an offset on, without its end, and the offset of the next line, until it returns
  /// false.
  func forEachLine(from start: Int = 0, _ body: (Span<UInt8>, _ next: Int) -> Bool) {
    let bytes = span
    var lineStart = start
    for index in start..<count where bytes[index] == UInt8(ascii: "\n") {
      guard body(bytes.extracting(lineStart..<index), index + 1) else { return }
      lineStart = index + 1
    }
  }
}

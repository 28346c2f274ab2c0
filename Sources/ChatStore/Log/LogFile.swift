import ChatProtocol
import POSIX
import Synchronization

/// `chat.log`, open to append. The loop writes; the store's thread syncs.
final class LogFile: Sendable {
  private let descriptor: FileDescriptor
  private let disk: DiskCalls
  /// Whether something was written since the last sync.
  private let isUnsynced = Atomic<Bool>(false)
  /// 0 before the first time.
  private let lastSync_ms = Atomic<Int64>(0)

  init(path: String, disk: DiskCalls = .real) throws(Errno) {
    descriptor = try File.openRegular(path, [.readWrite, .create, .append])
    self.disk = disk
  }

  /// Which file it is, whatever its name is by now.
  func status() throws(Errno) -> FileStatus { try descriptor.status() }

  /// A descriptor to read the same file, whatever its name is by now.
  func reading() throws(Errno) -> FileDescriptor { try descriptor.duplicate() }

  /// Appends with one write(2). Whether it is the first since the last sync. When it throws nothing of it stands:
  /// what a full disk took of it is cut off again.
  func append(_ bytes: [UInt8]) throws(Errno) -> Bool {
    var written = 0
    do throws(Errno) {
      while written < bytes.count { written += try disk.write(descriptor, bytes[written...]) }
    } catch {
      cut(written)
      throw error
    }
    return !isUnsynced.exchange(true, ordering: .acquiringAndReleasing)
  }

  /// Cuts the last bytes off.
  func cut(_ count: Int) {
    // The length is asked for, not kept: whoever rotates the log by copying cuts it under us.
    guard count > 0, let size = try? descriptor.size(), size >= count else { return }
    try? descriptor.truncate(to: size - Int64(count))
  }

  /// Cuts off what a write that failed left behind this length, where that could not be done then.
  func cutRest(behind size: Int64) throws(Errno) {
    if try descriptor.size() > size { try descriptor.truncate(to: size) }
  }

  /// Room on the disk behind the end.
  func preallocate(from offset: Int64, length: Int64) throws(Errno) { try disk.preallocate(descriptor, offset, length) }

  /// Gives back what was reserved behind the end.
  func trim() {
    guard let size = try? descriptor.size() else { return }
    try? descriptor.truncate(to: size)
  }

  /// When something was synced last; nil before the first time.
  var lastSync: Timestamp? {
    let time_ms = lastSync_ms.load(ordering: .acquiring)
    return time_ms == 0 ? nil : Timestamp(milliseconds: time_ms)
  }

  /// fdatasync(2), where there is something to sync.
  func sync() throws(Errno) {
    // Lowered before: what is written meanwhile raises it again and is synced the next time.
    guard isUnsynced.exchange(false, ordering: .acquiringAndReleasing) else { return }
    do throws(Errno) {
      try disk.sync(descriptor)
      lastSync_ms.store(SystemClock.now_ms, ordering: .releasing)
    } catch {
      isUnsynced.store(true, ordering: .releasing)
      throw error
    }
  }
}

import POSIX
import Synchronization

/// Lets one upload at a time have the disk, for a small piece that is synced at once, and leaves it to everybody else for as long again,
/// or for longer where they may have only so many bytes in a second.
///
/// A sync of the journal waits until the disk has all that it was given by anybody, and what people say waits for that.
final class DiskPace: Sendable {
  /// What an upload gives the disk in its turn.
  static let pieceBytes: UInt64 = 256 << 10
  /// A disk that is slow for another reason is not made slower without an end.
  private static let pauseMax_ns: Int64 = 100_000_000

  private let turn = Mutex(())

  /// Syncs a piece in its turn; returns after the pause that follows. `bytesPerSecondMax`: of all uploads, 0 means no bound.
  func sync(
    _ file: borrowing FileDescriptor, _ depth: FileDescriptor.SyncDepth = .data, bytesPerSecondMax: Int
  ) throws(Errno) {
    let pieceTime_ns =
      bytesPerSecondMax > 0 ? Int64(DiskPace.pieceBytes) * 1_000_000_000 / Int64(bytesPerSecondMax) : 0
    let turnOver: Result<Void, Errno> = turn.withLock { _ in
      let start_ns = SystemClock.monotonic_ns
      let result: Result<Void, Errno>
      do throws(Errno) { result = .success(try file.sync(depth)) } catch { result = .failure(error) }
      let elapsed_ns = SystemClock.monotonic_ns - start_ns
      HelperThread.pause(for_ns: max(pieceTime_ns - elapsed_ns, min(elapsed_ns, DiskPace.pauseMax_ns)))
      return result
    }
    try turnOver.get()
  }
}

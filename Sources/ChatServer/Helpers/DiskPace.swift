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

  /// From when on the disk may be had again, monotonic. Locked while somebody has it.
  private let due_ns = Mutex<Int64>(0)

  /// Syncs so many bytes in their turn; throws `.canceled` where the upload is cut before that has come. `bytesPerSecondMax`: of all
  /// uploads, 0 means no bound.
  func sync(
    _ file: borrowing FileDescriptor, bytes: UInt64, _ depth: FileDescriptor.SyncDepth = .data, bytesPerSecondMax: Int,
    unless cancellation: Cancellation
  ) throws(Errno) {
    let bytesTime_ns =
      bytesPerSecondMax > 0 ? Int64(clamping: bytes) * 1_000_000_000 / Int64(bytesPerSecondMax) : 0
    while true {
      try cancellation.check()
      let turn: (waitUntil_ns: Int64?, failure: Errno?) = due_ns.withLock { due_ns in
        let start_ns = SystemClock.monotonic_ns
        if start_ns < due_ns { return (due_ns, nil) }
        var failure: Errno?
        do throws(Errno) { try file.sync(depth) } catch { failure = error }
        let end_ns = SystemClock.monotonic_ns
        due_ns = max(start_ns + bytesTime_ns, end_ns + min(end_ns - start_ns, DiskPace.pauseMax_ns))
        return (nil, failure)
      }
      if let failure = turn.failure { throw failure }
      guard let waitUntil_ns = turn.waitUntil_ns else { return }
      try cancellation.pause(until_ns: waitUntil_ns)
    }
  }
}

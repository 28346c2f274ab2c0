import POSIX
import Synchronization

@testable import ChatStore

/// A disk whose syncs wait until the test releases them, and whose writes fail after a number of bytes.
final class HeldDisk: Sendable {
  /// `hasBegun` is signalled when a sync begins, `mayEnd` when one may end.
  let hasBegun = Semaphore()
  let mayEnd = Semaphore()
  private let syncs = Atomic<Int>(0)
  private let isHolding = Atomic<Bool>(false)
  private let bytesLeft = Atomic<Int>(.max)
  private let failsToSync = Atomic<Bool>(false)

  var syncCount: Int { syncs.load(ordering: .acquiring) }

  /// Holds every sync from now on.
  func hold() { isHolding.store(true, ordering: .releasing) }
  func releaseSyncs() {
    isHolding.store(false, ordering: .releasing)
    mayEnd.signal()
  }
  func fill(after count: Int) { bytesLeft.store(count, ordering: .releasing) }
  func failToSync() { failsToSync.store(true, ordering: .releasing) }

  var calls: DiskCalls {
    DiskCalls(
      write: { [self] (descriptor, bytes) throws(Errno) in
        let left = bytesLeft.load(ordering: .acquiring)
        if left == 0 { throw .noSpace }
        let written = try descriptor.write(bytes.prefix(left))
        bytesLeft.store(left - written, ordering: .releasing)
        return written
      },
      sync: { [self] (descriptor) throws(Errno) in
        syncs.add(1, ordering: .acquiringAndReleasing)
        if isHolding.load(ordering: .acquiring) {
          hasBegun.signal()
          mayEnd.wait()
        }
        if failsToSync.load(ordering: .acquiring) { throw .inputOutput }
        try descriptor.sync(.data)
      })
  }
}

import ChatProtocol
import Synchronization

/// The greatest issued id, and the lease: the loop raises both, the store's thread reads them.
///
/// A lease is recorded before one of its ids is sent. After a crash a server begins behind the lease, so no id repeats, whatever
/// the disk lost of the log.
final class IssuedIDs: Sendable {
  /// More ids than are issued while a lease is synced, and a small gap after a crash.
  static let leaseCount: MessageID = 4096

  private let greatest: Atomic<MessageID>
  private let leased: Atomic<MessageID>

  init(_ greatest: MessageID) {
    self.greatest = Atomic(greatest)
    leased = Atomic(greatest + 1)
  }

  /// The greatest issued id; 0 before the first.
  var value: MessageID { greatest.load(ordering: .acquiring) }
  /// Every id below this may have been issued.
  var lease: MessageID { leased.load(ordering: .acquiring) }

  // Called by the loop alone.

  func note(_ id: MessageID) {
    if id > greatest.load(ordering: .relaxed) { greatest.store(id, ordering: .releasing) }
  }

  /// The next lease, once half of this one is used and ids are left.
  func nextLease() -> MessageID? {
    let next = greatest.load(ordering: .relaxed) + 1
    guard next + Self.leaseCount / 2 > leased.load(ordering: .relaxed) else { return nil }
    let lease = Swift.min(next + Self.leaseCount, MessageID.greatest + 1)
    return lease > leased.load(ordering: .relaxed) ? lease : nil
  }

  func take(lease: MessageID) { leased.store(lease, ordering: .releasing) }
}

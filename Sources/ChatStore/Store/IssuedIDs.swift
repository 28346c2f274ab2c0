import ChatProtocol
import Synchronization

/// The ids that were given out, and those that may be: the loop raises both, the snapshots note one of them.
///
/// Ids come in leases. What was leased is recorded before an id of it is sent, so a server that starts after a crash begins
/// behind the lease and repeats none, whatever the disk lost of the log.
final class IssuedIDs: Sendable {
  /// More than are given out while a lease is synced, and few enough that nobody minds the gap after a crash.
  static let leaseCount: MessageID = 4096

  private let greatest: Atomic<MessageID>
  private let leased: Atomic<MessageID>

  init(_ greatest: MessageID) {
    self.greatest = Atomic(greatest)
    leased = Atomic(greatest + 1)
  }

  /// The greatest id that was given out; 0 before the first.
  var value: MessageID { greatest.load(ordering: .acquiring) }
  /// Every id below this may have been given out.
  var lease: MessageID { leased.load(ordering: .acquiring) }

  // From the loop alone.

  func note(_ id: MessageID) {
    if id > greatest.load(ordering: .relaxed) { greatest.store(id, ordering: .releasing) }
  }

  /// The next lease, where half of this one is used up and there are ids left.
  func nextLease() -> MessageID? {
    let next = greatest.load(ordering: .relaxed) + 1
    guard next + Self.leaseCount / 2 > leased.load(ordering: .relaxed) else { return nil }
    let lease = Swift.min(next + Self.leaseCount, MessageID.greatest + 1)
    return lease > leased.load(ordering: .relaxed) ? lease : nil
  }

  func take(lease: MessageID) { leased.store(lease, ordering: .releasing) }
}

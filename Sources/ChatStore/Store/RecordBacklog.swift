import ChatCore
import Synchronization

/// What the loop has handed to the store's thread and that has not taken yet. A disk that hangs, or a file of a million rows that is
/// written, keeps the thread for a while; meanwhile clients must not fill the memory with what they change.
///
/// A record counts as many bytes as its line in the journal, and a changed list of a room, of which that has the change alone, as much
/// again as it would there; as rows, before and after, it takes up to eight times that where names are short.
final class RecordBacklog: Sendable {
  static let bytesMax = 32 << 20

  private let bytes = Atomic<Int>(0)

  var isTooMuch: Bool { bytes.load(ordering: .relaxed) > Self.bytesMax }

  func add(_ count: Int) { bytes.add(count, ordering: .relaxed) }

  /// True where it was too much and is no longer.
  func take(_ count: Int) -> Bool {
    let (before, after) = bytes.subtract(count, ordering: .relaxed)
    return before > Self.bytesMax && after <= Self.bytesMax
  }
}

extension Record {
  /// What lists of a room count that are not those from before: lists that did not change are shared.
  var listBytes: Int {
    guard case .room(let room, let was?) = self else { return 0 }
    var count = 0
    for (now, before) in [(room.moderators, was.moderators), (room.banned, was.banned), (room.muted, was.muted)]
    where now.count != before.count {
      count += now.count
    }
    return 4 * count
  }
}

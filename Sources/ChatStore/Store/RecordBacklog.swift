import Synchronization

/// What the loop has handed to the store's thread and that has not taken yet. A disk that hangs, or a file of a million rows that is
/// written, keeps the thread for a while; meanwhile clients must not fill the memory with what they change.
///
/// A record counts as many bytes as its line in the journal; as rows, before and after, it takes up to eight times that where names
/// are short.
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

import Synchronization

/// Tells of damaged lines that were passed over while the log was read: not at every reading, but when there are more
/// than were told of.
final class LogDamage: Sendable {
  private let told = Mutex(0)
  private let report: @Sendable (StoreNotice) -> Void
  private let path: String

  init(path: String, report: @escaping @Sendable (StoreNotice) -> Void) {
    self.path = path
    self.report = report
  }

  /// So many damaged lines were met in one reading. On any thread.
  func note(_ count: Int) {
    let isNews = told.withLock { told in
      guard count > told else { return false }
      told = count
      return true
    }
    if isNews { report(.logDamaged(path: path, lines: count)) }
  }
}

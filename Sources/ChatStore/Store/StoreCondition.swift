package import ChatProtocol
import POSIX

/// How the files are, for whoever asks.
package struct StoreCondition: Equatable, Sendable {
  package var logBytes: Int64
  package var journalBytes: Int64
  /// Changes in the journal that not every readable file shows yet.
  package var journalChanges: UInt64
  /// When one of the readable files was written last; nil before the first.
  package var lastSnapshot: Timestamp?
  /// Files of which the last write failed, and why.
  package var snapshotFaults: [String]
  /// When the journal or the log was synced last; nil before the first time.
  package var lastSync: Timestamp?
}

extension Store {
  package var condition: StoreCondition {
    StoreCondition(
      logBytes: (try? log.status().size) ?? 0, journalBytes: journal.size, journalChanges: journal.uncoveredChanges,
      lastSnapshot: lastSnapshot, snapshotFaults: snapshotFaults.map { "\($0.key): \($0.value)" }.sorted(),
      lastSync: [lastSync, log.lastSync].compactMap(\.self).max())
  }

  /// A readable file was written, or could not be.
  func noteWritten(_ file: String, at time: Timestamp, _ failure: Errno?) {
    snapshotFaults[file] = failure
    if failure == nil { lastSnapshot = time }
  }
}

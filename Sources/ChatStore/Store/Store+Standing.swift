import ChatProtocol
import POSIX

// From written to standing.
extension Store {
  /// The last turn whose output may be sent, with that of all before it.
  package var standing: UInt64 { turns.upTo }

  /// Takes what the helper threads have to tell. To be called when `wake` was, before the turn's commit; where records could
  /// not be made to stand, that commit throws.
  package func collect() {
    for answer in answers.takeAll() {
      do throws(Errno) {
        try take(answer)
      } catch {
        failure = failure ?? error
      }
    }
  }

  private func take(_ answer: StoreAnswers.Answer) throws(Errno) {
    switch answer {
    case .covered(let coverage): journal.note(coverage)
    case .written(let file, let time, let failure): noteWritten(file, at: time, failure)
    case .synced(let failure):
      if let failure { throw failure }
      endSync()
    case .moved(.success(let file), let failure):
      try journal.finishMove(file)
      if let failure { throw failure }
      endSync()
    case .moved(.failure(let reason), _):
      report(.writeFailed(file: "journal.jsonl", reason))
      try journal.finishMove(nil)
      turns.retry()
    }
  }

  private func endSync() {
    turns.end()
    lastSync = Timestamp(milliseconds: SystemClock.now_ms)
    standingLease = max(standingLease, syncingLease)
    // What waited for the journal's new file has been written to it.
    if policy == .no {
      standingLease = journal.lease
      turns.settle()
    }
  }

  /// Has the journal moved where that is due, or else synced what turns await, unless a sync is under way.
  func startSync() {
    guard !turns.isSyncing, !hasEnded else { return }
    let log = policy == .always ? log : nil
    if let move = journal.beginMove() {
      beginSync()
      syncs.move(in: folder, log, move)
    } else if turns.needsSync {
      if policy == .no {
        turns.settle()
      } else {
        beginSync()
        syncs.sync(journal.file, log)
      }
    }
  }

  /// Syncs here and now what turns await: for the last ones, when no helper is left.
  func syncAll() throws(Errno) {
    if turns.needsSync, policy != .no { try journal.file.sync() }
    try log.sync()
    turns.settle()
  }

  private func beginSync() {
    turns.begin()
    syncingLease = journal.lease
  }
}

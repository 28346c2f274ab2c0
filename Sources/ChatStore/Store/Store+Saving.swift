package import ChatCore
import POSIX

// The readable files: written, looked at, and written for the last time.
extension Store {
  /// Has every readable file written that does not say what is known, and then calls `completion` on the store's thread.
  /// What was committed before is in the files then.
  package func save(completion: @escaping @Sendable (Result<SaveReport, StoreError>) -> Void) {
    precondition(!hasEnded, "no save comes after the last one")
    thread.post(.save(completion))
  }

  /// Has the files looked at now for edits by hand; whatever is found is told by what `open` was given. `force` takes over also
  /// an edit that drops more than half of a file's rows.
  package func look(force: Bool = false, for request: ControlID? = nil) {
    if !hasEnded { thread.post(.look(force: force, request)) }
  }

  /// Calls `completion`, on the store's thread, with what a look for edits would find wrong now. Nothing is taken over.
  package func check(completion: @escaping @Sendable ([Fault]) -> Void) {
    if !hasEnded { thread.post(.check(completion)) }
  }

  /// The last save, waited for. `isClean`: the server ends as it should, which the next one reads in `state.json`. Lines may
  /// still be appended to the log and committed, so that it can tell of the save; records may not.
  /// The lock goes with this value.
  ///
  /// A disk that does not answer is waited for no longer than `wait_ns`. What was acknowledged stands in the journal, as after a crash.
  package func finish(isClean: Bool, wait_ns: Int64 = 60_000_000_000) throws(StoreError) -> SaveReport {
    precondition(!hasEnded, "the last save comes once")
    var heldFailure: StoreError?
    if !hasUncommitted {
      do throws(StoreError) { _ = try resume() } catch { heldFailure = error }
    }
    // What the log and the journal have no room for may still find room in the files.
    if let held, !held.records.isEmpty { thread.post(.records(held.records, number: journal.lastChange, bytes: 0)) }
    hasEnded = true
    let deadline_ns = SystemClock.monotonic_ns + wait_ns
    let result = thread.finish(isClean: isClean, until_ns: deadline_ns)
    guard let result, syncs.finish(until_ns: deadline_ns) else {
      throw StoreError(path: folder.path, doing: "written to", .timedOut)
    }
    defer { log.trim() }
    collect()
    do throws(Errno) { try commit() } catch { throw StoreError(path: folder.log, doing: "written", error) }
    if let heldFailure { throw heldFailure }
    return try result.get()
  }
}

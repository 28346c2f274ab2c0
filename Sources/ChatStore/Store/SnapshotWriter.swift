import ChatCore
import ChatProtocol
import POSIX

/// Applies records to the documents, and writes the files when they are due or on request.
struct SnapshotWriter {
  var documents: Documents
  let ids: IssuedIDs
  let clock: @Sendable () -> Timestamp
  var bootClock = BootClock.system
  let report: @Sendable (StoreNotice) -> Void
  /// Called after each write with how much of the journal the files show.
  var reportCoverage: @Sendable (Coverage) -> Void = { _ in }
  /// Called with each file that was written, and when, or with the error.
  var reportWritten: @Sendable (String, Timestamp, Errno?) -> Void = { _, _, _ in }
  /// The number of the last change that the documents have.
  var applied: UInt64 = 0
  /// Whether hand edits are applied while the server runs. An edit of an older version may undo changes that the files show, so
  /// the journal retains these for as long.
  var followsEdits = false
  private(set) var coverage = Coverage.all(0, lease: 0)
  private(set) var reported: Coverage?

  /// Applies a turn's records; `number` is that of the last change in the journal.
  mutating func apply(_ records: [Record], number: UInt64, at nowNanoseconds: Int64) {
    documents.apply(records, at: nowNanoseconds)
    applied = number
  }

  /// Writes the files that are due.
  mutating func writeDue(at nowNanoseconds: Int64) {
    var notices: [StoreNotice] = []
    func isDue(_ dueNanoseconds: Int64?) -> Bool { dueNanoseconds.map { $0 <= nowNanoseconds } ?? false }
    if isDue(documents.users.dueNanoseconds) { _ = try? write(\.users, &notices) }
    if isDue(documents.rooms.dueNanoseconds) { _ = try? write(\.rooms, &notices) }
    if isDue(documents.state.dueNanoseconds) { _ = try? writeState(isClean: false, &notices) }
    if isDue(documents.files.dueNanoseconds) { _ = try? write(\.files, &notices) }
    for notice in notices { report(notice) }
    updateCoverage()
  }

  /// Writes every file that is out of date, and the state in any case. After an error it continues with the other files.
  mutating func save(isClean: Bool) -> Result<SaveReport, StoreError> {
    var result = SaveReport(written: [], notices: [])
    var failure: StoreError?
    func attempt(_ body: () throws(StoreError) -> String?) {
      do throws(StoreError) {
        if let name = try body() { result.written.append(name) }
      } catch {
        failure = failure ?? error
      }
    }
    if documents.users.needsWrite { attempt { () throws(StoreError) in try write(\.users, &result.notices) } }
    if documents.rooms.needsWrite { attempt { () throws(StoreError) in try write(\.rooms, &result.notices) } }
    if documents.needsFiles { attempt { () throws(StoreError) in try write(\.files, &result.notices) } }
    attempt { () throws(StoreError) in try writeState(isClean: isClean && failure == nil, &result.notices) }
    updateCoverage()
    if documents.users.rejected != nil { result.notices.append(.writeBlocked(file: documents.users.name)) }
    if documents.rooms.rejected != nil { result.notices.append(.writeBlocked(file: documents.rooms.name)) }
    if documents.users.waitsForWriter { result.notices.append(.openInOtherProgram(file: documents.users.name)) }
    if documents.rooms.waitsForWriter { result.notices.append(.openInOtherProgram(file: documents.rooms.name)) }
    if let failure {
      for notice in result.notices { report(notice) }
      return .failure(failure)
    }
    return .success(result)
  }

  private mutating func writeState(isClean: Bool, _ notices: inout [StoreNotice]) throws(StoreError) -> String? {
    // The time first: later ids are in the log with a later time.
    let saved = clock()
    // After a crash every leased id may have been issued; after a clean shutdown the rest of the lease was not.
    let lease = isClean ? ids.value + 1 : ids.lease
    let greatest = lease - 1
    setHead(saved: saved, isClean: isClean, id: greatest)
    let name = try write(\.state, &notices)
    coverage.lease = isClean ? .max : lease
    return name
  }

  mutating func setHead(saved: Timestamp, isClean: Bool, id: MessageID) {
    // The other members stay.
    var head = documents.state.document.head
    (head.clock.boot, head.clock.uptime) = (bootClock.id, bootClock.now())
    (head.saved, head.isClean, head.id) = (saved, isClean, id)
    documents.state.document.head = head
  }

  /// A file that is up to date shows all applied changes.
  private mutating func updateCoverage() {
    let nowNanoseconds = SystemClock.monotonicNanoseconds
    documents.users.document.bases.expire(at: nowNanoseconds)
    documents.rooms.document.bases.expire(at: nowNanoseconds)
    coverage.settled = followsEdits ? min(settled(documents.users), settled(documents.rooms)) : .max
    if !documents.users.isBehind { coverage.numbers[.users] = applied }
    if !documents.rooms.isBehind { coverage.numbers[.rooms] = applied }
    if !documents.state.isBehind { coverage.numbers[.state] = applied }
    if !documents.files.isBehind { coverage.numbers[.files] = applied }
    if coverage == reported { return }
    reported = coverage
    reportCoverage(coverage)
  }

  private func settled<Document: EditedDocument>(_ stored: StoredDocument<Document>) -> UInt64 {
    stored.document.bases.settledChange ?? (stored.isBehind ? stored.document.bases.currentChange : applied)
  }

  /// Writes one file and returns its name; nil where a hand edit blocks the write.
  private mutating func write<Document>(
    _ path: WritableKeyPath<Documents, StoredDocument<Document>>, _ notices: inout [StoreNotice]
  ) throws(StoreError) -> String? {
    let (name, file, hadFailed) = (
      documents[keyPath: path].name, documents[keyPath: path].file.path, documents[keyPath: path].hasFailed
    )
    do throws(Errno) {
      guard let kept = try documents[keyPath: path].write(at: clock(), change: applied) else { return nil }
      notices += kept.map { .kept(file: name, path: $0) }
      if hadFailed { notices.append(.writeRecovered(file: name)) }
      reportWritten(name, clock(), nil)
      return name
    } catch {
      if !hadFailed { notices.append(.writeFailed(file: name, error)) }
      reportWritten(name, clock(), error)
      throw StoreError(path: file, doing: "written", error)
    }
  }
}

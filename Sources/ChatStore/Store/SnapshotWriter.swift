import ChatCore
import ChatProtocol
import POSIX

/// What the store's thread does: it applies the records to the documents and writes the files when they are due or asked for.
struct SnapshotWriter {
  var documents: Documents
  let ids: IssuedIDs
  let clock: @Sendable () -> Timestamp
  var bootClock = BootClock.system
  let report: @Sendable (StoreNotice) -> Void
  /// Told after each write how far the files show what the journal holds.
  var reportCoverage: @Sendable (Coverage) -> Void = { _ in }
  /// Told of each file that was written, and when, or of why it could not be.
  var reportWritten: @Sendable (String, Timestamp, Errno?) -> Void = { _, _, _ in }
  /// The number of the last change that the documents have.
  var applied: UInt64 = 0
  /// Whether edits are applied while the server runs: then one made of an older version may take changes back that the files
  /// show, and the journal keeps them for as long.
  var followsEdits = false
  private var coverage = Coverage.all(0, lease: 0)
  private var reported: Coverage?

  init(
    documents: Documents, ids: IssuedIDs, clock: @escaping @Sendable () -> Timestamp,
    report: @escaping @Sendable (StoreNotice) -> Void
  ) {
    self.documents = documents
    self.ids = ids
    self.clock = clock
    self.report = report
  }

  /// Takes what a turn changed; `number` is that of the last change in the journal.
  mutating func apply(_ records: [Record], number: UInt64, at now_ns: Int64) {
    documents.apply(records, at: now_ns)
    applied = number
  }

  /// Writes those files that are due.
  mutating func writeDue(at now_ns: Int64) {
    var notices: [StoreNotice] = []
    func isDue(_ due_ns: Int64?) -> Bool { due_ns.map { $0 <= now_ns } ?? false }
    if isDue(documents.users.due_ns) { _ = try? write(\.users, &notices) }
    if isDue(documents.rooms.due_ns) { _ = try? write(\.rooms, &notices) }
    if isDue(documents.state.due_ns) { _ = try? writeState(isClean: false, &notices) }
    if isDue(documents.files.due_ns) { _ = try? write(\.files, &notices) }
    for notice in notices { report(notice) }
    noteCoverage()
  }

  /// Writes every file that does not say what its document says, and the state in any case. One that fails does not keep the
  /// others from being written.
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
    noteCoverage()
    if documents.users.refused != nil { result.notices.append(.heldBack(file: documents.users.name)) }
    if documents.rooms.refused != nil { result.notices.append(.heldBack(file: documents.rooms.name)) }
    if documents.users.isLeftToWriter { result.notices.append(.openElsewhere(file: documents.users.name)) }
    if documents.rooms.isLeftToWriter { result.notices.append(.openElsewhere(file: documents.rooms.name)) }
    if let failure {
      for notice in result.notices { report(notice) }
      return .failure(failure)
    }
    return .success(result)
  }

  private mutating func writeState(isClean: Bool, _ notices: inout [StoreNotice]) throws(StoreError) -> String? {
    // The time first: what is given out after it is in the log with a later one.
    let saved = clock()
    // After a crash all ids that may have been given out count; after a clean end no more will be.
    let lease = isClean ? ids.value + 1 : ids.lease
    let greatest = lease - 1
    setHead(saved: saved, isClean: isClean, id: greatest)
    let name = try write(\.state, &notices)
    coverage.lease = isClean ? .max : lease
    return name
  }

  mutating func setHead(saved: Timestamp, isClean: Bool, id: MessageID) {
    var clock = documents.state.document.head.clock
    (clock.boot, clock.uptime) = (bootClock.id, bootClock.now())
    documents.state.document.head = StateDocument.Head(saved: saved, isClean: isClean, id: id, clock: clock)
  }

  /// A document that needs no write shows everything.
  private mutating func noteCoverage() {
    let now_ns = SystemClock.monotonic_ns
    documents.users.document.bases.expire(at: now_ns)
    documents.rooms.document.bases.expire(at: now_ns)
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

  /// Writes one file; its name, nil where somebody's edit stands in it.
  private mutating func write<Document>(
    _ path: WritableKeyPath<Documents, StoredDocument<Document>>, _ notices: inout [StoreNotice]
  ) throws(StoreError) -> String? {
    let (name, file, hadFailed) = (
      documents[keyPath: path].name, documents[keyPath: path].file.path, documents[keyPath: path].hasFailed
    )
    do throws(Errno) {
      guard let kept = try documents[keyPath: path].write(at: clock(), change: applied) else { return nil }
      notices += kept.map { .kept(file: name, path: $0) }
      if hadFailed { notices.append(.writeWorksAgain(file: name)) }
      reportWritten(name, clock(), nil)
      return name
    } catch {
      if !hadFailed { notices.append(.writeFailed(file: name, error)) }
      reportWritten(name, clock(), error)
      throw StoreError(path: file, doing: "written", error)
    }
  }
}

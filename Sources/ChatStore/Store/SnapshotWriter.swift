import ChatCore
import ChatProtocol
import POSIX
import Synchronization

/// The greatest id that was given out: the loop raises it, the snapshots note it.
final class IssuedIDs: Sendable {
  private let greatest: Atomic<MessageID>

  init(_ greatest: MessageID) { self.greatest = Atomic(greatest) }

  var value: MessageID { greatest.load(ordering: .acquiring) }

  /// From the loop alone.
  func note(_ id: MessageID) {
    if id > greatest.load(ordering: .relaxed) { greatest.store(id, ordering: .releasing) }
  }
}

/// What the store's thread does: it applies the records to the documents and writes the files when they are due or asked for.
struct SnapshotWriter {
  var documents: Documents
  let ids: IssuedIDs
  let clock: @Sendable () -> Timestamp
  let report: @Sendable (StoreNotice) -> Void

  /// Writes those files that are due.
  mutating func writeDue(at now_ns: Int64) {
    var notices: [StoreNotice] = []
    func isDue(_ due_ns: Int64?) -> Bool { due_ns.map { $0 <= now_ns } ?? false }
    if isDue(documents.users.due_ns) { _ = try? write(\.users, &notices) }
    if isDue(documents.rooms.due_ns) { _ = try? write(\.rooms, &notices) }
    if isDue(documents.state.due_ns) { _ = try? writeState(isClean: false, &notices) }
    for notice in notices { report(notice) }
  }

  /// Writes every file that does not say what its document says, and the state in any case. One that fails does not keep the
  /// others from being written.
  mutating func save(isClean: Bool) -> Result<SaveReport, StoreError> {
    var result = SaveReport(written: [], notices: [])
    var failure: StoreError?
    func attempt(_ body: () throws(StoreError) -> String) {
      do throws(StoreError) { result.written.append(try body()) } catch { failure = failure ?? error }
    }
    if documents.users.needsWrite { attempt { () throws(StoreError) in try write(\.users, &result.notices) } }
    if documents.rooms.needsWrite { attempt { () throws(StoreError) in try write(\.rooms, &result.notices) } }
    attempt { () throws(StoreError) in try writeState(isClean: isClean && failure == nil, &result.notices) }
    if let failure {
      for notice in result.notices { report(notice) }
      return .failure(failure)
    }
    return .success(result)
  }

  private mutating func writeState(isClean: Bool, _ notices: inout [StoreNotice]) throws(StoreError) -> String {
    // The time first: what is given out after it is in the log with a later one.
    let saved = clock()
    documents.state.document.head = StateDocument.Head(saved: saved, isClean: isClean, id: ids.value)
    return try write(\.state, &notices)
  }

  /// Writes one file; its name.
  private mutating func write<Document>(
    _ path: WritableKeyPath<Documents, StoredDocument<Document>>, _ notices: inout [StoreNotice]
  ) throws(StoreError) -> String {
    let (name, file, hadFailed) = (
      documents[keyPath: path].name, documents[keyPath: path].file.path, documents[keyPath: path].hasFailed
    )
    do throws(Errno) {
      let kept = try documents[keyPath: path].write(at: clock())
      notices += kept.map { .kept(file: name, path: $0) }
      if hadFailed { notices.append(.writeWorksAgain(file: name)) }
      return name
    } catch {
      if !hadFailed { notices.append(.writeFailed(file: name, error)) }
      throw StoreError(path: file, doing: "written", error)
    }
  }
}

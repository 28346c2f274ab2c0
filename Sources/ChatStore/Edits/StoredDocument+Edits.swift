import ChatCore
import ChatProtocol
import POSIX

/// A valid edit that the core has not applied yet.
struct IncomingEdit<Document: EditedDocument>: Sendable {
  /// As in `Record.edited`.
  var number: UInt64
  /// The edited file.
  var document: Document
  var identity: DataFile.Identity
  var changes: [Edit.Change<Document.Row>]
}

/// An edit with errors. The file stays as it is.
struct RejectedEdit: Sendable {
  var identity: DataFile.Identity
  var errors: [FileError]
}

/// The result of reading a file that may be edited.
enum EditResult<Found: Sendable>: Sendable {
  /// The file has no changes.
  case unchanged
  /// The file is being written: read it again later.
  case unsettled
  /// The edit has errors. `isNew`: they were not reported yet.
  case rejected(isNew: Bool)
  case found(Found)
}

/// Changes for the core, if any; `kept` rows stay as the server has them.
struct FoundEdit<Row: EditedRow>: Sendable {
  var changes: [Edit.Change<Row>]
  var kept: [Edit.Kept]
  var warnings: [FileError]
}

extension StoredDocument where Document: EditedDocument {
  /// Reads the file if it may be edited. `hasEvidence`: something was written to it, whatever its status says. `force`: accept an
  /// edit that drops most rows.
  mutating func readEdit(
    number: UInt64, hasEvidence: Bool, force: Bool, at nowNanoseconds: Int64
  ) -> EditResult<FoundEdit<Document.Row>> {
    precondition(incoming == nil, "one edit at a time")
    hasUnreadEdit = false
    let found = try? File.statusOfLink(file.path)
    guard let status = found, status.size > 0 || !status.isRegular else {
      // Some editors remove or empty a file before they write it. A file that stays so is written again.
      rejected = nil
      return .unchanged
    }
    let identity = DataFile.Identity(status)
    if identity == file.known, !hasEvidence {
      rejected = nil
      return .unchanged
    }
    if let rejected, rejected.identity == identity, !hasEvidence, !force { return .rejected(isNew: false) }
    guard status.isRegular else { return reject(identity, "the file cannot be read: \(Errno.notRegularFile)") }
    if let partial, partial.identity == identity, !force,
      waitsForWriter(since: partial.sinceNanoseconds, at: nowNanoseconds)
    {
      return .unsettled
    }
    do throws(Errno) {
      // An editor creates a new file with the permissions of its umask; this one holds secrets.
      if status.mode & 0o077 != 0 { try? File.changeMode(file.path, 0o600) }
      guard let (bytes, identity) = try file.readSettled() else { return .unsettled }
      let revised = document.revised(by: bytes, file: file.path)
      guard revised.errors.isEmpty else { return reject(identity, revised.errors) }
      let (changes, kept) = document.changes(to: revised)
      let known = Set(document.warnings.map(\.problem))
      let warnings = revised.document.warnings.filter { !known.contains($0.problem) }
      let dropped = changes.count { $0.now == nil }
      let count = document.count
      guard force || dropped < 2 || dropped * 2 <= count else {
        return reject(
          identity,
          "\(dropped) of \(count) entries are gone, more than half; put them back, or run "
            + "'chat-admin reload --force' to remove them")
      }
      // A file without some rows, or without its last line end, may be incomplete.
      let mayBePartial = dropped > 0 || bytes.last != UInt8(ascii: "\n")
      if mayBePartial, !force,
        waitsForWriter(since: partial?.sinceNanoseconds ?? nowNanoseconds, at: nowNanoseconds)
      {
        partial = (identity, partial?.sinceNanoseconds ?? nowNanoseconds)
        return .unsettled
      }
      partial = nil
      rejected = nil
      incoming = IncomingEdit(number: number, document: revised.document, identity: identity, changes: changes)
      if changes.isEmpty {
        endEdit()
        if kept.isEmpty, warnings.isEmpty { return .unchanged }
      }
      return .found(FoundEdit(changes: changes, kept: kept, warnings: warnings))
    } catch .noSuchFileOrDirectory {
      return .unchanged
    } catch {
      return reject(identity, "the file cannot be read: \(error)")
    }
  }

  /// Whether another program has the file open for writing, and the server still waits for it.
  private func waitsForWriter(since: Int64, at nowNanoseconds: Int64) -> Bool {
    nowNanoseconds - since < writerTimeoutNanoseconds && file.hasWriters
  }

  /// Saves the rows that an edit removes in a file beside; returns its path, nil where there are none.
  mutating func saveRemovedRows(_ changes: [Edit.Change<Document.Row>], at now: Timestamp) throws(Errno) -> String? {
    let keys = changes.filter { $0.now == nil }.map(\.name.key)
    if keys.isEmpty { return nil }
    document.encodeChanges()
    let rows = document.file(of: keys)
    return try SiblingFile.create(file.path + ".removed", now) { (copy) throws(Errno) in try copy.writeAll(rows) }
  }

  /// The errors that `readEdit` would find now.
  var currentErrors: [FileError] {
    guard incoming == nil else { return [] }
    var copy = self
    switch copy.readEdit(number: 0, hasEvidence: false, force: false, at: SystemClock.monotonicNanoseconds) {
    case .unchanged, .found: return []
    case .rejected: return copy.rejected?.errors ?? []
    case .unsettled:
      return [
        FileError(file: file.path, line: 1, problem: "another program is writing the file; check again when it is done")
      ]
    }
  }

  /// The core has applied the edit, and has recorded the rows that it changed in merging.
  mutating func endEdit(number: UInt64) {
    if incoming?.number == number { endEdit() }
  }

  /// Makes the edited file the document: its form and its rows, except rows that the server has changed.
  mutating func endEdit() {
    guard var edit = incoming else { return }
    incoming = nil
    swap(&document, &edit.document)
    let serverRows = edit.document.serverRows(besides: edit.changes)
    document.bases = edit.document.bases
    document.bases.didEdit(edit.changes.map(\.name.key), at: SystemClock.monotonicNanoseconds)
    // Storage that the two share would be copied at the first change.
    edit.document = Document()
    document.put(serverRows)
    didApplyEdit(edit.identity)
  }

  /// Applies the edit at shutdown, when there is no core to do it.
  mutating func endEditWithoutCore() {
    guard let edit = incoming else { return }
    document.merge(edit.changes)
    endEdit()
  }

  private mutating func reject(_ identity: DataFile.Identity, _ problem: String) -> EditResult<FoundEdit<Document.Row>>
  {
    reject(identity, [FileError(file: file.path, line: 1, problem: problem)])
  }

  private mutating func reject(_ identity: DataFile.Identity, _ errors: [FileError]) -> EditResult<
    FoundEdit<Document.Row>
  > {
    let errors = errors.bounded
    let isNew = rejected?.errors != errors
    rejected = RejectedEdit(identity: identity, errors: errors)
    return .rejected(isNew: isNew)
  }
}

extension [FileError] {
  /// At most a hundred: a spreadsheet's own format of a column is an error in every row.
  fileprivate var bounded: [FileError] {
    let most = 100
    guard count > most else { return self }
    let rest = FileError(
      file: self[most].file, line: self[most].line,
      problem: "there are \(count - most) more errors from here on; correct those above first")
    return prefix(most) + [rest]
  }
}

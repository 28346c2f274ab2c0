import ChatCore
import ChatProtocol
import POSIX

/// An edit that was read and is whole and valid, until the core has taken it over.
struct IncomingEdit<Document: EditedDocument>: Sendable {
  /// As in `Record.edited`.
  var number: UInt64
  /// The file as the person left it.
  var document: Document
  var identity: DataFile.Identity
  var changes: [Edit.Change<Document.Row>]
}

/// What a look at a file came to.
enum EditLook<Row: EditedRow>: Sendable {
  /// The file says what the server knows.
  case nothing
  /// It is being written; look again.
  case unsettled
  /// It cannot be taken over. `isNew`: these errors have not been told yet.
  case rejected(isNew: Bool)
  /// The core is to apply these, if any, and to tell of those that stay as they are.
  case found([Edit.Change<Row>], kept: [Edit.Kept], warnings: [FileError])
}

extension StoredDocument where Document: EditedDocument {
  /// Looks whether somebody edited the file. `hasEvidence`: it is read even where its status is as known, because
  /// something was written to it. `force`: an edit that drops most rows is meant.
  mutating func look(
    number: UInt64, hasEvidence: Bool, force: Bool, at nowNanoseconds: Int64
  ) -> EditLook<Document.Row> {
    precondition(incoming == nil, "one edit is taken over at a time")
    hasUnreadEdit = false
    let found = try? File.statusOfLink(file.path)
    guard let status = found, status.size > 0 || !status.isRegular else {
      // vi makes a file vanish for a moment, others empty it before they write; one that stays so is written again.
      rejected = nil
      return .nothing
    }
    let identity = DataFile.Identity(status)
    if identity == file.known, !hasEvidence {
      rejected = nil
      return .nothing
    }
    if let rejected, rejected.identity == identity, !hasEvidence, !force { return .rejected(isNew: false) }
    guard status.isRegular else { return reject(identity, "the file cannot be read: \(Errno.notRegularFile)") }
    if let partial, partial.identity == identity, !force,
      waitsForWriter(since: partial.sinceNanoseconds, at: nowNanoseconds)
    {
      return .unsettled
    }
    do throws(Errno) {
      // A new file has the rights that its maker's umask left it; this one holds secrets.
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
            + "'chat-admin reload --force' if that is meant")
      }
      let mayBePartial = dropped > 0 || bytes.last != UInt8(ascii: "\n")
      // What lacks its end, or rows that were there, may be part of an edit that pauses.
      if mayBePartial, !force, waitsForWriter(since: partial?.sinceNanoseconds ?? nowNanoseconds, at: nowNanoseconds) {
        partial = (identity, partial?.sinceNanoseconds ?? nowNanoseconds)
        return .unsettled
      }
      partial = nil
      rejected = nil
      incoming = IncomingEdit(number: number, document: revised.document, identity: identity, changes: changes)
      if changes.isEmpty {
        takeOver()
        if kept.isEmpty, warnings.isEmpty { return .nothing }
      }
      return .found(changes, kept: kept, warnings: warnings)
    } catch .noSuchFileOrDirectory {
      return .nothing
    } catch {
      return reject(identity, "the file cannot be read: \(error)")
    }
  }

  /// Whether somebody has the file open for writing, and may have for longer.
  private func waitsForWriter(since: Int64, at nowNanoseconds: Int64) -> Bool {
    nowNanoseconds - since < writerTimeoutNanoseconds && file.hasWriters
  }

  /// Writes the rows that an edit takes out into a file beside, so that they can be put back; its path, nil where there are none.
  mutating func saveRemovedRows(_ changes: [Edit.Change<Document.Row>], at now: Timestamp) throws(Errno) -> String? {
    let keys = changes.filter { $0.now == nil }.map(\.name.key)
    if keys.isEmpty { return nil }
    document.encodeChanges()
    let rows = document.file(of: keys)
    return try SiblingFile.create(file.path + ".removed", now) { (copy) throws(Errno) in try copy.writeAll(rows) }
  }

  /// What a look would find wrong with the file as it stands now.
  var currentErrors: [FileError] {
    // One that is on its way to the core is whole and valid.
    guard incoming == nil else { return [] }
    var copy = self
    switch copy.look(number: 0, hasEvidence: false, force: false, at: SystemClock.monotonic_ns) {
    case .nothing, .found: return []
    case .rejected: return copy.rejected?.errors ?? []
    case .unsettled:
      return [
        FileError(file: file.path, line: 1, problem: "somebody is writing the file; check again when that is done")
      ]
    }
  }

  /// The records from here on know of the edit.
  mutating func takeOver(number: UInt64) {
    if incoming?.number == number { takeOver() }
  }

  /// The person's file is the document now, with the server's changes on top.
  mutating func takeOver() {
    guard var edit = incoming else { return }
    incoming = nil
    swap(&document, &edit.document)
    let own = edit.document.ownRows
    document.bases = edit.document.bases
    document.bases.didEdit(edit.changes.map(\.name.key), at: SystemClock.monotonic_ns)
    // What the two have in common would be copied at its first change.
    edit.document = Document()
    document.reapply(own, over: edit.changes)
    didApplyEdit(edit.identity)
  }

  private mutating func reject(_ identity: DataFile.Identity, _ problem: String) -> EditLook<Document.Row> {
    reject(identity, [FileError(file: file.path, line: 1, problem: problem)])
  }

  private mutating func reject(_ identity: DataFile.Identity, _ errors: [FileError]) -> EditLook<Document.Row> {
    let errors = errors.bounded
    let isNew = rejected?.errors != errors
    rejected = RejectedEdit(identity: identity, errors: errors)
    return .rejected(isNew: isNew)
  }
}

extension [FileError] {
  /// A column that a spreadsheet wrote in its own way is an error in each of a million rows: who is told of some knows what to do.
  fileprivate var bounded: [FileError] {
    let most = 100
    guard count > most else { return self }
    let next = FileError(
      file: self[most].file, line: self[most].line,
      problem: "from here on there are \(count - most) more errors; repair those above first")
    return prefix(most) + [next]
  }
}

/// An edit that is not taken over, and why. The file stays as the person left it.
struct RejectedEdit: Sendable {
  var identity: DataFile.Identity
  var errors: [FileError]
}

import ChatCore
import ChatProtocol

/// A row of a file that people edit while the server runs.
protocol EditedRow: MergedRow {
  /// The value that no two rows share; nil for none.
  var email: EmailAddress? { get set }
}

extension Account: EditedRow {}

extension RoomRecord: EditedRow {
  var email: EmailAddress? {
    get { nil }
    set {}
  }
}

/// A document of named rows, each of which has a text in the file.
protocol EditedDocument: FileDocument where Incoming == IncomingEdit<Self> {
  associatedtype Row: EditedRow

  /// A document without rows.
  init()
  /// The versions that an edit may be based on.
  var bases: BaseVersions { get set }
  /// The keys of all rows.
  var keys: [String] { get }
  var count: Int { get }

  /// The document, its rows and its errors; with errors the other two are invalid.
  static func read(_ bytes: [UInt8], file: String) -> (Self, [Row], [FileError])
  /// The edited file.
  func revised(by bytes: [UInt8], file: String) -> RevisedFile<Self>
  /// A row with its pending changes.
  func row(of key: String) -> Row?
  /// Parses the text of a row of this document.
  func row(reading text: [UInt8]) -> Row?
  /// The row's text in the file, without its line end; empty for a new row.
  func text(of key: String) -> ArraySlice<UInt8>?
  /// Whether rows with the same text have the same meaning in both.
  func readsRows(like other: Self) -> Bool
  /// A file with these rows alone.
  func file(of keys: [String]) -> [UInt8]
  mutating func set(_ row: Row)
  mutating func remove(_ name: Name)
}

/// An edited file, compared with the document.
struct RevisedFile<Document: EditedDocument>: Sendable {
  var document: Document
  /// The rows with another text than in the document, in their order. Some may have the same meaning.
  var rows: [Document.Row]
  /// The keys of removed rows.
  var gone: [String]
  /// With errors the rest is invalid.
  var errors: [FileError] = []
}

extension EditedDocument {
  /// An implementation of `revised` that reads the whole file.
  func revisedWhole(by bytes: [UInt8], file: String) -> RevisedFile<Self> {
    let (edited, rows, errors) = Self.read(bytes, file: file)
    guard errors.isEmpty else { return RevisedFile(document: edited, rows: [], gone: [], errors: errors) }
    let readsAlike = readsRows(like: edited)
    return RevisedFile(
      document: edited,
      rows: rows.filter { row in
        guard readsAlike, let text = text(of: row.name.key), let now = edited.text(of: row.name.key) else {
          return true
        }
        return text != now
      }, gone: keys.filter { edited.text(of: $0) == nil })
  }

  /// The changes of a person to this document. Rows that the server changed too come first: they are few, so that the core records
  /// the merged rows in the turn in which the edit begins. `kept` are rows that the server keeps, although the
  /// edit may have changed them.
  func changes(to revised: RevisedFile<Self>) -> (changes: [Edit.Change<Row>], kept: [Edit.Kept]) {
    var (changes, kept) = changesOfServerRows(in: revised.document)
    var gone: [Edit.Change<Row>] = []
    for key in revised.gone where !bases.contains(key) {
      guard let was = row(of: key) else { continue }
      gone.append(Edit.Change(name: was.name, was: was, now: nil))
    }
    changes += gone.sorted { $0.name < $1.name }
    for row in revised.rows where !bases.contains(row.name.key) {
      let was = self.row(of: row.name.key)
      if let was, row.differences(from: was).isEmpty { continue }
      changes.append(Edit.Change(name: row.name, was: was, now: row))
    }
    return (changes, kept)
  }

  /// The changes of rows that the server changed lately: these depend on the version that was edited.
  private func changesOfServerRows(in edited: Self) -> (changes: [Edit.Change<Row>], kept: [Edit.Kept]) {
    let keys = bases.keys
    // A file with a row that the server added is based on a version with that row.
    let first = keys.reduce(0) { first, key in
      guard let row = edited.row(of: key), let addition = bases.addition(of: key) else { return first }
      let known = addition.texts.map { self.row(reading: $0) } + [self.row(of: key)]
      return known.contains { isSame(row, $0) } ? max(first, addition.version) : first
    }
    let candidates = bases.candidates(from: first)
    var changes: [Edit.Change<Row>] = []
    var kept: [Edit.Kept] = []
    for key in keys {
      let server = row(of: key)
      let former = bases.texts(of: key, in: candidates).map { text -> Row? in
        switch text {
        case .present: server
        case .former(let bytes): row(reading: bytes)
        case .absent: nil
        }
      }
      let now = edited.row(of: key)
      guard !isSame(now, server), let name = now?.name ?? server?.name else { continue }
      if former.contains(where: { isSame(now, $0) }) {
        // As in one of the versions, so it was not edited, except perhaps to undo a change of the server that the editor showed.
        if former.contains(where: { isSame(server, $0) }) {
          kept.append(Edit.Kept(name, fields(of: now, against: server)))
        }
      } else {
        let was = former.compactMap(\.self).min { left, right in
          guard let now else { return false }
          return now.differences(from: left).count < now.differences(from: right).count
        }
        changes.append(Edit.Change(name: name, was: was, now: now, isRecent: true))
      }
    }
    return (changes, kept)
  }

  private func isSame(_ row: Row?, _ other: Row?) -> Bool {
    guard let row, let other else { return row == nil && other == nil }
    return row.differences(from: other).isEmpty
  }

  private func fields(of now: Row?, against server: Row?) -> [String] {
    guard let now, let server else { return [now == nil ? Edit.Kept.removal : Edit.Kept.addition] }
    return now.differences(from: server)
  }

  /// The rows that the server changed; nil for those that it removed. A row that the core found as the person did is not among
  /// them: the server has changed it back since the edit was read, so the core has recorded nothing, and the edit counts.
  func serverRows(besides changes: [Edit.Change<Row>]) -> [String: Row?] {
    var rows = Dictionary(uniqueKeysWithValues: bases.keys.map { ($0, row(of: $0)) })
    for change in changes {
      let key = change.name.key
      if bases.contains(key), !change.isRecorded(over: row(of: key)) { rows.removeValue(forKey: key) }
    }
    return rows
  }

  /// Puts the server's rows into an edited file, where it does not have them.
  mutating func put(_ serverRows: [String: Row?]) {
    for (key, server) in serverRows.sorted(by: { $0.key < $1.key }) {
      let row = row(of: key)
      if isSame(row, server) { continue }
      if let server { set(server) } else if let row { remove(row.name) }
    }
  }

  /// Merges an edit into the server's rows without the core: at shutdown, when there is none. A row that the core has merged
  /// already stays as it is.
  mutating func merge(_ changes: [Edit.Change<Row>]) {
    // An address in the edit belongs to its row, even if another account registered it meanwhile.
    var typed: [EmailAddress: Name] = [:]
    for change in changes {
      if let now = change.now, let email = now.email, email != change.was?.email { typed[email] = now.name }
      guard bases.contains(change.name.key) else { continue }
      if let now = change.now {
        set(row(of: change.name.key).map { change.merging(now, with: $0).merged } ?? now)
      } else {
        remove(change.name)
      }
    }
    for key in bases.keys {
      guard var row = row(of: key), let email = row.email, let owner = typed[email], owner != row.name else { continue }
      row.email = nil
      set(row)
    }
  }
}

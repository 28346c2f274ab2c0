import ChatCore
import ChatProtocol

/// A row of a file that people edit while the server runs.
protocol EditedRow: Equatable, Sendable {
  var name: Name { get }
  /// The fields in which another row says something else.
  func differences(from other: Self) -> [String]
  /// The person's row with the server's own changes to what the person did not touch.
  static func merged(_ change: Edit.Change<Self>, _ now: Self, server: Self) -> Self
  /// What no two rows may have the same of; nil where there is no such thing.
  var email: EmailAddress? { get set }
}

extension Account: EditedRow {
  static func merged(_ change: Edit.Change<Account>, _ now: Account, server: Account) -> Account {
    change.merging(now, with: server).merged
  }
}

extension RoomRecord: EditedRow {
  static func merged(_ change: Edit.Change<RoomRecord>, _ now: RoomRecord, server: RoomRecord) -> RoomRecord {
    change.merging(now, with: server).merged
  }

  var email: EmailAddress? {
    get { nil }
    set {}
  }
}

/// A document of rows with names, each of which is known by its text in the file.
protocol EditedDocument: FileDocument where Incoming == IncomingEdit<Self> {
  associatedtype Row: EditedRow

  /// One without rows.
  init()
  /// The versions that an edit may be made of.
  var bases: BaseVersions { get set }
  /// The keys of the names of all rows.
  var keys: [String] { get }
  var count: Int { get }

  /// The document, its rows and what is wrong with it; with errors the other two are of no use.
  static func read(_ bytes: [UInt8], file: String) -> (Self, [Row], [FileError])
  /// The file as a person left it.
  func revised(by bytes: [UInt8], file: String) -> RevisedFile<Self>
  /// The row as it stands in the document, changes that wait included.
  func row(of key: String) -> Row?
  /// The row that a text stands for which is, or was, in this document.
  func row(reading text: [UInt8]) -> Row?
  /// The row's text without its line end; empty for a new one.
  func text(of key: String) -> ArraySlice<UInt8>?
  /// Whether the same text says the same in both.
  func readsRows(like other: Self) -> Bool
  /// A file with these rows alone, as they stand in this one.
  func file(of keys: [String]) -> [UInt8]
  mutating func set(_ row: Row)
  mutating func remove(_ name: Name)
}

extension EditedDocument {
  /// For `revised`: reads the whole file.
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

  /// What a person changed in the file; this is what the server read or wrote. First come rows that the server changed too: few
  /// as a rule, so that the core has put them together, and recorded that, in the turn in which it begins with the edit.
  /// `kept` are those that stay as the server has them, although the person may have meant otherwise.
  func changes(to revised: RevisedFile<Self>) -> (changes: [Edit.Change<Row>], kept: [Edit.Kept]) {
    var (changes, kept) = changesOfOwnRows(in: revised.document)
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

  /// Rows that the server changed, so that it depends on the version which the person started from what the person changed.
  private func changesOfOwnRows(in edited: Self) -> (changes: [Edit.Change<Row>], kept: [Edit.Kept]) {
    let keys = bases.keys
    // What has a row that the server added was not made of a version without it.
    let first = keys.reduce(0) { first, key in
      guard let row = edited.row(of: key), let addition = bases.addition(of: key) else { return first }
      let known = addition.texts.map { self.row(reading: $0) } + [self.row(of: key)]
      return known.contains { isSame(row, $0) } ? max(first, addition.version) : first
    }
    let candidates = bases.candidates(from: first)
    var changes: [Edit.Change<Row>] = []
    var kept: [Edit.Kept] = []
    for key in keys {
      let own = row(of: key)
      let former = bases.texts(of: key, in: candidates).map { text -> Row? in
        switch text {
        case .present: own
        case .former(let bytes): row(reading: bytes)
        case .absent: nil
        }
      }
      let now = edited.row(of: key)
      guard !isSame(now, own), let name = now?.name ?? own?.name else { continue }
      if former.contains(where: { isSame(now, $0) }) {
        // As it was in one of the versions: untouched, unless it was put back on purpose by who had seen what the server made of it.
        if former.contains(where: { isSame(own, $0) }) { kept.append(Edit.Kept(name, fields(of: now, against: own))) }
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

  private func fields(of now: Row?, against own: Row?) -> [String] {
    guard let now, let own else { return [now == nil ? Edit.Kept.removal : Edit.Kept.addition] }
    return now.differences(from: own)
  }

  /// What those rows say that the server changed; nil for those that it removed.
  var ownRows: [String: Row?] { Dictionary(uniqueKeysWithValues: bases.keys.map { ($0, row(of: $0)) }) }

  /// Puts the server's changes of before an edit into the document that the person made; `changes` are the person's. The core
  /// comes to the same, row by row, which may take it a while: whatever happens until then, the file says all of it.
  mutating func reapply(_ own: [String: Row?], over changes: [Edit.Change<Row>]) {
    if own.isEmpty { return }
    let changed = Dictionary(
      uniqueKeysWithValues: changes.lazy.filter { own[$0.name.key] != nil }.map { ($0.name.key, $0) })
    // An address that the person typed is that row's, whoever registered it meanwhile.
    let typed = Set(changes.lazy.filter { $0.now?.email != $0.was?.email }.compactMap(\.now?.email))
    for (key, ownRow) in own.sorted(by: { $0.key < $1.key }) {
      let row = row(of: key)
      var result = ownRow
      if let change = changed[key] {
        guard let now = change.now else { continue }
        result = result.map { Row.merged(change, now, server: $0) } ?? now
      }
      if let email = result?.email, typed.contains(email), row?.email != email { result?.email = nil }
      if let result {
        if row.map({ result.differences(from: $0).isEmpty }) != true { set(result) }
      } else if let row {
        remove(row.name)
      }
    }
  }
}

/// A file as a person left it, next to the document that it was before.
struct RevisedFile<Document: EditedDocument>: Sendable {
  var document: Document
  /// The rows that do not stand in the former document byte for byte, in their order. Some of them may say the same.
  var rows: [Document.Row]
  /// The keys of those that are not there any more.
  var gone: [String]
  /// What is wrong with the file; then the rest is of no use.
  var errors: [FileError] = []
}

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
  /// The rows' former texts, as far as the server changed them.
  var formers: FormerTexts { get set }
  /// The keys of the names of all rows.
  var keys: [String] { get }
  var count: Int { get }

  /// The document, its rows and what is wrong with it; with faults the other two are of no use.
  static func read(_ bytes: [UInt8], file: String) -> (Self, [Row], [Fault])
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
  mutating func set(_ row: Row)
  mutating func remove(_ name: Name)
}

extension EditedDocument {
  /// For `revised`: reads the whole file.
  func revisedWhole(by bytes: [UInt8], file: String) -> RevisedFile<Self> {
    let (edited, rows, faults) = Self.read(bytes, file: file)
    guard faults.isEmpty else { return RevisedFile(document: edited, rows: [], gone: [], faults: faults) }
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
  func changes(to revised: RevisedFile<Self>) -> [Edit.Change<Row>] {
    var changes = changesOfOwnRows(in: revised.document)
    var gone: [Edit.Change<Row>] = []
    for key in revised.gone {
      // A row that came after the person looked was not taken out by them.
      guard let was = formers[key].map({ $0.flatMap(row(reading:)) }) ?? row(of: key) else { continue }
      gone.append(Edit.Change(name: was.name, was: was, now: nil))
    }
    changes += gone.sorted { $0.name < $1.name }
    for row in revised.rows {
      let key = row.name.key
      guard formers[key] == nil else { continue }
      let was = self.row(of: key)
      if let was, row.differences(from: was).isEmpty { continue }
      changes.append(Edit.Change(name: row.name, was: was, now: row))
    }
    return changes
  }

  /// Of a row that the server changed, the person may have had another text in mind than the one that the file was last given.
  private func changesOfOwnRows(in edited: Self) -> [Edit.Change<Row>] {
    formers.keys.sorted().compactMap { key in
      guard let row = edited.row(of: key), let former = formers[key] else { return nil }
      let was = former.flatMap(self.row(reading:))
      if let was, row.differences(from: was).isEmpty { return nil }
      if let current = self.row(of: key), row.differences(from: current).isEmpty { return nil }
      return Edit.Change(name: row.name, was: was, now: row)
    }
  }

  /// What those rows say that the server changed; nil for those that it removed.
  var ownRows: [String: Row?] { Dictionary(uniqueKeysWithValues: formers.keys.map { ($0, row(of: $0)) }) }

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

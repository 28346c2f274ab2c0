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

  /// The rows' former texts, as far as the server changed them.
  var formers: FormerTexts { get set }
  /// The keys of the names of all rows.
  var keys: [String] { get }

  /// The document, its rows and what is wrong with it; with faults the other two are of no use.
  static func read(_ bytes: [UInt8], file: String) -> (Self, [Row], [Fault])
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
  /// What a person changed: `edited` is the file as they left it, this is what the server read or wrote. What they took out
  /// comes first.
  func changes(to edited: Self, rows: [Row]) -> [Edit.Change<Row>] {
    let readsAlike = readsRows(like: edited)
    var changes: [Edit.Change<Row>] = []
    for key in keys where edited.text(of: key) == nil {
      // A row that came after the person looked was not taken out by them.
      guard let was = formers[key].map({ $0.flatMap(row(reading:)) }) ?? row(of: key) else { continue }
      changes.append(Edit.Change(name: was.name, was: was, now: nil))
    }
    changes.sort { $0.name < $1.name }
    for row in rows {
      let key = row.name.key
      if let former = formers[key] {
        let was = former.flatMap(self.row(reading:))
        if let was, row.differences(from: was).isEmpty { continue }
        if let current = self.row(of: key), row.differences(from: current).isEmpty { continue }
        changes.append(Edit.Change(name: row.name, was: was, now: row))
      } else if let text = text(of: key) {
        if readsAlike, let now = edited.text(of: key), text == now { continue }
        let was = self.row(of: key)
        if let was, row.differences(from: was).isEmpty { continue }
        changes.append(Edit.Change(name: row.name, was: was, now: row))
      } else {
        changes.append(Edit.Change(name: row.name, was: nil, now: row))
      }
    }
    return changes
  }

  /// Puts the server's changes of before an edit into the document that the person made; `changes` are the person's. The core
  /// comes to the same, row by row, which may take it a while: whatever happens until then, the file says all of it.
  mutating func reapply(_ server: Self, over changes: [Edit.Change<Row>]) {
    let keys = server.formers.keys
    if keys.isEmpty { return }
    let changed = Dictionary(
      uniqueKeysWithValues: changes.lazy.filter { keys.contains($0.name.key) }.map { ($0.name.key, $0) })
    // An address that the person typed is that row's, whoever registered it meanwhile.
    let typed = Set(changes.lazy.filter { $0.now?.email != $0.was?.email }.compactMap(\.now?.email))
    for key in keys.sorted() {
      let row = row(of: key)
      var result = server.row(of: key)
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

import ChatCore
import ChatProtocol

/// A row of a file that people edit while the server runs.
protocol EditedRow: Equatable, Sendable {
  var name: Name { get }
  /// The fields in which another row says something else.
  func differences(from other: Self) -> [String]
  /// The person's row with the server's own changes to what the person did not touch.
  static func merged(was: Self, now: Self, server: Self) -> Self
}

extension Account: EditedRow {
  static func merged(was: Account, now: Account, server: Account) -> Account {
    Merging(was: was, now: now, server: server).merged
  }
}

extension RoomRecord: EditedRow {
  static func merged(was: RoomRecord, now: RoomRecord, server: RoomRecord) -> RoomRecord {
    Merging(was: was, now: now, server: server).merged
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

  /// Puts the server's changes of before an edit into the document that the person made: those to rows which the person did
  /// not change. `changes` are the person's; where the server changed such a row too, the core puts both together and
  /// records the result, or `mergesAll` has it done here because no core is left to do it.
  mutating func reapply(_ server: Self, besides changes: [Edit.Change<Row>], mergesAll: Bool) {
    let changed = Dictionary(uniqueKeysWithValues: changes.map { ($0.name.key, $0) })
    for key in server.formers.keys.sorted() {
      let current = server.row(of: key)
      guard let change = changed[key] else {
        let row = row(of: key)
        if let current {
          if row.map({ current.differences(from: $0).isEmpty }) != true { set(current) }
        } else if let row {
          remove(row.name)
        }
        continue
      }
      guard mergesAll, let now = change.now, let current else { continue }
      let merged = Row.merged(was: change.was ?? current, now: now, server: current)
      if !merged.differences(from: now).isEmpty { set(merged) }
    }
  }
}

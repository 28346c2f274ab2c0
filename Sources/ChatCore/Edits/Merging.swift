package import ChatProtocol

/// Merges a hand edit of one row with the server's row, field by field. If both changed a field, the edit wins.
///
/// Names and addresses are equal without regard to case, but a file keeps their case, so they are compared as
/// they are written.
package struct Merging<Row> {
  /// The server's row, and the merged one after all fields were compared.
  package private(set) var merged: Row
  /// The fields that the edit changes to a value that the server does not have.
  package private(set) var changed: [String] = []
  /// The fields in which the edit replaced a change of the server.
  package private(set) var conflicts: [String] = []

  private init(_ server: Row) { merged = server }

  /// Whether to use the edited value of a field; records the field as changed or as a conflict.
  /// It takes values rather than key paths, which are ten times as slow: an edit may change a hundred thousand rows.
  private mutating func takes<Value: Equatable>(
    _ name: String, was before: Value, now after: Value, server: Value
  ) -> Bool {
    // Nothing changes if the server has the same value already.
    guard before != after, server != after else { return false }
    changed.append(name)
    if server != before { conflicts.append(name) }
    return true
  }

  private mutating func takesNames(_ name: String, was before: [Name], now after: [Name], server: [Name]) -> Bool {
    takes(name, was: before.map(\.text), now: after.map(\.text), server: server.map(\.text))
  }
}

extension Merging<Account> {
  package init(was: Account, now: Account, server: Account) {
    self.init(server)
    if takes("name", was: was.name.text, now: now.name.text, server: server.name.text) { merged.name = now.name }
    if takes("password", was: was.password, now: now.password, server: server.password) {
      merged.password = now.password
    }
    if takes("role", was: was.role, now: now.role, server: server.role) { merged.role = now.role }
    if takes("status", was: was.status, now: now.status, server: server.status) { merged.status = now.status }
    if takes("email", was: was.email?.text, now: now.email?.text, server: server.email?.text) {
      merged.email = now.email
    }
    if takes("created", was: was.created, now: now.created, server: server.created) { merged.created = now.created }
  }
}

extension Merging<RoomRecord> {
  package init(was: RoomRecord, now: RoomRecord, server: RoomRecord) {
    self.init(server)
    if takes("name", was: was.name.text, now: now.name.text, server: server.name.text) { merged.name = now.name }
    if takes("topic", was: was.topic, now: now.topic, server: server.topic) { merged.topic = now.topic }
    if takes("owner", was: was.owner?.text, now: now.owner?.text, server: server.owner?.text) {
      merged.owner = now.owner
    }
    if takes("password", was: was.password, now: now.password, server: server.password) {
      merged.password = now.password
    }
    if takes("created", was: was.created, now: now.created, server: server.created) { merged.created = now.created }
    if takes("first_id", was: was.firstID, now: now.firstID, server: server.firstID) { merged.firstID = now.firstID }
    if takesNames("moderators", was: was.moderators, now: now.moderators, server: server.moderators) {
      merged.moderators = now.moderators
    }
    if takesNames("banned", was: was.banned, now: now.banned, server: server.banned) { merged.banned = now.banned }
    if takes("hidden", was: was.isHidden, now: now.isHidden, server: server.isHidden) {
      merged.isHidden = now.isHidden
    }
    if takes("invited", was: was.invitations, now: now.invitations, server: server.invitations) {
      merged.invitations = now.invitations
    }
    if takesNames("muted", was: was.muted, now: now.muted, server: server.muted) { merged.muted = now.muted }
  }
}

extension Edit.Change where Row: MergedRow {
  /// Merges the edited row with the server's. Without an earlier row, all edited fields count as changed; but `lobby` exists
  /// even without an entry.
  package func merging(_ now: Row, with server: Row) -> Merging<Row> {
    Row.merging(was: was ?? Row.implied(name) ?? server, now: now, server: server)
  }

  /// Whether the server's row differs from the one that was edited. Then the row is recorded, because the store's
  /// document does not have the merged row.
  package func isRecorded(over server: Row?) -> Bool {
    guard !isRecent, let server, let was = was ?? Row.implied(name) else {
      return isRecent || server != nil || was != nil
    }
    return !server.differences(from: was).isEmpty
  }
}

/// A row that a hand edit and the server may both change.
package protocol MergedRow: Equatable, Sendable {
  var name: Name { get }
  /// The row that a file without an entry of the name implies.
  static func implied(_ name: Name) -> Self?
  static func merging(was: Self, now: Self, server: Self) -> Merging<Self>
}

extension MergedRow {
  /// The names of the fields that differ, as written.
  package func differences(from other: Self) -> [String] {
    Self.merging(was: other, now: self, server: other).changed
  }
}

extension Account: MergedRow {
  package static func implied(_ name: Name) -> Account? { nil }

  package static func merging(was: Account, now: Account, server: Account) -> Merging<Account> {
    Merging(was: was, now: now, server: server)
  }
}

extension RoomRecord: MergedRow {
  package static func implied(_ name: Name) -> RoomRecord? { name == .lobby ? RoomRecord(name: .lobby) : nil }

  package static func merging(was: RoomRecord, now: RoomRecord, server: RoomRecord) -> Merging<RoomRecord> {
    Merging(was: was, now: now, server: server)
  }
}

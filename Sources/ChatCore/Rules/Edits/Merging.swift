import ChatProtocol

/// Merges a hand edit of one row with the server's own: field by field, and where both changed one, the person wins.
///
/// Names and addresses are equal without regard to case, but what stands in a file has a case, so they are compared as
/// they are written.
package struct Merging<Row> {
  let was: Row
  let now: Row
  /// The server's own row, and the merged one once all fields have been looked at.
  package private(set) var merged: Row
  /// The fields that the person changed to what the server does not have yet.
  package private(set) var changed: [String] = []
  /// The fields where a change of the server's gave way.
  package private(set) var gaveWay: [String] = []

  private init(_ was: Row, _ now: Row, _ server: Row) {
    self.was = was
    self.now = now
    merged = server
  }

  private mutating func field<Value, Text: Equatable>(
    _ name: String, _ path: WritableKeyPath<Row, Value>, as text: (Value) -> Text
  ) {
    let (before, after, server) = (
      text(was[keyPath: path]), text(now[keyPath: path]), text(merged[keyPath: path])
    )
    // Where the server says the same already, whoever came first, nothing changes.
    guard before != after, server != after else { return }
    changed.append(name)
    if server != before { gaveWay.append(name) }
    merged[keyPath: path] = now[keyPath: path]
  }

  private mutating func field<Value: Equatable>(_ name: String, _ path: WritableKeyPath<Row, Value>) {
    field(name, path, as: \.self)
  }
}

extension Merging<Account> {
  package init(was: Account, now: Account, server: Account) {
    self.init(was, now, server)
    field("name", \.name, as: \.text)
    field("password", \.password)
    field("role", \.role)
    field("status", \.status)
    field("email", \.email, as: \.?.text)
    field("created", \.created)
  }
}

extension Merging<RoomRecord> {
  package init(was: RoomRecord, now: RoomRecord, server: RoomRecord) {
    self.init(was, now, server)
    field("name", \.name, as: \.text)
    field("topic", \.topic)
    field("owner", \.owner, as: \.?.text)
    field("password", \.password)
    field("created", \.created)
    field("moderators", \.moderators, as: { $0.map(\.text) })
    field("banned", \.banned, as: { $0.map(\.text) })
    field("muted", \.muted, as: { $0.map(\.text) })
  }
}

extension Account {
  /// The fields in which another row says something else.
  package func differences(from other: Account) -> [String] { Merging(was: other, now: self, server: other).changed }
}

extension RoomRecord {
  package func differences(from other: RoomRecord) -> [String] { Merging(was: other, now: self, server: other).changed }
}

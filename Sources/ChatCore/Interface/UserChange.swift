package import ChatProtocol

/// A change to a user's entry in `state.json`, of the size of the change: an entry may list a thousand rooms, and joining one
/// more must not cost all of them.
///
/// Applying a change twice is the same as applying it once.
package struct UserChange: Equatable, Sendable {
  package var name: Name
  package var lastSeen: Timestamp?
  package var away: Away?
  /// No room is in both lists, and no name in both of the others.
  package var joined: [Name] = []
  package var left: [Name] = []
  package var ignored: [Name] = []
  package var unignored: [Name] = []

  package enum Away: Equatable, Sendable {
    case away(String)
    case back

    package var text: String? { if case .away(let text) = self { text } else { nil } }
  }

  package init(_ name: Name, lastSeen: Timestamp? = nil) {
    self.name = name
    self.lastSeen = lastSeen
  }

  /// What makes one state the other. `lastSeen` is never taken back.
  package init(from was: UserState, to user: UserState) {
    name = user.name
    if user.lastSeen != was.lastSeen { lastSeen = user.lastSeen }
    if user.away != was.away { away = user.away.map { .away($0) } ?? .back }
    (joined, left) = UserChange.difference(was.rooms, user.rooms)
    (ignored, unignored) = UserChange.difference(was.ignores, user.ignores)
  }

  package var isEmpty: Bool {
    lastSeen == nil && away == nil && joined.isEmpty && left.isEmpty && ignored.isEmpty && unignored.isEmpty
  }

  mutating func join(_ room: Name) { UserChange.add(room, to: &joined, without: &left) }
  mutating func leave(_ room: Name) { UserChange.add(room, to: &left, without: &joined) }
  mutating func ignore(_ user: Name) { UserChange.add(user, to: &ignored, without: &unignored) }
  mutating func unignore(_ user: Name) { UserChange.add(user, to: &unignored, without: &ignored) }

  private static func add(_ name: Name, to list: inout [Name], without opposite: inout [Name]) {
    if let index = opposite.firstIndex(of: name) { opposite.remove(at: index) }
    list.append(name)
  }

  private static func difference(_ before: [Name], _ after: [Name]) -> (added: [Name], removed: [Name]) {
    let (old, new) = (Set(before), Set(after))
    return (after.filter { !old.contains($0) }, before.filter { !new.contains($0) })
  }
}

extension UserState {
  package mutating func apply(_ change: UserChange) {
    name = change.name
    if let lastSeen = change.lastSeen { self.lastSeen = lastSeen }
    if let away = change.away { self.away = away.text }
    rooms.change(adding: change.joined, removing: change.left)
    ignores.change(adding: change.ignored, removing: change.unignored)
  }
}

extension [Name] {
  /// What is there already stays where it is; what is added comes at the end.
  package mutating func change(adding added: [Name], removing removed: [Name]) {
    if !removed.isEmpty {
      let removed = Set(removed)
      removeAll { removed.contains($0) }
    }
    if !added.isEmpty {
      var present = Set(self)
      for name in added where present.insert(name).inserted { append(name) }
    }
  }
}

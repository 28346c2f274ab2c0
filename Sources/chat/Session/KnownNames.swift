import ChatProtocol

/// Names that were heard of lately, to complete what is typed.
struct KnownNames: Equatable, Sendable {
  private static let usersMax = 500
  private static let roomsMax = 500

  /// Who spoke last comes first; then who was seen without a word.
  private(set) var users: [Name] = []
  private(set) var rooms: [Name] = []

  mutating func hear(_ user: Name) {
    users.removeAll { $0 == user }
    users.insert(user, at: 0)
    if users.count > Self.usersMax { users.removeLast() }
  }

  mutating func see(_ user: Name) {
    if users.count < Self.usersMax, !users.contains(user) { users.append(user) }
  }

  mutating func see(room: Name) {
    if rooms.count < Self.roomsMax, !rooms.contains(room) { rooms.append(room) }
  }

  mutating func forget(room: Name) { rooms.removeAll { $0 == room } }
}

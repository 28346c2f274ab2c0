import ChatProtocol

/// Names that were heard of lately, to complete what is typed.
struct KnownNames: Equatable, Sendable {
  private static let usersMax = 500
  private static let roomsMax = 500
  private static let filesMax = 100

  /// Who spoke last comes first; then who was seen without a word.
  private(set) var users: [Name] = []
  private(set) var rooms: [Name] = []
  /// Files that may be fetched, the latest first.
  private(set) var files: [KnownFile] = []

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

  mutating func see(file: SharedFile) {
    guard !files.contains(where: { $0.id == file.id }) else { return }
    files.append(KnownFile(id: file.id, name: file.name))
    files.sort { $0.id > $1.id }
    if files.count > Self.filesMax { files.removeLast() }
  }

  mutating func forget(file: MessageID) { files.removeAll { $0.id == file } }

  mutating func forget(room: Name) { rooms.removeAll { $0 == room } }
}

struct KnownFile: Equatable, Sendable {
  var id: MessageID
  var name: String
}

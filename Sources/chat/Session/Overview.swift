import ChatProtocol

/// The contents of the status line: the user's rooms, what happens in the others, and the connection.
struct Overview: Equatable, Sendable {
  /// A room of the user.
  struct Room: Equatable, Sendable {
    let name: Name
    /// Nil until the server has said.
    var members: Int?
    /// Messages since the room was last the current one.
    var unread = 0
    /// Whether one of these mentions the user.
    var isMentioned = false
  }

  enum Connection: Equatable, Sendable {
    case connecting
    case connected
    /// `attempt` is the number of the next attempt.
    case lost(attempt: Int)
  }

  var connection = Connection.connecting
  /// The time until the next attempt to connect; nil if none waits.
  var nextAttemptSeconds: Int?
  var user: Name?
  /// The current room; nil before the login, and while it is not known.
  var current: Name?
  /// In the order in which they were joined.
  private(set) var rooms: [Room] = []
  /// Messages that the server has not acknowledged.
  var unacknowledged: [String] = []
  /// Waiting transfers come last.
  var transfers: [TransferProgress] = []
  /// How long the server took to answer; nil before it was measured.
  var lagMilliseconds: Int64?

  subscript(room: Name) -> Room? { rooms.first { $0.name == room } }

  /// After a login: keeps what is known of rooms that the user is still in.
  mutating func enter(_ names: [Name]) {
    let former = rooms
    rooms = names.map { name in former.first { $0.name == name } ?? Room(name: name) }
  }

  mutating func enter(_ room: Name) { if self[room] == nil { rooms.append(Room(name: room)) } }
  mutating func leave(_ room: Name) { rooms.removeAll { $0.name == room } }
  mutating func markRead(_ room: Name) { change(room) { ($0.unread, $0.isMentioned) = (0, false) } }

  /// The counts are not kept up to date without a connection.
  mutating func forgetMembers() { for index in rooms.indices { rooms[index].members = nil } }

  mutating func change(_ room: Name, _ change: (inout Room) -> Void) {
    guard let index = rooms.firstIndex(where: { $0.name == room }) else { return }
    change(&rooms[index])
  }

  private mutating func count(_ room: Name, _ difference: Int) {
    change(room) { room in room.members = room.members.map { max(0, $0 + difference) } }
  }

  private mutating func note(_ summary: RoomSummary) { change(summary.name) { $0.members = summary.members } }

  mutating func observe(_ event: Event, as context: UserContext) {
    switch event {
    case .ok(let reply): observe(reply, as: context)
    case .message(let message) where message.room != context.room && !message.isOwn:
      change(message.room) { room in
        room.unread += 1
        if message.mentions(context.user) { room.isMentioned = true }
      }
    case .joined(let room, let user): if user == context.user { enter(room) } else { count(room, 1) }
    case .left(let room, let user, _): if user == context.user { leave(room) } else { count(room, -1) }
    case .room(let summary): note(summary)
    case .kicked(let room?, _, _), .deleted(let room, _): leave(room)
    default: break
    }
  }

  private mutating func observe(_ reply: Reply, as context: UserContext) {
    switch reply.result {
    case .entered(_, _, _, let rooms, _, _): enter(rooms)
    case .moved(let room, _): if reply.command == "leave" { leave(room) } else { enter(room) }
    case .room(let room, _) where reply.command == "create": enter(room)
    case .room(let room, _) where reply.command == "delete": leave(room)
    case .rooms(let rooms, _): for room in rooms { note(room) }
    case .info(let info): note(info.summary)
    case .user where reply.command == "kick": if let room = context.room { count(room, -1) }
    case .done where reply.command == "logout": enter([])
    default: break
    }
  }
}

/// Recently seen names, for Tab.
struct KnownNames: Equatable, Sendable {
  private static let usersMax = 500
  private static let roomsMax = 500
  private static let filesMax = 100

  /// The latest speaker first, then users who have not spoken.
  private(set) var users: [Name] = []
  private(set) var rooms: [Name] = []
  /// Files that can be fetched, the latest first.
  private(set) var files: [KnownFile] = []

  /// Moves a speaker to the front.
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

  mutating func observe(_ event: Event, as context: UserContext) {
    switch event {
    case .ok(let reply): observe(reply)
    case .message(let message): hear(message.from)
    case .privateMessage(let message): if message.from != context.user { hear(message.from) }
    case .joined(_, let user): see(user)
    case .renamed(let user, let to):
      users.removeAll { $0 == user }
      see(to)
    case .room(let summary): see(room: summary.name)
    case .file(let file): see(file: file)
    case .unsent(_, let id, _, _): files.removeAll { $0.id == id }
    case .deleted(let room, _): rooms.removeAll { $0 == room }
    default: break
    }
  }

  private mutating func observe(_ reply: Reply) {
    switch reply.result {
    case .entered(_, _, _, let rooms, _, _): for room in rooms { see(room: room) }
    case .moved(let room, _): see(room: room)
    case .room(let room, _): if reply.command == "delete" { rooms.removeAll { $0 == room } } else { see(room: room) }
    case .rooms(let rooms, _): for room in rooms { see(room: room.name) }
    case .info(let info): see(room: info.summary.name)
    case .files(_, let files, _): for listed in files where !listed.isUnfinished { see(file: listed.file) }
    case .who(_, let users, _): for user in users { see(user.name) }
    case .file(let id) where reply.command == "unsend": files.removeAll { $0.id == id }
    default: break
    }
  }
}

struct KnownFile: Equatable, Sendable {
  var id: MessageID
  var name: String
}

extension ReceivedEvent {
  /// Whether the event is for this user: a message that mentions them, or a private one.
  func mentions(_ context: UserContext) -> Bool {
    switch content {
    case .event(.message(let message)): message.mentions(context.user)
    case .event(.privateMessage(let message)): message.from != context.user
    default: false
    }
  }
}

extension RoomMessage {
  /// Whether another user's message contains this user's name as a word of its own, in any case.
  func mentions(_ user: Name?) -> Bool {
    guard let user, from != user, !isOwn else { return false }
    return text.lowercased().containsName(user.text.lowercased())
  }
}

extension String {
  /// Whether `name` is in the text and not part of a longer name. A full stop or a hyphen ends the name unless the name
  /// continues after it.
  fileprivate func containsName(_ name: String) -> Bool {
    var rest = self[...]
    while let found = rest.firstRange(of: name) {
      let before = self[..<found.lowerBound].last
      let after = self[found.upperBound...].drop { $0 == "." || $0 == "-" }.first
      let isLonger = after.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
      if !(before?.isPartOfName ?? false), !isLonger { return true }
      rest = self[found.upperBound...]
    }
    return false
  }
}

extension Character {
  fileprivate var isPartOfName: Bool { isLetter || isNumber || self == "_" || self == "-" || self == "." }
}

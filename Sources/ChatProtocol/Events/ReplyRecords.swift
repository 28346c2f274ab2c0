import Text

// What replies list.

/// A line of `/rooms`, and the `room` event.
package struct RoomSummary: Equatable, Sendable {
  package var name: Name
  package var topic: String
  package var owner: Name?
  package var isLocked: Bool
  /// How many users are in it now.
  package var members: Int
  /// Only its members see that it exists.
  package var isHidden: Bool

  package init(name: Name, topic: String, owner: Name?, isLocked: Bool, members: Int, isHidden: Bool = false) {
    self.name = name
    self.topic = topic
    self.owner = owner
    self.isLocked = isLocked
    self.members = members
    self.isHidden = isHidden
  }

  /// Who may join: `open`, `locked` or `hidden`.
  package var entry: String { isHidden ? "hidden" : isLocked ? "locked" : "open" }
}

extension RoomSummary: CodedRecord {
  package static let meaning = "a room"
  package static let blank = RoomSummary(name: .lobby, topic: "", owner: nil, isLocked: false, members: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try code(&coder, nameKey: "name")
  }

  /// In a reply about one room, its name is called `room`.
  fileprivate mutating func code<Coder: RecordCoder>(_ coder: inout Coder, nameKey: StaticString) throws(Coder.Failure)
  {
    try coder.field(nameKey, &name)
    try coder.field("topic", &topic)
    try coder.nullable("owner", &owner)
    try coder.field("locked", &isLocked)
    try coder.field("members", &members)
    try coder.flag("hidden", &isHidden)
  }
}

/// The result of `/info`.
package struct RoomInfo: Equatable, Sendable {
  package var summary: RoomSummary
  package var created: Timestamp?
  package var moderators: [Name]
  /// For the room's owner, moderators and operators only; nil for others.
  package var banned: [Name]?
  package var muted: [Name]?

  package init(summary: RoomSummary, created: Timestamp?, moderators: [Name], banned: [Name]?, muted: [Name]?) {
    self.summary = summary
    self.created = created
    self.moderators = moderators
    self.banned = banned
    self.muted = muted
  }
}

extension RoomInfo: CodedRecord {
  package static let meaning = "a room"
  package static let blank = RoomInfo(summary: .blank, created: nil, moderators: [], banned: nil, muted: nil)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try code(&coder, nameKey: "name")
  }

  mutating func code<Coder: RecordCoder>(_ coder: inout Coder, nameKey: StaticString) throws(Coder.Failure) {
    try summary.code(&coder, nameKey: nameKey)
    try coder.nullable("created", &created)
    try coder.field("moderators", &moderators)
    try coder.optional("banned", &banned)
    try coder.optional("muted", &muted)
  }
}

/// What a user may do in a room.
package enum RoomRole: String, CaseIterable, Sendable { case owner, moderator, `operator`, member }

/// A line of `/who`.
package struct RoomMember: Equatable, Sendable {
  package var name: Name
  package var isGuest: Bool
  package var isMuted: Bool
  package var role: RoomRole
  /// The away message; nil for a user who is not away.
  package var away: String?

  package init(name: Name, isGuest: Bool, isMuted: Bool, role: RoomRole, away: String?) {
    self.name = name
    self.isGuest = isGuest
    self.isMuted = isMuted
    self.role = role
    self.away = away
  }
}

extension RoomMember: CodedRecord {
  package static let meaning = "a member"
  package static let blank = RoomMember(name: .lobby, isGuest: false, isMuted: false, role: .member, away: nil)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("name", &name)
    try coder.flag("guest", &isGuest)
    try coder.flag("muted", &isMuted)
    // An unknown role of a newer server is read as `member`.
    var word: String? = role.rawValue
    try coder.optional("standing", &word)
    role = word.flatMap { RoomRole(rawValue: $0) } ?? .member
    try coder.optional("away", &away)
  }
}

/// A message from the log.
package struct PastMessage: Equatable, Sendable {
  package var time: Timestamp
  package var message: RoomMessage

  package init(time: Timestamp, message: RoomMessage) {
    self.time = time
    self.message = message
  }
}

extension PastMessage: CodedRecord {
  package static let meaning = "a message"
  package static let blank = PastMessage(time: .first, message: .blank)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &message.id)
    try coder.field("time", &time)
    try coder.field("room", &message.room)
    try coder.field("from", &message.from)
    try coder.field("text", &message.text)
    try coder.flag("action", &message.isAction)
  }
}

extension CommandUsage: CodedRecord {
  package static let meaning = "a command"
  package static let blank = CommandUsage(name: "", arguments: "", summary: "")

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("name", &name)
    try coder.field("aliases", &aliases)
    try coder.field("arguments", &arguments)
    try coder.field("summary", &summary)
  }
}

// MARK: Files

extension SharedFile {
  /// A size for people.
  package static func words(_ bytes: UInt64) -> String { ByteCount.words(bytes) }

  /// Two sizes for people, in bytes where they would look the same.
  package static func words(_ one: UInt64, _ other: UInt64) -> (String, String) {
    let words = (self.words(one), self.words(other))
    return words.0 == words.1 ? ("\(one) bytes", "\(other) bytes") : words
  }
}

/// A line of `/files`.
package struct ListedFile: Equatable, Sendable {
  package var file: SharedFile
  package var cksum: UInt32
  /// When it was shared, or offered.
  package var time: Timestamp
  /// It was offered, and not all of its bytes have arrived. Only its sharer sees it.
  package var isUnfinished: Bool

  package init(file: SharedFile, cksum: UInt32, time: Timestamp, isUnfinished: Bool = false) {
    self.file = file
    self.cksum = cksum
    self.time = time
    self.isUnfinished = isUnfinished
  }
}

extension ListedFile: CodedRecord {
  package static let meaning = "a file"
  package static let blank = ListedFile(file: .blank, cksum: 0, time: .first)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try file.code(&coder)
    try coder.field("cksum", &cksum)
    try coder.field("time", &time)
    try coder.flag("unfinished", &isUnfinished)
  }
}

/// The result of `/offer`.
package struct OfferedFile: Equatable, Sendable {
  package var id: MessageID
  package var name: String
  package var ticket: Secret
  /// How many of its bytes the server has already: send those after them.
  package var offset: UInt64
  /// The command that connects to the server, such as `nc HOST PORT`, for a user who pipes the bytes into it. A program
  /// connects by itself, so `json` omits it.
  package var connectCommand: String?

  package init(id: MessageID, name: String, ticket: Secret, offset: UInt64, connectCommand: String? = nil) {
    self.id = id
    self.name = name
    self.ticket = ticket
    self.offset = offset
    self.connectCommand = connectCommand
  }
}

extension OfferedFile: CodedRecord {
  package static let meaning = "an offered file"
  package static let blank = OfferedFile(id: 0, name: "", ticket: Secret(""), offset: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &id)
    try coder.field("name", &name)
    try coder.field("ticket", &ticket)
    try coder.field("offset", &offset)
  }
}

/// The result of `/get`.
package struct FetchedFile: Equatable, Sendable {
  package var id: MessageID
  package var name: String
  /// Of the whole file, in bytes.
  package var size: UInt64
  package var cksum: UInt32
  package var ticket: Secret
  /// The first byte that is sent.
  package var offset: UInt64
  /// As in `OfferedFile`.
  package var connectCommand: String?

  package init(
    id: MessageID, name: String, size: UInt64, cksum: UInt32, ticket: Secret, offset: UInt64,
    connectCommand: String? = nil
  ) {
    self.id = id
    self.name = name
    self.size = size
    self.cksum = cksum
    self.ticket = ticket
    self.offset = offset
    self.connectCommand = connectCommand
  }
}

extension FetchedFile: CodedRecord {
  package static let meaning = "a file"
  package static let blank = FetchedFile(id: 0, name: "", size: 0, cksum: 0, ticket: Secret(""), offset: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &id)
    try coder.field("name", &name)
    try coder.field("size", &size)
    try coder.field("cksum", &cksum)
    try coder.field("ticket", &ticket)
    try coder.field("offset", &offset)
  }
}

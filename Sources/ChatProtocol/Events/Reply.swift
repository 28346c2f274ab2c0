/// An `ok`: which command it answers, and the command's own result.
package struct Reply: Equatable, Sendable {
  /// The command's name without its slash.
  package var command: String
  package var result: Result

  package init(_ command: String, _ result: Result = .done) {
    self.command = command
    self.result = result
  }

  package enum Result: Equatable, Sendable {
    /// Nothing but that it was done.
    case done
    /// `register`, `login`, `guest`, `resume`: who one is now, where, and the token for `/resume` (nil for a guest).
    /// `unread` counts the private messages that follow.
    case entered(user: Name, isOperator: Bool, room: Name, rooms: [Name], resume: Secret?, unread: Int)
    /// By name. `more`: there are others, with fewer members than these, for which the reply had no place.
    case rooms([RoomSummary], more: Bool = false)
    case info(RoomInfo)
    /// By name. `more`: as with `rooms`.
    case who(room: Name, users: [RoomMember], more: Bool = false)
    /// `create`, `lock`: the generated password, shown this once; nil where none was made.
    case room(Name, password: Secret?)
    /// `join`, `leave`, `switch`: the room meant, and the room that is current now.
    case moved(room: Name, current: Name)
    /// `topic` without a text.
    case topic(room: Name, text: String)
    /// `kick`, `ban`, `ignore` and the like: whom.
    case user(Name)
    /// `away`: what the others read; nil where one is back.
    case away(String?)
    /// `msg`: the message's id, and what the recipient said when going away, if away.
    case sent(id: MessageID, away: String?)
    case read(upTo: MessageID)
    /// `history`, `search`: oldest first.
    case history(room: Name, messages: [PastMessage], more: Continuation? = nil)
    /// `offer`: how to send the bytes.
    case offered(OfferedFile)
    /// Oldest first.
    case files(room: Name, [ListedFile], more: Continuation? = nil)
    /// `get`: how to fetch the bytes.
    case fetch(FetchedFile)
    /// `put`, `unsend`: the file meant.
    case file(MessageID)
    /// `take`: so many raw bytes follow.
    case taken(MessageID, bytes: UInt64)
    case format(Dialect)
    case pong(token: String?)
    case help([CommandUsage])
  }
}

/// There are more than one reply has place for: the id from which to ask for them.
package enum Continuation: Equatable, Sendable {
  /// Older ones: `/history ROOM before ID`, `/search before #ID TEXT`, `/files ROOM before ID`.
  case before(MessageID)
  /// Newer ones: `/history ROOM since ID`.
  case since(MessageID)
}

/// A line of `/rooms`, and the `room` event.
package struct RoomSummary: Equatable, Sendable {
  package var name: Name
  package var topic: String
  package var owner: Name?
  package var isLocked: Bool
  /// How many are in it now.
  package var members: Int

  package init(name: Name, topic: String, owner: Name?, isLocked: Bool, members: Int) {
    self.name = name
    self.topic = topic
    self.owner = owner
    self.isLocked = isLocked
    self.members = members
  }
}

/// What `/info` tells of a room.
package struct RoomInfo: Equatable, Sendable {
  package var summary: RoomSummary
  package var created: Timestamp?
  package var moderators: [Name]
  /// Told to the room's owner, moderators and operators only; nil for others.
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

/// A line of `/who`.
package struct RoomMember: Equatable, Sendable {
  package enum Standing: String, Sendable { case owner, moderator, `operator`, member }

  package var name: Name
  package var isGuest: Bool
  package var isMuted: Bool
  package var standing: Standing
  /// What was said when going away; nil for somebody who is there.
  package var away: String?

  package init(name: Name, isGuest: Bool, isMuted: Bool, standing: Standing, away: String?) {
    self.name = name
    self.isGuest = isGuest
    self.isMuted = isMuted
    self.standing = standing
    self.away = away
  }
}

/// A message out of the log.
package struct PastMessage: Equatable, Sendable {
  package var time: Timestamp
  package var message: RoomMessage

  package init(time: Timestamp, message: RoomMessage) {
    self.time = time
    self.message = message
  }
}

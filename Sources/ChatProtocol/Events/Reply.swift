import JSON

/// An `ok`: the command that it answers, and the command's result.
package struct Reply: Equatable, Sendable {
  /// The command's name without its slash.
  package var command: String
  package var result: Result

  package init(_ command: String, _ result: Result = .done) {
    self.command = command
    self.result = result
  }

  package enum Result: Equatable, Sendable {
    /// The command was performed, and there is nothing else to say.
    case done
    /// `register`, `login`, `guest`, `resume`: user and rooms of the session, and the token for `/resume` (nil for a
    /// guest). `unread` counts the private messages that follow.
    case entered(user: Name, isOperator: Bool, room: Name, rooms: [Name], resume: Secret?, unread: Int)
    /// By name. `more`: there are others, with fewer members, that do not fit the reply.
    case rooms([RoomSummary], more: Bool = false)
    case info(RoomInfo)
    /// By name. `more`: as with `rooms`.
    case who(room: Name, users: [RoomMember], more: Bool = false)
    /// `create`, `lock`: the generated password, shown once; nil if none was generated.
    case room(Name, password: Secret?)
    /// `join`, `leave`, `switch`: the room of the command, and the current room now.
    case moved(room: Name, current: Name)
    /// `topic` without a text.
    case topic(room: Name, text: String)
    /// `kick`, `ban`, `ignore` and the like: the user of the command.
    case user(Name)
    /// `away`: the away message; nil if the user is back.
    case away(String?)
    /// `msg`: the message's id, and the recipient's away message.
    case sent(id: MessageID, away: String?)
    case read(upTo: MessageID)
    /// `read` with a room: its read mark now, and how many messages are behind it.
    case roomRead(room: Name, upTo: MessageID, unread: Int)
    /// `history`, `search`: oldest first.
    case history(room: Name, messages: [PastMessage], more: Continuation? = nil, ends: PastEnds = [])
    /// `ignore` without a name.
    case ignored([Name])
    /// The same for the private messages with a user.
    case conversation(
      with: Name, messages: [PastPrivateMessage], more: Continuation? = nil, ends: PastEnds = [])
    /// `offer`: how to send the bytes.
    case offered(OfferedFile)
    /// Oldest first.
    case files(room: Name, [ListedFile], more: Continuation? = nil)
    /// `get`: how to fetch the bytes.
    case fetch(FetchedFile)
    /// `put`, `unsend`: the file of the command.
    case file(MessageID)
    /// `take`: this many raw bytes follow.
    case taken(MessageID, bytes: UInt64)
    case format(Dialect)
    case pong(token: String?)
    case help([CommandUsage])
  }
}

/// More than fits one reply: the id from which to ask for the rest.
package enum Continuation: Equatable, Sendable {
  /// Older ones: `/history ROOM before ID`, `/search before #ID TEXT`, `/files ROOM before ID`.
  case before(MessageID)
  /// Newer ones: `/history ROOM since ID`.
  case since(MessageID)
  /// Both.
  case both(before: MessageID, since: MessageID)

  package init?(before: MessageID?, since: MessageID?) {
    switch (before, since) {
    case (nil, nil): return nil
    case (let before?, nil): self = .before(before)
    case (nil, let since?): self = .since(since)
    case (let before?, let since?): self = .both(before: before, since: since)
    }
  }

  package var before: MessageID? {
    switch self {
    case .before(let id), .both(before: let id, since: _): id
    case .since: nil
    }
  }

  package var since: MessageID? {
    switch self {
    case .since(let id), .both(before: _, since: let id): id
    case .before: nil
    }
  }
}

extension Reply {
  init(blankIn reader: RecordReader) {
    self.init("", Result(blankTo: reader["command"]?.string ?? "", in: reader))
  }

  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("command", &command)
    try result.code(&coder)
  }
}

extension Reply.Result {
  /// A result to read into. Its members determine the kind; the command decides only if two results have the same
  /// members. A reply with none of the members known here, from a newer server, is `.done`.
  fileprivate init(blankTo command: String, in reader: RecordReader) {
    switch command {
    case "ping": self = .pong(token: nil)
    case "read": self = reader.has("room") ? .roomRead(room: .lobby, upTo: 0, unread: 0) : .read(upTo: 0)
    case "away": self = .away(nil)
    case "msg": self = .sent(id: 0, away: nil)
    case "offer": self = .offered(.blank)
    case "ignore" where reader.has("ignored"): self = .ignored([])
    case "files": self = .files(room: .lobby, [])
    case "get": self = .fetch(.blank)
    case "put", "unsend": self = .file(0)
    case "take": self = .taken(0, bytes: 0)
    case "format": self = .format(.text)
    case _ where reader.has("user") && reader.has("rooms"):
      self = .entered(user: .lobby, isOperator: false, room: .lobby, rooms: [], resume: nil, unread: 0)
    case _ where reader.has("rooms"): self = .rooms([])
    case _ where reader.has("moderators"): self = .info(.blank)
    case _ where reader.has("users"): self = .who(room: .lobby, users: [])
    case _ where reader.has("messages") && reader.has("user"): self = .conversation(with: .lobby, messages: [])
    case _ where reader.has("messages") && reader.has("room"): self = .history(room: .lobby, messages: [])
    case _ where reader.has("commands"): self = .help([])
    case _ where reader.has("current"): self = .moved(room: .lobby, current: .lobby)
    case _ where reader.has("topic"): self = .topic(room: .lobby, text: "")
    case _ where reader.has("room"): self = .room(.lobby, password: nil)
    case _ where reader.has("user"): self = .user(.lobby)
    default: self = .done
    }
  }

  fileprivate mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    switch self {
    case .done: break
    case .entered(var user, var isOperator, var room, var rooms, var resume, var unread):
      try coder.field("user", &user)
      try coder.flag("operator", &isOperator)
      try coder.field("room", &room)
      try coder.field("rooms", &rooms)
      try coder.optional("resume", &resume)
      try coder.field("unread", &unread)
      self = .entered(user: user, isOperator: isOperator, room: room, rooms: rooms, resume: resume, unread: unread)
    case .rooms(var rooms, var more):
      try coder.field("rooms", &rooms)
      try coder.more(&more)
      self = .rooms(rooms, more: more)
    case .info(var info):
      try info.code(&coder, nameKey: "room")
      self = .info(info)
    case .who(var room, var users, var more):
      try coder.field("room", &room)
      try coder.field("users", &users)
      try coder.more(&more)
      self = .who(room: room, users: users, more: more)
    case .room(var room, var password):
      try coder.field("room", &room)
      try coder.optional("password", &password)
      self = .room(room, password: password)
    case .moved(var room, var current):
      try coder.field("room", &room)
      try coder.field("current", &current)
      self = .moved(room: room, current: current)
    case .topic(var room, var text):
      try coder.field("room", &room)
      try coder.field("topic", &text)
      self = .topic(room: room, text: text)
    case .user(var user):
      try coder.field("user", &user)
      self = .user(user)
    case .away(var text):
      try coder.optional("away", &text)
      self = .away(text)
    case .sent(var id, var away):
      try coder.field("id", &id)
      try coder.optional("away", &away)
      self = .sent(id: id, away: away)
    case .read(var id):
      try coder.field("id", &id)
      self = .read(upTo: id)
    case .roomRead(var room, var id, var unread):
      try coder.field("room", &room)
      try coder.field("id", &id)
      try coder.field("unread", &unread)
      self = .roomRead(room: room, upTo: id, unread: unread)
    case .history(var room, var messages, var more, var ends):
      try coder.field("room", &room)
      try coder.field("messages", &messages)
      let hasMore = try coder.more(&more)
      // An older server says only that there are more.
      if hasMore, more == nil { more = messages.last.map { .since($0.message.id) } }
      try coder.ends(&ends)
      self = .history(room: room, messages: messages, more: more, ends: ends)
    case .ignored(var names):
      try coder.field("ignored", &names)
      self = .ignored(names)
    case .conversation(with: var user, var messages, var more, var ends):
      try coder.field("user", &user)
      try coder.field("messages", &messages)
      let hasMore = try coder.more(&more)
      // As above.
      if hasMore, more == nil { more = messages.last.map { .since($0.message.id) } }
      try coder.ends(&ends)
      self = .conversation(with: user, messages: messages, more: more, ends: ends)
    case .offered(var offer):
      try offer.code(&coder)
      self = .offered(offer)
    case .files(var room, var files, var more):
      try coder.field("room", &room)
      try coder.field("files", &files)
      _ = try coder.more(&more)
      self = .files(room: room, files, more: more)
    case .fetch(var file):
      try file.code(&coder)
      self = .fetch(file)
    case .file(var id):
      try coder.field("id", &id)
      self = .file(id)
    case .taken(var id, var bytes):
      try coder.field("id", &id)
      try coder.field("bytes", &bytes)
      self = .taken(id, bytes: bytes)
    case .format(var dialect):
      try coder.field("format", &dialect)
      self = .format(dialect)
    case .pong(var token):
      try coder.optional("token", &token)
      self = .pong(token: token)
    case .help(var usages):
      try coder.field("commands", &usages)
      self = .help(usages)
    }
  }
}

extension RecordCoder {
  /// Always written. An older server leaves it out.
  fileprivate mutating func more(_ more: inout Bool) throws(Failure) {
    var isWritten: Bool? = more
    try nullable("more", &isWritten)
    more = isWritten ?? false
  }

  fileprivate mutating func ends(_ ends: inout PastEnds) throws(Failure) {
    var (isAtBeginning, isAtEnd) = (ends.contains(.beginning), ends.contains(.end))
    try flag("beginning", &isAtBeginning)
    try flag("end", &isAtEnd)
    ends = isAtBeginning ? [.beginning] : []
    if isAtEnd { ends.insert(.end) }
  }

  /// Whether there are more, even if the id to continue from is unknown.
  fileprivate mutating func more(_ more: inout Continuation?) throws(Failure) -> Bool {
    var hasMore = more != nil
    var before = more?.before
    var since = more?.since
    try field("more", &hasMore)
    try optional("before", &before)
    try optional("since", &since)
    more = hasMore ? Continuation(before: before, since: since) : nil
    return hasMore
  }
}

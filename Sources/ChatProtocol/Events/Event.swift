// A new event is a case of `Event` with its blank, its members and its line, all in this file; the rule in ChatCore
// that sends it, its line in `chat`'s display, a scenario, and an example in this module's README.

/// What the server sends to a client. The time of an event travels beside it.
package enum Event: Equatable, Sendable {
  /// The first line of a connection.
  case welcome(server: String, version: String)
  case ok(Reply)
  case error(CommandError)
  case message(RoomMessage)
  case privateMessage(PrivateMessage)
  case joined(room: Name, user: Name)
  case left(room: Name, user: Name, reason: String)
  /// A guest has another name.
  case renamed(user: Name, to: Name)
  case topic(room: Name, text: String, by: String)
  /// A room changed; or its number of members did, where single joins and leaves are not sent.
  case room(RoomSummary)
  /// You may join a room without a password.
  case invited(room: Name, until: Timestamp)
  /// `text` is nil only from an older server.
  case away(user: Name, text: String?)
  case back(user: Name)
  /// After the reply to a login: the account's rooms with messages behind its read mark, in the order in which it joined.
  case unread([UnreadRoom])
  /// Another session of the account has set its read mark.
  case read(room: Name, upTo: MessageID)
  case file(SharedFile)
  /// A file is no longer shared.
  case unsent(room: Name, id: MessageID, name: String, by: String)
  /// `room` is nil if the user was kicked from the server.
  case kicked(room: Name?, by: String, reason: String)
  case deleted(room: Name, by: String)
  /// The message of the day, after a login.
  case motd(lines: [String])
  case notice(text: String)
  /// The last line before the server closes the connection.
  case closing(reason: String)
}

extension Event {
  /// An event of each name to read into.
  private static let blanks: [String: Event] = [
    "welcome": .welcome(server: "", version: ""),
    "ok": .ok(Reply("")),
    "error": .error(CommandError(command: "", code: .busy, message: "")),
    "message": .message(.blank),
    "private": .privateMessage(.blank),
    "joined": .joined(room: .lobby, user: .lobby),
    "left": .left(room: .lobby, user: .lobby, reason: ""),
    "renamed": .renamed(user: .lobby, to: .lobby),
    "topic": .topic(room: .lobby, text: "", by: ""),
    "room": .room(.blank),
    "invited": .invited(room: .lobby, until: .first),
    "away": .away(user: .lobby, text: nil),
    "back": .back(user: .lobby),
    "unread": .unread([]),
    "read": .read(room: .lobby, upTo: 0),
    "file": .file(.blank),
    "unsent": .unsent(room: .lobby, id: 0, name: "", by: ""),
    "kicked": .kicked(room: nil, by: "", reason: ""),
    "deleted": .deleted(room: .lobby, by: ""),
    "motd": .motd(lines: []),
    "notice": .notice(text: ""),
    "closing": .closing(reason: ""),
  ]

  /// In the order of the alphabet.
  package static let names = blanks.keys.sorted()

  /// nil for a name that is not known. `reader` holds the members.
  init?(blankNamed name: String, in reader: RecordReader) {
    guard let blank = Event.blanks[name] else { return nil }
    if case .ok = blank { self = .ok(Reply(blankIn: reader)) } else { self = blank }
  }

  /// Name, time and members, in the order of the `json` dialect. Returns the event as the coder leaves it.
  func code<Coder: RecordCoder>(_ coder: inout Coder, _ time: inout Timestamp) throws(Coder.Failure) -> Event {
    switch self {
    case .message(var message):
      try coder.head("message", &time)
      try message.code(&coder)
      return .message(message)
    case .welcome(var server, var version):
      try coder.head("welcome", &time)
      try coder.field("server", &server)
      try coder.field("version", &version)
      return .welcome(server: server, version: version)
    case .ok(var reply):
      try coder.head("ok", &time)
      try reply.code(&coder)
      return .ok(reply)
    case .error(var error):
      try coder.head("error", &time)
      try coder.field("command", &error.command)
      try coder.field("code", &error.code)
      try coder.field("message", &error.message)
      return .error(error)
    case .privateMessage(var message):
      try coder.head("private", &time)
      try message.code(&coder)
      return .privateMessage(message)
    case .joined(var room, var user):
      try coder.head("joined", &time)
      try coder.field("room", &room)
      try coder.field("user", &user)
      return .joined(room: room, user: user)
    case .left(var room, var user, var reason):
      try coder.head("left", &time)
      try coder.field("room", &room)
      try coder.field("user", &user)
      try coder.field("reason", &reason)
      return .left(room: room, user: user, reason: reason)
    case .renamed(var user, var to):
      try coder.head("renamed", &time)
      try coder.field("user", &user)
      try coder.field("to", &to)
      return .renamed(user: user, to: to)
    case .topic(var room, var text, var by):
      try coder.head("topic", &time)
      try coder.field("room", &room)
      try coder.field("text", &text)
      try coder.field("by", &by)
      return .topic(room: room, text: text, by: by)
    case .room(var summary):
      try coder.head("room", &time)
      try summary.code(&coder)
      return .room(summary)
    case .invited(var room, var until):
      try coder.head("invited", &time)
      try coder.field("room", &room)
      try coder.field("until", &until)
      return .invited(room: room, until: until)
    case .away(var user, var text):
      try coder.head("away", &time)
      try coder.field("user", &user)
      try coder.optional("text", &text)
      return .away(user: user, text: text)
    case .back(var user):
      try coder.head("back", &time)
      try coder.field("user", &user)
      return .back(user: user)
    case .unread(var rooms):
      try coder.head("unread", &time)
      try coder.field("rooms", &rooms)
      return .unread(rooms)
    case .read(var room, var id):
      try coder.head("read", &time)
      try coder.field("room", &room)
      try coder.field("id", &id)
      return .read(room: room, upTo: id)
    case .file(var file):
      try coder.head("file", &time)
      try file.code(&coder)
      return .file(file)
    case .unsent(var room, var id, var name, var by):
      try coder.head("unsent", &time)
      try coder.field("id", &id)
      try coder.field("room", &room)
      try coder.field("name", &name)
      try coder.field("by", &by)
      return .unsent(room: room, id: id, name: name, by: by)
    case .kicked(var room, var by, var reason):
      try coder.head("kicked", &time)
      try coder.nullable("room", &room)
      try coder.field("by", &by)
      try coder.field("reason", &reason)
      return .kicked(room: room, by: by, reason: reason)
    case .deleted(var room, var by):
      try coder.head("deleted", &time)
      try coder.field("room", &room)
      try coder.field("by", &by)
      return .deleted(room: room, by: by)
    case .motd(var lines):
      try coder.head("motd", &time)
      try coder.field("lines", &lines)
      return .motd(lines: lines)
    case .notice(var text):
      try coder.head("notice", &time)
      try coder.field("text", &text)
      return .notice(text: text)
    case .closing(var reason):
      try coder.head("closing", &time)
      try coder.field("reason", &reason)
      return .closing(reason: reason)
    }
  }
}

extension Event {
  /// The lines of the `text` dialect, without the star before each. TextDialect writes messages and replies.
  package var lines: [String] {
    switch self {
    case .welcome(let server, let version):
      [
        "Welcome to \(server) \(version).",
        "New here? /register NAME PASSWORD. With an account: /login NAME PASSWORD. As a guest: /guest NAME.",
        "/help lists all commands.",
      ]
    case .joined(let room, let user): ["\(user) joined \(room)"]
    // `left` is the reason of /leave.
    case .left(let room, let user, "left"): ["\(user) left \(room)"]
    case .left(let room, let user, let reason): ["\(user) left \(room)\(parenthesized(reason))"]
    case .renamed(let user, let to): ["\(user) is now \(to)"]
    case .topic(let room, let text, let by):
      [text.isEmpty ? "\(by) cleared the topic of \(room)" : "\(by) set the topic of \(room): \(text)"]
    case .room(let summary): [line(for: summary)]
    case .invited(let room, _): ["You are invited to \(room): /join \(room)"]
    case .away(let user, let text): ["\(user) is away\(text.map { ": \($0)" } ?? "")"]
    case .back(let user): ["\(user) is back"]
    case .unread(let rooms): rooms.map(\.words)
    case .read(let room, let id): ["You have read \(room) up to #\(id)"]
    case .file(let file):
      ["\(file.from) shares \(file.name) (\(TextDialect.counted(file.size, "byte"))) in \(file.room): /get \(file.id)"]
    case .unsent(let room, let id, let name, let by): ["\(by) stopped sharing \(name) (#\(id)) in \(room)"]
    case .kicked(let room?, let by, let reason): ["\(by) kicked you from \(room)\(parenthesized(reason))"]
    case .kicked(nil, let by, let reason): ["\(by) kicked you from the server\(parenthesized(reason))"]
    case .deleted(let room, let by): ["\(by) deleted \(room)"]
    case .motd(let lines): lines
    case .notice(let text): ["Notice: \(text)"]
    case .closing(let reason): [reason.isEmpty ? "Goodbye." : reason]
    case .message, .privateMessage, .ok, .error: []
    }
  }

  private func line(for room: RoomSummary) -> String {
    let owner = room.owner.map { ", owner \($0)" } ?? ""
    let topic = room.topic.isEmpty ? "" : ", topic: \(room.topic)"
    return
      "\(room.name) is \(room.entry), \(TextDialect.counted(room.members, "member"))\(owner)\(topic)"
  }

  private func parenthesized(_ reason: String) -> String { reason.isEmpty ? "" : " (\(reason))" }
}

extension RecordCoder {
  fileprivate mutating func head(_ name: StaticString, _ time: inout Timestamp) throws(Failure) {
    try constant("event", name)
    try field("time", &time)
  }
}

package struct RoomMessage: Equatable, Sendable {
  package var id: MessageID
  package var room: Name
  package var from: Name
  package var text: String
  /// `/me`: an action of the user.
  package var isAction: Bool
  /// True only for the session that sent it: its acknowledgement.
  package var isOwn: Bool

  package init(id: MessageID, room: Name, from: Name, text: String, isAction: Bool = false, isOwn: Bool = false) {
    self.id = id
    self.room = room
    self.from = from
    self.text = text
    self.isAction = isAction
    self.isOwn = isOwn
  }

  /// The copy for the session that sent it.
  package var asOwn: RoomMessage {
    var own = self
    own.isOwn = true
    return own
  }
}

extension RoomMessage: CodedRecord {
  package static let meaning = "a message"
  package static let blank = RoomMessage(id: 0, room: .lobby, from: .lobby, text: "")

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &id)
    try coder.field("room", &room)
    try coder.field("from", &from)
    try coder.field("text", &text)
    try coder.flag("action", &isAction)
    try coder.flag("own", &isOwn)
  }
}

package struct PrivateMessage: Equatable, Sendable {
  package var id: MessageID
  package var from: Name
  package var to: Name
  package var text: String
  /// It was written before its recipient logged in, at the event's time, which the `text` dialect then shows.
  package var hasWaited: Bool

  package init(id: MessageID, from: Name, to: Name, text: String, hasWaited: Bool = false) {
    self.id = id
    self.from = from
    self.to = to
    self.text = text
    self.hasWaited = hasWaited
  }
}

extension PrivateMessage: CodedRecord {
  package static let meaning = "a private message"
  package static let blank = PrivateMessage(id: 0, from: .lobby, to: .lobby, text: "")

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &id)
    try coder.field("from", &from)
    try coder.field("to", &to)
    try coder.field("text", &text)
  }
}

package struct SharedFile: Equatable, Sendable {
  package var id: MessageID
  package var room: Name
  package var from: Name
  package var name: String
  /// Bytes.
  package var size: UInt64

  package init(id: MessageID, room: Name, from: Name, name: String, size: UInt64) {
    self.id = id
    self.room = room
    self.from = from
    self.name = name
    self.size = size
  }
}

extension SharedFile: CodedRecord {
  package static let meaning = "a file"
  package static let blank = SharedFile(id: 0, room: .lobby, from: .lobby, name: "", size: 0)

  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    try coder.field("id", &id)
    try coder.field("room", &room)
    try coder.field("from", &from)
    try coder.field("name", &name)
    try coder.field("size", &size)
  }
}

/// The events of the log.
package enum LogEventName {
  package static let all = [
    "action", "admin", "away", "back", "backed-up", "ban-ended", "banned", "certificate", "clock-set", "connect",
    "connect-refused", "control-closed", "created", "deleted", "disconnect", "edited", "ended",
    "file-broken-off", "file-fetched", "file-not-fetched", "file-offered", "file-refused",
    "file-removed", "file-shared", "guest", "hidden", "invited", "join-refused", "joined", "kicked", "left", "locked",
    "login", "login-failed", "login-refused", "message", "moderator-added", "moderator-removed",
    "mute-ended", "muted", "offline", "password-changed", "password-hashed", "password-refused",
    "private", "ready", "recording-failed", "recording-resumed", "registered", "renamed", "reopened",
    "resumed", "saved", "start", "stop", "topic", "unbanned", "unhidden", "uninvited", "unlocked",
    "unmuted", "warning",
  ]
}

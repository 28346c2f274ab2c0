package import JSON

/// The reply to a `ControlRequest`: `{"id":1,"ok":{…}}`.
package enum ControlReply: Equatable, Sendable {
  case rooms([ControlRoom])
  case room(ControlRoom)
  /// `password` is the generated one, shown this once.
  case roomCreated(Name, password: Secret?)
  /// `members` were in it and have been moved to the lobby.
  case roomDeleted(Name, members: Int)
  /// `fields` are the keys of rooms.json that have changed. `password` is the generated one, shown this once.
  case roomChanged(Name, fields: [String], password: Secret?)
  /// The connected members of a room.
  case members([RoomMember])
  /// `sessions` of the user were in the room: none if the user is a member but not connected.
  case roomKicked(Name, user: Name, sessions: Int)
  case users([ControlUser])
  case user(ControlUser)
  /// `password` is the generated one, shown this once.
  case userAdded(Name, password: Secret?)
  /// `fields` are the columns of users.csv that have changed; `sessions` were closed because of that. `password` as
  /// above.
  case userChanged(Name, fields: [String], sessions: Int, password: Secret?)
  case userDeleted(ControlDeletedUser)
  case userKicked(Name, sessions: Int)
  /// Bans and mutes.
  case bans([Restriction])
  case restricted(ControlRestricted)
  case lifted(ControlRestricted)
  case sessions([ControlSession])
  /// `user` is nil for one that was not logged in.
  case sessionClosed(UInt64, user: Name?)
  case files([FileRecord])
  case filesDeleted([FileRecord])
  /// `sessions` received the notice.
  case said(ControlAudience, sessions: Int)
  /// Oldest first, like the two below.
  case messages([PastMessage])
  /// Lines of the log, unchanged, without their ends.
  case lines([String])
  case events([ControlLogEvent])
  case status(ControlStatus)
  case top(ControlTop)
  case settings([ControlSetting])
  /// The certificate in force. Of a dry run of `tls generate`: the one that would be replaced.
  case tls(ControlTLS)
  /// The names of the files written.
  case saved(files: [String])
  /// A tar archive follows; its files have so many bytes.
  case backup(bytes: Int64)
  case reloaded(ControlReload)
  /// As in `ControlReload`.
  case checked(faults: [String])
  case stopping
  /// To `ControlRequest.dryRun`: what the reply would be.
  indirect case wouldBe(ControlReply)
}

extension ControlReply: CodedRecord {
  package static let meaning = "\"ok\""
  package static let blank = ControlReply.stopping

  /// The value of `ok` on the wire, and what `chat-admin --json` prints. Every key is always there, null without a
  /// value. A password is in it only if the server generated it for this request.
  package mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    switch self {
    case .rooms(let rooms): self = .rooms(try coder.coded("rooms", rooms))
    case .room(let room): self = .room(try coder.coded("room", room))
    case .roomCreated(var room, var password):
      try coder.begin("created")
      try coder.field("room", &room)
      try coder.nullable("password", &password)
      coder.end()
      self = .roomCreated(room, password: password)
    case .roomDeleted(var room, var members):
      try coder.begin("deleted")
      try coder.field("room", &room)
      try coder.field("members", &members)
      coder.end()
      self = .roomDeleted(room, members: members)
    case .roomChanged(var room, var fields, var password):
      try coder.begin("changed")
      try coder.field("room", &room)
      try coder.field("fields", &fields)
      try coder.nullable("password", &password)
      coder.end()
      self = .roomChanged(room, fields: fields, password: password)
    case .members(let members): self = .members(try coder.coded("members", members))
    case .roomKicked(var room, var user, var sessions):
      try coder.begin("kicked")
      try coder.field("room", &room)
      try coder.field("user", &user)
      try coder.field("sessions", &sessions)
      coder.end()
      self = .roomKicked(room, user: user, sessions: sessions)
    case .users(let users): self = .users(try coder.coded("users", users))
    case .user(let user): self = .user(try coder.coded("user", user))
    case .userAdded(var user, var password):
      try coder.begin("added")
      try coder.field("user", &user)
      try coder.nullable("password", &password)
      coder.end()
      self = .userAdded(user, password: password)
    case .userChanged(var user, var fields, var sessions, var password):
      try coder.begin("changed")
      try coder.field("user", &user)
      try coder.field("fields", &fields)
      try coder.field("sessions", &sessions)
      try coder.nullable("password", &password)
      coder.end()
      self = .userChanged(user, fields: fields, sessions: sessions, password: password)
    case .userDeleted(let deleted): self = .userDeleted(try coder.coded("removed", deleted))
    case .userKicked(var user, var sessions):
      try coder.begin("kicked")
      try coder.field("user", &user)
      try coder.field("sessions", &sessions)
      coder.end()
      self = .userKicked(user, sessions: sessions)
    case .bans(let bans): self = .bans(try coder.coded("bans", bans))
    case .restricted(let set):
      self = .restricted(try coder.coded(set.restriction.kind == .ban ? "banned" : "muted", set))
    case .lifted(let lifted):
      self = .lifted(try coder.coded(lifted.restriction.kind == .ban ? "unbanned" : "unmuted", lifted))
    case .sessions(let sessions): self = .sessions(try coder.coded("sessions", sessions))
    case .sessionClosed(var session, var user):
      try coder.begin("closed")
      try coder.field("session", &session)
      try coder.nullable("user", &user)
      coder.end()
      self = .sessionClosed(session, user: user)
    case .files(let files): self = .files(try coder.coded("files", files))
    case .filesDeleted(let files): self = .filesDeleted(try coder.coded("unshared", files))
    case .said(let audience, var sessions):
      var room: Name? = if case .room(let room) = audience { room } else { nil }
      var user: Name? = if case .user(let user) = audience { user } else { nil }
      try coder.begin("said")
      try coder.nullable("room", &room)
      try coder.nullable("user", &user)
      try coder.field("sessions", &sessions)
      coder.end()
      self = .said(room.map { .room($0) } ?? user.map { .user($0) } ?? .all, sessions: sessions)
    case .messages(let messages):
      let logged = try coder.coded("messages", messages.map { LoggedMessage(message: $0) })
      self = .messages(logged.map(\.message))
    case .lines(let lines): self = .lines(try coder.coded("lines", lines))
    case .events(let events): self = .events(try coder.coded("events", events))
    case .status(let status): self = .status(try coder.coded("status", status))
    case .top(let top): self = .top(try coder.coded("top", top))
    case .settings(let settings): self = .settings(try coder.coded("settings", settings))
    case .tls(let certificate): self = .tls(try coder.coded("tls", certificate))
    case .saved(var files):
      try coder.begin("saved")
      try coder.field("files", &files)
      coder.end()
      self = .saved(files: files)
    case .backup(var bytes):
      try coder.begin("backup")
      try coder.field("bytes", &bytes)
      coder.end()
      self = .backup(bytes: bytes)
    case .reloaded(let reload): self = .reloaded(try coder.coded("reloaded", reload))
    case .checked(var faults):
      try coder.begin("checked")
      try coder.field("faults", &faults)
      coder.end()
      self = .checked(faults: faults)
    case .stopping:
      _ = try coder.coded("stopping", true)
    case .wouldBe(var reply):
      var isDryRun = true
      try coder.flag("dry_run", &isDryRun)
      try reply.code(&coder)
      self = .wouldBe(reply)
    }
  }

  /// The first known key determines the kind of the reply; if two kinds have the same key, their members decide.
  package static func read(_ value: JSONValue) throws(CodingError) -> ControlReply? {
    guard let members = value.members else { return nil }
    for member in members {
      let blanks = blanksByKey[member.name] ?? []
      for (index, blank) in blanks.enumerated() {
        var (reply, reader) = (blank, try RecordReader(value, meaning))
        do throws(CodingError) {
          try reply.code(&reader)
          return value["dry_run"]?.bool == true ? .wouldBe(reply) : reply
        } catch {
          if index == blanks.count - 1 { throw error }
        }
      }
    }
    throw CodingError("the reply is of a kind that this version does not know")
  }

  private static let blanksByKey: [String: [ControlReply]] = ControlVerb.all.reduce(into: [:]) { blanks, verb in
    var keys = KeyCollector()
    var reply = verb.reply
    reply.code(&keys)
    if !(blanks[keys.keys[0]] ?? []).contains(reply) { blanks[keys.keys[0], default: []].append(reply) }
  }
}

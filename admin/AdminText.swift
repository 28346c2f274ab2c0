import ChatProtocol
import Terminal
import Text

/// How answers read to a person: lines of text, made of pieces that are the same everywhere.
struct AdminText {
  /// How wide lists may be; nil where their lines are not for a terminal.
  var columnsMax: Int?
  var clock = WallClock.here

  /// What was asked counts where the answer does not repeat it.
  func lines(_ reply: ControlReply, to request: ControlRequest) -> [String] {
    switch reply {
    case .rooms, .users, .bans, .sessions, .files, .members, .settings:
      return table(reply).map { list($0, orSay: nothing(of: reply)) } ?? []
    case .room(let room): return self.room(room)
    case .roomCreated(let room, let password):
      let access = if case .roomsCreate(_, let access) = request { access } else { RoomAccess.generatedPassword }
      return [roomCreated(room, access: access, password: password)]
    case .roomChanged(let room, let fields, let password):
      return [roomChanged(room, fields: fields, password: password, by: request)]
    case .roomKicked(let room, let user, let sessions): return [roomKicked(room, user: user, sessions: sessions)]
    case .roomDeleted(let room, let members): return [roomDeleted(room, members: members)]
    case .user(let user): return self.user(user)
    case .userAdded(let user, let password): return [userAdded(user, password: password)]
    case .userChanged(let user, let fields, let sessions, let password):
      return [userChanged(user, fields: fields, sessions: sessions, password: password, by: request)]
    case .userDeleted(let deleted): return [userDeleted(deleted)]
    case .userKicked(let user, let sessions): return [userKicked(user, sessions: sessions)]
    case .restricted(let restricted): return [self.restricted(restricted)]
    case .lifted(let lifted): return [self.lifted(lifted)]
    case .sessionClosed(let session, let user): return [sessionClosed(session, user: user)]
    case .filesDeleted(let files): return files.map(fileDeleted)
    case .said(_, let sessions): return [said(sessions)]
    case .messages(let messages): return messages.map(message)
    case .lines(let lines): return lines
    case .events(let events):
      var widths = EventWidths()
      return events.map { event($0, &widths) }
    case .status(let status): return self.status(status)
    case .top(let top): return TopView(columns: columnsMax, clock: clock).lines(top).map(\.text)
    case .saved(let files): return [saved(files)]
    case .backup: return []
    case .checked(let faults): return checked(faults)
    case .reloaded(let reload): return reloaded(reload)
    case .wouldBe(let reply): return wouldBe(reply)
    case .stopping: return [stopped]
    }
  }

  /// A table; where it is empty a line below its header says so.
  func list(_ table: Table, orSay nothing: String) -> [String] {
    table.lines(columnsMax: columnsMax) + (table.isEmpty ? [nothing] : [])
  }

  /// The rows of an answer that is a list, or a part of one; nil for any other answer.
  func table(_ reply: ControlReply) -> Table? {
    switch reply {
    case .rooms(let rooms): self.rooms(rooms)
    case .users(let users): self.users(users)
    case .bans(let bans): self.bans(bans)
    case .sessions(let sessions): self.sessions(sessions)
    case .files(let files): self.files(files)
    case .members(let members): self.members(members)
    case .settings(let settings): self.settings(settings)
    default: nil
    }
  }

  /// What stands below the header of a list without rows.
  func nothing(of reply: ControlReply) -> String {
    switch reply {
    case .rooms: "no rooms"
    case .users: "no users"
    case .bans: "nobody is banned or muted"
    case .members: "nobody is in it now"
    case .files: "no files"
    case .settings: "no settings"
    default: "no sessions"
    }
  }

  /// Facts one below the other, each after its label.
  func fields(_ fields: [(label: String, value: String)]) -> [String] {
    self.fields(groups: [fields])
  }

  /// The same with an empty line between groups.
  func fields(groups: [[(label: String, value: String)]]) -> [String] {
    let width = groups.joined().map(\.label.displayWidth).max() ?? 0
    let parts = groups.map { group in group.map { "\($0.label.padded(toColumns: width))  \($0.value)" } }
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  /// In a table, below a heading that names the zone: `2026-11-20 21:11`.
  func time(_ time: Timestamp?) -> String { time.map(clock.minute) ?? "-" }

  /// The heading of a column of times: `CREATED (CET)`. It is the zone of now; times of the other half of a year may be of another.
  func times(_ heading: String) -> Table.Column { .whole("\(heading) (\(clock.zone(clock.now())))") }

  /// In a sentence: `2026-11-20 21:11 CET`.
  func timeWithZone(_ time: Timestamp?) -> String { time.map { "\(clock.minute($0)) \(clock.zone($0))" } ?? "-" }

  func orDash(_ value: (some CustomStringConvertible)?) -> String {
    let text = value?.description ?? ""
    return text.isEmpty ? "-" : text
  }

  func names(_ names: [Name]) -> String {
    names.isEmpty ? "-" : names.map(\.text).joined(separator: ", ")
  }

  func counted(_ count: Int, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }

  /// The two largest units: `3 d 4 h`.
  func duration(seconds: Int64) -> String { TimeSpan.words(seconds: seconds) }

  func bytes(_ count: UInt64) -> String { ByteCount.words(count) }
}

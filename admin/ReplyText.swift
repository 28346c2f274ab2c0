import ChatProtocol
import Terminal
import Text

/// Replies as text for a user. Each noun has its own extension; this file has the shared parts.
struct ReplyText {
  /// How wide lists may be; nil for any width.
  var columnsMax: Int?
  var clock = WallClock.local

  /// The lines of a reply. `isDryRun`: the lines say what would be done. `request` decides if the reply alone does not
  /// say what was requested.
  func lines(_ reply: ControlReply, to request: ControlRequest, isDryRun: Bool = false) -> [String] {
    switch reply {
    case .rooms, .users, .bans, .sessions, .files, .members, .settings:
      return list(reply).map { $0.table.lines(columnsMax: columnsMax) + ($0.table.isEmpty ? [$0.ifEmpty] : []) } ?? []
    case .room(let room): return self.room(room)
    case .roomCreated(let room, let password): return [roomCreated(room, password: password, by: request)]
    case .roomChanged(let room, let fields, let password): return [changed("room \(room)", fields, password)]
    case .roomKicked(let room, let user, let sessions):
      return [roomKicked(room, user: user, sessions: sessions, isDryRun: isDryRun)]
    case .roomDeleted(let room, let members): return [roomDeleted(room, members: members, isDryRun: isDryRun)]
    case .user(let user): return self.user(user)
    case .userAdded(let user, let password): return ["added user \(user)\(shown(password) ?? "")"]
    case .userChanged(let user, let fields, let sessions, let password):
      return [userChanged(user, fields, sessions, password, by: request, isDryRun: isDryRun)]
    case .userDeleted(let deleted): return [userDeleted(deleted, isDryRun: isDryRun)]
    case .userKicked(let user, let sessions):
      return [isDryRun ? "would kick \(user) and \(close(sessions))" : "kicked \(user); \(closed(sessions))"]
    case .restricted(let restricted): return [self.restricted(restricted, isDryRun: isDryRun)]
    case .lifted(let lifted): return [self.lifted(lifted)]
    case .sessionClosed(let session, let user): return [sessionClosed(session, user: user, isDryRun: isDryRun)]
    case .filesDeleted(let files): return files.map { fileDeleted($0, isDryRun: isDryRun) }
    case .said(_, let sessions):
      return [sessions == 0 ? "sent, but no one is connected to read it" : "sent to \(counted(sessions, "session"))"]
    case .messages(let messages): return messages.map(message)
    case .lines(let lines): return lines
    case .events(let events):
      var widths = EventWidths()
      return events.map { event($0, &widths) }
    case .status(let status): return self.status(status)
    case .top(let top): return TopView(columns: columnsMax, clock: clock).lines(top).map(\.text)
    case .tls(let certificate): return tls(certificate, to: request, isDryRun: isDryRun)
    case .saved(let files): return [saved(files)]
    case .backup: return []
    case .checked(let faults): return faults.isEmpty ? ["no errors"] : faults
    case .reloaded(let reload): return changes(reload) + summary(of: reload, changeCount: reload.changes.count)
    case .wouldBe(let reply): return lines(reply, to: request, isDryRun: true)
    case .stopping:
      return [
        isDryRun
          ? "would notify all users, save everything and stop the server"
          : "the server has stopped; everything is saved"
      ]
    }
  }

  /// The rows of a reply that is a list, or a part of one, and the line for an empty list; nil for any other reply.
  func list(_ reply: ControlReply) -> (table: Table, ifEmpty: String)? {
    switch reply {
    case .rooms(let rooms): (self.rooms(rooms), "no rooms")
    case .users(let users): (self.users(users), "no users")
    case .bans(let bans): (self.bans(bans), "no bans or mutes")
    case .sessions(let sessions): (self.sessions(sessions), "no sessions")
    case .files(let files): (self.files(files), "no files")
    case .members(let members): (self.members(members), "no members are connected")
    case .settings(let settings): (self.settings(settings), "no settings")
    default: nil
    }
  }

  // MARK: - Sentences

  /// `changed bob: role, email`.
  func changed(_ what: String, _ fields: [String], _ password: Secret?) -> String {
    fields.isEmpty
      ? "no change: \(what) already has these values" : "changed \(what): \(list(fields))\(shown(password) ?? "")"
  }

  /// A generated password; nil if there is none.
  func shown(_ password: Secret?) -> String? { password.map { "; password (shown once): \($0.exposed)" } }

  func closed(_ sessions: Int) -> String { counted(sessions, "session") + " closed" }
  func close(_ sessions: Int) -> String { "close " + counted(sessions, "session") }
  func notified(_ sessions: Int) -> String { counted(sessions, "session") + " notified" }

  // MARK: - Words

  /// Facts one below the other, each after its label, with an empty line between groups.
  func fields(_ groups: [(label: String, value: String)]...) -> [String] {
    let width = groups.joined().map(\.label.displayWidth).max() ?? 0
    let parts = groups.map { group in group.map { "\($0.label.padded(toColumns: width))  \($0.value)" } }
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  /// In a table below a header with the zone: `2026-11-20 21:11`.
  func time(_ time: Timestamp?) -> String { time.map(clock.minute) ?? "-" }

  /// The header of a column of times: `CREATED (CET)`. It is the present zone; times in the other half of the year may
  /// differ.
  func times(_ heading: String) -> Table.Column { .whole("\(heading) (\(clock.zone(clock.now())))") }

  /// In a sentence: `2026-11-20 21:11 CET`.
  func timeWithZone(_ time: Timestamp?) -> String { time.map { "\(clock.minute($0)) \(clock.zone($0))" } ?? "-" }

  func age(of time: Timestamp, at now: Timestamp) -> String {
    TimeSpan.words(seconds: (now.milliseconds - time.milliseconds) / 1000)
  }

  func orDash(_ value: (some CustomStringConvertible)?) -> String {
    let text = value?.description ?? ""
    return text.isEmpty ? "-" : text
  }

  func names(_ names: [Name]) -> String { names.isEmpty ? "-" : list(names.map(\.text)) }
  func list(_ words: [String]) -> String { words.joined(separator: ", ") }
  func counted(_ count: Int, _ noun: String) -> String { count == 1 ? "1 \(noun)" : "\(count) \(noun)s" }
  func bytes(_ count: some BinaryInteger) -> String { ByteCount.words(UInt64(clamping: count)) }
  func bytes(_ count: UInt64, of limit: UInt64?) -> String { bytes(count) + (limit.map { " of \(bytes($0))" } ?? "") }
}

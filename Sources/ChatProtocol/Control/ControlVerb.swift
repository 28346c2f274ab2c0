/// The requests of `chat-admin`: a row for each verb, with everything that the parser, the server and `chat-admin` know
/// about it. `ControlRequest.verb` finds the row of a request.
package final class ControlVerb: Sendable {
  /// On the wire and on `chat-admin`'s command line: `rooms list`.
  package let name: String
  package let flags: Flags
  /// A request with this verb, which a reader fills.
  let request: ControlRequest
  /// The reply to it, which a reader fills.
  package let reply: ControlReply
  /// The members of a request besides `id` and `verb`.
  package let keys: [String]

  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The request changes something.
    package static let changes = Flags(rawValue: 1)
    /// What it does cannot be undone: it has a dry run, and `chat-admin` asks for confirmation.
    package static let destructive = Flags(rawValue: 2)
    /// It changes a row of a file that people edit by hand, so it waits while an edit is applied.
    package static let touchesRows = Flags(rawValue: 4)
    /// The reply comes once everything is on the disk, which may take long.
    package static let saves = Flags(rawValue: 8)
  }

  private init(_ name: String, _ request: ControlRequest, _ flags: Flags = [], reply: ControlReply) {
    self.name = name
    self.flags = flags
    self.request = request
    self.reply = reply
    var (sample, collector) = (request, KeyCollector())
    sample.code(&collector)
    keys = collector.keys + (flags.contains(.destructive) ? ["dry_run"] : [])
  }

  private static let name = Name.lobby
  private static let query = ControlLogQuery(.events)

  static let roomsList = ControlVerb("rooms list", .roomsList, reply: .rooms([]))
  static let roomsInfo = ControlVerb("rooms info", .roomsInfo(name), reply: .room(.blank))
  static let roomsCreate = ControlVerb(
    "rooms create", .roomsCreate(name, .open), [.changes, .touchesRows], reply: .roomCreated(name, password: nil))
  static let roomsDelete = ControlVerb(
    "rooms delete", .roomsDelete(name), [.changes, .destructive, .touchesRows], reply: .roomDeleted(name, members: 0))
  static let roomsSet = ControlVerb(
    "rooms set", .roomsSet(name, ControlRoomChange(topic: "")), [.changes, .touchesRows],
    reply: .roomChanged(name, fields: [], password: nil))
  static let roomsMembers = ControlVerb("rooms members", .roomsMembers(name), reply: .members([]))
  static let roomsKick = ControlVerb(
    "rooms kick", .roomsKick(name, user: name, reason: nil), [.changes, .destructive],
    reply: .roomKicked(name, user: name, sessions: 0))
  static let usersList = ControlVerb("users list", .usersList, reply: .users([]))
  static let usersInfo = ControlVerb("users info", .usersInfo(name), reply: .user(.blank))
  static let usersAdd = ControlVerb(
    "users add", .usersAdd(ControlNewUser(name: name)), [.changes, .touchesRows], reply: .userAdded(name, password: nil)
  )
  static let usersPasswd = ControlVerb(
    "users passwd", .usersPasswd(name, nil), [.changes, .touchesRows], reply: userChanged)
  static let usersSet = ControlVerb(
    "users set", .usersSet(name, ControlUserChange(isOperator: false)), [.changes, .touchesRows], reply: userChanged)
  static let usersDisable = ControlVerb(
    "users disable", .usersDisable(name, reason: nil), [.changes, .destructive, .touchesRows], reply: userChanged)
  static let usersEnable = ControlVerb(
    "users enable", .usersEnable(name), [.changes, .touchesRows], reply: userChanged)
  static let usersDelete = ControlVerb(
    "users delete", .usersDelete(name), [.changes, .destructive, .touchesRows], reply: .userDeleted(.blank))
  static let usersKick = ControlVerb(
    "users kick", .usersKick(name, reason: nil), [.changes, .destructive], reply: .userKicked(name, sessions: 0))
  static let usersBan = ControlVerb(
    "users ban", .usersBan(name, ControlTerms()), [.changes, .destructive], reply: .restricted(.of(.ban)))
  static let usersUnban = ControlVerb("users unban", .usersUnban(name), .changes, reply: .lifted(.of(.ban)))
  static let usersMute = ControlVerb(
    "users mute", .usersMute(name, ControlTerms()), .changes, reply: .restricted(.of(.mute)))
  static let usersUnmute = ControlVerb("users unmute", .usersUnmute(name), .changes, reply: .lifted(.of(.mute)))
  static let bansList = ControlVerb("bans list", .bansList, reply: .bans([]))
  static let bansAdd = ControlVerb(
    "bans add", .bansAdd(.user(name), ControlTerms()), [.changes, .destructive], reply: .restricted(.of(.ban)))
  static let bansRemove = ControlVerb("bans remove", .bansRemove(.user(name)), .changes, reply: .lifted(.of(.ban)))
  static let sessionsList = ControlVerb("sessions list", .sessionsList, reply: .sessions([]))
  static let sessionsClose = ControlVerb(
    "sessions close", .sessionsClose(0, reason: nil), [.changes, .destructive], reply: .sessionClosed(0, user: nil))
  static let filesList = ControlVerb("files list", .filesList(room: nil), reply: .files([]))
  static let filesDelete = ControlVerb(
    "files delete", .filesDelete([0]), [.changes, .destructive], reply: .filesDeleted([]))
  static let say = ControlVerb("say", .say(.all, "text"), .changes, reply: .said(.all, sessions: 0))
  static let messages = ControlVerb("messages", .readLog(ControlLogQuery(.messages(name))), reply: .messages([]))
  static let log = ControlVerb("log", .readLog(ControlLogQuery(.lines)), reply: .lines([]))
  static let watch = ControlVerb("watch", .readLog(ControlLogQuery(.events)), reply: .events([]))
  static let status = ControlVerb("status", .status, reply: .status(.blank))
  static let top = ControlVerb("top", .top, reply: .top(.blank))
  static let settingsShow = ControlVerb("settings show", .settingsShow, reply: .settings([]))
  static let tlsShow = ControlVerb("tls show", .tlsShow, reply: .tls(.blank))
  static let tlsGenerate = ControlVerb("tls generate", .tlsGenerate, [.changes, .destructive], reply: .tls(.blank))
  static let save = ControlVerb("save", .save, [.changes, .saves], reply: .saved(files: []))
  static let backup = ControlVerb("backup", .backup, .saves, reply: .backup(bytes: 0))
  static let reload = ControlVerb("reload", .reload(force: false), .changes, reply: .reloaded(.blank))
  static let check = ControlVerb("check", .check, reply: .checked(faults: []))
  static let stop = ControlVerb("stop", .stop(reason: nil), [.changes, .destructive, .saves], reply: .stopping)

  private static let userChanged = ControlReply.userChanged(name, fields: [], sessions: 0, password: nil)

  package static let all = [
    roomsList, roomsInfo, roomsCreate, roomsDelete, roomsSet, roomsMembers, roomsKick, usersList, usersInfo, usersAdd,
    usersPasswd, usersSet, usersDisable, usersEnable, usersDelete, usersKick, usersBan, usersUnban, usersMute,
    usersUnmute, bansList, bansAdd, bansRemove, sessionsList, sessionsClose, filesList, filesDelete, say, messages, log,
    watch, status, top, settingsShow, tlsShow, tlsGenerate, save, backup, reload, check, stop,
  ]

  package static func named(_ name: String) -> ControlVerb? { all.first { $0.name == name } }
}

/// The keys of a record.
struct KeyCollector: RecordCoder {
  typealias Failure = Never

  private(set) var keys: [String] = []
  private var depth = 0

  private mutating func add(_ key: StaticString) { if depth == 0 { keys.append(key.description) } }

  mutating func field<Value: FieldValue>(_ key: StaticString, _ value: inout Value) { add(key) }
  mutating func nullable<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) { add(key) }
  mutating func optional<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) { add(key) }
  mutating func ifPresent<Value: FieldValue>(_ key: StaticString, _ value: inout Value?) { add(key) }
  mutating func flag(_ key: StaticString, _ value: inout Bool) { add(key) }
  mutating func constant(_ key: StaticString, _ word: StaticString) { add(key) }
  func fail(_ problem: String) {}

  mutating func begin(_ key: StaticString) {
    add(key)
    depth += 1
  }

  mutating func end() { depth -= 1 }
}

package import JSON
import Text

/// What `chat-admin` asks of a running server over the control socket: one JSON object a line,
/// `{"id":1,"verb":"rooms create","room":"ops","open":true}`.
package enum ControlRequest: Equatable, Sendable {
  case roomsList
  case roomsInfo(Name)
  case roomsCreate(Name, RoomAccess)
  case roomsDelete(Name)
  case roomsSet(Name, ControlRoomChange)
  case roomsMembers(Name)
  case roomsKick(Name, user: Name, reason: String?)
  case usersList
  case usersInfo(Name)
  case usersAdd(ControlNewUser)
  /// nil: the server generates the password.
  case usersPasswd(Name, Secret?)
  case usersSet(Name, ControlUserChange)
  /// `reason` is shown to the sessions that are closed.
  case usersDisable(Name, reason: String?)
  case usersEnable(Name)
  case usersDelete(Name)
  case usersKick(Name, reason: String?)
  /// The same as `bansAdd` of that name, and `bansRemove`.
  case usersBan(Name, ControlTerms)
  case usersUnban(Name)
  case usersMute(Name, ControlTerms)
  case usersUnmute(Name)
  case bansList
  case bansAdd(Restriction.Subject, ControlTerms)
  case bansRemove(Restriction.Subject)
  case sessionsList
  case sessionsClose(UInt64, reason: String?)
  /// nil: the files of all rooms.
  case filesList(room: Name?)
  /// All of them or, if one does not exist, none.
  case filesDelete([MessageID])
  case say(ControlAudience, String)
  /// `messages`, `log` or `watch`, by the query's form.
  case readLog(ControlLogQuery)
  case status
  /// The status, the busiest rooms and the slowest clients.
  case top
  case settingsShow
  case tlsShow
  /// A new self-signed certificate in place of the one that the server made. Clients that pinned that one refuse to connect.
  case tlsGenerate
  case save
  /// A consistent copy of the data folder. The archive follows the reply, then the server closes the connection.
  case backup
  /// Apply edits of the files now and reopen the log. `force`: also an edit that removes more than half of the accounts
  /// or rooms.
  case reload(force: Bool)
  /// The errors that `reload` would find; nothing is applied.
  case check
  /// `reason` is shown to every client.
  case stop(reason: String?)
  /// What the request would do; nothing is done. Only for destructive verbs.
  indirect case dryRun(ControlRequest)
}

/// Who receives a notice of the operator.
package enum ControlAudience: Equatable, Sendable {
  case room(Name)
  case user(Name)
  case all
}

extension ControlRequest {
  /// How many files one request may delete.
  package static let filesMax = 400

  package var verb: ControlVerb {
    switch self {
    case .roomsList: .roomsList
    case .roomsInfo: .roomsInfo
    case .roomsCreate: .roomsCreate
    case .roomsDelete: .roomsDelete
    case .roomsSet: .roomsSet
    case .roomsMembers: .roomsMembers
    case .roomsKick: .roomsKick
    case .usersList: .usersList
    case .usersInfo: .usersInfo
    case .usersAdd: .usersAdd
    case .usersPasswd: .usersPasswd
    case .usersSet: .usersSet
    case .usersDisable: .usersDisable
    case .usersEnable: .usersEnable
    case .usersDelete: .usersDelete
    case .usersKick: .usersKick
    case .usersBan: .usersBan
    case .usersUnban: .usersUnban
    case .usersMute: .usersMute
    case .usersUnmute: .usersUnmute
    case .bansList: .bansList
    case .bansAdd: .bansAdd
    case .bansRemove: .bansRemove
    case .sessionsList: .sessionsList
    case .sessionsClose: .sessionsClose
    case .filesList: .filesList
    case .filesDelete: .filesDelete
    case .say: .say
    case .readLog(let query): query.verb
    case .status: .status
    case .top: .top
    case .settingsShow: .settingsShow
    case .tlsShow: .tlsShow
    case .tlsGenerate: .tlsGenerate
    case .save: .save
    case .backup: .backup
    case .reload: .reload
    case .check: .check
    case .stop: .stop
    case .dryRun(let request): request.verb
    }
  }

  /// A dry run has none.
  package var flags: ControlVerb.Flags { if case .dryRun = self { [] } else { verb.flags } }

  /// Describes the members besides `id` and `verb`, and cleans what will be shown to others.
  mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    switch self {
    case .roomsList, .usersList, .bansList, .sessionsList, .status, .top, .settingsShow, .tlsShow, .tlsGenerate, .save,
      .backup, .check:
      break
    case .roomsInfo(let room): self = .roomsInfo(try coder.room(room))
    case .roomsDelete(let room): self = .roomsDelete(try coder.room(room))
    case .roomsMembers(let room): self = .roomsMembers(try coder.room(room))
    case .roomsCreate(let room, var access):
      let room = try coder.room(room)
      try access.code(&coder)
      self = .roomsCreate(room, access)
    case .roomsSet(let room, var change):
      let room = try coder.room(room)
      try change.code(&coder)
      self = .roomsSet(room, change)
    case .roomsKick(let room, let user, let reason):
      self = .roomsKick(try coder.room(room), user: try coder.user(user), reason: try coder.reason(reason))
    case .usersInfo(let user): self = .usersInfo(try coder.user(user))
    case .usersEnable(let user): self = .usersEnable(try coder.user(user))
    case .usersDelete(let user): self = .usersDelete(try coder.user(user))
    case .usersUnban(let user): self = .usersUnban(try coder.user(user))
    case .usersUnmute(let user): self = .usersUnmute(try coder.user(user))
    case .usersAdd(var user):
      try user.code(&coder)
      self = .usersAdd(user)
    case .usersPasswd(let user, let password):
      self = .usersPasswd(try coder.user(user), try coder.newPassword(password))
    case .usersSet(let user, var change):
      let user = try coder.user(user)
      try change.code(&coder)
      self = .usersSet(user, change)
    case .usersDisable(let user, let reason):
      self = .usersDisable(try coder.user(user), reason: try coder.reason(reason))
    case .usersKick(let user, let reason):
      self = .usersKick(try coder.user(user), reason: try coder.reason(reason))
    case .usersBan(let user, let terms): self = .usersBan(try coder.user(user), try coder.terms(terms))
    case .usersMute(let user, let terms): self = .usersMute(try coder.user(user), try coder.terms(terms))
    case .bansAdd(var subject, let terms):
      try subject.code(&coder)
      self = .bansAdd(subject, try coder.terms(terms))
    case .bansRemove(var subject):
      try subject.code(&coder)
      self = .bansRemove(subject)
    case .sessionsClose(let session, let reason):
      self = .sessionsClose(try coder.coded("session", session), reason: try coder.reason(reason))
    case .filesList(var room):
      try coder.optional("room", &room)
      self = .filesList(room: room)
    case .filesDelete(let files):
      self = .filesDelete(try coder.coded("files", files))
      if case .filesDelete(let files) = self, !(1...Self.filesMax).contains(files.count) {
        try coder.fail("\"files\" of a request must have 1 to \(Self.filesMax) ids")
      }
    case .say(var audience, let text):
      try audience.code(&coder)
      let text = CleanText.string(from: try coder.coded("text", text))
      if CleanText.isBlank(text) { try coder.fail("\"text\" of a request is empty") }
      self = .say(audience, text)
    case .readLog(var query):
      try query.code(&coder)
      self = .readLog(query)
    case .reload(var force):
      try coder.flag("force", &force)
      self = .reload(force: force)
    case .stop(let reason): self = .stop(reason: try coder.reason(reason))
    case .dryRun(var request):
      var isDryRun = true
      try request.code(&coder)
      try coder.flag("dry_run", &isDryRun)
      self = .dryRun(request)
    }
  }

  /// The request as one line with its line end. `id` is the client's own, from 1; the response has it too.
  package func encode(id: Int) -> [UInt8] {
    precondition(id > 0, "ids count from 1")
    var (request, id, verb, writer) = (self, id, verb.name, RecordWriter())
    let outer = writer.beginObject()
    writer.field("id", &id)
    writer.field("verb", &verb)
    request.code(&writer)
    writer.endObject(outer)
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  /// The members besides `id` and `verb`.
  package var fields: JSONValue {
    var (request, builder) = (self, RecordBuilder())
    request.code(&builder)
    return builder.value
  }
}

extension RecordCoder {
  /// A member that is always present, as a value: the one read or the one given.
  mutating func coded<Value: FieldValue>(_ key: StaticString, _ value: Value) throws(Failure) -> Value {
    var value = value
    try field(key, &value)
    return value
  }

  fileprivate mutating func room(_ name: Name) throws(Failure) -> Name { try coded("room", name) }
  fileprivate mutating func user(_ name: Name) throws(Failure) -> Name { try coded("user", name) }

  /// A text for the users concerned; a blank one counts as nil.
  fileprivate mutating func reason(_ reason: String?) throws(Failure) -> String? {
    var reason = reason
    try optional("reason", &reason)
    return reason.flatMap { CleanText.isBlank($0) ? nil : CleanText.string(from: $0) }
  }

  fileprivate mutating func terms(_ terms: ControlTerms) throws(Failure) -> ControlTerms {
    var span = terms.span
    try optional("for_seconds", &span)
    return ControlTerms(span: span, reason: try reason(terms.reason))
  }

  /// A password that is being set.
  mutating func newPassword(_ password: Secret?) throws(Failure) -> Secret? {
    var password = password
    try optional("password", &password)
    if let password, Secret(choosing: password.exposed) == nil { try fail("a password has \(Secret.rule)") }
    return password
  }
}

extension RoomAccess {
  /// For a new room.
  fileprivate mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var isOpen = self == .open
    let set: Secret? = if case .password(let password) = self { password } else { nil }
    try coder.flag("open", &isOpen)
    let password = try coder.newPassword(set)
    if isOpen, password != nil { try coder.fail("\"open\" and \"password\" exclude each other; give one of them") }
    self = isOpen ? .open : password.map { .password($0) } ?? .generatedPassword
  }
}

extension ControlAudience {
  fileprivate mutating func code<Coder: RecordCoder>(_ coder: inout Coder) throws(Coder.Failure) {
    var room: Name? = if case .room(let room) = self { room } else { nil }
    var user: Name? = if case .user(let user) = self { user } else { nil }
    var isAll = self == .all
    try coder.optional("room", &room)
    try coder.optional("user", &user)
    try coder.flag("all", &isAll)
    switch (room, user, isAll) {
    case (let room?, nil, false): self = .room(room)
    case (nil, let user?, false): self = .user(user)
    case (nil, nil, true): self = .all
    default: try coder.fail("a notice needs one of \"room\", \"user\" and \"all\"")
    }
  }
}

/// A request with its id, as the server reads it. The id is in the response too; 0, which no client may use, means
/// one that could not be read.
package struct ControlCall: Equatable, Sendable {
  package var id: Int
  /// The request, or the response to an invalid line.
  package var request: Result<ControlRequest, ControlError>

  package init(id: Int, request: Result<ControlRequest, ControlError>) {
    self.id = id
    self.request = request
  }

  /// Reads one line, with or without its line end. Any bytes give a call that can be answered.
  package init(decoding line: [UInt8]) {
    id = 0
    do throws(JSONError) {
      let value = try JSONValue(parsing: line)
      if let id = value["id"]?.int, id > 0 { self.id = id }
      do throws(CodingError) {
        request = .success(try Self.request(value, hasID: id > 0))
      } catch {
        request = .failure(ControlError(.badRequest, error.problem))
      }
    } catch {
      // The parser's message could quote a part of the line, and with it a password.
      request = .failure(
        ControlError(
          .badRequest,
          "invalid JSON at column \(error.column); send one object a line, in UTF-8, without duplicate keys"))
    }
  }

  private static func request(_ value: JSONValue, hasID: Bool) throws(CodingError) -> ControlRequest {
    var reader = try RecordReader(value, "a request")
    guard hasID else { throw CodingError("a request lacks \"id\": a whole number from 1") }
    var name = ""
    try reader.field("verb", &name)
    guard let verb = ControlVerb.named(name) else {
      throw CodingError("unknown verb; the verbs are \(ControlVerb.all.map(\.name).joined(separator: ", "))")
    }
    // An unknown key is an error, because it might restrict the request.
    let keys = ["id", "verb"] + verb.keys
    guard (value.members ?? []).allSatisfy({ keys.contains($0.name) }) else {
      throw CodingError("\(name) takes only the keys \(keys.joined(separator: ", "))")
    }
    var request = verb.request
    var isDryRun = false
    try request.code(&reader)
    try reader.flag("dry_run", &isDryRun)
    return isDryRun ? .dryRun(request) : request
  }
}

package import JSON
import Text

extension ControlRequest {
  /// What the request is called on the wire and on `chat-admin`'s command line.
  package var verb: String {
    switch self {
    case .roomsList: "rooms list"
    case .roomsInfo: "rooms info"
    case .roomsCreate: "rooms create"
    case .roomsDelete: "rooms delete"
    case .roomsSet: "rooms set"
    case .roomsMembers: "rooms members"
    case .roomsKick: "rooms kick"
    case .usersList: "users list"
    case .usersInfo: "users info"
    case .usersAdd: "users add"
    case .usersPasswd: "users passwd"
    case .usersSet: "users set"
    case .usersDisable: "users disable"
    case .usersEnable: "users enable"
    case .usersDelete: "users delete"
    case .usersKick: "users kick"
    case .usersBan: "users ban"
    case .usersUnban: "users unban"
    case .usersMute: "users mute"
    case .usersUnmute: "users unmute"
    case .bansList: "bans list"
    case .bansAdd: "bans add"
    case .bansRemove: "bans remove"
    case .sessionsList: "sessions list"
    case .sessionsClose: "sessions close"
    case .filesList: "files list"
    case .filesDelete: "files delete"
    case .say: "say"
    case .readLog(let query): query.verb
    case .status: "status"
    case .top: "top"
    case .settingsShow: "settings show"
    case .save: "save"
    case .backup: "backup"
    case .reload: "reload"
    case .check: "check"
    case .stop: "stop"
    case .dryRun(let request): request.verb
    }
  }

  package static let verbs = [
    "rooms list", "rooms info", "rooms create", "rooms delete", "rooms set", "rooms members", "rooms kick",
    "users list",
    "users info", "users add", "users passwd", "users set", "users disable", "users enable", "users delete",
    "users kick", "users ban", "users unban", "users mute", "users unmute", "bans list", "bans add", "bans remove",
    "sessions list", "sessions close", "files list", "files delete", "say", "messages", "log", "watch", "status", "top",
    "settings show", "save", "backup", "reload", "check", "stop",
  ]

  /// The verbs that may be asked for what they would do, because what they do cannot be undone.
  package static let destructive = [
    "rooms delete", "rooms kick", "users disable", "users delete", "users kick", "users ban", "bans add",
    "sessions close", "files delete", "stop",
  ]

  /// The request as one line with its line end. `id` is the client's own, from 1, and comes back with the answer.
  package func encode(id: Int) -> [UInt8] {
    precondition(id > 0, "ids count from 1")
    var object: JSONValue = ["id": .int(id), "verb": .string(verb)]
    append(to: &object)
    return object.compact + [UInt8(ascii: "\n")]
  }

  /// What stands in the request beside its id and verb.
  package var fields: JSONValue {
    var object = JSONValue.object([])
    append(to: &object)
    return object
  }

  private func append(to object: inout JSONValue) {
    switch self {
    case .roomsList, .usersList, .bansList, .sessionsList, .status, .top, .settingsShow, .save, .backup, .check: break
    case .roomsInfo(let room), .roomsDelete(let room), .roomsMembers(let room): object["room"] = .string(room.text)
    case .roomsSet(let room, let change):
      object["room"] = .string(room.text)
      object.append(change)
    case .roomsKick(let room, let user, let reason):
      object["room"] = .string(room.text)
      object["user"] = .string(user.text)
      object["reason"] = reason.map { .string($0) }
    case .roomsCreate(let room, let access):
      object["room"] = .string(room.text)
      switch access {
      case .open: object["open"] = true
      case .password(let password): object["password"] = .string(password.exposed)
      case .generatedPassword: break
      }
    case .usersInfo(let user), .usersEnable(let user), .usersDelete(let user), .usersUnban(let user),
      .usersUnmute(let user):
      object["user"] = .string(user.text)
    case .usersAdd(let user): object.append(user)
    case .usersPasswd(let user, let password):
      object["user"] = .string(user.text)
      object["password"] = password.map { .string($0.exposed) }
    case .usersSet(let user, let change):
      object["user"] = .string(user.text)
      object.append(change)
    case .usersDisable(let user, let reason), .usersKick(let user, let reason):
      object["user"] = .string(user.text)
      object["reason"] = reason.map { .string($0) }
    case .usersBan(let user, let terms), .usersMute(let user, let terms): object.append(.user(user), terms)
    case .bansAdd(let subject, let terms): object.append(subject, terms)
    case .bansRemove(let subject): object.append(subject)
    case .sessionsClose(let session, let reason):
      object["session"] = .int(session)
      object["reason"] = reason.map { .string($0) }
    case .filesList(let room): object["room"] = room.map { .string($0.text) }
    case .filesDelete(let files): object["files"] = .array(files.map { .int($0) })
    case .say(let audience, let text):
      switch audience {
      case .room(let room): object["room"] = .string(room.text)
      case .user(let user): object["user"] = .string(user.text)
      case .all: object["all"] = true
      }
      object["text"] = .string(text)
    case .readLog(let query): object.append(query)
    case .reload(let force): if force { object["force"] = true }
    case .stop(let reason):
      object["reason"] = reason.map { .string($0) }
    case .dryRun(let request):
      request.append(to: &object)
      object["dry_run"] = true
    }
  }

  init(_ object: ControlObject) throws(ControlDecodingError) {
    let verb = try object.string("verb")
    guard let keys = ControlRequest.keys(of: verb) else {
      throw ControlDecodingError("there is no such verb; there are: \(ControlRequest.verbs.joined(separator: ", "))")
    }
    // A key that is passed over might be the one that was to hold the server back, so an unknown one is refused.
    let known = ["id", "verb"] + keys + (ControlRequest.destructive.contains(verb) ? ["dry_run"] : [])
    guard object.members.allSatisfy({ known.contains($0.name) }) else {
      throw ControlDecodingError("\(verb) takes the keys \(known.joined(separator: ", ")) and no other")
    }
    switch verb {
    case "rooms list": self = .roomsList
    case "rooms info": self = .roomsInfo(try object.name("room"))
    case "rooms create": self = .roomsCreate(try object.name("room"), try ControlRequest.access(object))
    case "rooms delete": self = .roomsDelete(try object.name("room"))
    case "rooms set": self = .roomsSet(try object.name("room"), try ControlRoomChange(object))
    case "rooms members": self = .roomsMembers(try object.name("room"))
    case "rooms kick":
      self = .roomsKick(
        try object.name("room"), user: try object.name("user"), reason: try ControlRequest.reason(object))
    case "users list": self = .usersList
    case "users info": self = .usersInfo(try object.name("user"))
    case "users add": self = .usersAdd(try ControlNewUser(object))
    case "users passwd": self = .usersPasswd(try object.name("user"), try object.optionalPassword())
    case "users set": self = .usersSet(try object.name("user"), try ControlUserChange(object))
    case "users disable": self = .usersDisable(try object.name("user"), reason: try ControlRequest.reason(object))
    case "users enable": self = .usersEnable(try object.name("user"))
    case "users delete": self = .usersDelete(try object.name("user"))
    case "users kick": self = .usersKick(try object.name("user"), reason: try ControlRequest.reason(object))
    case "users ban": self = .usersBan(try object.name("user"), try ControlTerms(object))
    case "users unban": self = .usersUnban(try object.name("user"))
    case "users mute": self = .usersMute(try object.name("user"), try ControlTerms(object))
    case "users unmute": self = .usersUnmute(try object.name("user"))
    case "bans list": self = .bansList
    case "bans add": self = .bansAdd(try Restriction.Subject(object), try ControlTerms(object))
    case "bans remove": self = .bansRemove(try Restriction.Subject(object))
    case "sessions list": self = .sessionsList
    case "sessions close":
      self = .sessionsClose(try object.unsigned("session"), reason: try ControlRequest.reason(object))
    case "files list": self = .filesList(room: try object.optionalName("room"))
    case "files delete": self = .filesDelete(try ControlRequest.files(object))
    case "say": self = .say(try ControlAudience(object), try ControlRequest.said(object))
    case "messages", "log", "watch": self = .readLog(try ControlLogQuery(object, verb: verb))
    case "status": self = .status
    case "top": self = .top
    case "settings show": self = .settingsShow
    case "save": self = .save
    case "backup": self = .backup
    case "reload": self = .reload(force: try object.optional("force", "true or false") { $0.bool } ?? false)
    case "check": self = .check
    case "stop": self = .stop(reason: try ControlRequest.reason(object))
    default: preconditionFailure("\(verb) has keys but is not read")
    }
    if try object.flag("dry_run") { self = .dryRun(self) }
  }

  /// So many files are deleted with one request.
  package static let files_max = 400

  private static func files(_ object: ControlObject) throws(ControlDecodingError) -> [MessageID] {
    try object.value("files", "the ids of 1 to \(files_max) files, in []") { value in
      guard let array = value.array, (1...files_max).contains(array.count) else { return nil }
      let ids = array.compactMap { $0.int.flatMap { MessageID(exactly: $0) } }
      return ids.count == array.count ? ids : nil
    }
  }

  /// What may stand in a request beside its id and verb; nil for an unknown verb.
  private static func keys(of verb: String) -> [String]? {
    switch verb {
    case "rooms list", "users list", "bans list", "sessions list", "status", "top", "settings show", "save", "backup",
      "check":
      []
    case "rooms info", "rooms delete", "rooms members": ["room"]
    case "rooms set": ["room", "topic", "owner", "no_owner", "open", "password", "generate"]
    case "rooms kick": ["room", "user", "reason"]
    case "rooms create": ["room", "open", "password"]
    case "users info", "users enable", "users delete", "users unban", "users unmute": ["user"]
    case "users add": ["user", "email", "role", "password"]
    case "users passwd": ["user", "password"]
    case "users set": ["user", "email", "no_email", "role"]
    case "users disable", "users kick": ["user", "reason"]
    case "users ban", "users mute": ["user", "for_seconds", "reason"]
    case "bans add": ["user", "address", "for_seconds", "reason"]
    case "bans remove": ["user", "address"]
    case "sessions close": ["session", "reason"]
    case "files list": ["room"]
    case "files delete": ["files"]
    case "say": ["room", "user", "all", "text"]
    case "messages", "log", "watch": ControlLogQuery.keys(of: verb)
    case "reload": ["force"]
    case "stop": ["reason"]
    default: nil
    }
  }

  private static func access(_ object: ControlObject) throws(ControlDecodingError) -> RoomAccess {
    let isOpen = try object.optional("open", "true or false") { $0.bool } ?? false
    guard let password = try object.optionalPassword() else { return isOpen ? .open : .generatedPassword }
    guard !isOpen else { throw ControlDecodingError("a room is open or has a password; give one of the two") }
    return .password(password)
  }

  static func reason(_ object: ControlObject) throws(ControlDecodingError) -> String? {
    let reason = try object.optionalString("reason") ?? ""
    return CleanText.isBlank(reason) ? nil : CleanText.string(from: reason)
  }

  private static func said(_ object: ControlObject) throws(ControlDecodingError) -> String {
    let text = CleanText.string(from: try object.string("text"))
    guard !CleanText.isBlank(text) else {
      throw ControlDecodingError("\"text\" of a request is empty; there is nothing to say")
    }
    return text
  }
}

extension ControlAudience {
  fileprivate init(_ object: ControlObject) throws(ControlDecodingError) {
    switch (try object.optionalName("room"), try object.optionalName("user"), try object.flag("all")) {
    case (let room?, nil, false): self = .room(room)
    case (nil, let user?, false): self = .user(user)
    case (nil, nil, true): self = .all
    default: throw ControlDecodingError("something is said to one of \"room\", \"user\" and \"all\"")
    }
  }
}

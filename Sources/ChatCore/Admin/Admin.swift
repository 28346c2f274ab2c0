import ChatProtocol

/// A request of `chat-admin`, and who sent it.
struct AdminCall: Sendable {
  let id: ControlID
  let peer: ControlPeer
  let verb: String
  /// The answer says what would be done, and nothing is.
  let isDry: Bool
}

struct AdminRequests: Sendable {
  /// Requests that wait for a password to be hashed.
  fileprivate(set) var pending: [ControlID: PendingAdmin] = [:]
  /// Lists that are sent in parts.
  var listings: [ControlID: Listing] = [:]
}

/// What a request does with a hashed password. `shown` is a generated password, which the answer shows.
enum PendingAdmin: Sendable {
  case createRoom(AdminCall, Name, shown: Secret?)
  case setRoom(AdminCall, Name, ControlRoomChange, shown: Secret?)
  case addUser(AdminCall, ControlNewUser, shown: Secret?)
  case setPassword(AdminCall, Name, shown: Secret?)
}

// The requests of `chat-admin`.
extension Core {
  mutating func control(_ id: ControlID, _ request: ControlRequest, _ peer: ControlPeer, isDry: Bool = false) {
    let call = AdminCall(id: id, peer: peer, verb: request.verb, isDry: isDry)
    switch request {
    case .roomsList: beginListing(call, .rooms)
    case .roomsInfo(let name): adminRoomInfo(call, name)
    case .roomsCreate(let name, let access): adminCreateRoom(call, name, access)
    case .roomsDelete(let name): adminDeleteRoom(call, name)
    case .roomsSet(let name, let change): adminSetRoom(call, name, change)
    case .roomsMembers(let name): if findRoom(call, name) != nil { beginListing(call, .members(name)) }
    case .roomsKick(let name, let user, let reason): adminKick(call, user, from: name, reason)
    case .usersList: beginListing(call, .users)
    case .usersInfo(let name): adminUserInfo(call, name)
    case .usersAdd(let user): adminAddUser(call, user)
    case .usersPasswd(let name, let password): adminSetPassword(call, name, password)
    case .usersSet(let name, let change): adminSetUser(call, name, change)
    case .usersDisable(let name, let reason): adminChangeAccount(call, name, reason: reason) { $0.status = .disabled }
    case .usersEnable(let name): adminChangeAccount(call, name) { $0.status = .active }
    case .usersDelete(let name): adminDeleteUser(call, name)
    case .usersKick(let name, let reason): adminKick(call, name, reason)
    case .usersBan(let name, let terms): adminRestrict(call, .init(.ban, .user(name)), terms)
    case .usersUnban(let name): adminLift(call, .init(.ban, .user(name)))
    case .usersMute(let name, let terms): adminRestrict(call, .init(.mute, .user(name)), terms)
    case .usersUnmute(let name): adminLift(call, .init(.mute, .user(name)))
    case .bansList: beginListing(call, .bans)
    case .bansAdd(let subject, let terms): adminRestrict(call, .init(.ban, subject), terms)
    case .bansRemove(let subject): adminLift(call, .init(.ban, subject))
    case .sessionsList: beginListing(call, .sessions)
    case .sessionsClose(let number, let reason): adminCloseSession(call, number, reason)
    case .filesList(nil): beginListing(call, .files(room: nil))
    case .filesList(let room?): if findRoom(call, room) != nil { beginListing(call, .files(room: room)) }
    case .filesDelete(let files): adminDeleteFiles(call, files)
    case .say(let audience, let text): adminSay(call, audience, text)
    case .readLog(let query): effects.append(.readLog(id, query, ifNothing: unknown(in: query, peer)))
    case .settingsShow: effects.append(.replySettings(id))
    case .status: effects.append(.replyStatus(id, status))
    case .top: effects.append(.replyTop(id, status, busiest: rooms.busiest(at: steady)))
    case .save:
      logAction(call)
      effects.append(.save(id))
    case .backup:
      logAction(call)
      effects.append(.backup(id))
    case .check: effects.append(.check(id))
    case .reload(let force):
      logAction(call, force ? ["force": "yes"] : [:])
      effects.append(.reload(id, force: force))
    case .dryRun(let request):
      precondition(ControlRequest.destructive.contains(request.verb), "\(request.verb) has no dry run")
      control(id, request, peer, isDry: true)
    case .stop(let reason):
      if answerDry(call, .stopping) { return }
      logAction(call, text: reason)
      answer(id, .stopping)
      stop(reason: reason.map { "The server is stopping: \($0)" } ?? "The server is stopping.")
    }
  }

  // MARK: Answers

  mutating func answer(_ id: ControlID, _ reply: ControlReply) { effects.append(.reply(id, .success(reply))) }

  mutating func answer(_ call: AdminCall, _ reply: ControlReply) { answer(call.id, reply) }

  /// Answers a dry run with what would be done; false where it is none.
  mutating func answerDry(_ call: AdminCall, _ reply: ControlReply) -> Bool {
    if call.isDry { answer(call.id, .wouldBe(reply)) }
    return call.isDry
  }

  mutating func fail(_ id: ControlID, _ code: ControlError.Code, _ sentence: String) {
    effects.append(.reply(id, .failure(ControlError(code, sentence))))
  }

  mutating func fail(_ call: AdminCall, _ code: ControlError.Code, _ sentence: String) {
    fail(call.id, code, sentence)
  }

  mutating func logAction(_ call: AdminCall, _ fields: LogFields = [:], text: String? = nil) {
    let peer = call.peer
    log(
      "admin", ["action": call.verb] + fields + ["by": peer.user, "uid": "\(peer.uid)", "pid": "\(peer.pid)"],
      text: text)
  }

  mutating func mayRecord(_ call: AdminCall) -> Bool {
    guard let recordingError else { return true }
    fail(
      call, .cannotRecord, "the server cannot save anything at the moment (\(recordingError)); nothing was done")
    return false
  }

  // MARK: Passwords

  /// Hashes a password for a request; without one, a generated password, which `pending` gets to show.
  mutating func hashPassword(_ call: AdminCall, _ secret: Secret?, then pending: (Secret?) -> PendingAdmin) {
    let shown = secret == nil ? entropy.password() : nil
    admin.pending[call.id] = pending(shown)
    effects.append(.hashControlPassword(call.id, secret ?? shown!))
  }

  /// Completes what `hashPassword` began. `hash` is nil where too many passwords wait.
  mutating func controlPasswordHashed(_ id: ControlID, _ hash: String?) {
    guard let pending = admin.pending.removeValue(forKey: id) else { return }
    guard let hash else {
      fail(id, .busy, "the server could not hash the password now; try again in a few seconds")
      return
    }
    switch pending {
    case .createRoom(let call, let name, let shown): finishCreateRoom(call, name, password: hash, shown: shown)
    case .setRoom(let call, let name, let change, let shown):
      finishSetRoom(call, name, change, password: hash, shown: shown)
    case .addUser(let call, let user, let shown): finishAddUser(call, user, hash, shown: shown)
    case .setPassword(let call, let name, let shown): finishSetPassword(call, name, hash, shown: shown)
    }
  }

  // MARK: Finding what a request is about

  mutating func findRoom(_ call: AdminCall, _ name: Name) -> RoomSlot? {
    if let slot = rooms.slot(of: name) { return slot }
    fail(call, .noSuchRoom, "there is no room \(name); 'chat-admin rooms list' shows them")
    return nil
  }

  mutating func findOnlineUser(_ call: AdminCall, _ name: Name) -> User? {
    if let user = users[name] { return user }
    if accounts.contains(name) {
      fail(call, .notHere, "\(name) is offline; 'chat-admin sessions list' shows who is online")
    } else {
      fail(call, .noSuchUser, "there is no user \(name); 'chat-admin users list' shows them")
    }
    return nil
  }

  mutating func findAccount(_ call: AdminCall, _ name: Name) -> Account? {
    if let account = accounts[name] { return account }
    if let user = users[name] {
      fail(
        call, .noSuchUser,
        "\(user.name) is a guest and has no account; 'chat-admin users add \(name)' makes one and closes the guest's session"
      )
    } else {
      failNoUser(call, name)
    }
    return nil
  }

  mutating func failNoUser(_ call: AdminCall, _ name: Name) {
    fail(
      call, .noSuchUser,
      isReserved(name)
        ? "there is no account \(name), but rooms or messages are kept for it: put its row back into users.csv, or "
          + "free the name with 'chat-admin users delete \(name)'"
        : "there is no user \(name); 'chat-admin users list' shows them")
  }

  /// Why the log may hold nothing of what is asked for: there is no such room or user.
  private func unknown(in query: ControlLogQuery, _ peer: ControlPeer) -> ControlError? {
    let room: Name? = if case .messages(let room) = query.form { room } else { query.room }
    if let room, rooms.slot(of: room) == nil {
      return ControlError(
        .noSuchRoom, "there is no room \(room), and nothing of one in the log; 'chat-admin rooms list' shows them")
    }
    // The operator need have no account.
    guard let user = query.user, accounts[user] == nil, users.slot(of: user) == nil,
      ![peer.user, "root"].contains(user.text)
    else { return nil }
    return ControlError(
      .noSuchUser, "there is no user \(user), and nothing of one in the log; 'chat-admin users list' shows them")
  }
}

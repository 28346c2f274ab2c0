import ChatProtocol

/// A request of `chat-admin`, and who sent it.
struct AdminCall: Sendable {
  let id: ControlID
  let peer: ControlPeer
  let verb: String
  /// The reply says what would be done, and nothing is done.
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
    do throws(ControlError) {
      try perform(id, request, peer, isDry: isDry)
    } catch {
      fail(id, error)
    }
  }

  private mutating func perform(
    _ id: ControlID, _ request: ControlRequest, _ peer: ControlPeer, isDry: Bool
  ) throws(ControlError) {
    let call = AdminCall(id: id, peer: peer, verb: request.verb.name, isDry: isDry)
    switch request {
    case .roomsList: beginListing(call, .rooms)
    case .roomsInfo(let name): try adminRoomInfo(call, name)
    case .roomsCreate(let name, let access): try adminCreateRoom(call, name, access)
    case .roomsDelete(let name): try adminDeleteRoom(call, name)
    case .roomsSet(let name, let change): try adminSetRoom(call, name, change)
    case .roomsMembers(let name):
      _ = try findRoom(name)
      beginListing(call, .members(name))
    case .roomsKick(let name, let user, let reason): try adminKick(call, user, from: name, reason)
    case .usersList: beginListing(call, .users)
    case .usersInfo(let name): try adminUserInfo(call, name)
    case .usersAdd(let user): try adminAddUser(call, user)
    case .usersPasswd(let name, let password): try adminSetPassword(call, name, password)
    case .usersSet(let name, let change): try adminSetUser(call, name, change)
    case .usersDisable(let name, let reason):
      try adminChangeAccount(call, name, reason: reason) { $0.status = .disabled }
    case .usersEnable(let name): try adminChangeAccount(call, name) { $0.status = .active }
    case .usersDelete(let name): try adminDeleteUser(call, name)
    case .usersKick(let name, let reason): try adminKick(call, name, reason)
    case .usersBan(let name, let terms): try adminRestrict(call, .init(.ban, .user(name)), terms)
    case .usersUnban(let name): try adminLift(call, .init(.ban, .user(name)))
    case .usersMute(let name, let terms): try adminRestrict(call, .init(.mute, .user(name)), terms)
    case .usersUnmute(let name): try adminLift(call, .init(.mute, .user(name)))
    case .bansList: beginListing(call, .bans)
    case .bansAdd(let subject, let terms): try adminRestrict(call, .init(.ban, subject), terms)
    case .bansRemove(let subject): try adminLift(call, .init(.ban, subject))
    case .sessionsList: beginListing(call, .sessions)
    case .sessionsClose(let number, let reason): try adminCloseSession(call, number, reason)
    case .filesList(let room):
      if let room { _ = try findRoom(room) }
      beginListing(call, .files(room: room))
    case .filesDelete(let files): try adminDeleteFiles(call, files)
    case .say(let audience, let text): try adminSay(call, audience, text)
    case .readLog(let query): effects.append(.readLog(id, query, ifNothing: unknown(in: query, peer)))
    case .settingsShow: effects.append(.replySettings(id))
    case .tlsShow: effects.append(.tls(id, .show))
    case .tlsGenerate:
      if !isDry { logAction(call) }
      effects.append(.tls(id, .generate(isDry: isDry)))
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
      precondition(request.verb.flags.contains(.destructive), "\(request.verb.name) has no dry run")
      try perform(id, request, peer, isDry: true)
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

  /// Answers a dry run with what would be done; false if the request is not a dry run.
  mutating func answerDry(_ call: AdminCall, _ reply: ControlReply) -> Bool {
    if call.isDry { answer(call.id, .wouldBe(reply)) }
    return call.isDry
  }

  mutating func fail(_ id: ControlID, _ error: ControlError) { effects.append(.reply(id, .failure(error))) }

  mutating func logAction(_ call: AdminCall, _ fields: LogFields = [:], text: String? = nil) {
    let peer = call.peer
    log(
      "admin", ["action": call.verb] + fields + ["by": peer.user, "uid": "\(peer.uid)", "pid": "\(peer.pid)"],
      text: text)
  }

  func requireRecording() throws(ControlError) {
    guard let recordingError else { return }
    throw ControlError(
      .cannotRecord, "the server cannot save anything at the moment (\(recordingError)); nothing was done")
  }

  // MARK: Passwords

  /// Hashes a password for a request; without one, a generated password, which `pending` gets to show.
  mutating func hashPassword(_ call: AdminCall, _ secret: Secret?, then pending: (Secret?) -> PendingAdmin) {
    let shown = secret == nil ? entropy.password() : nil
    admin.pending[call.id] = pending(shown)
    effects.append(.hashControlPassword(call.id, secret ?? shown!))
  }

  /// Completes what `hashPassword` began. `hash` is nil if too many passwords wait.
  mutating func controlPasswordHashed(_ id: ControlID, _ hash: String?) {
    guard let pending = admin.pending.removeValue(forKey: id) else { return }
    do throws(ControlError) {
      try complete(pending, hash)
    } catch {
      fail(id, error)
    }
  }

  private mutating func complete(_ pending: PendingAdmin, _ hash: String?) throws(ControlError) {
    guard let hash else {
      throw ControlError(.busy, "the server could not hash the password now; try again in a few seconds")
    }
    switch pending {
    case .createRoom(let call, let name, let shown): try finishCreateRoom(call, name, password: hash, shown: shown)
    case .setRoom(let call, let name, let change, let shown):
      try finishSetRoom(call, name, change, password: hash, shown: shown)
    case .addUser(let call, let user, let shown): try finishAddUser(call, user, hash, shown: shown)
    case .setPassword(let call, let name, let shown): try finishSetPassword(call, name, hash, shown: shown)
    }
  }

  // MARK: Finding what a request is about

  func findRoom(_ name: Name) throws(ControlError) -> RoomSlot {
    if let slot = rooms.slot(of: name) { return slot }
    throw ControlError(.noSuchRoom, "there is no room \(name); 'chat-admin rooms list' shows them")
  }

  func findOnlineUser(_ name: Name) throws(ControlError) -> User {
    if let user = users[name] { return user }
    throw accounts.contains(name)
      ? ControlError(.notHere, "\(name) is offline; 'chat-admin sessions list' shows who is online")
      : ControlError(.noSuchUser, "there is no user \(name); 'chat-admin users list' shows them")
  }

  func findAccount(_ name: Name) throws(ControlError) -> Account {
    if let account = accounts[name] { return account }
    guard let user = users[name] else { throw noSuchUser(name) }
    throw ControlError(
      .noSuchUser,
      "\(user.name) is a guest and has no account; 'chat-admin users add \(name)' makes one and closes the guest's session"
    )
  }

  func noSuchUser(_ name: Name) -> ControlError {
    ControlError(
      .noSuchUser,
      isReserved(name)
        ? "there is no account \(name), but rooms or messages are kept for it: put its row back into users.csv, or "
          + "free the name with 'chat-admin users delete \(name)'"
        : "there is no user \(name); 'chat-admin users list' shows them")
  }

  /// A possible reason for an empty result: there is no such room or user.
  private func unknown(in query: ControlLogQuery, _ peer: ControlPeer) -> ControlError? {
    let room: Name? = if case .messages(let room) = query.form { room } else { query.room }
    if let room, rooms.slot(of: room) == nil {
      return ControlError(
        .noSuchRoom, "there is no room \(room), and nothing of one in the log; 'chat-admin rooms list' shows them")
    }
    // The operator may have no account.
    guard let user = query.user, accounts[user] == nil, users.slot(of: user) == nil,
      ![peer.user, "root"].contains(user.text)
    else { return nil }
    return ControlError(
      .noSuchUser, "there is no user \(user), and nothing of one in the log; 'chat-admin users list' shows them")
  }
}

import ChatProtocol

// What the operator asks over the control socket.
extension Core {
  /// `isDry`: the answer tells what would be done, and nothing is.
  mutating func control(
    _ id: ControlID, _ request: ControlRequest, _ peer: ControlPeer, _ entropy: Entropy, isDry: Bool = false
  ) {
    switch request {
    case .roomsList: beginListing(id, .rooms)
    case .roomsInfo(let name):
      guard let slot = findRoom(id, name) else { return }
      answer(id, .room(ControlRoom(info: roomInfo(rooms[slot], whole: true), members: members(of: slot))))
    case .roomsCreate(let name, let access): adminCreate(id, name, access, peer, entropy)
    case .roomsDelete(let name): adminDelete(id, name, peer, isDry: isDry)
    case .roomsSet(let name, let change): adminSet(room: id, name, change, peer, entropy)
    case .roomsMembers(let name):
      guard findRoom(id, name) != nil else { return }
      beginListing(id, .members(name))
    case .roomsKick(let name, let user, let reason): adminKick(id, user, from: name, reason, peer, isDry: isDry)
    case .usersList: beginListing(id, .users)
    case .usersInfo(let name): adminUserInfo(id, name)
    case .usersAdd(let user): adminAdd(id, user, peer, entropy)
    case .usersPasswd(let name, let password): adminPassword(id, name, password, peer, entropy)
    case .usersSet(let name, let change): adminSet(id, name, change, peer)
    case .usersDisable(let name, let reason): adminDisable(id, name, reason, peer, isDry: isDry)
    case .usersEnable(let name): adminEnable(id, name, peer)
    case .usersDelete(let name): adminDelete(user: id, name, peer, isDry: isDry)
    case .usersKick(let name, let reason): adminKick(id, name, reason, peer, isDry: isDry)
    case .usersBan(let name, let terms):
      adminRestrict(id, .init(.ban, .user(name)), terms, peer, request.verb, isDry: isDry)
    case .usersUnban(let name): adminLift(id, .init(.ban, .user(name)), peer, request.verb)
    case .usersMute(let name, let terms):
      adminRestrict(id, .init(.mute, .user(name)), terms, peer, request.verb, isDry: isDry)
    case .usersUnmute(let name): adminLift(id, .init(.mute, .user(name)), peer, request.verb)
    case .bansList: beginListing(id, .bans)
    case .bansAdd(let subject, let terms):
      adminRestrict(id, .init(.ban, subject), terms, peer, request.verb, isDry: isDry)
    case .bansRemove(let subject): adminLift(id, .init(.ban, subject), peer, request.verb)
    case .sessionsList: beginListing(id, .sessions)
    case .sessionsClose(let number, let reason): adminClose(id, number, reason, peer, isDry: isDry)
    case .filesList(let room):
      if let room, findRoom(id, room) == nil { return }
      beginListing(id, .files(room: room))
    case .filesDelete(let files): adminDelete(files: id, files, peer, isDry: isDry)
    case .say(let audience, let text): adminSay(id, audience, text, peer)
    case .readLog(let query):
      effects.append(.readLog(id, query, ifNothing: unknown(in: query, peer)))
    case .settingsShow: effects.append(.replySettings(id))
    case .status: effects.append(.replyStatus(id, status))
    case .top: effects.append(.replyTop(id, status, busiest: busiestRooms()))
    case .save:
      logAction("save", peer)
      effects.append(.save(id))
    case .backup:
      logAction("backup", peer)
      effects.append(.backup(id))
    case .check: effects.append(.check(id))
    case .reload(let force):
      logAction("reload", peer, force ? [.init("force", "yes")] : [])
      effects.append(.reload(id, force: force))
    case .dryRun(let request):
      precondition(ControlRequest.destructive.contains(request.verb), "\(request.verb) knows no dry run")
      control(id, request, peer, entropy, isDry: true)
    case .stop(let reason):
      guard !isDry else {
        answer(id, .wouldBe(.stopping))
        return
      }
      logAction("stop", peer, text: reason)
      answer(id, .stopping)
      stop(reason: reason.map { "The server is stopping: \($0)" } ?? "The server is stopping.")
    }
  }

  /// Everybody has been told and forgotten: what comes now comes too late.
  mutating func refuseStopping(_ input: Input) {
    switch input {
    case .logReopened(let file): logReopened(file)
    case .control(let id, _, _, _), .controlReady(let id):
      fail(id, .busy, "the server is stopping; start it again to do that")
    case .edited(let edit):
      for id in edit.askedBy { fail(id, .busy, "the server is stopping; what was edited counts when it starts again") }
    default: break
    }
  }

  mutating func answer(_ id: ControlID, _ reply: ControlReply) { effects.append(.reply(id, .success(reply))) }

  mutating func fail(_ id: ControlID, _ code: ControlError.Code, _ sentence: String) {
    effects.append(.reply(id, .failure(ControlError(code, sentence))))
  }

  mutating func logAction(
    _ action: String, _ peer: ControlPeer, _ fields: [LogRecord.Field] = [], text: String? = nil
  ) {
    log(
      "admin",
      [.init("action", action)] + fields
        + [.init("by", peer.user), .init("uid", "\(peer.uid)"), .init("pid", "\(peer.pid)")], text: text)
  }

  mutating func mayRecord(_ id: ControlID) -> Bool {
    guard let recordingError else { return true }
    fail(id, .cannotRecord, "the server cannot record anything at the moment (\(recordingError)); nothing was done")
    return false
  }

  /// Why nothing of what is asked for stands in the log, if nothing does: there is no such room or user.
  private func unknown(in query: ControlLogQuery, _ peer: ControlPeer) -> ControlError? {
    let asked: Name? = if case .messages(let room) = query.form { room } else { query.room }
    if let room = asked, roomsByName[room] == nil {
      return ControlError(
        .noSuchRoom, "there is no room \(room), and the log holds nothing of one; 'chat-admin rooms list' shows them")
    }
    // Who operates the server need have no account.
    guard let user = query.user, accounts[user] == nil, present[user] == nil, ![peer.user, "root"].contains(user.text)
    else { return nil }
    return ControlError(
      .noSuchUser, "there is no user \(user), and the log holds nothing of one; 'chat-admin users list' shows them")
  }

  mutating func findRoom(_ id: ControlID, _ name: Name) -> Int32? {
    if let slot = roomsByName[name] { return slot }
    fail(id, .noSuchRoom, "there is no room \(name); 'chat-admin rooms list' shows them")
    return nil
  }

  // MARK: - Rooms

  private mutating func adminCreate(
    _ id: ControlID, _ name: Name, _ access: RoomAccess, _ peer: ControlPeer, _ entropy: Entropy
  ) {
    guard mayRecord(id), mayAdminCreate(id, name) else { return }
    switch access {
    case .open: finishAdminCreate(id, PendingRoom(name: name, shown: nil, peer: peer), password: nil)
    case .password(let secret):
      pendingControl[id] = .room(PendingRoom(name: name, shown: nil, peer: peer))
      effects.append(.hashControlPassword(id, secret))
    case .generatedPassword:
      let secret = entropy.password
      pendingControl[id] = .room(PendingRoom(name: name, shown: secret, peer: peer))
      effects.append(.hashControlPassword(id, secret))
    }
  }

  private mutating func mayAdminCreate(_ id: ControlID, _ name: Name) -> Bool {
    if roomsByName[name] != nil {
      fail(id, .roomTaken, "there is a room \(name) already; choose another name or delete it first")
      return false
    }
    if settings.rooms > 0 && rooms.count >= settings.rooms {
      fail(id, .tooMany, "the server has all the rooms it may have (\(settings.rooms)); raise 'rooms' in settings.json")
      return false
    }
    return true
  }

  mutating func controlPasswordHashed(_ id: ControlID, _ hash: String?) {
    guard let pending = pendingControl.removeValue(forKey: id) else { return }
    guard let hash else {
      fail(id, .busy, "the password could not be hashed now; try again in a few seconds")
      return
    }
    guard mayRecord(id) else { return }
    switch pending {
    case .room(let room):
      guard mayAdminCreate(id, room.name) else { return }
      finishAdminCreate(id, room, password: hash)
    case .roomChange(let name, let change, let shown, let peer):
      finishAdminSet(room: id, name, change, password: hash, shown: shown, peer)
    case .newUser(let user, let shown, let peer): finishAdminAdd(id, user, hash, shown: shown, peer)
    case .password(let name, let shown, let peer): finishAdminPassword(id, name, hash, shown: shown, peer)
    }
  }

  private mutating func finishAdminCreate(_ id: ControlID, _ pending: PendingRoom, password: String?) {
    let room = Room(RoomRecord(name: pending.name, password: password, created: now, firstID: nextID))
    addRoom(room)
    record(.room(room.record, was: nil))
    logAction("rooms create", pending.peer, [.init("room", pending.name.text)])
    log(
      "created",
      [
        .init("room", pending.name.text), .init("by", pending.peer.user),
        .init("locked", password == nil ? "no" : "yes"),
      ])
    answer(id, .roomCreated(pending.name, password: pending.shown))
  }

  private mutating func adminDelete(_ id: ControlID, _ name: Name, _ peer: ControlPeer, isDry: Bool) {
    guard mayRecord(id), let slot = findRoom(id, name) else { return }
    guard !rooms[slot].isLobby else {
      fail(id, .notPermitted, "lobby is always there and cannot be deleted")
      return
    }
    let known = rooms[slot].name
    guard !isDry else {
      answer(id, .wouldBe(.roomDeleted(known, members: rooms[slot].memberCount)))
      return
    }
    logAction("rooms delete", peer, [.init("room", known.text)])
    let members = deleteRoom(slot, by: peer.user)
    answer(id, .roomDeleted(known, members: members))
  }

  // MARK: - People

  /// Who of that name is here; else the refusal has been sent.
  mutating func findOnlineUser(_ id: ControlID, _ name: Name, _ nobody: String = "nobody to tell") -> Int32? {
    if let person = present[name] { return person }
    if accounts.contains(name) {
      fail(id, .notHere, "\(name) is not here, so there is \(nobody); 'chat-admin sessions list' shows who is")
    } else {
      fail(id, .noSuchUser, "there is no user \(name); 'chat-admin users list' shows them")
    }
    return nil
  }

  mutating func adminKick(
    _ id: ControlID, _ name: Name, _ reason: String?, _ peer: ControlPeer, isDry: Bool
  ) {
    guard let person = findOnlineUser(id, name, "nobody to kick") else { return }
    let known = people[person].name
    let kicked = people[person].sessions
    guard !isDry else {
      answer(id, .wouldBe(.userKicked(known, sessions: kicked.count)))
      return
    }
    logAction("users kick", peer, [.init("user", known.text)], text: reason)
    let because = reason.map { ": \($0)" } ?? ""
    send(.kicked(room: nil, by: peer.user, reason: reason ?? ""), to: kicked)
    // What happened, the event has told.
    closeGradually(kicked, reason: "kicked by \(peer.user)\(because)", message: "")
    answer(id, .userKicked(known, sessions: kicked.count))
  }

  /// What the core knows of a session; the loop fills in the rest.
  func controlSession(_ session: Session) -> ControlSession {
    let person = session.person.map { people[$0] }
    return ControlSession(
      id: session.id.number, user: person?.name, isGuest: person?.isGuest ?? false, address: session.address,
      dialect: session.dialect, room: person == nil ? nil : rooms[session.current].name,
      connected: label(of: session.connected), lastActive: label(of: session.connected), outboxBytes: 0)
  }
}

import ChatProtocol

// Requests about rooms.
extension Core {
  mutating func adminRoomInfo(_ call: AdminCall, _ name: Name) {
    guard let slot = findRoom(call, name) else { return }
    let info = roomInfo(rooms[slot], whole: true)
    answer(call, .room(ControlRoom(info: info, members: roomMembers(members(of: slot), of: slot))))
  }

  // MARK: Creating and deleting

  mutating func adminCreateRoom(_ call: AdminCall, _ name: Name, _ access: RoomAccess) {
    guard mayRecord(call), mayAdminCreate(call, name) else { return }
    switch access {
    case .open: finishCreateRoom(call, name, password: nil, shown: nil)
    case .password(let secret): hashPassword(call, secret) { .createRoom(call, name, shown: $0) }
    case .generatedPassword: hashPassword(call, nil) { .createRoom(call, name, shown: $0) }
    }
  }

  private mutating func mayAdminCreate(_ call: AdminCall, _ name: Name) -> Bool {
    if rooms.slot(of: name) != nil {
      fail(call, .roomTaken, "there is a room \(name) already; choose another name or delete it first")
    } else if settings.rooms > 0 && rooms.count >= settings.rooms {
      fail(
        call, .tooMany, "the server has \(settings.rooms) rooms, which is the limit; raise 'rooms' in settings.json")
    } else {
      return true
    }
    return false
  }

  mutating func finishCreateRoom(_ call: AdminCall, _ name: Name, password: String?, shown: Secret?) {
    guard mayRecord(call), mayAdminCreate(call, name) else { return }
    logAction(call, ["room": name.text])
    addRoom(RoomRecord(name: name, password: password, created: now, firstID: nextID), by: call.peer.user)
    answer(call, .roomCreated(name, password: shown))
  }

  mutating func adminDeleteRoom(_ call: AdminCall, _ name: Name) {
    guard mayRecord(call), let slot = findRoom(call, name) else { return }
    guard !rooms[slot].isLobby else {
      fail(call, .notPermitted, "lobby is always there and cannot be deleted")
      return
    }
    let known = rooms[slot].name
    if answerDry(call, .roomDeleted(known, members: rooms[slot].memberCount)) { return }
    logAction(call, ["room": known.text])
    let members = deleteRoom(slot, by: call.peer.user)
    answer(call, .roomDeleted(known, members: members))
  }

  // MARK: Changing

  mutating func adminSetRoom(_ call: AdminCall, _ name: Name, _ change: ControlRoomChange) {
    guard mayRecord(call), let slot = findRoom(call, name), mayChange(call, slot, change) else { return }
    let known = rooms[slot].name
    switch change.access {
    case .password(let secret): hashPassword(call, secret) { .setRoom(call, known, change, shown: $0) }
    case .generatedPassword: hashPassword(call, nil) { .setRoom(call, known, change, shown: $0) }
    case .open, nil: finishSetRoom(call, known, change, password: nil, shown: nil)
    }
  }

  /// Else sends the refusal.
  private mutating func mayChange(_ call: AdminCall, _ slot: RoomSlot, _ change: ControlRoomChange) -> Bool {
    let room = rooms[slot]
    if room.isLobby && (change.owner != nil || change.access != nil) {
      fail(call, .notPermitted, "lobby is open to all and has no owner; only its topic can be set")
      return false
    }
    if let topic = change.topic, !fits(call, topic, "a topic") { return false }
    guard case .account(let owner) = change.owner else { return true }
    guard !room.isTemporary else {
      fail(
        call, .notPermitted,
        "a guest made \(room.name), so it ends with its last member and cannot have an owner; "
          + "'chat-admin rooms create' makes a room that stays")
      return false
    }
    return findAccount(call, owner) != nil
  }

  mutating func finishSetRoom(
    _ call: AdminCall, _ name: Name, _ change: ControlRoomChange, password: String?, shown: Secret?
  ) {
    // While the password was hashed, the room, or the account of its new owner, may have been deleted.
    guard mayRecord(call), let slot = findRoom(call, name), mayChange(call, slot, change) else { return }
    let was = rooms[slot].record
    // As its account writes it.
    let owner: Name? = if case .account(let name) = change.owner { accounts[name]?.name } else { nil }
    let record = was.changed(change, password: password, owner: owner)
    let changed = record.differences(from: was)
    if !changed.isEmpty {
      var fields: LogFields = ["room": record.name.text, "fields": changed.joined(separator: ",")]
      if change.owner != nil { fields = fields + ["owner": record.owner?.text ?? "-"] }
      if change.access != nil { fields = fields + ["locked": record.password == nil ? "no" : "yes"] }
      logAction(call, fields, text: change.topic)
      changeRoom(slot) { $0.replace(slot, with: record) }
      announceChange(slot, before: was, by: call.peer.user)
      if record.owner != was.owner {
        if let owner = was.owner { notifyMember(slot, owner, "You no longer own \(record.name).") }
        if let owner = record.owner { notifyMember(slot, owner, "You own \(record.name) now.") }
      }
    }
    answer(call, .roomChanged(record.name, fields: changed, password: shown))
  }

  /// Sends a room's members what they see of a change, and kicks users who are banned now.
  mutating func announceChange(_ slot: RoomSlot, before: RoomRecord, by: String) {
    let room = rooms[slot]
    if room.topic != before.topic {
      send(.topic(room: room.name, text: room.topic, by: by), to: room.sessions)
    }
    if room.owner != before.owner || room.isLocked != (before.password != nil) {
      send(.room(room.summary), to: room.sessions)
    }
    for name in room.banned.names where !before.banned.contains(name) { enforceBan(on: name, in: slot, by: by) }
  }

  // MARK: Kicking

  /// Kicks a member, who may be offline, from a room.
  mutating func adminKick(_ call: AdminCall, _ name: Name, from room: Name, _ reason: String?) {
    guard mayRecord(call), let slot = findRoom(call, room) else { return }
    let known = rooms[slot].name
    guard !rooms[slot].isLobby else {
      fail(
        call, .notPermitted,
        "nobody can be kicked from lobby; 'chat-admin users kick \(name)' kicks a user off the server")
      return
    }
    let online = users.slot(of: name).flatMap { users[$0].rooms.contains(slot) ? $0 : nil }
    guard online != nil || rooms[slot].absentMembers.contains(name) else {
      if users.slot(of: name) != nil || accounts.contains(name) {
        fail(call, .notHere, "\(name) is not in \(known); 'chat-admin rooms members \(known)' shows who is")
      } else {
        fail(
          call, .noSuchUser, "there is no user \(name); 'chat-admin rooms members \(known)' shows who is in it")
      }
      return
    }
    let user = online.map { users[$0].name } ?? accounts[name]?.name ?? name
    let kicked = ControlReply.roomKicked(known, user: user, sessions: online.map { users[$0].sessions.count } ?? 0)
    if answerDry(call, kicked) { return }
    logAction(call, ["room": known.text, "user": user.text], text: reason)
    if let online {
      kickFromRoom(online, slot, by: call.peer.user, reason: reason ?? "")
    } else {
      rooms[slot].absentMembers.remove(name)
      recordAbsentLeave(name, from: known)
    }
    answer(call, kicked)
  }
}

extension RoomRecord {
  /// A new owner is no moderator besides, and not banned.
  fileprivate func changed(_ change: ControlRoomChange, password: String?, owner: Name?) -> RoomRecord {
    var record = self
    if let topic = change.topic { record.topic = topic }
    if change.owner != nil {
      record.owner = owner
      record.moderators.removeAll { $0 == owner }
      record.banned.removeAll { $0 == owner }
    }
    if change.access != nil { record.password = password }
    return record
  }
}

import ChatProtocol

// Requests about rooms.
extension Core {
  mutating func adminRoomInfo(_ call: AdminCall, _ name: Name) throws(ControlError) {
    let slot = try findRoom(name)
    let info = roomInfo(rooms[slot], whole: true)
    answer(call, .room(ControlRoom(info: info, members: roomMembers(members(of: slot), of: slot))))
  }

  // MARK: Creating and deleting

  mutating func adminCreateRoom(_ call: AdminCall, _ name: Name, _ access: RoomAccess) throws(ControlError) {
    try requireRecording()
    try requireMayCreate(name)
    switch access {
    case .open: try finishCreateRoom(call, name, password: nil, shown: nil)
    case .password(let secret): hashPassword(call, secret) { .createRoom(call, name, shown: $0) }
    case .generatedPassword: hashPassword(call, nil) { .createRoom(call, name, shown: $0) }
    }
  }

  private func requireMayCreate(_ name: Name) throws(ControlError) {
    if rooms.slot(of: name) != nil {
      throw ControlError(.roomTaken, "there is a room \(name) already; choose another name or delete it first")
    }
    if settings.rooms > 0 && rooms.count >= settings.rooms {
      throw ControlError(
        .tooMany, "the server has \(settings.rooms) rooms, which is the limit; raise 'rooms' in settings.json")
    }
  }

  mutating func finishCreateRoom(_ call: AdminCall, _ name: Name, password: String?, shown: Secret?)
    throws(ControlError)
  {
    try requireRecording()
    try requireMayCreate(name)
    logAction(call, ["room": name.text])
    addRoom(RoomRecord(name: name, password: password, created: now, firstID: nextID), by: call.peer.user)
    answer(call, .roomCreated(name, password: shown))
  }

  mutating func adminDeleteRoom(_ call: AdminCall, _ name: Name) throws(ControlError) {
    try requireRecording()
    let slot = try findRoom(name)
    guard !rooms[slot].isLobby else {
      throw ControlError(.notPermitted, "lobby is always there and cannot be deleted")
    }
    let known = rooms[slot].name
    if answerDry(call, .roomDeleted(known, members: rooms[slot].memberCount)) { return }
    logAction(call, ["room": known.text])
    let members = deleteRoom(slot, by: call.peer.user)
    answer(call, .roomDeleted(known, members: members))
  }

  // MARK: Changing

  mutating func adminSetRoom(_ call: AdminCall, _ name: Name, _ change: ControlRoomChange) throws(ControlError) {
    try requireRecording()
    let slot = try findRoom(name)
    try requireMayChange(slot, change)
    let known = rooms[slot].name
    switch change.access {
    case .password(let secret): hashPassword(call, secret) { .setRoom(call, known, change, shown: $0) }
    case .generatedPassword: hashPassword(call, nil) { .setRoom(call, known, change, shown: $0) }
    case .open, nil: try finishSetRoom(call, known, change, password: nil, shown: nil)
    }
  }

  private func requireMayChange(_ slot: RoomSlot, _ change: ControlRoomChange) throws(ControlError) {
    let room = rooms[slot]
    if room.isLobby && (change.owner != nil || change.access != nil) {
      throw ControlError(.notPermitted, "lobby is open to all and has no owner; only its topic can be set")
    }
    if let topic = change.topic { try requireFits(topic, "a topic") }
    guard case .account(let owner) = change.owner else { return }
    guard !room.isTemporary else {
      throw ControlError(
        .notPermitted,
        "a guest made \(room.name), so it ends with its last member and cannot have an owner; "
          + "'chat-admin rooms create' makes a room that stays")
    }
    _ = try findAccount(owner)
  }

  mutating func finishSetRoom(
    _ call: AdminCall, _ name: Name, _ change: ControlRoomChange, password: String?, shown: Secret?
  ) throws(ControlError) {
    // While the password was hashed, the room, or the account of its new owner, may have been deleted.
    try requireRecording()
    let slot = try findRoom(name)
    try requireMayChange(slot, change)
    let was = rooms[slot].record
    // The name in the spelling of its account.
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
    if room.owner != before.owner || room.isLocked != (before.password != nil) || room.isHidden != before.isHidden {
      send(.room(room.summary), to: room.sessions)
    }
    for name in room.banned.names where !before.banned.contains(name) { enforceBan(on: name, in: slot, by: by) }
  }

  // MARK: Kicking

  /// Kicks a member, who may be offline, from a room.
  mutating func adminKick(_ call: AdminCall, _ name: Name, from room: Name, _ reason: String?) throws(ControlError) {
    try requireRecording()
    let slot = try findRoom(room)
    let known = rooms[slot].name
    guard !rooms[slot].isLobby else {
      throw ControlError(
        .notPermitted, "users cannot be kicked from lobby; 'chat-admin users kick \(name)' kicks a user from the server"
      )
    }
    let online = users.slot(of: name).flatMap { users[$0].rooms.contains(slot) ? $0 : nil }
    guard online != nil || rooms[slot].absentMembers.contains(name) else {
      if users.slot(of: name) != nil || accounts.contains(name) {
        throw ControlError(.notHere, "\(name) is not in \(known); 'chat-admin rooms members \(known)' shows who is")
      } else {
        throw ControlError(
          .noSuchUser, "there is no user \(name); 'chat-admin rooms members \(known)' shows who is in it")
      }
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
  /// A new owner is no longer a moderator or banned.
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

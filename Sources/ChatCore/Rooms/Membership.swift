import ChatProtocol

// Joining, leaving, switching.
extension Core {
  mutating func join(_ caller: Caller, _ name: Name, _ secret: Secret?) throws(Refusal) {
    let slot = try visibleRoom(caller, name)
    let room = rooms[slot]
    let user = users[caller.user]
    if user.rooms.contains(slot) {
      moveTo(slot, caller, "join")
      send(.room(room.summary), to: caller.session)
      notifyUnchecked(caller, secret, slot)
      return
    }
    guard let password = room.password, role(of: user, in: room) == .member, !isInvited(user, to: room) else {
      try enter(caller, slot)
      notifyUnchecked(caller, secret, slot)
      return
    }
    guard let secret else {
      throw Refusal(.roomLocked, "\(room.name) is locked: /join \(room.name) PASSWORD.")
    }
    try checkPassword(
      caller.session, secret, hash: password, for: .room(room.name), then: .join(caller, room.name))
  }

  /// Notifies the user that the password was not checked, because it may be wrong.
  private mutating func notifyUnchecked(_ caller: Caller, _ secret: Secret?, _ slot: RoomSlot) {
    let user = users[caller.user]
    guard secret != nil, user.rooms.contains(slot) else { return }
    let room = rooms[slot]
    let reason =
      switch role(of: user, in: room) {
      case _ where !room.isLocked: "\(room.name) is not locked"
      case .owner: "you own \(room.name)"
      case .moderator: "you moderate \(room.name)"
      case .operator: "you are an operator"
      case .member where isInvited(user, to: room): "you were invited to \(room.name)"
      case .member: "you are a member of \(room.name)"
      }
    send(.notice(text: "The server did not check the password: \(reason)."), to: caller.session)
  }

  mutating func checkedRoomPassword(_ caller: Caller, _ name: Name, matches: Bool) throws(Refusal) {
    guard matches else {
      log(
        "join-refused",
        ["room": name.text, "user": users[caller.user].name.text, "address": sessions[caller.session].address])
      throw Refusal(.wrongPassword, "That is not the password of \(name); ask a member for it.")
    }
    // The room may have been deleted meanwhile, or the user banned.
    try enter(caller, visibleRoom(caller, name))
  }

  private mutating func enter(_ caller: Caller, _ slot: RoomSlot) throws(Refusal) {
    let name = rooms[slot].name
    guard !users[caller.user].rooms.contains(slot) else {
      moveTo(slot, caller, "join")
      return
    }
    guard !isFull(rooms[slot]) else {
      throw Refusal(
        .roomFull, "\(name) has \(settings.members) members, which is the limit; try again when one has left.")
    }
    try requireRoomLeft(caller)
    addMember(caller.user, to: slot)
    recordChange(of: caller.user)
    let user = users[caller.user].name
    endInvitation(of: user, to: slot)
    log("joined", ["room": name.text, "user": user.text])
    moveTo(slot, caller, "join")
    send(.room(rooms[slot].summary), to: caller.session)
    announce(slot, .joined(room: name, user: user), except: caller.session)
  }

  private mutating func moveTo(_ slot: RoomSlot, _ caller: Caller, _ command: String) {
    sessions[caller.session].current = slot
    reply(command, .moved(room: rooms[slot].name, current: rooms[slot].name), to: caller)
  }

  mutating func leave(_ caller: Caller, _ name: Name?) throws(Refusal) {
    let slot = try joinedRoom(caller, name, isLeaving: true)
    let room = rooms[slot]
    guard !(room.isLobby && users[caller.user].rooms.count == 1) else {
      throw Refusal(.onlyRoom, "lobby is your only room, so you stay in it; /join another first, or /quit.")
    }
    let entersLobby = removeSilently(caller.user, from: slot)
    recordChange(of: caller.user)
    let user = users[caller.user]
    log("left", ["room": room.name.text, "user": user.name.text])
    reply("leave", .moved(room: room.name, current: rooms[sessions[caller.session].current].name), to: caller)
    if entersLobby { announceInLobby(caller.user) }
    let event = Event.left(room: room.name, user: user.name, reason: "left")
    for session in user.sessions where session != caller.session { send(event, to: session) }
    announce(slot, event)
    endIfEmpty(slot)
  }

  mutating func switchRoom(_ caller: Caller, _ name: Name) throws(Refusal) {
    try moveTo(joinedRoom(caller, name), caller, "switch")
  }

  /// Removes a user from a room. Sessions whose current room it was go to `lobby`, which the user joins for that; from
  /// `lobby` itself, to the first room left.
  mutating func removeFromRoom(_ user: UserSlot, _ slot: RoomSlot) {
    if removeSilently(user, from: slot) { announceInLobby(user) }
  }

  /// `removeFromRoom` without an announcement; true if the user joined `lobby`, which the caller must announce.
  private mutating func removeSilently(_ user: UserSlot, from slot: RoomSlot) -> Bool {
    removeMember(user, from: slot)
    let moving = users[user].sessions.filter { sessions[$0].current == slot }
    guard !moving.isEmpty else { return false }
    let entersLobby = slot != rooms.lobby && !users[user].rooms.contains(rooms.lobby)
    if entersLobby { addMember(user, to: rooms.lobby) }
    let refuge = slot == rooms.lobby ? users[user].rooms[0] : rooms.lobby
    for session in moving { sessions[session].current = refuge }
    return entersLobby
  }

  private mutating func announceInLobby(_ user: UserSlot) {
    announce(rooms.lobby, .joined(room: .lobby, user: users[user].name))
  }

  /// Removes a user from a room and notifies them and those who stay, except a session that gets a reply.
  mutating func kickFromRoom(_ user: UserSlot, _ slot: RoomSlot, by: String, reason: String, except: SessionID? = nil) {
    let name = users[user].name
    let room = rooms[slot].name
    send(.kicked(room: room, by: by, reason: reason), to: users[user].sessions)
    removeFromRoom(user, slot)
    recordChange(of: user)
    announce(
      slot, .left(room: room, user: name, reason: "kicked by \(by)\(reason.isEmpty ? "" : ": \(reason)")"),
      except: except)
    endIfEmpty(slot)
  }

  /// Removes a banned user from the room, online or not.
  mutating func enforceBan(on name: Name, in slot: RoomSlot, by: String) {
    if let user = users.slot(of: name), users[user].rooms.contains(slot) {
      kickFromRoom(user, slot, by: by, reason: "banned")
    } else if rooms[slot].absentMembers.remove(name) != nil {
      recordAbsentLeave(name, from: rooms[slot].name)
    }
  }

  // MARK: Finding a room

  /// The room of that name; throws if the caller is banned from it.
  func visibleRoom(_ caller: Caller, _ name: Name) throws(Refusal) -> RoomSlot {
    guard let slot = room(named: name, seenBy: caller) else {
      throw Refusal(.noSuchRoom, "There is no room \(name); /rooms lists them, /create \(name) makes it.")
    }
    guard !isBanned(users[caller.user], from: rooms[slot]) else {
      throw Refusal(.banned, "You are banned from \(rooms[slot].name).")
    }
    return slot
  }

  /// The same, or the current room where no name is given.
  func visibleOrCurrentRoom(_ caller: Caller, _ name: Name?) throws(Refusal) -> RoomSlot {
    guard let name else { return sessions[caller.session].current }
    return try visibleRoom(caller, name)
  }

  /// The room of that name, or the current one; throws if the caller is no member.
  func joinedRoom(_ caller: Caller, _ name: Name?, isLeaving: Bool = false) throws(Refusal) -> RoomSlot {
    guard let name else { return sessions[caller.session].current }
    let slot = try visibleRoom(caller, name)
    guard users[caller.user].rooms.contains(slot) else {
      let hint = isLeaving ? ", so there is nothing to leave." : "; /join \(rooms[slot].name) first."
      throw Refusal(.notInRoom, "You are not in \(rooms[slot].name)\(hint)")
    }
    return slot
  }
}

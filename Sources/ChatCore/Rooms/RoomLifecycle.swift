import ChatProtocol

// `/create`, `/delete`, and rooms that end.
extension Core {
  mutating func create(_ caller: Caller, _ name: Name, _ access: RoomAccess) throws(Refusal) {
    try requireMayCreate(caller, name)
    switch access {
    case .open: try finishCreation(caller, name, password: nil, shown: nil)
    case .password(let secret):
      start(.hashPassword(secret), for: caller.session, then: .create(caller, name, shown: nil))
    case .generatedPassword:
      let secret = entropy.password()
      start(.hashPassword(secret), for: caller.session, then: .create(caller, name, shown: secret))
    }
  }

  private func requireMayCreate(_ caller: Caller, _ name: Name) throws(Refusal) {
    let network = sessions[caller.session].network
    if rooms.slot(of: name) != nil {
      guard room(named: name, seenBy: caller) != nil else {
        throw Refusal(.roomTaken, "The name \(name) is taken; choose another.")
      }
      throw Refusal(.roomTaken, "There is a room \(name) already: /join \(name), or choose another name.")
    }
    if settings.rooms > 0 && rooms.count >= settings.rooms {
      throw Refusal(
        .tooManyRooms,
        "The server has \(settings.rooms) rooms, which is the limit; /rooms lists them, /join one instead.")
    }
    if users[caller.user].isGuest, settings.guestRoomsPerAddress > 0,
      rooms.guestRoomCounts[network] ?? 0 >= settings.guestRoomsPerAddress
    {
      throw Refusal(
        .tooManyRooms,
        "Guests from your address have made \(settings.guestRoomsPerAddress) rooms, which is the limit; "
          + "/join one, or /register.")
    }
    try requireRoomLeft(caller)
  }

  /// Throws unless the user may be in one more room.
  func requireRoomLeft(_ caller: Caller) throws(Refusal) {
    guard settings.roomsPerUser > 0, users[caller.user].rooms.count >= settings.roomsPerUser else { return }
    throw Refusal(.tooManyRooms, "You are in \(settings.roomsPerUser) rooms, which is the limit; /leave ROOM first.")
  }

  mutating func finishCreation(_ caller: Caller, _ name: Name, password: String?, shown: Secret?) throws(Refusal) {
    // While the password was hashed, the name may have been taken, and the limit reached.
    try requireMayCreate(caller, name)
    let user = users[caller.user]
    let slot = addRoom(
      RoomRecord(
        name: name, owner: user.isGuest ? nil : user.name, password: password, created: now, firstID: nextID),
      by: user.name.text, guestNetwork: user.isGuest ? sessions[caller.session].network : nil)
    addMember(caller.user, to: slot)
    if user.isGuest { rooms[slot].guestModerator = user.name }
    recordChange(of: caller.user)
    for session in user.sessions where session != caller.session {
      send(.joined(room: name, user: user.name), to: session)
    }
    sessions[caller.session].current = slot
    reply("create", .room(name, password: shown), to: caller)
  }

  /// Creates a room; `guestNetwork` is the network of a guest who creates it.
  @discardableResult
  mutating func addRoom(_ record: RoomRecord, by: String, guestNetwork: Network? = nil) -> RoomSlot {
    let slot = rooms.insert(Room(record, guestNetwork: guestNetwork))
    if guestNetwork == nil { self.record(.room(record, was: nil)) }
    log("created", ["room": record.name.text, "by": by, "locked": record.password == nil ? "no" : "yes"])
    return slot
  }

  mutating func delete(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try visibleRoom(caller, name)
    let room = rooms[slot]
    guard !room.isLobby else {
      throw Refusal(.notInLobby, "lobby is always there and cannot be deleted.")
    }
    guard role(of: users[caller.user], in: room) != .member else {
      throw Refusal(.notPermitted, "Only the owner and the moderators of \(room.name) may delete it.")
    }
    reply("delete", .room(room.name, password: nil), to: caller)
    deleteRoom(slot, by: users[caller.user].name.text, except: caller.session)
  }

  /// Deletes a room and notifies its members, except a session that gets a reply. Sessions with it as their current
  /// room are in `lobby` then. Returns the number of online members.
  @discardableResult
  mutating func deleteRoom(_ slot: RoomSlot, by: String, except: SessionID? = nil) -> Int {
    let room = rooms[slot]
    log("deleted", ["room": room.name.text, "by": by])
    send(.deleted(room: room.name, by: by), to: room.sessions, except: except)
    let members = members(of: slot)
    for user in members {
      removeFromRoom(user, slot)
      recordChange(of: user)
    }
    // The order of a set differs between processes; the order of effects must not.
    for name in room.absentMembers.sorted() { recordAbsentLeave(name, from: room.name) }
    work += 4 * (members.count + room.absentMembers.count)
    endRoom(slot)
    return members.count
  }

  /// The online members of a room, each once.
  func members(of slot: RoomSlot) -> [UserSlot] {
    rooms[slot].sessions.compactMap { session in
      let user = sessions[session].user!
      return users[user].sessions[0] == session ? user : nil
    }
  }

  /// Ends a guest's room with its last member.
  mutating func endIfEmpty(_ slot: RoomSlot) {
    guard rooms[slot].isTemporary, rooms[slot].memberCount == 0 else { return }
    log("ended", ["room": rooms[slot].name.text], text: "its last member left")
    endRoom(slot)
  }

  private mutating func endRoom(_ slot: RoomSlot) {
    let was = rooms[slot].record
    let room = rooms.remove(slot)
    for entry in files.removeAll(in: room.name) { finishRemoving(entry) }
    if !room.isTemporary {
      record(.roomRemoved(was: was))
      if counts.isRecorded { recordCounts(removed: [room.name]) }
    }
  }

  /// Changes a room and records it.
  mutating func changeRoom(_ slot: RoomSlot, _ change: (inout Rooms) -> Void) {
    let was = rooms[slot].record
    change(&rooms)
    recordRoom(slot, was: was)
  }

  /// `was` is the record before the change.
  mutating func recordRoom(_ slot: RoomSlot, was: RoomRecord) {
    guard !rooms[slot].isTemporary else { return }
    let record = rooms[slot].record
    // The cost grows with the names in both, which the journal compares.
    work += (record.moderators.count + record.banned.count + record.muted.count) / 8
    self.record(.room(record, was: was))
  }
}

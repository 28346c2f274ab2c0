import ChatProtocol

extension Core {
  mutating func create(_ id: SessionID, _ name: Name, _ access: RoomAccess, _ entropy: Entropy) {
    guard mayCreate(id, name) else { return }
    switch access {
    case .open: finishCreation(id, name, password: nil, shown: nil)
    case .password(let secret):
      sessions[id].pending = .create(name, shown: nil)
      effects.append(.hashPassword(id, secret))
    case .generatedPassword:
      let secret = entropy.password
      sessions[id].pending = .create(name, shown: secret)
      effects.append(.hashPassword(id, secret))
    }
  }

  private mutating func mayCreate(_ id: SessionID, _ name: Name) -> Bool {
    if roomsByName[name] != nil {
      refuse(id, "create", .roomTaken, "There is a room \(name) already: /join \(name), or choose another name.")
      return false
    }
    if settings.rooms > 0 && rooms.count >= settings.rooms {
      refuse(
        id, "create", .tooManyRooms,
        "The server has all the rooms it may have (\(settings.rooms)); /rooms lists them, /join one instead.")
      return false
    }
    if people[sessions[id].person!].isGuest, settings.guestRoomsPerAddress > 0,
      guestRooms[sessions[id].network] ?? 0 >= settings.guestRoomsPerAddress
    {
      refuse(
        id, "create", .tooManyRooms,
        "Guests from your address have made as many rooms as they may (\(settings.guestRoomsPerAddress)); "
          + "/join one, or /register.")
      return false
    }
    return mayJoinAnother(id, "create")
  }

  /// A guest's room has ended, or stays.
  mutating func forgetGuestRoom(of network: Network) {
    let left = (guestRooms[network] ?? 0) - 1
    guestRooms[network] = left > 0 ? left : nil
  }

  /// Whether the session's person may be in one room more; else the refusal has been sent.
  mutating func mayJoinAnother(_ id: SessionID, _ command: String) -> Bool {
    guard settings.roomsPerUser > 0, people[sessions[id].person!].rooms.count >= settings.roomsPerUser else {
      return true
    }
    refuse(
      id, command, .tooManyRooms,
      "You are in as many rooms as one may be in (\(settings.roomsPerUser)); /leave ROOM first.")
    return false
  }

  mutating func finishCreation(_ id: SessionID, _ name: Name, password: String?, shown: Secret?) {
    // The name may have been taken, and the bound reached, while the password was hashed.
    guard let slot = sessions[id].person, mayCreate(id, name) else { return }
    let person = people[slot]
    var room = Room(
      RoomRecord(
        name: name, owner: person.isGuest ? nil : person.name, password: password, created: now,
        firstID: nextID),
      isTemporary: person.isGuest)
    if room.isTemporary {
      room.network = sessions[id].network
      guestRooms[sessions[id].network, default: 0] += 1
    }
    let place = addRoom(room)
    if !room.isTemporary { record(.room(room.record, was: nil)) }
    log(
      "created",
      [.init("room", name.text), .init("by", person.name.text), .init("locked", password == nil ? "no" : "yes")])
    addMember(slot, to: place)
    recordUser(slot)
    for session in people[slot].sessions where session != id {
      send(.joined(room: name, user: person.name), to: session)
    }
    sessions[id].current = place
    reply("create", .room(name, password: shown), to: id)
  }

  mutating func delete(_ id: SessionID, _ name: Name) {
    guard let slot = visibleRoom(id, name, "delete") else { return }
    let room = rooms[slot]
    let person = people[sessions[id].person!]
    guard !room.isLobby else {
      refuse(id, "delete", .notInLobby, "lobby is always there and cannot be deleted.")
      return
    }
    guard role(of: person, in: room) != .member else {
      refuse(id, "delete", .notPermitted, "Only the owner and the moderators of \(room.name) may delete it.")
      return
    }
    reply("delete", .room(room.name, password: nil), to: id)
    deleteRoom(slot, by: person.name.text, except: id)
  }

  /// Takes a room away: its members are told, but for a session whose reply says so, and those whose current room it was are
  /// in `lobby` now.
  /// Gives how many people were in it.
  @discardableResult
  mutating func deleteRoom(_ slot: Int32, by: String, except: SessionID? = nil) -> Int {
    let room = rooms[slot]
    log("deleted", [.init("room", room.name.text), .init("by", by)])
    send(.deleted(room: room.name, by: by), to: room.sessions, except: except)
    var members: [Int32] = []
    for session in room.sessions {
      let person = sessions[session].person!
      if people[person].sessions.first == session { members.append(person) }
    }
    for person in members {
      removeFromRoom(person, of: slot)
      recordUser(person)
    }
    // A set has another order in each process, and effects must not.
    for name in room.absentMembers.sorted() { recordAbsentLeave(of: name, in: room.name) }
    work += 4 * (members.count + room.absentMembers.count)
    endRoom(slot)
    return members.count
  }

  /// A guest's room goes with its last member.
  mutating func endIfEmpty(_ slot: Int32) {
    guard rooms[slot].isTemporary, rooms[slot].memberCount == 0 else { return }
    log("ended", [.init("room", rooms[slot].name.text)], text: "its last member left")
    endRoom(slot)
  }

  private mutating func endRoom(_ slot: Int32) {
    precondition(rooms[slot].memberCount == 0 && !rooms[slot].isLobby, "a room ends without members, and lobby never")
    let room = rooms.remove(slot)
    roomRanking.remove(slot, memberCount: 0)
    if room.hasCountDue { roomsWithCountDue.removeAll { $0 == slot } }
    if let network = room.network { forgetGuestRoom(of: network) }
    removeFiles(of: room.name)
    roomsByName[room.name] = nil
    if let owner = room.owner { decrementOwnership(owner) }
    for moderator in room.moderators.names { decrementOwnership(moderator) }
    if !room.isTemporary { record(.roomRemoved(was: room.record)) }
  }

  mutating func decrementOwnership(_ name: Name) {
    guard let count = ownershipCounts[name] else { preconditionFailure("\(name) had no standing to lose") }
    ownershipCounts[name] = count == 1 ? nil : count - 1
  }
}

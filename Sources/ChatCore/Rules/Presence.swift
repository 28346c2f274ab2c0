import ChatProtocol

// Who is here and in which room. An account's sessions are all in all of its rooms; a guest has one session.
extension Core {
  /// Brings a session in under a name: into `lobby`, and into the account's rooms. The reply to
  /// `command` comes first, then the others are told, then come the messages that wait unread.
  mutating func comeIn(_ id: SessionID, as name: Name, isGuest: Bool, answering command: String, token: Secret?) {
    let isFirst = present[name] == nil
    let slot = present[name] ?? people.insert(Person(name: name, isGuest: isGuest))
    let keepsake = isGuest ? nil : keepsakes[name]
    if isFirst {
      present[name] = slot
      people[slot].isMuted = restrictions.mute(of: name, at: steady) != nil
      if let keepsake { wake(slot, keepsake) }
    }
    people[slot].sessions.append(id)
    sessions[id].person = slot
    sessions[id].resumeToken = token
    if let token { tokens[token] = id }

    let lobby = roomsByName[.lobby]!
    sessions[id].current = lobby
    for room in people[slot].rooms { seat(id, in: room) }
    var entered: [Int32] = []
    if !people[slot].rooms.contains(lobby) {
      entered.append(lobby)
      admit(slot, to: lobby)
    }
    if isFirst { entered += rejoin(slot, keepsake?.rooms ?? []) }

    effects.append(.cameIn(id))
    if isFirst || !entered.isEmpty { keep(slot, lastSeen: now) }
    let person = people[slot]
    let unread = isGuest ? [] : unread[name] ?? []
    reply(
      command,
      .entered(
        user: name, isOperator: isOperator(person), room: .lobby, rooms: person.rooms.map { rooms[$0].name },
        resume: token, unread: unread.count), to: id)
    send(.room(rooms[lobby].summary), to: id)
    for room in entered { announce(room, .joined(room: rooms[room].name, user: name), except: id) }
    for mail in unread {
      var message = mail.message
      message.hasWaited = true
      effects.append(.sendPast(.privateMessage(message), at: mail.time, to: id))
    }
  }

  private mutating func wake(_ person: Int32, _ keepsake: UserState) {
    people[person].away = keepsake.away
    people[person].ignores = NameList(keepsake.ignores)
    for name in keepsake.ignores { ignorers[name, default: []].insert(person) }
  }

  /// Takes an account that has just come in back into its rooms: those that are still there, have a place left
  /// and did not ban it by an edit of the files.
  private mutating func rejoin(_ person: Int32, _ names: [Name]) -> [Int32] {
    var entered: [Int32] = []
    for name in names {
      guard let slot = roomsByName[name] else { continue }
      rooms[slot].absentMembers.remove(people[person].name)
      guard !people[person].rooms.contains(slot), !isFull(rooms[slot]),
        !isBanned(people[person], from: rooms[slot])
      else { continue }
      admit(person, to: slot)
      entered.append(slot)
    }
    return entered
  }

  func isFull(_ room: Room) -> Bool {
    settings.members > 0 && room.memberCount >= settings.members && !room.isLobby
  }

  /// Makes somebody a member and seats all their sessions; nothing is announced or recorded.
  mutating func admit(_ person: Int32, to room: Int32) {
    people[person].rooms.append(room)
    rooms[room].memberCount += 1
    for session in people[person].sessions { seat(session, in: room) }
  }

  /// Takes somebody out of a room, sessions and all; nothing is announced or recorded.
  /// Sessions whose current room it was must be moved by the caller.
  mutating func dismiss(_ person: Int32, from room: Int32) {
    people[person].rooms.removeAll { $0 == room }
    rooms[room].memberCount -= 1
    for session in people[person].sessions { unseat(session, from: room) }
  }

  private mutating func seat(_ id: SessionID, in room: Int32) {
    sessions[id].seats.append(Session.Seat(room: room, position: Int32(rooms[room].sessions.count)))
    rooms[room].sessions.append(id)
  }

  /// Gives the seat to the room's last session, so that nobody else has to move up.
  private mutating func unseat(_ id: SessionID, from room: Int32) {
    guard let index = sessions[id].seats.firstIndex(where: { $0.room == room }) else { return }
    let position = sessions[id].seats.remove(at: index).position
    let last = rooms[room].sessions.removeLast()
    guard last != id else { return }
    rooms[room].sessions[Int(position)] = last
    let moved = sessions[last].seats.firstIndex { $0.room == room }!
    sessions[last].seats[moved].position = position
  }

  /// A session is no longer in: its last one takes the person out of all rooms.
  mutating func goOut(_ id: SessionID, reason: String) {
    guard let slot = sessions[id].person else { return }
    if let token = sessions[id].resumeToken { tokens[token] = nil }
    sessions[id].resumeToken = nil
    let joined = people[slot].rooms
    for room in joined { unseat(id, from: room) }
    people[slot].sessions.removeAll { $0 == id }
    sessions[id].person = nil
    let name = people[slot].name
    logOffline(name, id, reason: reason)
    guard people[slot].sessions.isEmpty else { return }

    if !people[slot].isGuest { keep(slot, lastSeen: now) }
    for ignored in people[slot].ignores.names { forgetIgnorer(slot, of: ignored) }
    let isGuest = people[slot].isGuest
    present[name] = nil
    _ = people.remove(slot)
    for room in joined {
      rooms[room].memberCount -= 1
      // A guest's room is not kept among an account's, so that nobody comes back into it.
      if !isGuest, !rooms[room].isPassing { noteAbsent(name, in: rooms[room].name) }
      announce(room, .left(room: rooms[room].name, user: name, reason: reason))
      endIfEmpty(room)
    }
  }

  mutating func logOffline(_ name: Name, _ id: SessionID, reason: String) {
    log("offline", [.init("user", name.text), .init("session", "\(id.number)")], text: reason)
  }

  mutating func forgetIgnorer(_ person: Int32, of name: Name) {
    ignorers[name]?.remove(person)
    if ignorers[name]?.isEmpty == true { ignorers[name] = nil }
  }

  /// Keeps what is to outlive the account's stay here, and records it.
  mutating func keep(_ slot: Int32, lastSeen: Timestamp? = nil) {
    let person = people[slot]
    guard !person.isGuest else { return }
    let was = keepsakes[person.name] ?? UserState(name: person.name)
    var keepsake = was
    keepsake.name = person.name
    if let lastSeen { keepsake.lastSeen = lastSeen }
    keepsake.rooms = person.rooms.filter { !rooms[$0].isPassing }.map { rooms[$0].name }
    keepsake.away = person.away
    keepsake.ignores = person.ignores.names
    keepsakes.set(keepsake)
    record(.user(keepsake, was: was))
  }

  /// Takes a room from those that an account which is not here comes back into.
  mutating func forgetMembership(of name: Name, in room: Name) {
    guard let was = keepsakes[name] else { return }
    var keepsake = was
    keepsake.name = name
    keepsake.rooms.removeAll { $0 == room }
    keepsakes.set(keepsake)
    record(.user(keepsake, was: was))
  }

  /// Whether `name` stands for somebody whose row was removed by hand: it owns, moderates or has mail waiting.
  func isReserved(_ name: Name) -> Bool {
    standings[name] != nil || unread[name] != nil
  }
}

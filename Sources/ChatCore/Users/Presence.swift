import ChatProtocol

/// Somebody who is here: an account with one session or more, or a guest with one.
struct Person: Sendable {
  let name: Name
  let isGuest: Bool
  var sessions: [SessionID] = []
  /// Places in `Core.rooms`, in the order of joining. Never empty once in.
  var rooms: [Int32] = []
  var away: String?
  var ignores = NameList()
  /// What is to be recorded of an account and has not been.
  var unrecordedChange: UserChange
  /// Whether there is a mute for its name, of which `Core.restrictions` knows the end: who has none costs a message no search.
  var isMuted = false

  init(name: Name, isGuest: Bool) {
    self.name = name
    self.isGuest = isGuest
    unrecordedChange = UserChange(name)
  }
}

// Who is here and in which room. An account's sessions are all in all of its rooms; a guest has one session.
extension Core {
  /// Brings a session in under a name: into `lobby`, and into the account's rooms. The reply to
  /// `command` comes first, then the others are told, then come the messages that wait unread.
  mutating func logIn(_ id: SessionID, as name: Name, isGuest: Bool, answering command: String, token: Secret?) {
    let isFirst = present[name] == nil
    let slot = present[name] ?? people.insert(Person(name: name, isGuest: isGuest))
    let offlineUser = isGuest ? nil : offlineUsers[name]
    if isFirst {
      present[name] = slot
      people[slot].isMuted = restrictions.mute(of: name, at: steady) != nil
      if let offlineUser { restoreAwayAndIgnores(slot, offlineUser) }
    }
    people[slot].sessions.append(id)
    sessions[id].person = slot
    sessions[id].resumeToken = token
    if let token { tokens[token] = id }

    let lobby = roomsByName[.lobby]!
    sessions[id].current = lobby
    for room in people[slot].rooms { subscribe(id, to: room) }
    work += people[slot].rooms.count
    var entered: [Int32] = []
    if !people[slot].rooms.contains(lobby) {
      entered.append(lobby)
      addMember(slot, to: lobby, isRecorded: offlineUser?.rooms.contains(.lobby) == true)
    }
    if isFirst { entered += rejoin(slot, offlineUser?.rooms ?? []) }

    effects.append(.loggedIn(id))
    if isFirst || !entered.isEmpty { recordUser(slot, lastSeen: now) }
    if isFirst { saveOfflineUser(of: slot, lastSeen: now) }
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

  private mutating func restoreAwayAndIgnores(_ person: Int32, _ offlineUser: UserState) {
    people[person].away = offlineUser.away
    people[person].ignores = NameList(offlineUser.ignores)
    for name in offlineUser.ignores { ignorers[name, default: []].insert(person) }
  }

  /// Takes an account that has just come in back into its rooms: those that are still there, have a place left
  /// and did not ban it by an edit of the files.
  private mutating func rejoin(_ person: Int32, _ names: [Name]) -> [Int32] {
    var entered: [Int32] = []
    work += 4 * names.count
    for name in names where name != .lobby {
      // A room made anew under a name that it had joined is another one, and does not know it.
      guard let slot = roomsByName[name], rooms[slot].absentMembers.remove(people[person].name) != nil,
        !isFull(rooms[slot]), !isBanned(people[person], from: rooms[slot])
      else {
        people[person].unrecordedChange.leave(name)
        continue
      }
      addMember(person, to: slot, isRecorded: true)
      entered.append(slot)
    }
    return entered
  }

  func isFull(_ room: Room) -> Bool {
    settings.members > 0 && room.memberCount >= settings.members && !room.isLobby
  }

  /// Makes somebody a member and subscriptions all their sessions; nothing is announced, and what is to be recorded is only noted, unless it
  /// `isRecorded` already.
  mutating func addMember(_ person: Int32, to room: Int32, isRecorded: Bool = false) {
    people[person].rooms.append(room)
    if !isRecorded, !people[person].isGuest, !rooms[room].isTemporary {
      people[person].unrecordedChange.join(rooms[room].name)
    }
    setMemberCount(of: room, rooms[room].memberCount + 1)
    for session in people[person].sessions { subscribe(session, to: room) }
  }

  private mutating func setMemberCount(of room: Int32, _ count: Int) {
    roomRanking.move(room, from: rooms[room].memberCount, to: count)
    rooms[room].memberCount = count
  }

  /// Takes somebody out of a room, sessions and all; nothing is announced, and what is to be recorded is only noted.
  /// Sessions whose current room it was must be moved by the caller.
  mutating func removeMember(_ person: Int32, from room: Int32) {
    people[person].rooms.removeAll { $0 == room }
    if !people[person].isGuest, !rooms[room].isTemporary { people[person].unrecordedChange.leave(rooms[room].name) }
    setMemberCount(of: room, rooms[room].memberCount - 1)
    for session in people[person].sessions { unsubscribe(session, from: room) }
    work += people[person].sessions.count
  }

  private mutating func subscribe(_ id: SessionID, to room: Int32) {
    sessions[id].subscriptions.append(Session.Subscription(room: room, position: Int32(rooms[room].sessions.count)))
    rooms[room].sessions.append(id)
  }

  /// Gives the seat to the room's last session, so that nobody else has to move up.
  private mutating func unsubscribe(_ id: SessionID, from room: Int32) {
    guard let index = sessions[id].subscriptions.firstIndex(where: { $0.room == room }) else { return }
    removeSubscription(sessions[id].subscriptions.remove(at: index), of: id)
  }

  private mutating func removeSubscription(_ seat: Session.Subscription, of id: SessionID) {
    let last = rooms[seat.room].sessions.removeLast()
    guard last != id else { return }
    rooms[seat.room].sessions[Int(seat.position)] = last
    let moved = sessions[last].subscriptions.firstIndex { $0.room == seat.room }!
    sessions[last].subscriptions[moved].position = seat.position
  }

  /// A session is no longer in: its last one takes the person out of all rooms.
  mutating func logOut(_ id: SessionID, reason: String) {
    guard let slot = sessions[id].person else { return }
    if let token = sessions[id].resumeToken { tokens[token] = nil }
    sessions[id].resumeToken = nil
    let joined = people[slot].rooms
    let subscriptions = sessions[id].subscriptions
    sessions[id].subscriptions = []
    for seat in subscriptions { removeSubscription(seat, of: id) }
    work += subscriptions.count
    people[slot].sessions.removeAll { $0 == id }
    sessions[id].person = nil
    let name = people[slot].name
    logOffline(name, id, reason: reason)
    guard people[slot].sessions.isEmpty else { return }

    if !people[slot].isGuest {
      recordUser(slot, lastSeen: now)
      saveOfflineUser(of: slot, lastSeen: now)
    }
    work += 4 * joined.count
    for ignored in people[slot].ignores.names { removeIgnorer(slot, of: ignored) }
    let isGuest = people[slot].isGuest
    present[name] = nil
    _ = people.remove(slot)
    for room in joined {
      setMemberCount(of: room, rooms[room].memberCount - 1)
      // A guest's room is not kept among an account's, so that nobody comes back into it.
      if !isGuest, !rooms[room].isTemporary { addAbsentMember(name, in: rooms[room].name) }
      announce(room, .left(room: rooms[room].name, user: name, reason: reason))
      endIfEmpty(room)
    }
  }

  mutating func logOffline(_ name: Name, _ id: SessionID, reason: String) {
    log("offline", [.init("user", name.text), .init("session", "\(id.number)")], text: reason)
  }

  mutating func removeIgnorer(_ person: Int32, of name: Name) {
    ignorers[name]?.remove(person)
    if ignorers[name]?.isEmpty == true { ignorers[name] = nil }
  }

  /// Records what has changed of what is to outlive the account's stay here.
  mutating func recordUser(_ slot: Int32, lastSeen: Timestamp? = nil) {
    guard !people[slot].isGuest else { return }
    var change = UserChange(people[slot].name, lastSeen: lastSeen)
    swap(&change, &people[slot].unrecordedChange)
    people[slot].unrecordedChange.lastSeen = nil
    change.lastSeen = lastSeen
    if !change.isEmpty { record(.user(change)) }
  }

  /// What is kept of an account while it is not here.
  private mutating func saveOfflineUser(of slot: Int32, lastSeen: Timestamp) {
    let person = people[slot]
    guard !person.isGuest else { return }
    work += 2 * person.rooms.count
    offlineUsers.set(
      UserState(
        name: person.name, lastSeen: lastSeen,
        rooms: person.rooms.filter { !rooms[$0].isTemporary }.map { rooms[$0].name }, away: person.away,
        ignores: person.ignores.names))
  }

  /// An account that is not here does not come back into a room: the room has forgotten it, which counts.
  mutating func recordAbsentLeave(of name: Name, in room: Name) {
    var change = UserChange(name)
    change.leave(room)
    record(.user(change))
  }

  /// Whether an account that is not here is a member of a room of that name.
  func isAbsentMember(_ name: Name, of room: Name) -> Bool {
    room == .lobby || roomsByName[room].map { rooms[$0].absentMembers.contains(name) } ?? false
  }

  /// Whether `name` stands for somebody whose row was removed by hand: it owns, moderates or has mail waiting.
  func isReserved(_ name: Name) -> Bool {
    ownershipCounts[name] != nil || unread[name] != nil
  }
}

extension Core {
  mutating func away(_ id: SessionID, _ text: String?) {
    let person = sessions[id].person!
    let wasAway = people[person].away != nil
    if people[person].away != text {
      people[person].away = text
      people[person].unrecordedChange.away = text.map { .away($0) } ?? .back
      recordUser(person)
    }
    let name = people[person].name
    if text != nil || wasAway { log(text == nil ? "back" : "away", [.init("user", name.text)], text: text) }
    reply("away", .away(text), to: id)
    if wasAway != (text != nil) {
      announceToSharedRooms(of: person, text == nil ? .back(user: name) : .away(user: name), except: id)
    }
  }

  mutating func ignore(_ id: SessionID, _ name: Name) {
    let person = sessions[id].person!
    guard people[person].name != name else {
      refuse(id, "ignore", .notYourself, "You cannot ignore yourself.")
      return
    }
    let most = people[person].isGuest ? Core.guestIgnoresMax : Core.ignoresMax
    guard people[person].ignores.names.count < most else {
      refuse(id, "ignore", .nothingToDo, "You ignore \(most) people, and more cannot be; /unignore one first.")
      return
    }
    guard people[person].ignores.insert(name) else {
      refuse(id, "ignore", .nothingToDo, "You ignore \(name) already.")
      return
    }
    ignorers[name, default: []].insert(person)
    people[person].unrecordedChange.ignore(name)
    recordUser(person)
    reply("ignore", .user(name), to: id)
  }

  mutating func unignore(_ id: SessionID, _ name: Name) {
    let person = sessions[id].person!
    guard people[person].ignores.remove(name) != nil else {
      refuse(id, "unignore", .nothingToDo, "You do not ignore \(name).")
      return
    }
    removeIgnorer(person, of: name)
    people[person].unrecordedChange.unignore(name)
    recordUser(person)
    reply("unignore", .user(name), to: id)
  }

  /// A list that somebody keeps by hand is shorter. All who are here can make the server hold as many at once, see `MemoryBound`.
  package static let ignoresMax = 100
  /// And what somebody can who only gave a name.
  package static let guestIgnoresMax = 20
}

import ChatProtocol

// Joining, leaving, switching.
extension Core {
  mutating func join(_ id: SessionID, _ name: Name, _ secret: Secret?) {
    guard let slot = visibleRoom(id, name, "join") else { return }
    let room = rooms[slot]
    let person = people[sessions[id].person!]
    if person.rooms.contains(slot) {
      sessions[id].current = slot
      reply("join", .moved(room: room.name, current: room.name), to: id)
      send(.room(room.summary), to: id)
      notifyUnchecked(id, secret, slot)
      return
    }
    guard let password = room.password, role(of: person, in: room) == .member else {
      enter(id, slot)
      notifyUnchecked(id, secret, slot)
      return
    }
    guard let secret else {
      refuse(id, "join", .roomLocked, "\(room.name) is locked: /join \(room.name) PASSWORD.")
      return
    }
    checkPassword(id, secret, hash: password, of: .room(room.name), for: "join", then: .join(room.name))
  }

  /// A password that was given and not needed may be a wrong one: nobody shall take it for right.
  private mutating func notifyUnchecked(_ id: SessionID, _ secret: Secret?, _ slot: Int32) {
    guard secret != nil, let person = sessions[id].person, people[person].rooms.contains(slot) else { return }
    let room = rooms[slot]
    let why =
      switch role(of: people[person], in: room) {
      case _ where !room.isLocked: "\(room.name) is open to everybody"
      case .owner: "you own \(room.name)"
      case .moderator: "you moderate \(room.name)"
      case .operator: "you are an operator"
      case .member: "you are a member of \(room.name)"
      }
    send(.notice(text: "The password was not checked: \(why), so it was not needed."), to: id)
  }

  mutating func roomPasswordVerified(_ id: SessionID, _ name: Name, matches: Bool) {
    guard matches else {
      let person = people[sessions[id].person!]
      log(
        "join-refused",
        [.init("room", name.text), .init("user", person.name.text), .init("address", sessions[id].address)])
      refuse(id, "join", .wrongPassword, "That is not the password of \(name); ask a member for it.")
      return
    }
    // Meanwhile the room may have gone, or the ban come.
    guard let slot = visibleRoom(id, name, "join") else { return }
    enter(id, slot)
  }

  private mutating func enter(_ id: SessionID, _ slot: Int32) {
    guard let person = sessions[id].person else { return }
    let name = rooms[slot].name
    guard !people[person].rooms.contains(slot) else {
      sessions[id].current = slot
      reply("join", .moved(room: name, current: name), to: id)
      return
    }
    guard !isFull(rooms[slot]) else {
      refuse(
        id, "join", .roomFull,
        "\(name) has all the members it may have (\(settings.members)); try again when somebody has left.")
      return
    }
    guard mayJoinAnother(id, "join") else { return }
    addMember(person, to: slot)
    recordUser(person)
    sessions[id].current = slot
    log("joined", [.init("room", name.text), .init("user", people[person].name.text)])
    reply("join", .moved(room: name, current: name), to: id)
    send(.room(rooms[slot].summary), to: id)
    announce(slot, .joined(room: name, user: people[person].name), except: id)
  }

  mutating func leave(_ id: SessionID, _ name: Name?) {
    let person = sessions[id].person!
    guard let slot = joinedRoom(id, name, "leave") else { return }
    let room = rooms[slot]
    guard !(room.isLobby && people[person].rooms.count == 1) else {
      refuse(
        id, "leave", .onlyRoom, "lobby is the only room you are in, so you stay; /join another first, or /quit.")
      return
    }
    let isBackInLobby = removeSilently(person, of: slot)
    recordUser(person)
    log("left", [.init("room", room.name.text), .init("user", people[person].name.text)])
    let current = rooms[sessions[id].current].name
    reply("leave", .moved(room: room.name, current: current), to: id)
    if isBackInLobby { announceInLobby(person) }
    let event = Event.left(room: room.name, user: people[person].name, reason: "left")
    for session in people[person].sessions where session != id { send(event, to: session) }
    announce(slot, event)
    endIfEmpty(slot)
  }

  mutating func switchRoom(_ id: SessionID, _ name: Name) {
    guard let slot = joinedRoom(id, name, "switch") else { return }
    sessions[id].current = slot
    reply("switch", .moved(room: rooms[slot].name, current: rooms[slot].name), to: id)
  }

  /// Takes somebody out of a room. Sessions whose current room it was go to `lobby`, which is entered for that where
  /// the person had left it; from `lobby` itself they go to the first room left.
  mutating func removeFromRoom(_ person: Int32, of slot: Int32) {
    if removeSilently(person, of: slot) { announceInLobby(person) }
  }

  /// `removeFromRoom` without a word to anybody: whether `lobby` was entered, which is to be announced.
  private mutating func removeSilently(_ person: Int32, of slot: Int32) -> Bool {
    removeMember(person, from: slot)
    let lobby = roomsByName[.lobby]!
    let isElsewhere = people[person].sessions.allSatisfy { sessions[$0].current != slot }
    guard !isElsewhere else { return false }
    let entersLobby = slot != lobby && !people[person].rooms.contains(lobby)
    if entersLobby { addMember(person, to: lobby) }
    let refuge = slot == lobby ? people[person].rooms[0] : lobby
    for session in people[person].sessions where sessions[session].current == slot {
      sessions[session].current = refuge
    }
    return entersLobby
  }

  private mutating func announceInLobby(_ person: Int32) {
    announce(roomsByName[.lobby]!, .joined(room: .lobby, user: people[person].name))
  }

  /// The room of that name as far as the session may know of it; else the refusal has been sent.
  mutating func visibleRoom(_ id: SessionID, _ name: Name, _ command: String) -> Int32? {
    guard let slot = roomsByName[name] else {
      refuse(id, command, .noSuchRoom, "There is no room \(name); /rooms lists them, /create \(name) makes it.")
      return nil
    }
    guard !isBanned(people[sessions[id].person!], from: rooms[slot]) else {
      refuse(id, command, .banned, "You are banned from \(rooms[slot].name).")
      return nil
    }
    return slot
  }

  /// The room of that name, or the current one, that the session is in; else the refusal has been sent.
  mutating func joinedRoom(_ id: SessionID, _ name: Name?, _ command: String) -> Int32? {
    guard let name else { return sessions[id].current }
    guard let slot = visibleRoom(id, name, command) else { return nil }
    guard people[sessions[id].person!].rooms.contains(slot) else {
      let hint = command == "leave" ? ", so there is nothing to leave." : "; /join \(rooms[slot].name) first."
      refuse(id, command, .notInRoom, "You are not in \(rooms[slot].name)\(hint)")
      return nil
    }
    return slot
  }
}

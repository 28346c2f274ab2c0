import ChatProtocol

// What owners, moderators and operators do in their current room.
extension Core {
  mutating func topic(_ id: SessionID, _ text: String?) {
    guard let text else {
      let room = rooms[sessions[id].current]
      reply("topic", .topic(room: room.name, text: room.topic), to: id)
      return
    }
    guard let slot = roomToModerate(id, .topic(text)) else { return }
    let by = people[sessions[id].person!].name
    let was = rooms[slot].record
    rooms[slot].topic = text
    recordRoom(slot, was: was)
    log("topic", [.init("room", rooms[slot].name.text), .init("by", by.text)], text: text)
    reply("topic", .topic(room: rooms[slot].name, text: text), to: id)
    send(.topic(room: rooms[slot].name, text: text, by: by.text), to: rooms[slot].sessions, except: id)
  }

  mutating func kick(_ id: SessionID, _ name: Name, reason: String?) {
    guard let slot = roomToModerate(id, .kick(name, reason: reason)), mayActOn(id, name, slot, "kick") else { return }
    guard let person = present[name], people[person].rooms.contains(slot) else {
      refuse(
        id, "kick", .notHere,
        rooms[slot].absentMembers.contains(name)
          ? "\(name) is a member of \(rooms[slot].name) but not here now; /ban keeps somebody out for good."
          : "\(name) is not in \(rooms[slot].name); /who lists who is.")
      return
    }
    let by = people[sessions[id].person!].name
    log(
      "kicked",
      [.init("room", rooms[slot].name.text), .init("user", people[person].name.text), .init("by", by.text)],
      text: reason)
    reply("kick", .user(people[person].name), to: id)
    kickFromRoom(person, of: slot, by: by.text, reason: reason ?? "", except: id)
  }

  mutating func ban(_ id: SessionID, _ name: Name) {
    guard let slot = roomToModerate(id, .ban(name)), mayActOn(id, name, slot, "ban") else { return }
    guard let known = knownName(id, name, "ban"),
      hasSpaceInList(id, rooms[slot].banned, known, "ban", "are banned from \(rooms[slot].name)", "/unban")
    else { return }
    let was = rooms[slot].record
    guard rooms[slot].banned.insert(known) else {
      refuse(id, "ban", .nothingToDo, "\(known) is banned from \(rooms[slot].name) already.")
      return
    }
    let by = people[sessions[id].person!].name
    recordRoom(slot, was: was)
    log("banned", [.init("room", rooms[slot].name.text), .init("user", known.text), .init("by", by.text)])
    reply("ban", .user(known), to: id)
    enforceBan(known, of: slot, by: by.text)
  }

  /// Takes somebody who has just been banned out of the room, here or not.
  mutating func enforceBan(_ name: Name, of slot: Int32, by: String) {
    if let person = present[name], people[person].rooms.contains(slot) {
      kickFromRoom(person, of: slot, by: by, reason: "banned")
    } else if rooms[slot].absentMembers.remove(name) != nil {
      recordAbsentLeave(of: name, in: rooms[slot].name)
    }
  }

  mutating func unban(_ id: SessionID, _ name: Name) {
    guard let slot = roomToModerate(id, .unban(name)) else { return }
    let was = rooms[slot].record
    guard let known = rooms[slot].banned.remove(name) else {
      refuse(id, "unban", .nothingToDo, "\(name) is not banned from \(rooms[slot].name).")
      return
    }
    finishModeration(id, slot, known, "unban", logged: "unbanned", was: was)
  }

  mutating func mute(_ id: SessionID, _ name: Name) {
    guard let slot = roomToModerate(id, .mute(name)), mayActOn(id, name, slot, "mute"),
      let known = knownName(id, name, "mute"),
      hasSpaceInList(id, rooms[slot].muted, known, "mute", "are muted in \(rooms[slot].name)", "/unmute")
    else { return }
    let was = rooms[slot].record
    guard rooms[slot].muted.insert(known) else {
      refuse(id, "mute", .nothingToDo, "\(known) is muted in \(rooms[slot].name) already.")
      return
    }
    finishModeration(id, slot, known, "mute", logged: "muted", was: was)
    notifyMember(slot, known, "You are muted in \(rooms[slot].name): you can read but not write there.")
  }

  mutating func unmute(_ id: SessionID, _ name: Name) {
    guard let slot = roomToModerate(id, .unmute(name)) else { return }
    let was = rooms[slot].record
    guard let known = rooms[slot].muted.remove(name) else {
      refuse(id, "unmute", .nothingToDo, "\(name) is not muted in \(rooms[slot].name).")
      return
    }
    finishModeration(id, slot, known, "unmute", logged: "unmuted", was: was)
    notifyMember(slot, known, "You are no longer muted in \(rooms[slot].name).")
  }

  mutating func op(_ id: SessionID, _ name: Name) {
    guard let slot = roomToModerate(id, .op(name)) else { return }
    guard let account = accounts[name] else {
      refuse(
        id, "op", .noSuchUser,
        present[name] == nil
          ? "There is no account \(name)." : "\(name) is a guest; only an account can be a moderator.")
      return
    }
    guard hasSpaceInList(id, rooms[slot].moderators, account.name, "op", "moderate \(rooms[slot].name)", "/deop") else {
      return
    }
    let was = rooms[slot].record
    guard rooms[slot].owner != name, rooms[slot].moderators.insert(account.name) else {
      refuse(id, "op", .nothingToDo, "\(account.name) may steer \(rooms[slot].name) already.")
      return
    }
    ownershipCounts[account.name, default: 0] += 1
    finishModeration(id, slot, account.name, "op", logged: "moderator-added", was: was)
    notifyMember(slot, account.name, "You are a moderator of \(rooms[slot].name) now.")
  }

  mutating func deop(_ id: SessionID, _ name: Name) {
    guard let slot = roomToModerate(id, .deop(name)) else { return }
    let was = rooms[slot].record
    guard let known = rooms[slot].moderators.remove(name) else {
      refuse(
        id, "deop", .nothingToDo,
        rooms[slot].owner == name
          ? "\(name) owns \(rooms[slot].name), which cannot be taken away."
          : "\(name) is no moderator of \(rooms[slot].name).")
      return
    }
    decrementOwnership(known)
    finishModeration(id, slot, known, "deop", logged: "moderator-removed", was: was)
    notifyMember(slot, known, "You are no longer a moderator of \(rooms[slot].name).")
  }

  mutating func lock(_ id: SessionID, _ secret: Secret?, _ entropy: Entropy) {
    guard let slot = roomToModerate(id, .lock(secret)) else { return }
    let shown = secret == nil ? entropy.password : nil
    sessions[id].pending = .lock(rooms[slot].name, shown: shown)
    effects.append(.hashPassword(id, secret ?? shown!))
  }

  mutating func finishLock(_ id: SessionID, _ name: Name, _ hash: String, shown: Secret?) {
    // Meanwhile the room may have gone, and the right to lock it with it.
    guard let slot = roomsByName[name], role(of: people[sessions[id].person!], in: rooms[slot]) != .member else {
      refuse(id, "lock", .notPermitted, "\(name) is no longer yours to lock.")
      return
    }
    let was = rooms[slot].record
    rooms[slot].password = hash
    recordRoom(slot, was: was)
    let by = people[sessions[id].person!].name
    log("locked", [.init("room", name.text), .init("by", by.text)])
    reply("lock", .room(rooms[slot].name, password: shown), to: id)
    send(.room(rooms[slot].summary), to: rooms[slot].sessions, except: id)
  }

  mutating func unlock(_ id: SessionID) {
    guard let slot = roomToModerate(id, .unlock) else { return }
    guard rooms[slot].isLocked else {
      refuse(id, "unlock", .nothingToDo, "\(rooms[slot].name) is not locked.")
      return
    }
    let was = rooms[slot].record
    rooms[slot].password = nil
    recordRoom(slot, was: was)
    let by = people[sessions[id].person!].name
    log("unlocked", [.init("room", rooms[slot].name.text), .init("by", by.text)])
    reply("unlock", .room(rooms[slot].name, password: nil), to: id)
    send(.room(rooms[slot].summary), to: rooms[slot].sessions, except: id)
  }

  // MARK: - What they share

  /// Takes somebody out of a room against their will: told to them and to those who stay, but for a session whose reply
  /// says so.
  mutating func kickFromRoom(_ person: Int32, of slot: Int32, by: String, reason: String, except: SessionID? = nil) {
    let name = people[person].name
    let room = rooms[slot].name
    send(.kicked(room: room, by: by, reason: reason), to: people[person].sessions)
    removeFromRoom(person, of: slot)
    recordUser(person)
    announce(
      slot, .left(room: room, user: name, reason: "kicked by \(by)\(reason.isEmpty ? "" : ": \(reason)")"),
      except: except)
    endIfEmpty(slot)
  }

  /// Nobody acts on themselves, on the room's owner or on an operator, unless as one of these; else the refusal has been sent.
  private mutating func mayActOn(_ id: SessionID, _ name: Name, _ slot: Int32, _ command: String) -> Bool {
    let actor = people[sessions[id].person!]
    guard actor.name != name else {
      refuse(id, command, .notYourself, "That would be yourself; /leave takes you out of a room.")
      return false
    }
    let isOwner = rooms[slot].owner == name && accounts.contains(name)
    let isProtected = isOwner || accounts[name]?.role == .operator
    guard !isProtected || isOperator(actor) || (rooms[slot].owner == actor.name && !isOwner) else {
      refuse(id, command, .notPermitted, "\(name) stands above you in \(rooms[slot].name).")
      return false
    }
    return true
  }

  /// The name as its account or guest writes it; else the refusal has been sent.
  private mutating func knownName(_ id: SessionID, _ name: Name, _ command: String) -> Name? {
    if let account = accounts[name] { return account.name }
    if let person = present[name] { return people[person].name }
    refuse(id, command, .noSuchUser, "There is no account \(name) and nobody of that name is here.")
    return nil
  }

  /// Every change of a room records its lists, and those who are banned may be guests of whom nothing is left but this: so each
  /// list has an end.
  package static let listedMax = 1000

  /// Whether a list of the room's takes one more name; else the refusal has been sent.
  private mutating func hasSpaceInList(
    _ id: SessionID, _ list: NameList, _ name: Name, _ command: String, _ what: String, _ undo: String
  ) -> Bool {
    guard list.names.count >= Core.listedMax, !list.contains(name) else { return true }
    refuse(
      id, command, .nothingToDo, "\(Core.listedMax) \(what), and more cannot be; \(undo) one first.")
    return false
  }

  private mutating func finishModeration(
    _ id: SessionID, _ slot: Int32, _ name: Name, _ command: String, logged: String, was: RoomRecord
  ) {
    recordRoom(slot, was: was)
    let by = people[sessions[id].person!].name
    log(logged, [.init("room", rooms[slot].name.text), .init("user", name.text), .init("by", by.text)])
    reply(command, .user(name), to: id)
  }

  mutating func notifyMember(_ slot: Int32, _ name: Name, _ text: String) {
    guard let person = present[name], people[person].rooms.contains(slot) else { return }
    send(.notice(text: text), to: people[person].sessions)
  }

  /// `was` is its record before the change.
  mutating func recordRoom(_ slot: Int32, was: RoomRecord) {
    guard !rooms[slot].isTemporary else { return }
    let record = rooms[slot].record
    // The journal looks at all names of both.
    work += (record.moderators.count + record.banned.count + record.muted.count) / 8
    self.record(.room(record, was: was))
  }
}

extension Core {
  /// What somebody may do in a room. Rights belong to accounts: a guest has none, whatever its name.
  func role(of person: Person, in room: Room) -> RoomMember.Standing {
    if person.isGuest { return .member }
    if room.owner == person.name { return .owner }
    if room.moderators.contains(person.name) { return .moderator }
    return isOperator(person) ? .operator : .member
  }

  func isOperator(_ person: Person) -> Bool {
    !person.isGuest && accounts[person.name]?.role == .operator
  }

  /// A banned user sees nothing of a room; an operator cannot be kept from one.
  func isBanned(_ person: Person, from room: Room) -> Bool {
    room.banned.contains(person.name) && !isOperator(person)
  }

  /// Whether the past, the members and the files of a room are for this one.
  func maySee(_ room: Room, _ slot: Int32, _ person: Person) -> Bool {
    !room.isLocked || person.rooms.contains(slot) || role(of: person, in: room) != .member
  }

  /// In `lobby` an operator may mute and set the topic, and nobody anything else.
  ///
  /// The session's current room, where its person may steer it; else the refusal has been sent.
  mutating func roomToModerate(_ id: SessionID, _ command: Command) -> Int32? {
    let slot = sessions[id].current
    let room = rooms[slot]
    let person = people[sessions[id].person!]
    if room.isLobby {
      let operatorMay =
        switch command {
        case .mute, .unmute, .topic: isOperator(person)
        default: false
        }
      guard operatorMay else {
        refuse(
          id, command.word, .notInLobby,
          "lobby takes everybody and belongs to nobody, so that cannot be done there; /switch to a room of yours first."
        )
        return nil
      }
      return slot
    }
    guard role(of: person, in: room) != .member else {
      refuse(
        id, command.word, .notPermitted,
        room.isTemporary
          ? "\(room.name) was made by a guest and belongs to nobody; /create a room of your own."
          : "Only the owner and the moderators of \(room.name) may do that; ask \(room.owner?.text ?? "an operator").")
      return nil
    }
    return slot
  }
}

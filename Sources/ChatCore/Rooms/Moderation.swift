import ChatProtocol

// Commands of owners, moderators and operators for their current room.
extension Core {
  mutating func topic(_ caller: Caller, _ text: String?) throws(Refusal) {
    guard let text else {
      let room = rooms[sessions[caller.session].current]
      reply("topic", .topic(room: room.name, text: room.topic), to: caller)
      return
    }
    let slot = try roomToModerate(caller, "topic", orOperatorInLobby: true)
    let by = users[caller.user].name
    changeRoom(slot) { $0[slot].topic = text }
    let room = rooms[slot]
    log("topic", ["room": room.name.text, "by": by.text], text: text)
    reply("topic", .topic(room: room.name, text: text), to: caller)
    send(.topic(room: room.name, text: text, by: by.text), to: room.sessions, except: caller.session)
  }

  mutating func kick(_ caller: Caller, _ name: Name, reason: String?) throws(Refusal) {
    let slot = try roomToModerate(caller, "kick")
    try requireMayActOn(caller, name, slot)
    let room = rooms[slot]
    guard let user = users.slot(of: name), users[user].rooms.contains(slot) else {
      throw Refusal(
        .notHere,
        room.absentMembers.contains(name)
          ? "\(name) is a member of \(room.name) but offline; /ban keeps a user out for good."
          : "\(name) is not in \(room.name); /who lists who is.")
    }
    let (known, by) = (users[user].name, users[caller.user].name)
    log("kicked", ["room": room.name.text, "user": known.text, "by": by.text], text: reason)
    reply("kick", .user(known), to: caller)
    kickFromRoom(user, slot, by: by.text, reason: reason ?? "", except: caller.session)
  }

  mutating func ban(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try roomToModerate(caller, "ban")
    try requireMayActOn(caller, name, slot)
    let known = try knownName(name)
    try requireSpace(rooms[slot].banned, known, "users are banned from \(rooms[slot].name)", "/unban")
    guard !rooms[slot].banned.contains(known) else {
      throw Refusal(.nothingToDo, "\(known) is banned from \(rooms[slot].name) already.")
    }
    changeRoom(slot) { $0[slot].banned.insert(known) }
    endInvitation(of: known, to: slot)
    finishModeration(caller, slot, known, "ban", logged: "banned")
    enforceBan(on: known, in: slot, by: users[caller.user].name.text)
  }

  mutating func unban(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try roomToModerate(caller, "unban")
    let was = rooms[slot].record
    guard let known = rooms[slot].banned.remove(name) else {
      throw Refusal(.nothingToDo, "\(name) is not banned from \(rooms[slot].name).")
    }
    recordRoom(slot, was: was)
    finishModeration(caller, slot, known, "unban", logged: "unbanned")
  }

  mutating func mute(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try roomToModerate(caller, "mute", orOperatorInLobby: true)
    try requireMayActOn(caller, name, slot)
    let known = try knownName(name)
    try requireSpace(rooms[slot].muted, known, "users are muted in \(rooms[slot].name)", "/unmute")
    guard !rooms[slot].muted.contains(known) else {
      throw Refusal(.nothingToDo, "\(known) is muted in \(rooms[slot].name) already.")
    }
    changeRoom(slot) { $0[slot].muted.insert(known) }
    finishModeration(caller, slot, known, "mute", logged: "muted")
    notifyMember(slot, known, "You are muted in \(rooms[slot].name): you can read but not write there.")
  }

  mutating func unmute(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try roomToModerate(caller, "unmute", orOperatorInLobby: true)
    let was = rooms[slot].record
    guard let known = rooms[slot].muted.remove(name) else {
      throw Refusal(.nothingToDo, "\(name) is not muted in \(rooms[slot].name).")
    }
    recordRoom(slot, was: was)
    finishModeration(caller, slot, known, "unmute", logged: "unmuted")
    notifyMember(slot, known, "You are no longer muted in \(rooms[slot].name).")
  }

  mutating func op(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try roomToModerate(caller, "op")
    let room = rooms[slot].name
    guard let account = accounts[name] else {
      throw Refusal(
        .noSuchUser,
        users.slot(of: name) == nil
          ? "There is no account \(name)." : "\(name) is a guest; only an account can be a moderator.")
    }
    try requireSpace(rooms[slot].moderators, account.name, "users moderate \(room)", "/deop")
    guard rooms[slot].owner != name, !rooms[slot].moderators.contains(name) else {
      throw Refusal(.nothingToDo, "\(account.name) may moderate \(room) already.")
    }
    changeRoom(slot) { _ = $0.addModerator(account.name, to: slot) }
    finishModeration(caller, slot, account.name, "op", logged: "moderator-added")
    notifyMember(slot, account.name, "You are a moderator of \(room) now.")
  }

  mutating func deop(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try roomToModerate(caller, "deop")
    let was = rooms[slot].record
    guard let known = rooms.removeModerator(name, from: slot) else {
      throw Refusal(
        .nothingToDo,
        was.owner == name
          ? "\(name) owns \(was.name), which cannot be taken away." : "\(name) is no moderator of \(was.name).")
    }
    recordRoom(slot, was: was)
    finishModeration(caller, slot, known, "deop", logged: "moderator-removed")
    notifyMember(slot, known, "You are no longer a moderator of \(was.name).")
  }

  mutating func lock(_ caller: Caller, _ secret: Secret?) throws(Refusal) {
    let slot = try roomToModerate(caller, "lock")
    let shown = secret == nil ? entropy.password() : nil
    start(
      .hashPassword(secret ?? shown!), for: caller.session, then: .lock(caller, rooms[slot].name, shown: shown))
  }

  mutating func finishLock(_ caller: Caller, _ name: Name, _ hash: String, shown: Secret?) throws(Refusal) {
    // The room, or the right to lock it, may be gone by now.
    guard let slot = rooms.slot(of: name), role(of: users[caller.user], in: rooms[slot]) != .member else {
      throw Refusal(.notPermitted, "You may no longer lock \(name).")
    }
    setPassword(hash, caller, slot, "lock", logged: "locked", shown: shown)
  }

  mutating func unlock(_ caller: Caller) throws(Refusal) {
    let slot = try roomToModerate(caller, "unlock")
    guard rooms[slot].isLocked else {
      throw Refusal(.nothingToDo, "\(rooms[slot].name) is not locked.")
    }
    setPassword(nil, caller, slot, "unlock", logged: "unlocked", shown: nil)
  }

  private mutating func setPassword(
    _ hash: String?, _ caller: Caller, _ slot: RoomSlot, _ command: String, logged event: String, shown: Secret?
  ) {
    changeRoom(slot) { $0[slot].password = hash }
    let room = rooms[slot]
    log(event, ["room": room.name.text, "by": users[caller.user].name.text])
    reply(command, .room(room.name, password: shown), to: caller)
    send(.room(room.summary), to: room.sessions, except: caller.session)
  }

  mutating func finishModeration(
    _ caller: Caller, _ slot: RoomSlot, _ name: Name, _ command: String, logged event: String
  ) {
    log(event, ["room": rooms[slot].name.text, "user": name.text, "by": users[caller.user].name.text])
    reply(command, .user(name), to: caller)
  }

  mutating func notifyMember(_ slot: RoomSlot, _ name: Name, _ text: String) {
    guard let user = users.slot(of: name), users[user].rooms.contains(slot) else { return }
    send(.notice(text: text), to: users[user].sessions)
  }

  // MARK: Permissions

  /// Rights belong to accounts. A guest has none, even with a name that has rights, except in a room that the guest made.
  func role(of user: User, in room: Room) -> RoomRole {
    if user.isGuest { return room.guestModerator == user.name ? .moderator : .member }
    if room.owner == user.name { return .owner }
    if room.moderators.contains(user.name) { return .moderator }
    return isOperator(user) ? .operator : .member
  }

  func isOperator(_ user: User) -> Bool { !user.isGuest && accounts[user.name]?.role == .operator }

  /// An operator cannot be banned from a room.
  func isBanned(_ user: User, from room: Room) -> Bool { room.banned.contains(user.name) && !isOperator(user) }

  /// Whether a user may see the messages, members and files of a room.
  func maySee(_ room: Room, _ slot: RoomSlot, _ user: User) -> Bool {
    !room.isLocked && !room.isHidden || user.rooms.contains(slot) || role(of: user, in: room) != .member
  }

  /// The caller's current room; throws where they may not moderate it.
  func roomToModerate(
    _ caller: Caller, _ command: String, orOperatorInLobby isForLobby: Bool = false
  ) throws(Refusal) -> RoomSlot {
    let slot = sessions[caller.session].current
    let room = rooms[slot]
    let user = users[caller.user]
    if room.isLobby, !(isForLobby && isOperator(user)) {
      throw Refusal(
        .notInLobby,
        "lobby is open to all and has no owner, so /\(command) does not work there; /switch to a room of yours first.")
    }
    guard role(of: user, in: room) != .member else {
      throw Refusal(
        .notPermitted,
        room.isTemporary
          ? "Only the guest who made \(room.name) moderates it, while there; /create a room of your own."
          : "Only the owner and the moderators of \(room.name) may do that; ask \(room.owner?.text ?? "an operator").")
    }
    return slot
  }

  /// Throws for the caller themselves, and for the room's owner or an operator unless the caller is one of these.
  private func requireMayActOn(_ caller: Caller, _ name: Name, _ slot: RoomSlot) throws(Refusal) {
    let actor = users[caller.user]
    guard actor.name != name else {
      throw Refusal(.notYourself, "That is yourself; /leave takes you out of a room.")
    }
    let isOwner = rooms[slot].owner == name && accounts.contains(name)
    let isProtected = isOwner || accounts[name]?.role == .operator
    guard !isProtected || isOperator(actor) || (rooms[slot].owner == actor.name && !isOwner) else {
      let role = isOwner ? "owns \(rooms[slot].name)" : "is an operator"
      throw Refusal(.notPermitted, "\(name) \(role), so you may not do that.")
    }
  }

  /// The name in the spelling of its account or guest.
  func knownName(_ name: Name) throws(Refusal) -> Name {
    if let known = accounts[name]?.name ?? users[name]?.name { return known }
    throw Refusal(.noSuchUser, "There is no account and no guest \(name).")
  }

  /// The maximum length of a room's lists: each change of a room records them, and a banned guest may leave no other
  /// trace.
  package static let listedMax = 1000

  /// Throws if a list of the room is full.
  private func requireSpace(_ list: NameList, _ name: Name, _ what: String, _ undo: String) throws(Refusal) {
    guard list.names.count >= Core.listedMax, !list.contains(name) else { return }
    throw Refusal(.nothingToDo, "\(Core.listedMax) \(what), which is the limit; \(undo) one first.")
  }
}

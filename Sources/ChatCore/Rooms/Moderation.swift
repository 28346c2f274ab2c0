import ChatProtocol

// What owners, moderators and operators do in their current room.
extension Core {
  mutating func topic(_ caller: Caller, _ text: String?) {
    guard let text else {
      let room = rooms[sessions[caller.session].current]
      reply("topic", .topic(room: room.name, text: room.topic), to: caller)
      return
    }
    guard let slot = roomToModerate(caller, "topic", orOperatorInLobby: true) else { return }
    let by = users[caller.user].name
    changeRoom(slot) { $0[slot].topic = text }
    let room = rooms[slot]
    log("topic", ["room": room.name.text, "by": by.text], text: text)
    reply("topic", .topic(room: room.name, text: text), to: caller)
    send(.topic(room: room.name, text: text, by: by.text), to: room.sessions, except: caller.session)
  }

  mutating func kick(_ caller: Caller, _ name: Name, reason: String?) {
    guard let slot = roomToModerate(caller, "kick"), mayActOn(caller, name, slot, "kick") else { return }
    let room = rooms[slot]
    guard let user = users.slot(of: name), users[user].rooms.contains(slot) else {
      refuse(
        caller, "kick", .notHere,
        room.absentMembers.contains(name)
          ? "\(name) is a member of \(room.name) but offline; /ban keeps a user out for good."
          : "\(name) is not in \(room.name); /who lists who is.")
      return
    }
    let (known, by) = (users[user].name, users[caller.user].name)
    log("kicked", ["room": room.name.text, "user": known.text, "by": by.text], text: reason)
    reply("kick", .user(known), to: caller)
    kickFromRoom(user, slot, by: by.text, reason: reason ?? "", except: caller.session)
  }

  mutating func ban(_ caller: Caller, _ name: Name) {
    guard let slot = roomToModerate(caller, "ban"), mayActOn(caller, name, slot, "ban"),
      let known = knownName(caller, name, "ban"),
      hasSpace(caller, rooms[slot].banned, known, "ban", "users are banned from \(rooms[slot].name)", "/unban")
    else { return }
    guard !rooms[slot].banned.contains(known) else {
      refuse(caller, "ban", .nothingToDo, "\(known) is banned from \(rooms[slot].name) already.")
      return
    }
    changeRoom(slot) { $0[slot].banned.insert(known) }
    finishModeration(caller, slot, known, "ban", logged: "banned")
    enforceBan(on: known, in: slot, by: users[caller.user].name.text)
  }

  mutating func unban(_ caller: Caller, _ name: Name) {
    guard let slot = roomToModerate(caller, "unban") else { return }
    let was = rooms[slot].record
    guard let known = rooms[slot].banned.remove(name) else {
      refuse(caller, "unban", .nothingToDo, "\(name) is not banned from \(rooms[slot].name).")
      return
    }
    recordRoom(slot, was: was)
    finishModeration(caller, slot, known, "unban", logged: "unbanned")
  }

  mutating func mute(_ caller: Caller, _ name: Name) {
    guard let slot = roomToModerate(caller, "mute", orOperatorInLobby: true), mayActOn(caller, name, slot, "mute"),
      let known = knownName(caller, name, "mute"),
      hasSpace(caller, rooms[slot].muted, known, "mute", "users are muted in \(rooms[slot].name)", "/unmute")
    else { return }
    guard !rooms[slot].muted.contains(known) else {
      refuse(caller, "mute", .nothingToDo, "\(known) is muted in \(rooms[slot].name) already.")
      return
    }
    changeRoom(slot) { $0[slot].muted.insert(known) }
    finishModeration(caller, slot, known, "mute", logged: "muted")
    notifyMember(slot, known, "You are muted in \(rooms[slot].name): you can read but not write there.")
  }

  mutating func unmute(_ caller: Caller, _ name: Name) {
    guard let slot = roomToModerate(caller, "unmute", orOperatorInLobby: true) else { return }
    let was = rooms[slot].record
    guard let known = rooms[slot].muted.remove(name) else {
      refuse(caller, "unmute", .nothingToDo, "\(name) is not muted in \(rooms[slot].name).")
      return
    }
    recordRoom(slot, was: was)
    finishModeration(caller, slot, known, "unmute", logged: "unmuted")
    notifyMember(slot, known, "You are no longer muted in \(rooms[slot].name).")
  }

  mutating func op(_ caller: Caller, _ name: Name) {
    guard let slot = roomToModerate(caller, "op") else { return }
    let room = rooms[slot].name
    guard let account = accounts[name] else {
      refuse(
        caller, "op", .noSuchUser,
        users.slot(of: name) == nil
          ? "There is no account \(name)." : "\(name) is a guest; only an account can be a moderator.")
      return
    }
    guard hasSpace(caller, rooms[slot].moderators, account.name, "op", "users moderate \(room)", "/deop") else {
      return
    }
    guard rooms[slot].owner != name, !rooms[slot].moderators.contains(name) else {
      refuse(caller, "op", .nothingToDo, "\(account.name) may moderate \(room) already.")
      return
    }
    changeRoom(slot) { _ = $0.addModerator(account.name, to: slot) }
    finishModeration(caller, slot, account.name, "op", logged: "moderator-added")
    notifyMember(slot, account.name, "You are a moderator of \(room) now.")
  }

  mutating func deop(_ caller: Caller, _ name: Name) {
    guard let slot = roomToModerate(caller, "deop") else { return }
    let was = rooms[slot].record
    guard let known = rooms.removeModerator(name, from: slot) else {
      refuse(
        caller, "deop", .nothingToDo,
        was.owner == name
          ? "\(name) owns \(was.name), which cannot be taken away." : "\(name) is no moderator of \(was.name).")
      return
    }
    recordRoom(slot, was: was)
    finishModeration(caller, slot, known, "deop", logged: "moderator-removed")
    notifyMember(slot, known, "You are no longer a moderator of \(was.name).")
  }

  mutating func lock(_ caller: Caller, _ secret: Secret?) {
    guard let slot = roomToModerate(caller, "lock") else { return }
    let shown = secret == nil ? entropy.password() : nil
    start(
      .hashPassword(secret ?? shown!), for: caller.session, then: .lock(caller, rooms[slot].name, shown: shown))
  }

  mutating func finishLock(_ caller: Caller, _ name: Name, _ hash: String, shown: Secret?) {
    // Meanwhile the room may be gone, and the right to lock it with it.
    guard let slot = rooms.slot(of: name), role(of: users[caller.user], in: rooms[slot]) != .member else {
      refuse(caller, "lock", .notPermitted, "You may no longer lock \(name).")
      return
    }
    setPassword(hash, caller, slot, "lock", logged: "locked", shown: shown)
  }

  mutating func unlock(_ caller: Caller) {
    guard let slot = roomToModerate(caller, "unlock") else { return }
    guard rooms[slot].isLocked else {
      refuse(caller, "unlock", .nothingToDo, "\(rooms[slot].name) is not locked.")
      return
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

  private mutating func finishModeration(
    _ caller: Caller, _ slot: RoomSlot, _ name: Name, _ command: String, logged event: String
  ) {
    log(event, ["room": rooms[slot].name.text, "user": name.text, "by": users[caller.user].name.text])
    reply(command, .user(name), to: caller)
  }

  mutating func notifyMember(_ slot: RoomSlot, _ name: Name, _ text: String) {
    guard let user = users[name], user.rooms.contains(slot) else { return }
    send(.notice(text: text), to: user.sessions)
  }

  // MARK: Permissions

  /// Rights belong to accounts: a guest has none, whatever its name.
  func role(of user: User, in room: Room) -> RoomRole {
    if user.isGuest { return .member }
    if room.owner == user.name { return .owner }
    if room.moderators.contains(user.name) { return .moderator }
    return isOperator(user) ? .operator : .member
  }

  func isOperator(_ user: User) -> Bool { !user.isGuest && accounts[user.name]?.role == .operator }

  /// An operator cannot be banned from a room.
  func isBanned(_ user: User, from room: Room) -> Bool { room.banned.contains(user.name) && !isOperator(user) }

  /// Whether a user may see the messages, members and files of a room.
  func maySee(_ room: Room, _ slot: RoomSlot, _ user: User) -> Bool {
    !room.isLocked || user.rooms.contains(slot) || role(of: user, in: room) != .member
  }

  /// The caller's current room where they may moderate it; else sends the refusal.
  private mutating func roomToModerate(
    _ caller: Caller, _ command: String, orOperatorInLobby isForLobby: Bool = false
  ) -> RoomSlot? {
    let slot = sessions[caller.session].current
    let room = rooms[slot]
    let user = users[caller.user]
    if room.isLobby, !(isForLobby && isOperator(user)) {
      refuse(
        caller, command, .notInLobby,
        "lobby is open to all and has no owner, so /\(command) does not work there; /switch to a room of yours first.")
      return nil
    }
    guard role(of: user, in: room) != .member else {
      refuse(
        caller, command, .notPermitted,
        room.isTemporary
          ? "A guest made \(room.name), so it has no owner; /create a room of your own."
          : "Only the owner and the moderators of \(room.name) may do that; ask \(room.owner?.text ?? "an operator").")
      return nil
    }
    return slot
  }

  /// False, after a refusal, for the caller themselves, and for the room's owner or an operator unless the caller is one of these.
  private mutating func mayActOn(_ caller: Caller, _ name: Name, _ slot: RoomSlot, _ command: String) -> Bool {
    let actor = users[caller.user]
    guard actor.name != name else {
      refuse(caller, command, .notYourself, "That is yourself; /leave takes you out of a room.")
      return false
    }
    let isOwner = rooms[slot].owner == name && accounts.contains(name)
    let isProtected = isOwner || accounts[name]?.role == .operator
    guard !isProtected || isOperator(actor) || (rooms[slot].owner == actor.name && !isOwner) else {
      let role = isOwner ? "owns \(rooms[slot].name)" : "is an operator"
      refuse(caller, command, .notPermitted, "\(name) \(role), so you may not do that.")
      return false
    }
    return true
  }

  /// The name as its account or guest writes it; else sends the refusal.
  private mutating func knownName(_ caller: Caller, _ name: Name, _ command: String) -> Name? {
    if let known = accounts[name]?.name ?? users[name]?.name { return known }
    refuse(caller, command, .noSuchUser, "There is no account and no guest \(name).")
    return nil
  }

  /// How long a room's lists may be: each change of a room records them, and of a banned guest nothing else may be left.
  package static let listedMax = 1000

  /// Whether a list of the room takes one more name; else sends the refusal.
  private mutating func hasSpace(
    _ caller: Caller, _ list: NameList, _ name: Name, _ command: String, _ what: String, _ undo: String
  ) -> Bool {
    guard list.names.count >= Core.listedMax, !list.contains(name) else { return true }
    refuse(caller, command, .nothingToDo, "\(Core.listedMax) \(what), which is the limit; \(undo) one first.")
    return false
  }
}

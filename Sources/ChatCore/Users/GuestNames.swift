import ChatProtocol

// Guests who get another name, with `/nick`, or an account, with `/register`. Users who ignore them still ignore them.
extension Core {
  mutating func rename(_ caller: Caller, _ name: Name) throws(Refusal) {
    let old = users[caller.user].name
    guard users[caller.user].isGuest else {
      throw Refusal(.guestOnly, "You have an account, whose name stays; guests can change theirs.")
    }
    guard old.text != name.text else { throw Refusal(.nothingToDo, "You are \(old) already.") }
    try requireFree(name, nil, for: caller.user)
    // With another name the guest would no longer be muted.
    if let slot = users[caller.user].rooms.first(where: { rooms[$0].muted.contains(old) }) {
      throw Refusal(.muted, "You are muted in \(rooms[slot].name), so you keep your name there; /leave it first.")
    }
    setName(name, of: caller.user)
    log("renamed", ["user": old.text, "to": name.text, "session": "\(caller.session.number)"])
    reply("nick", .user(name), to: caller)
    announceToSharedRooms(caller, .renamed(user: old, to: name))
  }

  /// Makes an account of a guest, who stays in all rooms and owns the rooms that he or she made.
  mutating func becomeAccount(_ caller: Caller, _ name: Name, _ token: Secret) {
    let slot = caller.user
    let old = users[slot].name
    users.makeAccount(slot)
    setName(name, of: slot)
    var change = UserChange(name)
    for room in users[slot].rooms where !rooms[room].isTemporary { change.join(rooms[room].name) }
    for ignored in users[slot].ignores.names { change.ignore(ignored) }
    change.away = users[slot].away.map { .away($0) }
    users[slot].unrecordedChange = change
    sessions.setResumeToken(token, of: caller.session)
    let made = users[slot].rooms.filter { rooms[$0].guestModerator == name }
    for room in made {
      rooms.setOwner(name, of: room)
      record(.room(rooms[room].record, was: nil))
      makePermanent(room)
    }
    recordChange(of: slot, lastSeen: now)
    saveOfflineUser(slot)
    replyEntered(caller, "register", unread: 0)
    if old.text != name.text { announceToSharedRooms(caller, .renamed(user: old, to: name)) }
    for room in made { send(.room(rooms[room].summary), to: rooms[room].sessions) }
  }

  private mutating func setName(_ name: Name, of user: UserSlot) {
    let old = users[user].name
    users.rename(user, to: name)
    users[user].isMuted = restrictions.mute(of: name, at: steady) != nil
    for room in users[user].rooms where rooms[room].guestModerator == old { rooms[room].guestModerator = name }
    work += users[user].rooms.count
    moveTransfers(ofGuest: old, to: users[user])
    guard old != name else { return }
    users.unignore(name, by: user)
    // The order of a set differs between processes; the order of effects must not.
    let ignorers = (users.ignorers[old] ?? []).sorted { users[$0].name < users[$1].name }
    work += 4 * ignorers.count
    for ignorer in ignorers {
      users.unignore(old, by: ignorer)
      users.ignore(name, by: ignorer)
      users[ignorer].unrecordedChange.unignore(old)
      users[ignorer].unrecordedChange.ignore(name)
      recordChange(of: ignorer)
    }
  }
}

import ChatProtocol

// Invitations and hidden rooms.
extension Core {
  static let invitationsMax = 100
  private static let invitationMilliseconds: Int64 = 7 * 24 * 60 * 60 * 1000

  /// The room of that name, unless it does not exist for the caller.
  func room(named name: Name, seenBy caller: Caller) -> RoomSlot? {
    guard let slot = rooms.slot(of: name) else { return nil }
    return sees(rooms[slot], slot, users[caller.user]) ? slot : nil
  }

  /// Whether a room exists for a user.
  private func sees(_ room: Room, _ slot: RoomSlot, _ user: User) -> Bool {
    !room.isHidden || user.rooms.contains(slot) || role(of: user, in: room) != .member || isInvited(user, to: room)
  }

  func isInvited(_ user: User, to room: Room) -> Bool {
    !user.isGuest && room.invitations.contains { $0.user == user.name && $0.until > now } && !isBanned(user, from: room)
  }

  mutating func invite(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try roomToModerate(caller, "invite")
    let room = rooms[slot]
    guard let account = accounts[name] else {
      throw Refusal(.noSuchUser, "There is no account \(name); only accounts can be invited.")
    }
    let isMember = users.slot(of: name).map { users[$0].rooms.contains(slot) } ?? room.absentMembers.contains(name)
    guard !isMember else { throw Refusal(.nothingToDo, "\(account.name) is in \(room.name) already.") }
    guard !room.banned.contains(name) else {
      throw Refusal(.banned, "\(account.name) is banned from \(room.name); /unban \(account.name) first.")
    }
    var invitations = room.invitations.filter { $0.until > now && $0.user != name }
    guard invitations.count < Core.invitationsMax else {
      throw Refusal(
        .nothingToDo, "\(room.name) has \(Core.invitationsMax) invitations, which is the limit; /uninvite one first.")
    }
    let invitation = Invitation(user: account.name, until: now.adding(milliseconds: Core.invitationMilliseconds))
    invitations.append(invitation)
    changeRoom(slot) { $0.setInvitations(invitations, of: slot) }
    finishModeration(caller, slot, account.name, "invite", logged: "invited")
    send(.invited(room: room.name, until: invitation.until), to: users.sessions(of: name))
  }

  mutating func uninvite(_ caller: Caller, _ name: Name) throws(Refusal) {
    let slot = try roomToModerate(caller, "uninvite")
    guard let invitation = rooms[slot].invitations.first(where: { $0.user == name && $0.until > now }) else {
      throw Refusal(.nothingToDo, "\(name) is not invited to \(rooms[slot].name).")
    }
    endInvitation(of: name, to: slot)
    finishModeration(caller, slot, invitation.user, "uninvite", logged: "uninvited")
  }

  /// The invitation was used or withdrawn. Those that have expired end too.
  mutating func endInvitation(of name: Name, to slot: RoomSlot) {
    guard rooms[slot].invitations.contains(where: { $0.user == name }) else { return }
    let now = now
    let left = rooms[slot].invitations.filter { $0.user != name && $0.until > now }
    changeRoom(slot) { $0.setInvitations(left, of: slot) }
  }

  /// The next user of the name inherits no invitation.
  mutating func endInvitations(of name: Name) {
    for slot in rooms.invitingRooms[name] ?? [] { endInvitation(of: name, to: slot) }
  }

  /// After a login.
  mutating func sendInvitations(to session: SessionID, _ user: User) {
    for slot in rooms.invitingRooms[user.name] ?? [] where isInvited(user, to: rooms[slot]) {
      let invitation = rooms[slot].invitations.first { $0.user == user.name }!
      send(.invited(room: rooms[slot].name, until: invitation.until), to: session)
    }
  }

  mutating func setHidden(_ caller: Caller, _ isHidden: Bool) throws(Refusal) {
    let command = isHidden ? "hide" : "unhide"
    let slot = try roomToModerate(caller, command)
    guard rooms[slot].isHidden != isHidden else {
      throw Refusal(.nothingToDo, "\(rooms[slot].name) is \(isHidden ? "hidden already" : "not hidden").")
    }
    changeRoom(slot) { $0[slot].isHidden = isHidden }
    let room = rooms[slot]
    log(isHidden ? "hidden" : "unhidden", ["room": room.name.text, "by": users[caller.user].name.text])
    reply(command, .room(room.name, password: nil), to: caller)
    send(.room(room.summary), to: room.sessions, except: caller.session)
  }
}

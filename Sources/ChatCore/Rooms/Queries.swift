import ChatProtocol

// `/rooms`, `/info`, `/who`, and the status of the server.
extension Core {
  /// If not all rooms fit into the reply, it has those with the most members. Others are not read.
  mutating func listRooms(_ caller: Caller) {
    let user = users[caller.user]
    var left = HistoryQuery.bytesMax
    var slots: [RoomSlot] = []
    var visited = 0
    rooms.ranking.forEach { slot in
      visited += 1
      if isBanned(user, from: rooms[slot]) || rooms[slot].isHidden && !user.rooms.contains(slot) { return true }
      left -= 200 + rooms[slot].topic.utf8.count
      if left >= 0 { slots.append(slot) }
      return left >= 0
    }
    work += visited / 8
    let summaries = slots.map { rooms[$0].summary }.sorted { $0.name < $1.name }
    reply("rooms", .rooms(summaries, more: left < 0), to: caller)
  }

  mutating func info(_ caller: Caller, _ name: Name?) throws(Refusal) {
    let slot = try visibleOrCurrentRoom(caller, name)
    let isModerator = role(of: users[caller.user], in: rooms[slot]) != .member
    reply("info", .info(roomInfo(rooms[slot], whole: isModerator)), to: caller)
  }

  /// `whole`: with the lists that only moderators see.
  func roomInfo(_ room: Room, whole: Bool) -> RoomInfo {
    RoomInfo(
      summary: room.summary, created: room.created,
      moderators: (room.guestModerator.map { [$0] } ?? []) + room.moderators.names,
      banned: whole ? room.banned.names : nil, muted: whole ? room.muted.names : nil)
  }

  mutating func who(_ caller: Caller, _ name: Name?) throws(Refusal) {
    if let name, room(named: name, seenBy: caller) == nil {
      guard let (user, slot) = sharedRoom(caller, with: name) else {
        throw Refusal(
          .noSuchRoom, "There is no room \(name), and no user \(name) in a room of yours; /rooms and /who list them.")
      }
      reply("who", .who(room: rooms[slot].name, users: [roomMember(users[user], of: slot)]), to: caller)
      return
    }
    let slot = try visibleOrCurrentRoom(caller, name)
    guard maySee(rooms[slot], slot, users[caller.user]) else {
      throw Refusal(.roomLocked, "\(rooms[slot].name) is locked; only its members see who is in it.")
    }
    // Owner, moderators and operators first; the others stay in the room's order.
    var byRank: [[UserSlot]] = [[], [], [], []]
    for user in members(of: slot) { byRank[role(of: users[user], in: rooms[slot]).rank].append(user) }
    work += rooms[slot].sessions.count / 8
    var left = HistoryQuery.bytesMax
    let listed = byRank.joined().prefix { user in
      left -= 150 + (users[user].away?.utf8.count ?? 0)
      return left >= 0
    }
    reply(
      "who", .who(room: rooms[slot].name, users: roomMembers(Array(listed), of: slot), more: left < 0), to: caller)
  }

  /// An online user, and a room that both are in: the caller's current one if possible.
  private mutating func sharedRoom(_ caller: Caller, with name: Name) -> (UserSlot, RoomSlot)? {
    guard let user = users.slot(of: name) else { return nil }
    let current = sessions[caller.session].current
    if users[user].rooms.contains(current) { return (user, current) }
    let theirs = Set(users[user].rooms)
    work += (users[user].rooms.count + users[caller.user].rooms.count) / 8
    return users[caller.user].rooms.first(where: theirs.contains).map { (user, $0) }
  }

  /// The members, sorted by name.
  func roomMembers(_ members: [UserSlot], of room: RoomSlot) -> [RoomMember] {
    members.sorted { users[$0].name < users[$1].name }.map { roomMember(users[$0], of: room) }
  }

  func roomMember(_ user: User, of room: RoomSlot) -> RoomMember {
    RoomMember(
      name: user.name, isGuest: user.isGuest, isMuted: rooms[room].muted.contains(user.name),
      role: role(of: user, in: rooms[room]), away: user.away)
  }

  var status: CoreStatus {
    CoreStatus(
      sessions: sessions.count, present: users.count, accounts: accounts.count, rooms: rooms.count,
      bans: restrictions.count(of: .ban), mutes: restrictions.count(of: .mute), messages: messageCount,
      files: fileUse, recordingError: recordingError)
  }
}

extension RoomRole {
  fileprivate var rank: Int {
    switch self {
    case .owner: 0
    case .moderator: 1
    case .operator: 2
    case .member: 3
    }
  }
}

import ChatProtocol

extension Core {
  mutating func listRooms(_ id: SessionID) {
    let person = people[sessions[id].person!]
    let seen = rooms.slots.map { rooms[$0] }.filter { !isBanned(person, from: $0) }.map(\.summary)
    reply("rooms", .rooms(seen.sorted { $0.name < $1.name }), to: id)
  }

  mutating func info(_ id: SessionID, _ name: Name?) {
    guard let slot = name.map({ visibleRoom(id, $0, "info") }) ?? sessions[id].current else { return }
    let room = rooms[slot]
    let isSteering = standing(of: people[sessions[id].person!], in: room) != .member
    reply("info", .info(roomInfo(room, whole: isSteering)), to: id)
  }

  func roomInfo(_ room: Room, whole: Bool) -> RoomInfo {
    RoomInfo(
      summary: room.summary, created: room.created, moderators: room.moderators.names,
      banned: whole ? room.banned.names : nil, muted: whole ? room.muted.names : nil)
  }

  mutating func who(_ id: SessionID, _ name: Name?) {
    guard let slot = name.map({ visibleRoom(id, $0, "who") }) ?? sessions[id].current else { return }
    guard maySee(rooms[slot], slot, people[sessions[id].person!]) else {
      refuse(id, "who", .roomLocked, "\(rooms[slot].name) is locked; its members are for its members to see.")
      return
    }
    reply("who", .who(room: rooms[slot].name, users: members(of: slot)), to: id)
  }

  /// Who is in a room, by name.
  func members(of slot: Int32) -> [RoomMember] {
    let room = rooms[slot]
    var members: [RoomMember] = []
    members.reserveCapacity(room.memberCount)
    for session in room.sessions {
      let person = people[sessions[session].person!]
      guard person.sessions[0] == session else { continue }
      members.append(
        RoomMember(
          name: person.name, isGuest: person.isGuest, isMuted: room.muted.contains(person.name),
          standing: standing(of: person, in: room), away: person.away))
    }
    return members.sorted { $0.name < $1.name }
  }
}

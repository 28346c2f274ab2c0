import ChatProtocol

extension Core {
  mutating func listRooms(_ id: SessionID) {
    let person = people[sessions[id].person!]
    let seen = rooms.slots.map { rooms[$0] }.filter { !isBanned(person, from: $0) }.map(\.summary)
    let (listed, more) = seen.inOneReply(
      bytes: { 200 + $0.topic.utf8.count }, first: { $0.members > $1.members }, by: \.name)
    reply("rooms", .rooms(listed, more: more), to: id)
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
    let (listed, more) = members(of: slot).inOneReply(
      bytes: { 150 + ($0.away?.utf8.count ?? 0) }, first: { $0.standing.rank < $1.standing.rank }, by: \.name)
    reply("who", .who(room: rooms[slot].name, users: listed, more: more), to: id)
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

extension Array {
  /// As many as one reply has place for (`bytes` is a bound for one, encoded), by name, and whether that is not all. Where
  /// it is not, those that are `first` are in it.
  fileprivate func inOneReply(
    bytes: (Element) -> Int, first: (Element, Element) -> Bool, by name: (Element) -> Name
  ) -> (elements: [Element], more: Bool) {
    var left = HistoryQuery.bytesMax
    let byName = sorted { name($0) < name($1) }
    if byName.allSatisfy({
      left -= bytes($0); return left >= 0
    }) {
      return (byName, false)
    }
    left = HistoryQuery.bytesMax
    let kept = byName.sorted(by: first).prefix {
      left -= bytes($0); return left >= 0
    }
    return (kept.sorted { name($0) < name($1) }, true)
  }
}

extension RoomMember.Standing {
  fileprivate var rank: Int {
    switch self {
    case .owner: 0
    case .moderator: 1
    case .operator: 2
    case .member: 3
    }
  }
}

import ChatProtocol

extension Core {
  /// Where not all have place in the reply, those with the most members are in it. Of the others nothing is put together.
  mutating func listRooms(_ id: SessionID) {
    let person = people[sessions[id].person!]
    var ranked: [RankedPlace] = []
    ranked.reserveCapacity(rooms.count)
    for slot in 0..<Int32(rooms.placeCount) where rooms.isInUse(slot) {
      if isBanned(person, from: rooms[slot]) { continue }
      ranked.append(RankedPlace(rank: UInt32.max - UInt32(rooms[slot].memberCount), place: slot))
    }
    let (slots, more) = ranked.inOneReply { 200 + rooms[$0].topic.utf8.count }
    let byName = slots.sorted { rooms[$0].name < rooms[$1].name }
    reply("rooms", .rooms(byName.map { rooms[$0].summary }, more: more), to: id)
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
    let ranked = peopleIn(slot).map { place in
      RankedPlace(rank: standing(of: people[place], in: rooms[slot]).rank, place: place)
    }
    let (listed, more) = ranked.inOneReply { 150 + (people[$0].away?.utf8.count ?? 0) }
    reply("who", .who(room: rooms[slot].name, users: members(listed, of: slot), more: more), to: id)
  }

  /// Who is in a room, by name.
  func members(of slot: Int32) -> [RoomMember] { members(peopleIn(slot), of: slot) }

  private func members(_ places: [Int32], of slot: Int32) -> [RoomMember] {
    places.sorted { people[$0].name < people[$1].name }.map { member(people[$0], of: slot) }
  }

  func member(_ person: Person, of slot: Int32) -> RoomMember {
    RoomMember(
      name: person.name, isGuest: person.isGuest, isMuted: rooms[slot].muted.contains(person.name),
      standing: standing(of: person, in: rooms[slot]), away: person.away)
  }

  /// The places of those who are in a room, each once.
  private func peopleIn(_ slot: Int32) -> [Int32] {
    rooms[slot].sessions.compactMap { session in
      let place = sessions[session].person!
      return people[place].sessions[0] == session ? place : nil
    }
  }
}

/// A place in a table with its rank, as one number, so that sorting a hundred thousand of them takes milliseconds.
private struct RankedPlace: Comparable {
  private let number: UInt64

  init(rank: UInt32, place: Int32) { number = UInt64(rank) << 32 | UInt64(UInt32(place)) }

  var place: Int32 { Int32(truncatingIfNeeded: number) }

  static func < (left: RankedPlace, right: RankedPlace) -> Bool { left.number < right.number }
}

extension [RankedPlace] {
  /// As many as one reply has place for (`bytes` is a bound for one, encoded), the lowest rank first, and whether that is not
  /// all.
  fileprivate func inOneReply(bytes: (Int32) -> Int) -> (places: [Int32], more: Bool) {
    var left = HistoryQuery.bytesMax
    var places: [Int32] = []
    for ranked in sorted() {
      left -= bytes(ranked.place)
      if left < 0 { return (places, true) }
      places.append(ranked.place)
    }
    return (places, false)
  }
}

extension RoomMember.Standing {
  fileprivate var rank: UInt32 {
    switch self {
    case .owner: 0
    case .moderator: 1
    case .operator: 2
    case .member: 3
    }
  }
}

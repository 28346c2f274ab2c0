package import ChatProtocol

extension Core {
  /// Where not all have place in the reply, those with the most members are in it. Of the others nothing is put together.
  mutating func listRooms(_ id: SessionID) {
    let person = people[sessions[id].person!]
    var left = HistoryQuery.bytesMax
    var slots: [Int32] = []
    var looked = 0
    roomRanking.forEach { slot in
      looked += 1
      if isBanned(person, from: rooms[slot]) { return true }
      left -= 200 + rooms[slot].topic.utf8.count
      if left >= 0 { slots.append(slot) }
      return left >= 0
    }
    let more = left < 0
    work += looked / 8
    let byName = slots.sorted { rooms[$0].name < rooms[$1].name }
    reply("rooms", .rooms(byName.map { rooms[$0].summary }, more: more), to: id)
  }

  mutating func info(_ id: SessionID, _ name: Name?) {
    guard let slot = name.map({ visibleRoom(id, $0, "info") }) ?? sessions[id].current else { return }
    let room = rooms[slot]
    let isModerating = role(of: people[sessions[id].person!], in: room) != .member
    reply("info", .info(roomInfo(room, whole: isModerating)), to: id)
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
    // By their standing. Nearly all are members of no particular one, who stay in the room's order.
    var ranks: [[Int32]] = [[], [], [], []]
    for place in peopleIn(slot) { ranks[role(of: people[place], in: rooms[slot]).rank].append(place) }
    work += rooms[slot].sessions.count / 8
    var left = HistoryQuery.bytesMax
    let listed = ranks.joined().prefix { place in
      left -= 150 + (people[place].away?.utf8.count ?? 0)
      return left >= 0
    }
    let more = left < 0
    reply("who", .who(room: rooms[slot].name, users: members(Array(listed), of: slot), more: more), to: id)
  }

  /// Who is in a room, by name.
  func members(of slot: Int32) -> [RoomMember] { members(peopleIn(slot), of: slot) }

  private func members(_ places: [Int32], of slot: Int32) -> [RoomMember] {
    places.sorted { people[$0].name < people[$1].name }.map { member(people[$0], of: slot) }
  }

  func member(_ person: Person, of slot: Int32) -> RoomMember {
    RoomMember(
      name: person.name, isGuest: person.isGuest, isMuted: rooms[slot].muted.contains(person.name),
      standing: role(of: person, in: rooms[slot]), away: person.away)
  }

  /// The places of those who are in a room, each once.
  private func peopleIn(_ slot: Int32) -> [Int32] {
    rooms[slot].sessions.compactMap { session in
      let place = sessions[session].person!
      return people[place].sessions[0] == session ? place : nil
    }
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

// Which rooms are busy, and what else the operator watches.
extension Core {
  /// A message was said in the room.
  mutating func countMessage(in slot: Int32) {
    if rooms[slot].messageRate.uncounted == 0 { addRecentlyActive(slot) }
    rooms[slot].messageRate.uncounted += 1
  }

  private mutating func addRecentlyActive(_ slot: Int32) {
    if roomActivity.recentlyActive.count >= RoomActivity.recentlyActiveMax { updateMessageRates() }
    roomActivity.recentlyActive.append(slot)
  }

  mutating func updateMessageRates() {
    if roomActivity.recentlyActive.isEmpty { return }
    let second = steady.milliseconds / 1000
    // A place may be another room's by now, or stand here twice because of that.
    for slot in roomActivity.recentlyActive where rooms.isInUse(slot) { rooms[slot].messageRate.update(at: second) }
    var busiest: [(slot: Int32, messageRate: Float)] = []
    func consider(_ slot: Int32) {
      guard rooms.isInUse(slot) else { return }
      let pace = rooms[slot].messageRate.perMinute(at: second)
      if busiest.count == RoomActivity.busiestMax, pace <= busiest[busiest.count - 1].messageRate { return }
      if busiest.contains(where: { $0.slot == slot }) { return }
      if busiest.count == RoomActivity.busiestMax { busiest.removeLast() }
      busiest.insert((slot, pace), at: busiest.firstIndex { $0.messageRate < pace } ?? busiest.count)
    }
    for slot in roomActivity.busiest { consider(slot) }
    for slot in roomActivity.recentlyActive { consider(slot) }
    roomActivity.busiest = busiest.map(\.slot)
    roomActivity.recentlyActive.removeAll(keepingCapacity: true)
  }

  /// Those in which something was said lately, the busiest first.
  mutating func busiestRooms() -> [ControlBusyRoom] {
    updateMessageRates()
    let second = steady.milliseconds / 1000
    let busy = roomActivity.busiest.lazy.filter { [rooms] in rooms.isInUse($0) }.map { [rooms] slot in
      ControlBusyRoom(
        room: rooms[slot].name, members: rooms[slot].memberCount,
        messagesPerMinute: Int(rooms[slot].messageRate.perMinute(at: second).rounded()))
    }
    return Array(busy.filter { $0.messagesPerMinute > 0 }.prefix(ControlTop.rows_max))
  }

  var status: CoreStatus {
    CoreStatus(
      sessions: sessions.count, present: people.count, accounts: accounts.count, rooms: rooms.count,
      bans: restrictions.count(of: .ban), mutes: restrictions.count(of: .mute), messages: messageCount,
      files: fileUse, recordingError: recordingError)
  }

  /// What the core knows of a session; nil of one that is gone or closing.
  package func controlSession(of id: SessionID) -> ControlSession? {
    sessions.contains(id) ? controlSession(sessions[id]) : nil
  }
}

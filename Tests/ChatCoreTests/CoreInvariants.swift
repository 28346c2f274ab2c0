import ChatProtocol

@testable import ChatCore

extension Core {
  /// Inconsistencies in the state: each fact that is stored twice is recomputed from one place and compared.
  var inconsistencies: [String] {
    roomFaults + sessionFaults + personFaults + indexFaults + fileFaults
  }

  private var roomFaults: [String] {
    var faults: [String] = []
    if rooms.slot(of: .lobby) == nil { faults.append("lobby is gone") }
    if rooms.slotsByName.count != rooms.count {
      faults.append("\(rooms.slotsByName.count) names for \(rooms.count) rooms")
    }
    for slot in rooms.slots {
      let room = rooms[slot]
      if rooms.slot(of: room.name) != slot { faults.append("\(room.name) is not found by its name") }
      let members = users.slots.filter { users[$0].rooms.contains(slot) }
      if members.count != room.memberCount {
        faults.append("\(room.name) counts \(room.memberCount), has \(members.count)")
      }
      let subscribed = Set(members.flatMap { users[$0].sessions })
      if subscribed != Set(room.sessions) || subscribed.count != room.sessions.count {
        faults.append("\(room.name) subscriptions others than its members")
      }
      for (position, session) in room.sessions.enumerated()
      where !sessions[session].subscriptions.contains(where: { $0.room == slot && $0.position == Int32(position) }) {
        faults.append("a session does not know its seat in \(room.name)")
      }
      for member in members where isBanned(users[member], from: room) {
        faults.append("\(users[member].name) is banned from \(room.name) and in it")
      }
      // A guest may have the name of a member whose row was removed by hand.
      for name in room.absentMembers where users[name].map({ $0.isGuest }) == false {
        faults.append("\(name) is absent from \(room.name) and here")
      }
      if let guest = room.guestModerator, !members.contains(where: { users[$0].name == guest && users[$0].isGuest }) {
        faults.append("\(guest) moderates \(room.name) and is no guest in it")
      }
      for invitation in room.invitations where rooms.invitingRooms[invitation.user]?.contains(slot) != true {
        faults.append("\(room.name) invites \(invitation.user), who does not know it")
      }
      if room.isTemporary && members.isEmpty { faults.append("\(room.name) has outlived its last member") }
      if room.hasCountDue != rooms.withCountDue.contains(slot) { faults.append("\(room.name) owes a count or not") }
    }
    var ranked: [RoomSlot] = []
    rooms.ranking.forEach {
      ranked.append($0)
      return true
    }
    if Set(ranked) != Set(rooms.slots) || ranked.count != rooms.count { faults.append("the ranking has other rooms") }
    if zip(ranked, ranked.dropFirst()).contains(where: { rooms[$0].memberCount < rooms[$1].memberCount }) {
      faults.append("the ranking has another order")
    }
    var made: [Network: Int] = [:]
    for slot in rooms.slots {
      if let network = rooms[slot].guestNetwork { made[network, default: 0] += 1 }
    }
    if made != rooms.guestRoomCounts { faults.append("guests' rooms are \(rooms.guestRoomCounts), should be \(made)") }
    return faults
  }

  private var sessionFaults: [String] {
    sessions.all.compactMap { session in
      guard let slot = session.user else {
        return session.subscriptions.isEmpty ? nil : "a session outside has subscriptions"
      }
      guard users[slot].sessions.contains(session.id) else { return "a session's person does not know it" }
      if session.subscriptions.count != users[slot].rooms.count {
        return "\(users[slot].name) has rooms without subscriptions"
      }
      return users[slot].rooms.contains(session.current) ? nil : "\(users[slot].name)'s current room is not its own"
    }
  }

  private var personFaults: [String] {
    users.slots.compactMap { slot in
      let person = users[slot]
      if users.slot(of: person.name) != slot { return "\(person.name) is not found by its name" }
      if person.sessions.isEmpty || person.rooms.isEmpty { return "\(person.name) has no session or no room" }
      if restrictions.ban(of: person.name, at: steady) != nil { return "\(person.name) is banned and here" }
      if restrictions.mute(of: person.name, at: steady) != nil, !person.isMuted {
        return "\(person.name) does not know its mute"
      }
      if person.isGuest && accounts.contains(person.name) { return "\(person.name) is a guest with an account's name" }
      if person.isGuest && person.sessions.count > 1 { return "\(person.name) is a guest twice" }
      return Set(person.rooms).count == person.rooms.count ? nil : "\(person.name) is in a room twice"
    }
  }

  private var indexFaults: [String] {
    var faults: [String] = []
    if users.slotsByName.count != users.count {
      faults.append("\(users.slotsByName.count) names for \(users.count) users")
    }
    var expectedStandings: [Name: Int] = [:]
    for slot in rooms.slots {
      for name in [rooms[slot].owner].compactMap({ $0 }) + rooms[slot].moderators.names {
        expectedStandings[name, default: 0] += 1
      }
    }
    if expectedStandings != rooms.ownershipCounts {
      faults.append("ownershipCounts are \(rooms.ownershipCounts), should be \(expectedStandings)")
    }
    var expectedIgnorers: [Name: Set<UserSlot>] = [:]
    for slot in users.slots {
      for name in users[slot].ignores.names { expectedIgnorers[name, default: []].insert(slot) }
    }
    if expectedIgnorers != users.ignorers { faults.append("ignorers disagree") }
    for (token, id) in sessions.byToken where !sessions.contains(id) || sessions[id].resumeToken != token {
      faults.append("a token is held by nobody")
    }
    return faults
  }

  private var fileFaults: [String] {
    var faults: [String] = []
    let all = files.entries.values
    if files.ids != files.entries.keys.sorted() { faults.append("ids of files disagree") }
    if files.bytes != all.reduce(0, { $0 + SharedFiles.counted($1.record.size) }) { faults.append("bytes disagree") }
    for name in Set(all.map(\.record.from)) {
      let own = all.filter { $0.record.from == name }
      if files.bytes(of: name) != own.reduce(0, { $0 + SharedFiles.counted($1.record.size) }) {
        faults.append("\(name)'s bytes disagree")
      }
      if files.unfinished(of: name) != own.filter({ $0.record.shared == nil }).map(\.record.id).sorted() {
        faults.append("what \(name) has not sent disagrees")
      }
    }
    for entry in all {
      if rooms.slot(of: entry.record.room) == nil { faults.append("#\(entry.record.id) has outlived its room") }
      if let upload = entry.upload, transfers[upload]?.ticket.file != entry.record.id {
        faults.append("nobody sends a file")
      }
      if let waiting = entry.awaitedBy, !sessions.contains(waiting) { faults.append("nobody waits for an upload") }
      if let ticket = entry.ticket, tickets[ticket]?.file != entry.record.id { faults.append("a ticket is nobody's") }
    }
    if settings.transfers > 0, transfers.count > settings.transfers { faults.append("too many transfers") }
    return faults
  }
}

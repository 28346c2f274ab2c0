import ChatProtocol

@testable import ChatCore

extension Core {
  /// What does not agree in the state: each thing that is noted in two places is recomputed from one and compared.
  var inconsistencies: [String] {
    roomFaults + sessionFaults + personFaults + indexFaults + fileFaults
  }

  private var roomFaults: [String] {
    var faults: [String] = []
    if roomsByName[.lobby] == nil { faults.append("lobby is gone") }
    if roomsByName.count != rooms.count { faults.append("\(roomsByName.count) names for \(rooms.count) rooms") }
    for slot in rooms.slots {
      let room = rooms[slot]
      if roomsByName[room.name] != slot { faults.append("\(room.name) is not found by its name") }
      let members = people.slots.filter { people[$0].rooms.contains(slot) }
      if members.count != room.memberCount {
        faults.append("\(room.name) counts \(room.memberCount), has \(members.count)")
      }
      let seated = Set(members.flatMap { people[$0].sessions })
      if seated != Set(room.sessions) || seated.count != room.sessions.count {
        faults.append("\(room.name) subscriptions others than its members")
      }
      for (position, session) in room.sessions.enumerated()
      where !sessions[session].subscriptions.contains(where: { $0.room == slot && $0.position == Int32(position) }) {
        faults.append("a session does not know its seat in \(room.name)")
      }
      for member in members where isBanned(people[member], from: room) {
        faults.append("\(people[member].name) is banned from \(room.name) and in it")
      }
      // A guest may have the name of a member whose row was taken out by hand.
      for name in room.absentMembers where present[name].map({ people[$0].isGuest }) == false {
        faults.append("\(name) is absent from \(room.name) and here")
      }
      if room.isTemporary && members.isEmpty { faults.append("\(room.name) has outlived its last member") }
      if room.hasCountDue != roomsWithCountDue.contains(slot) { faults.append("\(room.name) owes a count or not") }
    }
    var ranked: [Int32] = []
    roomRanking.forEach {
      ranked.append($0)
      return true
    }
    if Set(ranked) != Set(rooms.slots) || ranked.count != rooms.count { faults.append("the ranking has other rooms") }
    if zip(ranked, ranked.dropFirst()).contains(where: { rooms[$0].memberCount < rooms[$1].memberCount }) {
      faults.append("the ranking has another order")
    }
    var made: [Network: Int] = [:]
    for slot in rooms.slots {
      if let network = rooms[slot].network { made[network, default: 0] += 1 }
      if rooms[slot].isTemporary != (rooms[slot].network != nil) {
        faults.append("\(rooms[slot].name) is a guest's or not")
      }
    }
    if made != guestRooms { faults.append("guests' rooms are \(guestRooms), should be \(made)") }
    return faults
  }

  private var sessionFaults: [String] {
    sessions.all.compactMap { session in
      guard let slot = session.person else {
        return session.subscriptions.isEmpty ? nil : "a session outside has subscriptions"
      }
      guard people[slot].sessions.contains(session.id) else { return "a session's person does not know it" }
      if session.subscriptions.count != people[slot].rooms.count {
        return "\(people[slot].name) has rooms without subscriptions"
      }
      return people[slot].rooms.contains(session.current) ? nil : "\(people[slot].name)'s current room is not its own"
    }
  }

  private var personFaults: [String] {
    people.slots.compactMap { slot in
      let person = people[slot]
      if present[person.name] != slot { return "\(person.name) is not found by its name" }
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
    if present.count != people.count { faults.append("\(present.count) names for \(people.count) people") }
    var expectedStandings: [Name: Int] = [:]
    for slot in rooms.slots {
      for name in [rooms[slot].owner].compactMap({ $0 }) + rooms[slot].moderators.names {
        expectedStandings[name, default: 0] += 1
      }
    }
    if expectedStandings != ownershipCounts {
      faults.append("ownershipCounts are \(ownershipCounts), should be \(expectedStandings)")
    }
    var expectedIgnorers: [Name: Set<Int32>] = [:]
    for slot in people.slots {
      for name in people[slot].ignores.names { expectedIgnorers[name, default: []].insert(slot) }
    }
    if expectedIgnorers != ignorers { faults.append("ignorers disagree") }
    for (token, id) in tokens where !sessions.contains(id) || sessions[id].resumeToken != token {
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
      if roomsByName[entry.record.room] == nil { faults.append("#\(entry.record.id) has outlived its room") }
      if let upload = entry.upload, transfers[upload]?.file != entry.record.id { faults.append("nobody sends a file") }
      if let waiting = entry.awaitedBy, !sessions.contains(waiting) { faults.append("nobody waits for an upload") }
      if let ticket = entry.ticket, tickets[ticket]?.file != entry.record.id { faults.append("a ticket is nobody's") }
    }
    if settings.transfers > 0, transfers.count > settings.transfers { faults.append("too many transfers") }
    return faults
  }
}

import ChatProtocol

extension Core {
  /// Tells a room of a coming or going; in a large one the members get the new count instead, with the next tick.
  mutating func announce(_ room: Int32, _ event: Event, except: SessionID? = nil) {
    guard settings.announcedMembers == 0 || rooms[room].memberCount <= settings.announcedMembers else {
      guard !rooms[room].owesCount else { return }
      rooms[room].owesCount = true
      roomsOwingCount.append(room)
      return
    }
    send(event, to: rooms[room].sessions, except: except)
  }

  mutating func sendOwedCounts() {
    let owing = roomsOwingCount
    roomsOwingCount.removeAll(keepingCapacity: true)
    for slot in owing {
      rooms[slot].owesCount = false
      send(.room(rooms[slot].summary), to: rooms[slot].sessions)
    }
  }

  /// Tells everybody who shares a room with somebody, each once; not the rooms too large for it.
  mutating func announceToAcquaintances(of person: Int32, _ event: Event, except: SessionID) {
    var told: Set<SessionID> = [except]
    var audience: [SessionID] = []
    for room in people[person].rooms
    where settings.announcedMembers == 0 || rooms[room].memberCount <= settings.announcedMembers {
      for session in rooms[room].sessions where told.insert(session).inserted { audience.append(session) }
    }
    send(event, to: audience)
  }
}

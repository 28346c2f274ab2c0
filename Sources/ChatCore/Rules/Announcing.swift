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

  /// How many are told at a time, at least: the rest comes with the next ticks.
  private static let toldOfCounts_max = 20_000

  mutating func sendOwedCounts() {
    var told = 0
    var done = 0
    while done < roomsOwingCount.count, told < Core.toldOfCounts_max {
      let slot = roomsOwingCount[done]
      done += 1
      rooms[slot].owesCount = false
      told += rooms[slot].sessions.count
      send(.room(rooms[slot].summary), to: rooms[slot].sessions)
    }
    roomsOwingCount.removeFirst(done)
  }

  /// Tells everybody who shares a room with somebody, each once; not the rooms too large for it.
  mutating func announceToAcquaintances(of person: Int32, _ event: Event, except: SessionID) {
    // By the sessions' places.
    var isTold = Array(repeating: false, count: sessions.placeCount)
    isTold[Int(except.slot)] = true
    var audience: [SessionID] = []
    for room in people[person].rooms
    where settings.announcedMembers == 0 || rooms[room].memberCount <= settings.announcedMembers {
      work += rooms[room].sessions.count / 32 + 1
      for session in rooms[room].sessions where !isTold[Int(session.slot)] {
        isTold[Int(session.slot)] = true
        audience.append(session)
      }
    }
    send(event, to: audience)
  }
}

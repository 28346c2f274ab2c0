import ChatProtocol

/// The sessions by the place that the loop gave them.
struct SessionTable: Sendable {
  /// Stands at places that nobody has; why it is no nil, see `SlotTable`. No session's generation is 0.
  private static let vacancy = Session(
    id: SessionID(slot: 0, generation: 0), address: "", connected: SteadyTime(milliseconds: 0))

  private var entries: [Session] = []
  private(set) var count = 0

  mutating func insert(_ session: Session) {
    let slot = Int(session.id.slot)
    while entries.count <= slot { entries.append(SessionTable.vacancy) }
    precondition(entries[slot].id.generation == 0, "the loop gave one place to two sessions")
    entries[slot] = session
    count += 1
  }

  mutating func remove(_ id: SessionID) {
    precondition(contains(id), "no such session")
    entries[Int(id.slot)] = SessionTable.vacancy
    count -= 1
  }

  /// False for a session that is gone, also when another has its place now.
  func contains(_ id: SessionID) -> Bool {
    let slot = Int(id.slot)
    return slot < entries.count && entries[slot].id == id
  }

  subscript(id: SessionID) -> Session {
    _read {
      precondition(entries[Int(id.slot)].id == id, "no such session")
      yield entries[Int(id.slot)]
    }
    _modify {
      precondition(entries[Int(id.slot)].id == id, "no such session")
      yield &entries[Int(id.slot)]
    }
  }

  /// The session at a place from 0 to below `placeCount`; nil where it is free.
  subscript(place place: Int) -> Session? { entries[place].id.generation == 0 ? nil : entries[place] }
  var placeCount: Int { entries.count }

  var all: [Session] { entries.filter { $0.id.generation != 0 } }
}

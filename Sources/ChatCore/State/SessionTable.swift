/// The sessions by the place that the loop gave them.
struct SessionTable: Sendable {
  private var entries: [Session?] = []
  private(set) var count = 0

  mutating func insert(_ session: Session) {
    let slot = Int(session.id.slot)
    while entries.count <= slot { entries.append(nil) }
    precondition(entries[slot] == nil, "the loop gave one place to two sessions")
    entries[slot] = session
    count += 1
  }

  mutating func remove(_ id: SessionID) {
    precondition(contains(id), "no such session")
    entries[Int(id.slot)] = nil
    count -= 1
  }

  /// False for a session that is gone, also when another has its place now.
  func contains(_ id: SessionID) -> Bool {
    let slot = Int(id.slot)
    guard slot < entries.count, let session = entries[slot] else { return false }
    return session.id == id
  }

  subscript(id: SessionID) -> Session {
    _read { yield entries[Int(id.slot)]! }
    _modify { yield &entries[Int(id.slot)]! }
  }

  var all: [Session] { entries.compactMap { $0 } }
}

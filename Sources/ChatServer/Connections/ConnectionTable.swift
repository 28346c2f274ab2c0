import ChatCore

/// The open connections, by the place that their session has.
struct ConnectionTable {
  private var connections: [Connection?] = []
  /// The generation of the session that was let in last: sessions are counted, whatever place they have.
  private var generation: UInt32 = 0
  private var free: [Int32] = []
  private(set) var count = 0

  subscript(id: SessionID) -> Connection? {
    guard Int(id.slot) < connections.count, let connection = connections[Int(id.slot)], connection.id == id else {
      return nil
    }
    return connection
  }

  /// Whoever has the place now.
  subscript(slot slot: Int32) -> Connection? { connections[Int(slot)] }

  var all: [Connection] { connections.compactMap(\.self) }

  /// A place for the next session, to be followed by `insert`.
  mutating func nextID() -> SessionID {
    let slot: Int32
    if let last = free.popLast() {
      slot = last
    } else {
      slot = Int32(connections.count)
      connections.append(nil)
    }
    // 31 bits, because the poller's tokens use the last one, and never 0, which says that nobody is there.
    generation = generation == 0x7FFF_FFFF ? 1 : generation + 1
    return SessionID(slot: slot, generation: generation)
  }

  mutating func insert(_ connection: Connection) {
    precondition(connections[Int(connection.id.slot)] == nil, "a place has one connection at a time")
    connections[Int(connection.id.slot)] = connection
    connection.origin.connectionCount += 1
    count += 1
  }

  mutating func remove(_ connection: Connection) {
    precondition(self[connection.id] === connection, "only what is in the table leaves it")
    connections[Int(connection.id.slot)] = nil
    free.append(connection.id.slot)
    count -= 1
    connection.origin.connectionCount -= 1
  }
}

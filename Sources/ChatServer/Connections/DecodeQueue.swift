/// The connections that have lines to be decoded, in a row for each address; the rows take turns. So whoever is alone at an address
/// waits for one connection of each other address, however many it has.
struct DecodeQueue {
  /// The origins that have somebody waiting, the next at `first`.
  private var turns: [Origin] = []
  private var first = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ connection: Connection) {
    if connection.origin.toDecode.isEmpty { turns.append(connection.origin) }
    connection.origin.toDecode.append(connection)
    count += 1
  }

  mutating func popFirst() -> Connection? {
    guard first < turns.count else { return nil }
    let origin = turns[first]
    first += 1
    let connection = origin.toDecode.popFirst()
    count -= 1
    if !origin.toDecode.isEmpty { turns.append(origin) }
    if first == turns.count {
      turns.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 64, first > turns.count / 2 {
      turns.removeFirst(first)
      first = 0
    }
    return connection
  }
}

/// The connections of one address that have lines to be decoded.
struct DecodeRow {
  private var connections: [Connection] = []
  private var first = 0

  var isEmpty: Bool { first == connections.count }

  mutating func append(_ connection: Connection) { connections.append(connection) }

  mutating func popFirst() -> Connection {
    let connection = connections[first]
    first += 1
    if isEmpty {
      connections.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 64, first > connections.count / 2 {
      connections.removeFirst(first)
      first = 0
    }
    return connection
  }
}

import ChatCore

/// The connections that have lines to be decoded, in a row for each address; the rows take turns. So whoever is alone at an address
/// waits for one connection of each other address, however many it has.
struct DecodeQueue {
  /// The quotas that have somebody waiting, the next at `first`.
  private var turns: [AddressQuota] = []
  private var first = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ connection: Connection) {
    if connection.quota.toDecode.isEmpty { turns.append(connection.quota) }
    connection.quota.toDecode.append(connection)
    count += 1
  }

  mutating func popFirst() -> Connection? {
    guard first < turns.count else { return nil }
    let quota = turns[first]
    first += 1
    let connection = quota.toDecode.popFirst()
    count -= 1
    if !quota.toDecode.isEmpty { turns.append(quota) }
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

/// What is due after a time that is the same for all: so the first to be put in is the first to be due, and no heap is needed.
struct DeadlineQueue<Element> {
  private var entries: [(due_ms: Int64, element: Element)] = []
  private var first = 0

  var count: Int { entries.count - first }

  var nextDue_ms: Int64? { first < entries.count ? entries[first].due_ms : nil }

  mutating func append(_ element: Element, due_ms: Int64) {
    entries.append((due_ms, element))
  }

  /// Drops those that nobody waits for any more, where they may have become many.
  mutating func removeAll(where isOver: (Element, Int64) -> Bool) {
    entries.removeSubrange(..<first)
    first = 0
    entries.removeAll { isOver($0.element, $0.due_ms) }
  }

  /// The next one that is due, removed.
  mutating func popDue(at now_ms: Int64) -> Element? {
    guard first < entries.count, entries[first].due_ms <= now_ms else { return nil }
    defer {
      first += 1
      if first > 64, first > entries.count / 2 {
        entries.removeSubrange(..<first)
        first = 0
      }
    }
    return entries[first].element
  }
}

/// What waits for helper threads, in a row for each share; the rows take turns. So an address with hundreds of connections keeps
/// the others waiting no longer than one with one.
struct FairQueue<Element> {
  /// For whom the work is: for those at an address, or for the operator.
  typealias Share = Network?

  private var rows: [Share: [Element]] = [:]
  /// The shares that have something waiting, the next first.
  private var turns: [Share] = []
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element, for share: Share) {
    if rows[share] == nil { turns.append(share) }
    rows[share, default: []].append(element)
    count += 1
  }

  /// The next one, taken out.
  mutating func popFirst() -> Element? {
    guard !turns.isEmpty else { return nil }
    let share = turns.removeFirst()
    let element = rows[share]!.removeFirst()
    if rows[share]!.isEmpty { rows[share] = nil } else { turns.append(share) }
    count -= 1
    return element
  }

  /// Puts one in where no more than `max` may wait, and returns the one for which there is no room then: the last of the longest row,
  /// which may be this one.
  mutating func append(_ element: Element, for share: Share, upTo max: Int) -> Element? {
    append(element, for: share)
    guard count > max else { return nil }
    var longest = share
    for other in turns where rows[other]!.count > rows[longest]!.count { longest = other }
    let last = rows[longest]!.removeLast()
    if rows[longest]!.isEmpty {
      rows[longest] = nil
      turns.removeAll { $0 == longest }
    }
    count -= 1
    return last
  }

  mutating func removeAll() {
    rows = [:]
    turns = []
    count = 0
  }
}

import ChatCore

/// A first-in, first-out queue in one array. Removing from the front moves the rest only now and then.
struct Queue<Element> {
  private var elements: [Element] = []
  private var start = 0

  var count: Int { elements.count - start }
  var isEmpty: Bool { start == elements.count }
  var first: Element? { isEmpty ? nil : elements[start] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard start < elements.count else { return nil }
    let element = elements[start]
    start += 1
    if isEmpty {
      elements.removeAll(keepingCapacity: true)
      start = 0
    } else if start > 64, start > elements.count / 2 {
      elements.removeFirst(start)
      start = 0
    }
    return element
  }

  mutating func removeAll(where isRemoved: (Element) -> Bool) {
    elements.removeSubrange(..<start)
    start = 0
    elements.removeAll(where: isRemoved)
  }
}

/// Connections whose lines are to be decoded. Addresses take turns: one with hundreds of connections delays the others as
/// much as one with a single connection.
struct DecodeQueue {
  /// The addresses that have connections waiting.
  private var quotas = Queue<AddressQuota>()
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ connection: Connection) {
    if connection.quota.toDecode.isEmpty { quotas.append(connection.quota) }
    connection.quota.toDecode.append(connection)
    count += 1
  }

  mutating func popFirst() -> Connection? {
    guard let quota = quotas.popFirst(), let connection = quota.toDecode.popFirst() else { return nil }
    count -= 1
    if !quota.toDecode.isEmpty { quotas.append(quota) }
    return connection
  }
}

/// What is due after a time that is the same for all: the first in is the first due, so no heap is needed.
struct DeadlineQueue<Element> {
  private var entries = Queue<(due: Instant, element: Element)>()

  var count: Int { entries.count }
  var nextDue: Instant? { entries.first?.due }

  mutating func append(_ element: Element, due: Instant) { entries.append((due, element)) }

  /// Drops deadlines that are void.
  mutating func removeAll(where isVoid: (Element, Instant) -> Bool) {
    entries.removeAll { isVoid($0.element, $0.due) }
  }

  /// Removes the next one that is due.
  mutating func popDue(at now: Instant) -> Element? {
    guard let due = entries.first?.due, due <= now else { return nil }
    return entries.popFirst()?.element
  }
}

/// Jobs that wait for helper threads, a lane for each address; the lanes take turns.
struct FairQueue<Element> {
  /// An address, or nil for the operator.
  typealias Lane = Network?

  private var lanes: [Lane: [Element]] = [:]
  /// The lanes that have jobs waiting, the next first.
  private var turns: [Lane] = []
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element, for lane: Lane) {
    if lanes[lane] == nil { turns.append(lane) }
    lanes[lane, default: []].append(element)
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard !turns.isEmpty else { return nil }
    let lane = turns.removeFirst()
    let element = lanes[lane]!.removeFirst()
    if lanes[lane]!.isEmpty { lanes[lane] = nil } else { turns.append(lane) }
    count -= 1
    return element
  }

  /// Appends where at most `max` may wait. Returns the one that has no room then: the last of the longest lane, perhaps
  /// this one.
  mutating func append(_ element: Element, for lane: Lane, upTo max: Int) -> Element? {
    append(element, for: lane)
    guard count > max else { return nil }
    var longest = lane
    for other in turns where lanes[other]!.count > lanes[longest]!.count { longest = other }
    let last = lanes[longest]!.removeLast()
    if lanes[longest]!.isEmpty {
      lanes[longest] = nil
      turns.removeAll { $0 == longest }
    }
    count -= 1
    return last
  }

  mutating func removeAll() {
    lanes = [:]
    turns = []
    count = 0
  }
}

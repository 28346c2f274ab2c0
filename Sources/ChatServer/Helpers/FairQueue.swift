import ChatCore

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

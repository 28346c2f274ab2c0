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

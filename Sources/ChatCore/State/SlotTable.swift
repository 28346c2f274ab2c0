/// Elements at places that stay theirs while they live; a place that falls free is used again.
///
/// A place is a plain number, so that sessions, people and rooms can name one another without references.
struct SlotTable<Element: Sendable>: Sendable {
  private var elements: [Element?] = []
  private var free: [Int32] = []

  var count: Int { elements.count - free.count }

  mutating func insert(_ element: Element) -> Int32 {
    if let slot = free.popLast() {
      elements[Int(slot)] = element
      return slot
    }
    elements.append(element)
    return Int32(elements.count - 1)
  }

  mutating func remove(_ slot: Int32) -> Element {
    guard let element = elements[Int(slot)] else { preconditionFailure("place \(slot) is empty") }
    elements[Int(slot)] = nil
    free.append(slot)
    return element
  }

  subscript(slot: Int32) -> Element {
    _read { yield elements[Int(slot)]! }
    _modify { yield &elements[Int(slot)]! }
  }

  /// The places in use, in their order.
  var slots: [Int32] { elements.indices.filter { elements[$0] != nil }.map { Int32($0) } }
}

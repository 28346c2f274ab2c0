/// Elements at places that stay theirs while they live; a place that falls free is used again.
///
/// A place is a plain number, so that sessions, people and rooms can name one another without references. A free place
/// holds the same `vacancy` as all others rather than nil: the value in an optional is copied out of it whole to be looked at, and a room
/// is looked at for every message.
struct SlotTable<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var isTaken: [Bool] = []
  private var free: [Int32] = []
  private let vacancy: Element

  init(vacancy: Element) { self.vacancy = vacancy }

  var count: Int { elements.count - free.count }

  mutating func insert(_ element: Element) -> Int32 {
    if let slot = free.popLast() {
      elements[Int(slot)] = element
      isTaken[Int(slot)] = true
      return slot
    }
    elements.append(element)
    isTaken.append(true)
    return Int32(elements.count - 1)
  }

  mutating func remove(_ slot: Int32) -> Element {
    precondition(isTaken[Int(slot)], "place \(slot) is empty")
    var element = vacancy
    swap(&element, &elements[Int(slot)])
    isTaken[Int(slot)] = false
    free.append(slot)
    return element
  }

  subscript(slot: Int32) -> Element {
    _read {
      precondition(isTaken[Int(slot)], "this place is empty")
      yield elements[Int(slot)]
    }
    _modify {
      precondition(isTaken[Int(slot)], "this place is empty")
      yield &elements[Int(slot)]
    }
  }

  /// Places are numbered from 0 to below this.
  var placeCount: Int { elements.count }

  func isInUse(_ slot: Int32) -> Bool { isTaken[Int(slot)] }

  /// The places in use, in their order.
  var slots: [Int32] { elements.indices.filter { isTaken[$0] }.map { Int32($0) } }
}

/// The slot of an element in a `SlotTable`: a number with a type, so that a room's slot is not used for a user.
struct Slot<Element>: Hashable, Sendable {
  let index: Int32
}

/// Elements in slots that do not change until they are removed; a free slot is used again.
///
/// A slot is a plain number, so that sessions, users and rooms refer to one another without references. All free slots
/// hold the same `vacancy` rather than nil: a value in an optional is copied out whole to be read, and each message
/// reads a room.
struct SlotTable<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var isTaken: [Bool] = []
  private var free: [Int32] = []
  private let vacancy: Element

  init(vacancy: Element) { self.vacancy = vacancy }

  var count: Int { elements.count - free.count }

  mutating func insert(_ element: Element) -> Slot<Element> {
    if let index = free.popLast() {
      elements[Int(index)] = element
      isTaken[Int(index)] = true
      return Slot(index: index)
    }
    elements.append(element)
    isTaken.append(true)
    return Slot(index: Int32(elements.count - 1))
  }

  @discardableResult
  mutating func remove(_ slot: Slot<Element>) -> Element {
    precondition(contains(slot), "slot \(slot.index) is empty")
    var element = vacancy
    swap(&element, &elements[Int(slot.index)])
    isTaken[Int(slot.index)] = false
    free.append(slot.index)
    return element
  }

  subscript(slot: Slot<Element>) -> Element {
    _read {
      precondition(isTaken[Int(slot.index)], "this slot is empty")
      yield elements[Int(slot.index)]
    }
    _modify {
      precondition(isTaken[Int(slot.index)], "this slot is empty")
      yield &elements[Int(slot.index)]
    }
  }

  func contains(_ slot: Slot<Element>) -> Bool { isTaken[Int(slot.index)] }

  /// Slots have indices from 0 to below this.
  var indexEnd: Int { elements.count }

  /// The slot of an index from 0 to below `indexEnd`; nil if it is free.
  func slot(at index: Int) -> Slot<Element>? { isTaken[index] ? Slot(index: Int32(index)) : nil }

  /// The slots in use, in ascending order.
  var slots: [Slot<Element>] { elements.indices.compactMap { slot(at: $0) } }
}

package import ChatProtocol

/// Names in the order in which they were added, none twice. A lookup takes constant time.
package struct NameList: Equatable, Sendable {
  package private(set) var names: [Name]
  private var index: Set<Name>

  package init(_ names: [Name] = []) {
    self.names = []
    index = []
    for name in names { insert(name) }
  }

  package var isEmpty: Bool { names.isEmpty }

  package func contains(_ name: Name) -> Bool { !names.isEmpty && index.contains(name) }

  /// False if the name was in the list already.
  @discardableResult
  package mutating func insert(_ name: Name) -> Bool {
    guard index.insert(name).inserted else { return false }
    names.append(name)
    return true
  }

  /// The name as it is written in the list; nil if it is not in the list.
  @discardableResult
  mutating func remove(_ name: Name) -> Name? {
    guard let removed = index.remove(name) else { return nil }
    names.removeAll { $0 == name }
    return removed
  }
}

/// The names of a large table in their order, without sorting all of them: they are added in runs of a bounded length
/// and removed one by one by merging the runs.
struct NamesInOrder: Sendable {
  /// Each from its last name to its first, so that taking one moves none.
  private var runs: [[Name]] = []
  /// The runs that have names left as a heap: the one with the first name of all is in front.
  private var heap: [Int32] = []
  private var last: Name?

  mutating func add(_ names: [Name]) {
    guard !names.isEmpty else { return }
    runs.append(names.sorted(by: >))
    heap.append(Int32(runs.count - 1))
    var place = heap.count - 1
    while place > 0, comesFirst(place, (place - 1) / 2) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// The next name; one that was added twice comes once.
  mutating func next() -> Name? {
    while let run = heap.first {
      let name = runs[Int(run)].removeLast()
      if runs[Int(run)].isEmpty {
        runs[Int(run)] = []
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
      }
      sink()
      if name == last { continue }
      last = name
      return name
    }
    return nil
  }

  private mutating func sink() {
    var place = 0
    while true {
      var first = place
      for below in [2 * place + 1, 2 * place + 2] where below < heap.count && comesFirst(below, first) { first = below }
      if first == place { return }
      heap.swapAt(place, first)
      place = first
    }
  }

  private func comesFirst(_ place: Int, _ other: Int) -> Bool {
    runs[Int(heap[place])].last! < runs[Int(heap[other])].last!
  }
}

/// A list that may be very long and is consumed from the front.
///
/// Freeing a hundred thousand rows with their texts takes tens of milliseconds. This frees a few at a time, as they are
/// consumed.
package struct Pieces<Element: Sendable>: Sendable {
  // Consumed ones are empty.
  private var pieces: [[Element]] = []
  private var piece = 0
  private var position = 0
  package private(set) var count = 0

  private static var size: Int { 64 }

  package init(_ elements: some Sequence<Element>) {
    for element in elements { append(element) }
  }

  package var isEmpty: Bool { count == 0 }

  package mutating func append(_ element: Element) {
    if piece == pieces.count || pieces[pieces.count - 1].count == Self.size { pieces.append([]) }
    pieces[pieces.count - 1].append(element)
    count += 1
  }

  /// Removes the first element.
  package mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    count -= 1
    defer {
      position += 1
      if position == pieces[piece].count {
        pieces[piece] = []
        piece += 1
        position = 0
      }
      if count == 0 { self = Pieces([]) }
    }
    return pieces[piece][position]
  }

  /// Removes and returns at most `most` first elements.
  package mutating func takeFirst(_ most: Int) -> [Element] {
    var taken: [Element] = []
    while taken.count < most, let element = popFirst() { taken.append(element) }
    return taken
  }
}

extension Pieces: Sequence {
  package struct Iterator: IteratorProtocol {
    fileprivate var rest: Pieces

    package mutating func next() -> Element? { rest.popFirst() }
  }

  package func makeIterator() -> Iterator { Iterator(rest: self) }

  package var underestimatedCount: Int { count }
}

extension Pieces: Equatable where Element: Equatable {
  package static func == (left: Pieces, right: Pieces) -> Bool { left.elementsEqual(right) }
}

extension Pieces: ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: Element...) { self.init(elements) }
}
